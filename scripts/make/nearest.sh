#!/usr/bin/env bash
# Prints the candidate that is most like a word: nearest.sh WORD CANDIDATE...
#
# Prints `did you mean CANDIDATE?`, or `no other is like it` where more than half of the letters
# differ. Distance is the number of letters to insert, delete or replace (Levenshtein 1966),
# whatever the case of the letters.
set -euo pipefail

printf '%s\n' "$@" | awk '
    function smallest(a, b, c) { return a < b ? (a < c ? a : c) : (b < c ? b : c) }
    function distance(a, b,    i, j, above, diagonal, replaced, row) {
        for (j = 0; j <= length(b); j++) row[j] = j
        for (i = 1; i <= length(a); i++) {
            diagonal = row[0]
            row[0] = i
            for (j = 1; j <= length(b); j++) {
                above = row[j]
                replaced = diagonal + (substr(a, i, 1) != substr(b, j, 1))
                row[j] = smallest(above + 1, row[j - 1] + 1, replaced)
                diagonal = above
            }
        }
        return row[length(b)]
    }
    NR == 1 { word = toupper($0); least = int(length(word) / 2) + 1; next }
    { d = distance(word, $0); if (d < least) { least = d; nearest = $0 } }
    END { print nearest == "" ? "no other is like it" : "did you mean " nearest "?" }'
