//! From points to neighbors, to the fuzzy graph and to the embedding.

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
use crate::params::{Connectivity, Params};
use crate::precomputed::neighbors_of_rows;
use crate::progress::{NeighborsReporter, Progress};
use crate::space::Space;

/// Refuses an embedding if more than one in so many points is lost in its neighbors by `f32`.
const UNRESOLVED_FRACTION: usize = 10;

/// Result of [`fit`]: the model, and what the fit found out about the points.
#[derive(Debug, Clone, PartialEq)]
pub struct UmapFit {
    /// The points and their embedding.
    pub model: Umap,
    /// Epochs of gradient descent.
    pub epochs: usize,
    /// Connected components of the graph.
    pub components: usize,
    /// Distinct points, without those of zeros under [`Metric::Cosine`].
    pub distinct: usize,
    /// Points that `f32` does not tell from their neighbors.
    pub unresolved: usize,
}

/// Embeds `points` `(n, d)` in few dimensions.
///
/// McInnes, Healy and Melville, *UMAP*, 2018, algorithm 1; see the [crate's page](crate).
/// `on_progress` may be called by any thread, by one at a time.
///
/// Equal points are embedded once, and lie in one place. Under [`Metric::Cosine`] points that are
/// multiples of one another are equal; points of zeros, which have no direction, have no edges and
/// lie in the mean of all others.
///
/// Memory beside the points: another copy of them, at most `n * neighbors * 60` bytes, and
/// `n * min(d, 113) * 12` bytes during the blocked search for neighbors.
///
/// Tested by the neighbors that embeddings keep; its steps are tested against umap-learn.
///
/// ```
/// use umap::{Params, fit};
/// use ndarray::Array2;
///
/// let points = Array2::from_shape_fn((100, 4), |(i, j)| ((i * (j + 3)) % 31) as f32);
/// let fitted = fit(points.view(), &Params { dims: 2, ..Params::default() }, &mut |_| ())?;
/// assert_eq!(fitted.model.embedding().dim(), (100, 2));
/// # Ok::<(), umap::Error>(())
/// ```
///
/// # Errors
/// - [`Error::Parameter`] if there are fewer points than neighbors, or a parameter is out of its
///   range.
/// - [`Error::NonFinite`] if a value is not finite; [`Error::TooFar`] if a squared distance is not.
/// - [`Error::Unresolved`] if `f32` does not tell a tenth of the points from their neighbors.
/// - [`Error::Diverged`] if a coordinate of the embedding is not finite.
pub fn fit(
    points: ArrayView2<f32>,
    params: &Params,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<UmapFit> {
    fit_rounded(points, &[], 0, None, params, on_progress)
}

/// Embeds `points` `(n, d)` as [`fit`] does, with the neighbors of each point at hand.
///
/// `neighbors` `(n, m)` are those of [`distinct_neighbors`](crate::distinct_neighbors), or of
/// another program: indices and distances, nearest first, with the point itself among them or not.
/// They may be approximate, and more than [`Params::neighbors`]. The embedding has the same bytes
/// as that of [`fit`] if they are the exact ones.
///
/// Tested against [`fit`].
///
/// ```
/// use umap::{Metric, Params, distinct_neighbors, fit, fit_with_neighbors};
/// use ndarray::Array2;
///
/// let points = Array2::from_shape_fn((100, 4), |(i, j)| ((i * (j + 3)) % 31) as f32);
/// let neighbors = distinct_neighbors(points.view(), 20, Metric::Euclidean, &mut |_| ())?;
/// let params = Params { dims: 2, seed: 1, ..Params::default() };
/// let fitted = fit_with_neighbors(points.view(), &neighbors, &params, &mut |_| ())?;
/// assert_eq!(fitted, fit(points.view(), &params, &mut |_| ())?);
/// # Ok::<(), umap::Error>(())
/// ```
///
/// # Errors
/// As [`fit`]; and [`Error::Parameter`] if the neighbors are too few, in no order, or not those of
/// the points: some distances are computed again to see that.
pub fn fit_with_neighbors(
    points: ArrayView2<f32>,
    neighbors: &Neighbors,
    params: &Params,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<UmapFit> {
    fit_rounded(points, &[], 0, Some(neighbors), params, on_progress)
}

impl Narrowed {
    /// Embeds the points as [`fit`](crate::fit()) does, and knows what rounding took from them.
    ///
    /// Tested on points that are moved far from the origin: their embedding is the same.
    ///
    /// ```
    /// use umap::{Frame, Metric, Params};
    /// use ndarray::Array2;
    ///
    /// let points = Array2::from_shape_fn((100, 4), |(i, j)| 1e12 + ((i * (j + 3)) % 31) as f64);
    /// let narrowed = Frame::of(points.view(), Metric::Euclidean).narrow(points.view())?;
    /// let fitted = narrowed.fit(&Params { dims: 2, ..Params::default() }, &mut |_| ())?;
    /// assert_eq!((fitted.model.embedding().dim(), fitted.unresolved), ((100, 2), 0));
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](crate::fit()); and [`Error::Unresolved`] if more than a tenth of the points
    /// cannot be told from others since they are `f32`.
    pub fn fit(
        &self,
        params: &Params,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<UmapFit> {
        self.fit_to(None, params, on_progress)
    }

    /// Embeds the points as [`fit_with_neighbors`](crate::fit_with_neighbors()) does, and knows
    /// what rounding took from them.
    ///
    /// The neighbors are those of [`Narrowed::points`].
    ///
    /// ```
    /// use umap::{Frame, Metric, Params, distinct_neighbors};
    /// use ndarray::Array2;
    ///
    /// let points = Array2::from_shape_fn((100, 4), |(i, j)| 1e12 + ((i * (j + 3)) % 31) as f64);
    /// let narrowed = Frame::of(points.view(), Metric::Euclidean).narrow(points.view())?;
    /// let metric = Metric::Euclidean;
    /// let neighbors = distinct_neighbors(narrowed.points().view(), 20, metric, &mut |_| ())?;
    /// let params = Params { dims: 2, ..Params::default() };
    /// let fitted = narrowed.fit_with_neighbors(&neighbors, &params, &mut |_| ())?;
    /// assert_eq!(fitted, narrowed.fit(&params, &mut |_| ())?);
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit_with_neighbors`](crate::fit_with_neighbors()) and [`Narrowed::fit`].
    pub fn fit_with_neighbors(
        &self,
        neighbors: &Neighbors,
        params: &Params,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<UmapFit> {
        self.fit_to(Some(neighbors), params, on_progress)
    }

    fn fit_to(
        &self,
        neighbors: Option<&Neighbors>,
        params: &Params,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<UmapFit> {
        let Self { points, rounding, merged } = self;
        fit_rounded(points.view(), rounding, *merged, neighbors, params, on_progress)
    }
}

/// Embeds points that lost `rounding`, of which `merged` became equal to others by that.
///
/// Finds the neighbors unless they are `given`.
fn fit_rounded(
    points: ArrayView2<f32>,
    rounding: &[f32],
    merged: usize,
    given: Option<&Neighbors>,
    params: &Params,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<UmapFit> {
    check(points, params)?;
    let n = points.nrows();
    let space = Space::of(points, params.metric);
    let neighbors = match given {
        Some(given) => neighbors_of_rows(&space, given, params.neighbors - 1)?,
        None => nearest(&space, params, on_progress)?,
    };
    let unresolved = space.unresolved(&neighbors, rounding) + merged;
    if unresolved > n / UNRESOLVED_FRACTION && space.is_narrow() {
        return Err(Error::Unresolved { lost: unresolved, n });
    }
    let graph = graph(neighbors, params);
    let init = initial_embedding(points, &space, &graph, params);
    let epochs = params.epochs.unwrap_or(if space.len() <= 10_000 { 500 } else { 200 });
    let schedule =
        Schedule { curve: Curve::fit(params.min_dist), epochs, rate: 1.0, seed: params.seed };
    let mut on_epoch = |done| on_progress(Progress::Epoch { done, total: epochs });
    let positions = optimize_layout(&graph, init.view(), None, schedule, &mut on_epoch);
    let embedding = space.expand(&positions, mean(&positions).view());
    finite_embedding(embedding.view())?;
    let model = Umap {
        points: points.to_owned(),
        embedding,
        curve: schedule.curve,
        neighbors: params.neighbors,
        metric: params.metric,
    };
    Ok(UmapFit { model, epochs, components: graph.components(), distinct: space.len(), unresolved })
}

/// Computes the fuzzy graph of `points` `(n, d)` that [`fit`] embeds.
///
/// McInnes, Healy and Melville, *UMAP*, 2018, algorithms 2 and 3, and their fuzzy union.
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
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Neighbors> {
    let reporter = NeighborsReporter::new(space.len(), on_progress);
    space.nearest_rows(params.neighbors - 1, &|rows| reporter.add(rows))
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
/// Many points of few features are searched in a k-d tree, others by matrix products of blocks
/// that a bounding box does not exclude. Of equally near points the one of lower index comes first.
/// Under [`Metric::Cosine`] a point of zeros is at distance 0 from others of zeros and at 1 from
/// all the rest.
///
/// Tested against plain search in `f64`.
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
/// - [`Error::NonFinite`] if a value is not finite; [`Error::TooFar`] if a squared distance is not.
pub fn neighbors(points: ArrayView2<f32>, k: usize, metric: Metric) -> Result<Neighbors> {
    check(points, &Params { neighbors: k + 1, dims: 1, metric, ..Params::default() })?;
    Space::of(points, metric).nearest_points(k, &|_| ())
}
