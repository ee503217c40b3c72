#!/usr/bin/env bash
# Runs a stage: run.sh [--verbose] [--keep-stdout] NAME LOG PROGRAM ARGUMENT...
#
# What the program prints goes to LOG, which each run begins anew; with --keep-stdout only stderr
# does. On stderr one line remains: the name of the stage, its seconds, and the last line that the
# program printed and that is no part of a table. A terminal shows it while the stage runs. Lines
# that begin with `warning: ` are shown, too. Of a stage that fails the last lines of the log are
# shown, and the exit code is that of the program. With --verbose the command is printed, and
# nothing that it prints is held back.
set -uo pipefail

verbose='' keep=''
while :; do
    case $1 in
    --verbose) verbose=yes ;;
    --keep-stdout) keep=yes ;;
    *) break ;;
    esac
    shift
done
name=$1 log=$2
shift 2

if [ -n "$verbose" ]; then
    printf '%s ' "$@" >&2
    echo >&2
    exec env "$@"
fi

most_lines_of_failure=10
mkdir -p "$(dirname "$log")"
echo "$*" >"$log"
begun=$SECONDS
# A command may begin with variables of its environment.
if [ -n "$keep" ]; then env "$@" 2>>"$log" & else env "$@" >>"$log" 2>&1 & fi
program=$!
# Whoever stops make stops the program too. From a terminal both get SIGINT themselves.
trap 'kill -TERM $program 2>/dev/null' TERM HUP
trap : INT

# The lines that the program printed, without empty ones.
printed() { tail -n +2 "$log" | grep -v '^[[:space:]]*$'; }
fact() { printed | grep -v -e '^|' -e '^memory: ' | tail -n 1; }
state() { printf '%-24s %5d s  %s' "$name" $((SECONDS - begun)) "$(fact)"; }

show() {
    local columns text
    while sleep 0.5; do
        columns=$(stty size <&2 2>/dev/null | cut -d ' ' -f 2)
        text=$(state)
        printf '\r\033[K%s' "${text:0:$((${columns:-80} - 1))}" >&2
    done
}
shown=
if [ -t 2 ]; then
    show &
    shown=$!
fi
# A signal interrupts wait, which then has to wait once more for the program.
wait $program
code=$?
while kill -0 $program 2>/dev/null; do
    wait $program
    code=$?
done
if [ -n "$shown" ]; then
    { kill $shown && wait $shown; } 2>/dev/null
    printf '\r\033[K' >&2
fi
if [ $code = 0 ]; then
    printf '%s\n' "$(state)" >&2
    printed | grep '^warning: ' >&2
else
    printf '%s failed (%s):\n' "$name" "$log" >&2
    printed | tail -n $most_lines_of_failure >&2
fi
exit $code
