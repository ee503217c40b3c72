#!/usr/bin/env python3
"""Checks dependencies by deny.toml and the hashes of Python packages, without the network.

    scripts/checks/check_supply.py

Crates: each comes from the registry, has a checksum and one version, and is not banned (all of
Cargo.lock); each has an allowed license (those that this system builds). Python: every package in
scripts/setup/requirements-*.txt has one version and hashes. npm: every package in
scripts/setup/typescript/package-lock.json has one version, a hash and an allowed license.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    sys.exit("check_supply.py: Python 3.11 or newer is needed")

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"


def crates(lock, rules):
    versions = {}
    for package in lock["package"]:
        name, version = package["name"], package["version"]
        if "source" in package:
            if package["source"] != REGISTRY:
                yield f"{name} {version} comes from {package['source']}, not from the registry"
            if not re.fullmatch("[0-9a-f]{64}", package.get("checksum", "")):
                yield f"{name} {version} has no checksum in Cargo.lock"
        versions.setdefault(name, set()).add(version)
    for ban in rules["bans"]["deny"]:
        if ban["crate"] in versions:
            yield f"{ban['crate']} is banned: {ban['reason']}"
    for skip in rules["bans"]["skip"]:
        name, wanted = skip["crate"].split("@")
        skipped = {
            version for version in versions.get(name, ()) if f"{version}.".startswith(f"{wanted}.")
        }
        if not skipped or len(versions[name]) < 2:
            yield f"deny.toml: {skip['crate']} is no second version any more: remove it"
        versions[name] = versions.get(name, set()) - skipped
    for name, several in sorted(versions.items()):
        if len(several) > 1:
            versions_found = ", ".join(sorted(several))
            yield (
                f"{name} is there as {versions_found}: agree on one, or name the other and the "
                "reason in deny.toml"
            )


def allowed(expression, licenses):
    """Whether `licenses` meet an SPDX expression, in which OR binds less than AND."""
    expression = expression.replace("/", " OR ")
    while bracket := re.search(r"\(([^()]*)\)", expression):
        met = "met" if allowed(bracket[1], licenses) else "unmet"
        expression = expression.replace(bracket[0], met)
    words = {*licenses, "met"}
    return any(
        all(part.strip() in words for part in either.split(" AND "))
        for either in expression.split(" OR ")
    )


def licenses(rules):
    host = re.search(
        "host: (.*)",
        subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout,
    )[1]
    command = [
        "cargo",
        "metadata",
        "--locked",
        "--offline",
        "--format-version",
        "1",
        "--filter-platform",
        host,
    ]
    for package in json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    )["packages"]:
        if not allowed(package["license"] or "none", rules["licenses"]["allow"]):
            yield (
                f"{package['name']} {package['version']} has the license {package['license']}, "
                "which deny.toml does not allow"
            )


def python(path):
    packages = re.split(
        r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", path.read_text(encoding="utf-8")).strip()
    )
    for package in packages:
        first = package.splitlines()[0]
        if not re.match(r"[a-z0-9-]+==[0-9][^ ]* ", first):
            yield f"{path.name}: {first} has no one version"
        if "--hash=sha256:" not in package:
            yield f"{path.name}: {first} has no hash: run scripts/setup/lock-requirements.sh"


def npm(lock, rules):
    versions = {}
    for path, package in lock["packages"].items():
        if not path:
            continue
        name, version = path.rpartition("node_modules/")[2], package["version"]
        if not package.get("integrity", "").startswith("sha512-"):
            yield f"{name} {version} has no hash in package-lock.json"
        if not allowed(package.get("license", "none"), rules["licenses"]["allow"]):
            found = package.get("license", "none")
            yield f"{name} {version} has the license {found}, which deny.toml does not allow"
        if versions.setdefault(name, version) != version:
            yield f"{name} is there as {versions[name]}, {version}: agree on one"


def main():
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    wrong = [*crates(lock, rules), *licenses(rules)]
    for path in sorted((ROOT / "scripts/setup").glob("requirements-*.txt")):
        wrong += python(path)
    packages = (ROOT / "scripts/setup/typescript/package-lock.json").read_text(encoding="utf-8")
    wrong += npm(json.loads(packages), rules)
    for line in wrong:
        print(f"check_supply.py: {line}", file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(
        f"check_supply.py: {len(lock['package'])} crates and all packages of Python and npm are as "
        f"deny.toml and their hashes say",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
