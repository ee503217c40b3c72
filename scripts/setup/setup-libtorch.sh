#!/usr/bin/env bash
# Installs libtorch 2.11.0 into the checkout: setup-libtorch.sh DIR
#
# DIR gets `include`, `lib` and `build-version`, as LIBTORCH has to have them, from the first of:
#   1. LIBTORCH set to another directory: checked, and used as it is.
#   2. DIR complete from an earlier run: nothing to do.
#   3. `python3` carries PyTorch 2.11.0: linked.
#   4. The wheel from the Python package index: the CPU part alone (about 1.2 GB on disk, half a
#      minute on a fast line), or, where `nvidia-smi` answers, with CUDA (about 5 GB, some minutes).
# DIR appears by rename, complete or not at all.
set -euo pipefail

version=2.11.0
dir=${1:?usage: setup-libtorch.sh DIR}
here=$(cd "$(dirname "$0")" && pwd)
say() { printf 'libtorch: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# complete DIR: succeeds if DIR holds headers, a library and the right version.
complete() {
    [ -e "$1/include/torch/csrc/api/include/torch/torch.h" ] || return 1
    [ -e "$1/lib/libtorch_cpu.so" ] || [ -e "$1/lib/libtorch_cpu.dylib" ] || return 1
    local found
    found=$(cat "$1/build-version" 2>/dev/null ||
        sed -n "s/^__version__ = '\(.*\)'/\1/p" "$1/version.py" 2>/dev/null || true)
    [ "${found%%+*}" = "$version" ]
}

if [ -n "${LIBTORCH:-}" ] && [ "$(realpath -m "$LIBTORCH")" != "$(realpath -m "$dir")" ]; then
    complete "$LIBTORCH" ||
        fail "LIBTORCH=$LIBTORCH is not a libtorch $version (include/, lib/ and build-version):" \
            "unset it to have one installed here"
    say "using LIBTORCH=$LIBTORCH"
    exit 0
fi
if complete "$dir"; then exit 0; fi
"$here/check-deps.sh" c++ python3

cuda=no
if nvidia-smi >/dev/null 2>&1; then cuda=yes; fi

# Another run may be installing in the same checkout, so each works in a directory of its own, named
# after its process. Directories of runs that were killed are removed.
for left in "$dir".[0-9]*; do
    [ ! -d "$left" ] || kill -0 "${left##*.}" 2>/dev/null || rm -rf "$left"
done
work=$dir.$$
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# The directory that holds a package `torch` $version, without importing it.
installed=$(python3 - "$version" 2>/dev/null <<'PY' || true
import importlib.metadata, sys
torch = importlib.metadata.distribution("torch")
if torch.version.split("+")[0] == sys.argv[1]:
    print(torch.locate_file(""))
PY
)
if [ -n "$installed" ] && [ -d "$installed/torch/include" ]; then
    say "linking to the PyTorch $version of $(command -v python3)"
    site=$installed
else
    [ $cuda = yes ] && need_mb=9000 || need_mb=3000
    free_mb=$(df -Pm "$(dirname "$work")" | awk 'NR == 2 { print $4 }')
    [ "$free_mb" -ge $need_mb ] ||
        fail "$need_mb MB of disk are needed in $(dirname "$work"), found $free_mb: free some, or" \
            "set LIBTORCH to a libtorch $version"
    # Of this version, with the hashes of its files.
    locked=$here/requirements-libtorch.txt
    grep -q "^torch==$version " "$locked" ||
        fail "$locked names another version than $version: run scripts/setup/lock-requirements.sh"
    if [ $cuda = yes ]; then
        say "installing libtorch $version with CUDA from the Python package index (about 5 GB," \
            'some minutes)'
        packages=(--requirement "$locked")
    else
        say "installing the CPU part of libtorch $version from the Python package index (about" \
            '0.6 GB to fetch, usually under two minutes)'
        # The CUDA runtime and its profiler interface are small, and libtorch_cpu.so names them; the
        # rest is not needed.
        wanted=torch
        [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ] ||
            wanted='torch|nvidia-cuda-runtime|nvidia-cuda-cupti'
        awk -v wanted="^($wanted)==" '/^[^ ]/ { taken = $0 ~ wanted } taken' "$locked" \
            >"$work/requirements.txt"
        packages=(--no-deps --requirement "$work/requirements.txt")
    fi
    PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check \
        --no-cache-dir --no-compile --require-hashes --target "$work/site" "${packages[@]}" >&2 ||
        fail "pip could not install torch $version: check the network (or PIP_INDEX_URL), or set" \
            "LIBTORCH to a libtorch $version"
    site=site
fi

# Paths below are relative to $work when `site` is, so that the rename at the end keeps them true.
cd "$work"
rm -f requirements.txt
ln -s "$site/torch/include" include
if [ $cuda = yes ] || [ "$(uname -s)" != Linux ]; then
    # The whole directory, as a link: the CUDA libraries find each other relative to it.
    ln -s "$site/torch/lib" lib
else
    mkdir lib
    [ "$site" = site ] && from=../site || from=$site
    for file in "$site"/torch/lib/lib{torch_cpu,c10}.so "$site"/torch/lib/libgomp*.so* \
        "$site"/nvidia/cu13/lib/lib{cudart,cupti}.so.13; do
        [ ! -e "$file" ] || ln -s "$from/${file#"$site"/}" "lib/$(basename "$file")"
    done
    # In the wheel libtorch.so pulls in CUDA. This one, a linker script, names the CPU library
    # alone.
    echo 'INPUT(-ltorch_cpu)' > lib/libtorch.so
fi
echo "$version" > build-version
cd - >/dev/null

rm -rf "$dir"
mv -T "$work" "$dir" 2>/dev/null || mv "$work" "$dir"
complete "$dir" || fail "$dir is incomplete after the installation: remove it and try again"
say "ready in $dir"
