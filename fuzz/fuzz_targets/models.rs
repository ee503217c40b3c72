//! Fuzzes the readers of neighbors, clusterings by density and principal components.

#![no_main]

use libfuzzer_sys::fuzz_target;
use umap::Metric;

/// Arrays of these models. A byte of an input chooses one by its remainder, so the inputs in
/// `corpus/` mean something else once this has another length.
const NAMES: [&str; 26] = [
    "format_version",
    "points",
    "center",
    "exponent",
    "metric",
    "min_samples",
    "alpha",
    "core_distances",
    "parents",
    "births",
    "deaths",
    "sizes",
    "stabilities",
    "last_clusters",
    "lambdas",
    "selected",
    "threshold",
    "mean",
    "components",
    "explained_variance",
    "total_variance",
    "whiten",
    "scale",
    "indices",
    "distances",
    "centroids",
];

fuzz_target!(|data: &[u8]| {
    let Some((made, rest)) = fuzz::form(data) else { return };
    let bytes = if made { fuzz::archive(&NAMES, rest) } else { Some(rest.to_vec()) };
    let Some(bytes) = bytes else { return };
    fuzz::with_file("model.npz", &bytes, |path| {
        if let Ok((hdbscan, _)) = model_io::hdbscan::read(path) {
            // A model that is read can be applied.
            let d = hdbscan.parts().points.ncols();
            let _ = hdbscan.predict(ndarray::Array2::<f64>::zeros((3, d)).view());
        }
        if let Ok((encoder, _)) = model_io::pca::read(path) {
            let d = encoder.mean().len();
            let _ = encoder.transform(ndarray::Array2::<f64>::zeros((3, d)).view());
        }
        let _ = model_io::kmeans::read(path);
        let _ = model_io::neighbors::metric(path);
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let _ = model_io::neighbors::read(path, metric);
        }
    });
});
