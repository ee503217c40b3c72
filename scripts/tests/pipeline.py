"""Runs the pipeline on little data, and compares what has to be the same in every run."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The programs under test; WARDROBE_BIN names another folder, such as that of an earlier release.
BIN = Path(os.environ.get("WARDROBE_BIN") or ROOT / "target" / "release").absolute()
# Small, so that a whole pipeline takes seconds; the same stages, rules and files as the real one.
SMALL = ["DATASET=digits", "HIDDEN=64,32", "EPOCHS=3", "KMEANS_STARTS=2", "RUNS=2"]


def make(artifacts, *words, check=True):
    command = ["make", "all", f"ARTIFACTS={artifacts}", *SMALL, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done


def digests(artifacts):
    """Returns the SHA-256 of everything that has to be the same in every run.

    These are all files but logs, which tell times; of provenance everything but its `run`.
    """
    found = {}
    for path in sorted(Path(artifacts).rglob("*")):
        if not path.is_file() or {".stamps", "logs"} & set(path.parts) or path.name == ".lock":
            continue
        content = path.read_bytes()
        if path.suffix == ".json":
            record = json.loads(content)
            if isinstance(record, dict):
                record.pop("run", None)
                if record.get("stage") == "report":
                    record.pop("outputs")
                    record.pop("result")
            content = json.dumps(record).encode()
        if path.suffix == ".html":
            # The page tells how long each step took and on what, which its provenance's hash then
            # depends on.
            content = re.sub(rb"<td>[0-9.]+</td><td>[^<]* threads?</td>", b"", content)
        found[str(path.relative_to(artifacts))] = hashlib.sha256(content).hexdigest()
    return found
