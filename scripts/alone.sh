#!/usr/bin/env bash
# One make at a time in a folder: alone.sh DIR COMMAND...
#
# Runs COMMAND holding a lock on DIR/.lock, which the system takes back however the command ends; what the command starts holds it
# too. Where someone else holds it, says who and exits 1. COMMAND sees DIR as ALONE_IN.
set -euo pipefail

export ALONE_IN=${1:?usage: alone.sh DIR COMMAND...}
shift
mkdir -p "$ALONE_IN"
if ! command -v flock >/dev/null; then
    echo "make: there is no flock here, so two of them in $ALONE_IN are not kept apart" >&2
    exec "$@"
fi
exec 9<>"$ALONE_IN/.lock"
if ! flock --nonblock 9; then
    printf 'make: %s is in use by another make (process %s, or what it started): wait for it, or work elsewhere with ARTIFACTS=\n' \
        "$ALONE_IN" "$(head -n1 "$ALONE_IN/.lock")" >&2
    exit 1
fi
echo $PPID >"$ALONE_IN/.lock"
exec "$@"
