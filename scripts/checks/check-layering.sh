#!/usr/bin/env bash
# Checks the layering of ARCHITECTURE.md by cargo: libtorch, network, programs, array libraries.
set -euo pipefail
cd "$(dirname "$0")/../.."

programs="fetch-data import-images train-ae encode encode-onnx encode-scattering embed-umap
    cluster-kmeans cluster-gmm cluster-hdbscan suggest-k select-clustering consensus evaluate
    report export-clusters import-vectors encode-pca find-duplicates find-outliers judge"
libraries="artifact cli autoencoder clustering model-io score-io pca scattering umap metrics
    hdbscan kernels names neighborhoods test-support"
wrong=0
say() { printf 'check-layering: %s\n' "$*" >&2; wrong=1; }

# Prints what cargo tree says of CRATE outside its tests, one crate a line: tree CRATE FLAG...
tree() { cargo tree --locked --package "$1" --edges normal,build --prefix none "${@:2}"; }

for crate in $programs $libraries; do
    found=$(tree "$crate" --format '{lib}' | sort -u)
    has() { grep -qx "$1" <<<"$found"; }
    case $crate in
    autoencoder | train-ae | encode)
        has torch_sys || say "$crate should reach libtorch and does not"
        ;;
    *)
        ! has torch_sys || say "$crate reaches libtorch; only autoencoder, train-ae and encode may"
        ;;
    esac
    [ "$crate" = fetch-data ] || ! has ureq || say "$crate reaches the network; only fetch-data may"
    [ "$crate" = test-support ] || ! has test_support ||
        say "$crate depends on test-support outside its tests"
    direct=$(tree "$crate" --depth 1 --format '{p}' | cut -d' ' -f1)
    for program in $programs; do
        [ "$program" = "$crate" ] || ! grep -qx "$program" <<<"$direct" ||
            say "$crate depends on the program $program"
    done
    case $crate in
    autoencoder | clustering | hdbscan | pca | scattering | umap | metrics | neighborhoods)
        for above in artifact cli; do
            ! has $above ||
                say "$crate depends on $above; array libraries know neither files nor flags"
        done
        ;;
    kernels)
        for other in $libraries; do
            [ "$other" = kernels ] || ! has "${other//-/_}" ||
                say "kernels depends on $other; it is below all other crates"
        done
        ;;
    artifact) ! has cli || say "artifact depends on cli" ;;
    esac
done
[ $wrong = 0 ] && echo "check-layering: crates depend on one another as ARCHITECTURE.md says" >&2
exit $wrong
