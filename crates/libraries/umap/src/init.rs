//! Initial embeddings: spectral or principal components, scaled and jittered.

use ndarray::{Array2, ArrayView2, Axis};
use pca::Pca;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::frame;
use crate::graph::Graph;
use crate::params::{Init, Params};
use crate::space::Space;
use crate::spectral;

/// Coordinates of an initial embedding lie in 0 to this, as in umap-learn.
const EXTENT: f32 = 10.0;

/// Share of the extent by which points are moved at random, so that none coincide.
const JITTER: f32 = 1e-4;

/// Computes the initial embedding of the rows of `space`, shape `(m, dims)`.
///
/// `points` are those that `space` is made of, `graph` has its rows as vertices.
pub(crate) fn initial_embedding(
    points: ArrayView2<f32>,
    space: &Space,
    graph: &Graph,
    params: &Params,
) -> Array2<f32> {
    let spectral = match params.init {
        Init::Spectral => spectral::spectral(graph, params.dims, params.seed),
        Init::Pca => None,
    };
    let init = spectral.unwrap_or_else(|| principal_components(points, space, params.dims));
    scale_and_jitter(init, params.seed)
}

/// Computes principal component scores of the rows of `space`; dimensions beyond their rank are 0.
///
/// Under [`Metric::Cosine`](crate::Metric::Cosine) the points that the rows stand for are taken,
/// as in umap-learn. The origin is made of values of the points, so it moves with them exactly.
fn principal_components(points: ArrayView2<f32>, space: &Space, dims: usize) -> Array2<f32> {
    let mut rows = space.plain_rows(points);
    if rows.is_empty() {
        return Array2::zeros((space.len(), dims));
    }
    let center = frame::medians(rows.view(), f32::total_cmp);
    rows -= &center;
    let scores = Pca::fit(rows.view(), dims).transform(rows.view());
    scores.mapv(|x| x as f32)
}

/// Scales each column to 0 to [`EXTENT`], with a little noise.
fn scale_and_jitter(mut init: Array2<f32>, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let largest = init.iter().fold(0.0_f32, |most, x| most.max(x.abs())).max(f32::MIN_POSITIVE);
    init.mapv_inplace(|x| x / largest + JITTER * rng.gen_range(-1.0..1.0));
    for mut column in init.axis_iter_mut(Axis(1)) {
        let low = column.iter().fold(f32::INFINITY, |low, &x| low.min(x));
        let high = column.iter().fold(f32::NEG_INFINITY, |high, &x| high.max(x));
        column.mapv_inplace(|x| EXTENT * (x - low) / (high - low).max(f32::MIN_POSITIVE));
    }
    init
}
