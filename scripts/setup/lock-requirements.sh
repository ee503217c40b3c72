#!/usr/bin/env bash
# Writes requirements-*.txt anew from requirements-*.in: every package that those need, for every
# system, with the SHA-256 of its files, which pip then insists on. Needs uv. To be run when an .in
# file has changed.
set -euo pipefail
cd "$(dirname "$0")"

for source in requirements-*.in; do
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --custom-compile-command scripts/setup/lock-requirements.sh --output-file "${source%.in}.txt" "$source"
done
