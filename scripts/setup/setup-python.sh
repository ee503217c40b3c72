#!/usr/bin/env bash
# Makes a Python environment inside the checkout: setup-python.sh DIR REQUIREMENTS
set -euo pipefail

dir=${1:?usage: setup-python.sh DIR REQUIREMENTS}
requirements=${2:?usage: setup-python.sh DIR REQUIREMENTS}
say() { printf 'python: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

"$(dirname "$0")/check-deps.sh" python3
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed for scikit-learn, found $(python3 -V 2>&1)"
python3 -c 'import venv, ensurepip' 2>/dev/null ||
    fail "python3 has no venv: on Debian or Ubuntu 'apt-get install python3-venv'"
need_mb=500
if grep -q '^torch==' "$requirements"; then
    need_mb=8000
    say "installing PyTorch and scikit-learn into $dir (about 5 GB, some minutes)"
elif grep -q '^faiss-cpu==' "$requirements"; then
    need_mb=1200
    say "installing scikit-learn, faiss, umap-learn and Intel's extension into $dir" \
        '(about a minute)'
else
    say "installing scikit-learn into $dir (about a minute)"
fi
free_mb=$(df -Pm . | awk 'NR == 2 { print $4 }')
[ "$free_mb" -ge $need_mb ] || fail "$need_mb MB of disk are needed here, found $free_mb: free some"

# An environment that was killed while it was made has a Python but no pip.
"$dir/bin/python" -m pip --version >/dev/null 2>&1 || python3 -m venv --clear "$dir" ||
    fail "python3 -m venv $dir failed: remove $dir and try again"
"$dir/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
    --require-hashes --requirement "$requirements" >&2 ||
    fail "pip could not install $requirements: check the network (or PIP_INDEX_URL) and try again"
say "ready in $dir"
