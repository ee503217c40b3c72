#!/usr/bin/env bash
# Writes requirements-*.txt anew from requirements-*.in. Run it when an .in file has changed.
#
# A .txt names every package that the .in needs, for every system, with the SHA-256 of its files,
# which pip then checks. Needs uv.
set -euo pipefail
cd "$(dirname "$0")"

for source in requirements-*.in; do
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --custom-compile-command scripts/setup/lock-requirements.sh \
        --output-file "${source%.in}.txt" "$source"
done
