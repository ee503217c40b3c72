//! From points to neighbors, to the fuzzy graph and to the embedding.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::ArrayView2;

use crate::checks::{check, finite_embedding};
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::frame::Narrowed;
use crate::graph::{self, Graph, Kind};
use crate::init::initial_embedding;
use crate::layout::{Schedule, optimize_layout};
use crate::metric::Metric;
use crate::model::{Umap, mean};
use crate::mutual_neighbors::mutual;
use crate::neighbors::Neighbors;
use crate::params::{Connectivity, Params, Progress};
use crate::space::Space;

/// Refuses an embedding if more than one in so many points is lost in its neighbors by `f32`.
const UNRESOLVED_FRACTION: usize = 10;

/// Embeds `points` `(n, d)` in few dimensions.
///
/// Equal points are embedded once, and lie in one place. Under [`Metric::Cosine`] points that are
/// multiples of one another are equal; points of zeros, which have no direction, have no edges and
/// lie in the mean of all others.
///
/// Memory beside the points: another copy of them, at most `n * neighbors * 60` bytes, and
/// `n * min(d, 113) * 12` bytes during the blocked search for neighbors.
///
/// ```
/// use umap::{Params, fit};
/// use ndarray::Array2;
///
/// let points = Array2::from_shape_fn((100, 4), |(i, j)| ((i * (j + 3)) % 31) as f32);
/// let umap = fit(points.view(), &Params { dims: 2, ..Params::default() }, &mut |_| ())?;
/// assert_eq!(umap.embedding.dim(), (100, 2));
/// # Ok::<(), umap::Error>(())
/// ```
///
/// # Errors
/// - [`Error::Parameter`] if there are fewer points than neighbors, or a parameter makes no sense.
/// - [`Error::NotFinite`] if a value is not finite; [`Error::TooFar`] if a squared distance is not.
/// - [`Error::Unresolved`] if `f32` does not tell most points from their neighbors.
pub fn fit(
    points: ArrayView2<f32>,
    params: &Params,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Umap> {
    fit_rounded(points, &[], 0, params, progress)
}

impl Narrowed {
    /// Embeds the points as [`fit`](crate::fit()) does, and knows what rounding took from them.
    ///
    /// # Errors
    /// As [`fit`](crate::fit()); and [`Error::Unresolved`] if more than a tenth of the points
    /// cannot be told from others since they are `f32`.
    pub fn fit(
        &self,
        params: &Params,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Umap> {
        fit_rounded(self.points.view(), &self.rounding, self.merged, params, progress)
    }
}

/// Embeds points that lost `rounding`, of which `merged` became equal to others by that.
fn fit_rounded(
    points: ArrayView2<f32>,
    rounding: &[f32],
    merged: usize,
    params: &Params,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Umap> {
    check(points, params)?;
    let n = points.nrows();
    let space = Space::of(points, params.metric);
    let neighbors = nearest(&space, params, progress)?;
    let unresolved = space.unresolved(&neighbors, rounding) + merged;
    if unresolved > n / UNRESOLVED_FRACTION && space.is_narrow() {
        return Err(Error::Unresolved { lost: unresolved, n });
    }
    let graph = graph(neighbors, params);
    let init = initial_embedding(points, &space, &graph, params);
    let epochs = params.epochs.unwrap_or(if space.len() <= 10_000 { 500 } else { 200 });
    let schedule =
        Schedule { curve: Curve::fit(params.min_dist), epochs, rate: 1.0, seed: params.seed };
    let mut on_epoch = |epoch| progress(Progress::Epoch(epoch, epochs));
    let positions = optimize_layout(&graph, init.view(), None, schedule, &mut on_epoch);
    let embedding = space.expand(&positions, mean(&positions).view());
    finite_embedding(embedding.view())?;
    Ok(Umap {
        points: points.to_owned(),
        embedding,
        curve: schedule.curve,
        neighbors: params.neighbors,
        metric: params.metric,
        epochs,
        components: graph.components(),
        distinct: space.len(),
        unresolved,
    })
}

/// Computes the fuzzy graph of `points` `(n, d)` that [`fit`] embeds.
///
/// Its vertices are the distinct points, in their order; under [`Metric::Cosine`] without those of
/// zeros. Tested against umap-learn's `fuzzy_simplicial_set`.
///
/// ```
/// use umap::{Params, fuzzy_graph};
/// use ndarray::Array2;
///
/// let points = Array2::from_shape_fn((30, 1), |(i, _)| i as f32);
/// let graph = fuzzy_graph(points.view(), &Params { neighbors: 5, ..Params::default() })?;
/// assert_eq!((graph.n(), graph.components()), (30, 1));
/// # Ok::<(), umap::Error>(())
/// ```
///
/// # Errors
/// As [`fit`].
pub fn fuzzy_graph(points: ArrayView2<f32>, params: &Params) -> Result<Graph> {
    check(points, params)?;
    let space = Space::of(points, params.metric);
    Ok(graph(nearest(&space, params, &mut |_| ())?, params))
}

/// Finds the nearest of the distinct points to each of them.
fn nearest(
    space: &Space,
    params: &Params,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Neighbors> {
    let (done, progress) = (AtomicUsize::new(0), Mutex::new(progress));
    let on_rows = |rows: usize| {
        let done = done.fetch_add(rows, Ordering::Relaxed) + rows;
        // If another thread holds the lock, skips this progress report.
        if let Ok(mut progress) = progress.try_lock() {
            progress(Progress::Neighbors(done, space.len()));
        }
    };
    space.nearest_rows(params.neighbors - 1, &on_rows)
}

/// Turns neighbors into the fuzzy graph.
fn graph(mut neighbors: Neighbors, params: &Params) -> Graph {
    if params.connectivity == Connectivity::Mutual {
        neighbors = mutual(&neighbors);
    }
    Graph::union(&neighbors, &graph::memberships(&neighbors, Kind::Among))
}

/// Finds the exact `k` nearest neighbors of each of `points` `(n, d)`, itself left out.
///
/// ```
/// use umap::{Metric, neighbors};
/// use ndarray::array;
///
/// let found = neighbors(array![[0.0], [1.0], [3.0]].view(), 1, Metric::Euclidean)?;
/// assert_eq!(found.indices, array![[1], [0], [1]]);
/// assert_eq!(found.distances, array![[1.0], [1.0], [2.0]]);
/// # Ok::<(), umap::Error>(())
/// ```
///
/// # Errors
/// - [`Error::Parameter`] if `k` is 0, or if there are no more points than `k`.
/// - [`Error::NotFinite`] if a value is not finite; [`Error::TooFar`] if a squared distance is not.
pub fn neighbors(points: ArrayView2<f32>, k: usize, metric: Metric) -> Result<Neighbors> {
    check(points, &Params { neighbors: k + 1, dims: 1, metric, ..Params::default() })?;
    Space::of(points, metric).nearest_points(k, &|_| ())
}
