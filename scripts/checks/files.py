"""What the checks share: the files of the repository, and how findings are printed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked(given=()):
    """Paths relative to the repository: the given ones, or all that git does not ignore."""
    if given:
        return [str(Path(path).resolve().relative_to(ROOT)) for path in given]
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)
    return sorted(path for path in done.stdout.split("\0") if path and (ROOT / path).is_file())


def report(name, findings, success):
    """Prints the findings and exits with 1, or prints that there are none."""
    for line in findings:
        print(f"{name}: {line}", file=sys.stderr)
    if findings:
        print(f"{name}: {len(findings)} findings", file=sys.stderr)
        sys.exit(1)
    print(f"{name}: {success}", file=sys.stderr)
