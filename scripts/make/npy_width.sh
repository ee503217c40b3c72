#!/usr/bin/env bash
# Prints the number of values in a row of an .npy file, by its header: npy_width.sh FILE
#
# For the shape (n, height, width) it is height x width. Prints nothing if FILE is no such file.
set -euo pipefail

[ -f "$1" ] || exit 0
# The header is a Python literal after at most 12 bytes, with the shape in its first hundred.
shape=$(head -c 512 "$1" | LC_ALL=C tr -cd '[:print:]' |
    sed -n "s/^.*'shape': *(\([0-9, ]*\)).*$/\1/p")
IFS=', ' read -ra sides <<<"$shape"
[ ${#sides[@]} -ge 2 ] || exit 0
width=1
for side in "${sides[@]:1}"; do width=$((width * side)); done
echo "$width"
