//! What several tests need.

use std::path::PathBuf;

use clustering::gmm::{self, GmmFit, GmmParams};
use clustering::kmeans::{self, Algorithm, Init, KMeansFit, KMeansParams};
use clustering::{Error, Points, Scalar};
use ndarray::{Array2, Axis, concatenate};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Every k-means of ours.
pub const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Auto, Algorithm::Lloyd, Algorithm::Hamerly, Algorithm::Elkan, Algorithm::Yinyang];

/// All that must be the same to the last bit: centroids, assignments, inertia, iterations and
/// start.
pub fn kmeans_bits(fit: &KMeansFit) -> (Vec<u64>, Vec<i32>, u64, usize, usize) {
    let centroids = fit.model.centroids().iter().map(|value| value.to_bits()).collect();
    (centroids, fit.assignments.to_vec(), fit.inertia.to_bits(), fit.iterations, fit.start)
}

/// k-means without a callback.
pub fn fit_kmeans<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    params: &KMeansParams,
) -> Result<KMeansFit, Error> {
    kmeans::fit(points, params, &mut |_| {})
}

/// A mixture without a callback.
pub fn fit_gmm<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    params: &GmmParams,
) -> Result<GmmFit, Error> {
    gmm::fit(points, params, &mut |_| {})
}

/// Parameters that begin with these centroids.
pub fn from_centroids(centroids: Array2<f64>) -> KMeansParams {
    KMeansParams {
        k: centroids.nrows(),
        init: Init::Centroids(centroids),
        ..KMeansParams::default()
    }
}

/// A file of tests/golden.
pub fn golden_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The points of a golden set, in f64.
pub fn golden_points(name: &str) -> Array2<f64> {
    let path = golden_path(&format!("{name}.npy"));
    if let Ok(bytes) = ndarray_npy::read_npy::<_, Array2<u8>>(&path) {
        return bytes.mapv(f64::from);
    }
    ndarray_npy::read_npy(&path).unwrap()
}

/// `per_blob` points around each of `centers`, uniform in a cube of side `2 radius`.
pub fn blobs(centers: &Array2<f64>, per_blob: usize, radius: f64, seed: u64) -> Array2<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let blob = |center: ndarray::ArrayView1<f64>| {
        Array2::from_shape_fn((per_blob, center.len()), |(_, j)| {
            center[j] + rng.gen_range(-radius..=radius)
        })
    };
    let blobs: Vec<_> = centers.axis_iter(Axis(0)).map(blob).collect();
    let views: Vec<_> = blobs.iter().map(Array2::view).collect();
    concatenate(Axis(0), &views).unwrap()
}

/// Structureless points, uniform in a cube of side 2 around zero.
pub fn cloud(n: usize, d: usize, seed: u64) -> Array2<f64> {
    blobs(&Array2::zeros((1, d)), n, 1.0, seed)
}

/// Asserts `|found - expected| <= relative * largest |expected|` everywhere, and says by how much
/// not.
pub fn assert_close<'a>(
    what: &str,
    found: impl IntoIterator<Item = &'a f64>,
    expected: impl IntoIterator<Item = &'a f64>,
    relative: f64,
) {
    let found: Vec<f64> = found.into_iter().copied().collect();
    let expected: Vec<f64> = expected.into_iter().copied().collect();
    assert_eq!(found.len(), expected.len(), "{what}: number of values");
    assert!(found.iter().all(|value| value.is_finite()), "{what}: not finite");
    let scale = expected.iter().fold(0.0, |scale: f64, value| scale.max(value.abs()));
    let largest =
        found.iter().zip(&expected).fold(0.0, |largest: f64, (a, b)| largest.max((a - b).abs()));
    assert!(
        largest <= relative * scale,
        "{what}: largest difference {largest:e} at a scale of {scale:e}"
    );
}
