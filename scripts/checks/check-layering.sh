#!/usr/bin/env bash
# Holds the arrows of ARCHITECTURE.md against what cargo sees: which crate may reach which.
set -euo pipefail
cd "$(dirname "$0")/../.."

programs="fetch-data train-ae encode cluster-kmeans cluster-gmm scatter embed-manifold consensus evaluate report"
libraries="artifact cli autoencoder clustering model-io score-io pca scattering umap metrics"
wrong=0
say() { printf 'check-layering: %s\n' "$*" >&2; wrong=1; }

# Everything that CRATE reaches outside its tests, one name a line.
reached() { cargo tree --locked --package "$1" --edges normal,build --prefix none --format '{lib}' | sort -u; }

for crate in $programs $libraries; do
    found=$(reached "$crate")
    has() { grep -qx "$1" <<<"$found"; }
    case $crate in
    autoencoder | train-ae | encode) has torch_sys || say "$crate should reach libtorch and does not" ;;
    *) ! has torch_sys || say "$crate reaches libtorch; only autoencoder, train-ae and encode may" ;;
    esac
    [ "$crate" = fetch-data ] || ! has ureq || say "$crate reaches the network; only fetch-data may"
    direct=$(cargo tree --locked --package "$crate" --edges normal,build --prefix none --depth 1 --format '{p}' | cut -d' ' -f1)
    for program in $programs; do
        [ "$program" = "$crate" ] || ! grep -qx "$program" <<<"$direct" || say "$crate depends on the program $program"
    done
    case $crate in
    autoencoder | clustering | pca | scattering | umap | metrics)
        for crate in artifact cli; do
            ! has $crate || say "$crate depends on $crate; a library of arrays opens no file and knows no command line"
        done
        ;;
    artifact) ! has cli || say "artifact depends on cli" ;;
    esac
done
[ $wrong = 0 ] && echo "check-layering: crates depend on one another as ARCHITECTURE.md says" >&2
exit $wrong
