#!/usr/bin/env bash
# Checks that tools are there before minutes are spent: check-deps.sh TOOL...
#
# The tools are cargo, c++ and python3. Prints one line with the cure for the first one that is
# missing and exits with 1.
set -euo pipefail

fail() { printf 'need: %s\n' "$*" >&2; exit 1; }

for tool in "$@"; do
    case $tool in
    cargo)
        command -v cargo >/dev/null ||
            fail "cargo is missing: install Rust 1.89 or newer (https://rustup.rs)"
        found=$(rustc --version 2>/dev/null | cut -d' ' -f2)
        [ "$(printf '1.89.0\n%s\n' "${found%%-*}" | sort -V | head -n1)" = 1.89.0 ] ||
            fail "Rust 1.89 or newer is needed, found ${found:-none}: run 'rustup update'"
        ;;
    c++)
        for compiler in cc c++; do
            command -v "$compiler" >/dev/null ||
                fail "no C and C++ compiler ($compiler): on Debian or Ubuntu 'apt-get install" \
                    "g++', on macOS 'xcode-select --install'"
        done
        ;;
    python3)
        command -v python3 >/dev/null || fail "python3 is missing: install Python 3.10 or newer"
        python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
            fail "Python 3.10 or newer is needed, found $(python3 -V 2>&1)"
        python3 -c 'import pip' 2>/dev/null ||
            fail "python3 has no pip: on Debian or Ubuntu 'apt-get install python3-pip'"
        ;;
    *) fail "unknown tool $tool" ;;
    esac
done
