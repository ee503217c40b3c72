//! Fuzzes the readers of models of the pipeline, with an archive, or members that the input gives.

#![no_main]

use artifact::Npz;
use libfuzzer_sys::fuzz_target;

/// Arrays of the models, of today's formats and those of before 0.1.0. A byte of an input chooses
/// one by its remainder, so that the inputs in `corpus/` mean something else once this has another
/// length.
const NAMES: [&str; 29] = [
    "centroids",
    "weights",
    "means",
    "covariances",
    "covariance_type",
    "points",
    "embedding",
    "settings",
    "deviations",
    "mean",
    "directions",
    "center",
    "other",
    "format_version",
    "a",
    "b",
    "neighbors",
    "metric",
    "exponent",
    "components",
    "height",
    "width",
    "scales",
    "angles",
    "origin",
    "offsets",
    "runs",
    "k",
    "map",
];

fuzz_target!(|data: &[u8]| {
    let Some((made, rest)) = fuzz::form(data) else { return };
    let Some(bytes) = (if made { fuzz::archive(&NAMES, rest) } else { Some(rest.to_vec()) }) else {
        return;
    };
    fuzz::with_file("model.npz", &bytes, |path| {
        if let Ok((mut archive, _)) = Npz::open(path) {
            for name in NAMES {
                let _ = archive.array(name);
                let _ = archive.text(name);
            }
        }
        let _ = model_io::consensus::read(path);
        let _ = model_io::gmm::read(path);
        let _ = model_io::kmeans::read(path);
        let _ = model_io::scattering::read(path);
        let _ = model_io::umap::read(path);
    });
});
