#!/usr/bin/env bash
# One make at a time in a folder: with-lock.sh DIR COMMAND...
#
# Runs COMMAND holding a lock on DIR/.lock, which the system takes back however the command ends;
# what the command starts holds it too. Where someone else holds it, says who and exits 1. COMMAND
# sees DIR as LOCKED_DIR.
set -euo pipefail

export LOCKED_DIR=${1:?usage: with-lock.sh DIR COMMAND...}
shift
mkdir -p "$LOCKED_DIR"
if ! command -v flock >/dev/null; then
    echo "make: there is no flock here, so two of them in $LOCKED_DIR are not kept apart" >&2
    exec "$@"
fi
exec 9<>"$LOCKED_DIR/.lock"
if ! flock --nonblock 9; then
    printf 'make: %s is in use by another make (process %s, or what it started): wait for it, or work elsewhere with ARTIFACTS=\n' \
        "$LOCKED_DIR" "$(head -n1 "$LOCKED_DIR/.lock")" >&2
    exit 1
fi
echo $PPID >"$LOCKED_DIR/.lock"
exec "$@"
