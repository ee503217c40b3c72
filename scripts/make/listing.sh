#!/usr/bin/env bash
# Lists the files of a folder with sizes and times: listing.sh FOLDER LISTING
#
# Prints the path of LISTING, which is replaced only if the files have changed, so that its own time
# tells make whether to import the folder again.
set -euo pipefail

mkdir -p "$(dirname "$2")"
# Links that lead to one another are the importer's to report.
find -L "$1" -type f -printf '%s %T@ %P\n' 2>/dev/null | LC_ALL=C sort >"$2.new" || :
if cmp -s "$2.new" "$2"; then rm "$2.new"; else mv "$2.new" "$2"; fi
echo "$2"
