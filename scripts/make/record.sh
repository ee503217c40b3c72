#!/usr/bin/env bash
# Records what a stage ran with, so that make sees when it has to run again.
#
#   record.sh begin [--checkpoint FILE] STAMP COMMAND INPUT...
#       begins a record, before the command runs
#   record.sh end STAMP OUTPUT...
#       completes it, after the command succeeded
#   record.sh changed FOLDER
#       prints the stages with a record in FOLDER of which a file has changed since
#   record.sh stopped STAMP CHECKPOINT COMMAND INPUT...
#       prints `same` if CHECKPOINT is of a run of this command on these inputs, `other` if not, and
#       nothing if there is no record
#
# STAMP holds the command, STAMP.files a line for each input and output: inode, size, time of the
# last change and path. A file that is not there has a line of dashes. STAMP.begun is the record of
# a run that has not ended: the command on its first line, then the inputs as they were when it
# began. STAMP.checkpoint is such a record kept for the checkpoint that its run left.
set -euo pipefail

if stat -c %i . >/dev/null 2>&1; then
    describe=(stat -L -c '%i %s %.9Y %n')
else # BSD
    describe=(stat -L -f '%i %z %Fm %N')
fi

identities() {
    local file
    for file; do "${describe[@]}" -- "$file" 2>/dev/null || printf -- '- - - %s\n' "$file"; done
}

# run COMMAND INPUT...
run() {
    printf '%s\n' "$1"
    identities "${@:2}"
}

changed() {
    local records=() record
    while IFS= read -r record; do
        records+=("$record")
    done < <(find "$1" -name '*.files' 2>/dev/null)
    [ ${#records[@]} -gt 0 ] || return 0
    { awk '{ print $4 }' "${records[@]}" | sort -u | xargs "${describe[@]}" -- 2>/dev/null || :; } |
        awk -v start=$((${#1} + 2)) '
            now { found[$4] = $1 " " $2 " " $3; next }
            {
                is = $4 in found ? found[$4] : "- - -"
                name = substr(FILENAME, start, length(FILENAME) - start - 5)
                if (is != $1 " " $2 " " $3) stale[name]
            }
            END { for (name in stale) print name }' now=1 - now=0 "${records[@]}"
}

mode=$1
shift
case $mode in
begin)
    checkpoint=
    if [ "$1" = --checkpoint ]; then
        checkpoint=$2
        shift 2
    fi
    stamp=$1
    mkdir -p "$(dirname "$stamp")"
    # A run that failed before its first checkpoint must not pass for the one that wrote the
    # checkpoint.
    if [ -e "$stamp.begun" ] && [ "$checkpoint" -nt "$stamp.begun" ]; then
        mv "$stamp.begun" "$stamp.checkpoint"
    fi
    run "${@:2}" >"$stamp.new"
    mv "$stamp.new" "$stamp.begun"
    ;;
end)
    stamp=$1
    shift
    { tail -n +2 "$stamp.begun"; identities "$@"; } >"$stamp.new"
    mv "$stamp.new" "$stamp.files"
    head -n 1 "$stamp.begun" >"$stamp.new"
    mv "$stamp.new" "$stamp"
    rm -f "$stamp.begun" "$stamp.checkpoint"
    ;;
changed)
    changed "$1"
    ;;
stopped)
    stamp=$1
    record=$stamp.checkpoint
    [ ! -e "$stamp.begun" ] || [ ! "$2" -nt "$stamp.begun" ] || record=$stamp.begun
    [ -e "$record" ] || exit 0
    if [ "$(cat "$record")" = "$(run "${@:3}")" ]; then echo same; else echo other; fi
    ;;
*)
    echo "record.sh: expected begin, end, changed or stopped, found $mode" >&2
    exit 2
    ;;
esac
