#!/usr/bin/env bash
# Fuzzes the readers of files, guided by coverage: fuzz.sh SECONDS TARGET...
#
# The targets are npy, npz, models, idx, weights, json, losses, images, vectors and onnx.
#
# Installs cargo-fuzz into target/tools, builds the targets of fuzz/ (some minutes the first time)
# and runs each for SECONDS, starting from the inputs in fuzz/corpus. New inputs stay in
# target/fuzz-corpus; inputs that break a reader are kept in target/fuzz-found, and fuzz.sh fails.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:?usage: fuzz.sh SECONDS TARGET...}
shift
tools=$PWD/target/tools
version=0.13.2
if [ "$("$tools/bin/cargo-fuzz" --version 2>/dev/null)" != "cargo-fuzz $version" ]; then
    echo "fuzz: installing cargo-fuzz $version into target/tools (about a minute)" >&2
    cargo install --quiet --locked --root "$tools" --version $version cargo-fuzz
fi
export PATH=$tools/bin:$PATH CARGO_TARGET_DIR=$PWD/target/fuzz OMP_NUM_THREADS=1
echo 'fuzz: building the targets (six minutes on 2 cores the first time)' >&2
# No sanitizer: the readers are safe Rust, and so no nightly compiler is needed.
cargo fuzz build --sanitizer none
found=0
for target in "$@"; do
    mkdir -p "target/fuzz-corpus/$target" "target/fuzz-found/$target"
    echo "fuzz: $target for $seconds seconds" >&2
    cargo fuzz run --sanitizer none "$target" \
        "target/fuzz-corpus/$target" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 -dict=fuzz/dictionary \
        -print_final_stats=1 -artifact_prefix="target/fuzz-found/$target/" || found=1
done
exit $found
