#!/usr/bin/env bash
# Prints the number of values in a row of an .npy file, by its header: npy_width.sh FILE
#
# Of shape (n, height, width) that is height x width. Prints nothing where FILE is no such file.
set -euo pipefail

[ -f "$1" ] || exit 0
# The header is text of Python's after at most 12 bytes, and the shape within its first hundred.
shape=$(head -c 512 "$1" | LC_ALL=C tr -cd '[:print:]' | sed -n "s/^.*'shape': *(\([0-9, ]*\)).*$/\1/p")
IFS=', ' read -ra sides <<<"$shape"
[ ${#sides[@]} -ge 2 ] || exit 0
width=1
for side in "${sides[@]:1}"; do width=$((width * side)); done
echo "$width"
