#!/usr/bin/env bash
# Runs a command while no other make works in a folder: with-lock.sh DIR COMMAND...
#
# Holds a lock on DIR/.lock, which the system releases however COMMAND ends; the processes that
# COMMAND starts hold it too. If another make holds the lock, names its process and exits with 1.
# COMMAND finds DIR in the environment as LOCKED_DIR.
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
    holder=$(head -n1 "$LOCKED_DIR/.lock")
    echo "make: $LOCKED_DIR is in use by another make (process $holder, or what it started): wait" \
        'for it, or work elsewhere with ARTIFACTS=' >&2
    exit 1
fi
echo $PPID >"$LOCKED_DIR/.lock"
exec "$@"
