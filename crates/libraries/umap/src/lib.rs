//! Neighbour graphs and low-dimensional embeddings of points: arrays in, arrays out.
//!
//! UMAP (McInnes, Healy and Melville, *UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction*, 2018):
//! [`fit`] joins each point to its nearest neighbours, which are exact, in a fuzzy graph, and moves points in few dimensions
//! until those that are joined are near one another. The same seed gives the same bytes, whatever the number of threads.
//!
//! ```
//! use umap::{Params, fit};
//! use ndarray::Array2;
//!
//! let points = Array2::from_shape_fn((200, 5), |(i, j)| (i % 2 * 10) as f32 + ((i * 7 + j * 3) % 11) as f32 * 0.1);
//! let params = Params { dims: 2, neighbors: 10, ..Params::default() };
//! let umap = fit(points.view(), &params, &mut |_| ())?;
//! assert_eq!(umap.embedding.dim(), (200, 2));
//! # Ok::<(), umap::Error>(())
//! ```

mod curve;
mod error;
mod frame;
mod graph;
mod layout;
mod memory;
mod mutual;
mod neighbours;
mod space;
mod spectral;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array1, Array2, ArrayView2, Axis, CowArray, Ix2};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

pub use curve::Curve;
pub use error::{Error, Result};
pub use frame::{Frame, Narrowed};
pub use graph::Graph;
use graph::Kind;
use layout::{Fixed, Schedule, layout};
pub use neighbours::{Metric, Neighbours};
use pca::Pca;
use space::Space;

/// Most dimensions of an embedding.
const MOST_DIMS: usize = 64;

/// Coordinates of a start lie in 0 to this.
const EXTENT: f32 = 10.0;

/// Share of the extent by which points of a start are moved at random, so that none coincide.
const JITTER: f32 = 1e-4;

/// Of so many points one may not be told from its neighbors by `f32` before an embedding is refused.
const MOST_UNRESOLVED: usize = 10;

/// Which neighbours join points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Joined {
    /// Those of which either end is among the nearest of the other.
    #[default]
    Union,
    /// Those along paths of mutual neighbours (Dalmia and Sia, *Clustering with UMAP: why and how connectivity matters*, 2021):
    /// clusters come to lie farther apart.
    Mutual,
}

/// Where a layout starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// Laplacian eigenmaps of the graph; principal components where the graph falls apart.
    #[default]
    Spectral,
    /// Principal components of the points.
    Pca,
}

/// How to embed. Names and defaults are umap-learn's but where said.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Dimensions of the embedding, at most 64 (default 10, umap-learn's 2: it is for clustering).
    pub dims: usize,
    /// Neighbours of a point, itself counted as in umap-learn (default 20, umap-learn's 15).
    pub neighbors: usize,
    /// How near points may come to one another (default 0, umap-learn's 0.1).
    pub min_dist: f64,
    /// Distances between points (default Euclidean).
    pub metric: Metric,
    /// Which neighbours join points (default union).
    pub joined: Joined,
    /// Where the layout starts (default spectral).
    pub start: Start,
    /// How often each edge may pull; 500 for up to 10,000 points, 200 for more if not given.
    pub epochs: Option<usize>,
    /// Of every random choice (default 0).
    pub seed: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            dims: 10,
            neighbors: 20,
            min_dist: 0.0,
            metric: Metric::Euclidean,
            joined: Joined::Union,
            start: Start::Spectral,
            epochs: None,
            seed: 0,
        }
    }
}

/// How far [`fit`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Points of which the neighbours are known, and all.
    Neighbours(usize, usize),
    /// Epochs done, and all.
    Epoch(usize, usize),
}

/// Points and where they lie in few dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Umap {
    /// Shape `(n, d)`.
    pub points: Array2<f32>,
    /// Shape `(n, dims)`.
    pub embedding: Array2<f32>,
    /// How attraction falls with distance.
    pub curve: Curve,
    /// Neighbours of a point, itself counted.
    pub neighbors: usize,
    /// Distances between points.
    pub metric: Metric,
    /// Passes over the graph; of a model that was read, 0.
    pub epochs: usize,
    /// Parts of the graph that no edge joins; of a model that was read, 0.
    pub components: usize,
    /// Distinct points, without those of zeros under [`Metric::Cosine`]; of a model that was read, 0.
    pub distinct: usize,
    /// Points that `f32` does not tell from their neighbors; of a model that was read, 0.
    pub unresolved: usize,
}

/// Embeds `points` `(n, d)`.
///
/// Equal points are embedded once, and lie in one place. Under [`Metric::Cosine`] points that are multiples of one another
/// are equal; points of zeros, which have no direction, are joined to none and lie in the mean of all others.
///
/// Memory beside the points: another copy of them, `n * neighbors * 60` bytes at most, and `n * min(d, 113) * 12` bytes while
/// neighbors are searched for by products.
///
/// # Errors
/// No more points than neighbors, dimensions or neighbors that make no sense, values that are not finite; points most of
/// which `f32` does not tell from their neighbors.
pub fn fit(
    points: ArrayView2<f32>,
    params: &Params,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Umap> {
    fit_rounded(points, &[], 0, params, progress)
}

impl Narrowed {
    /// Embeds the points, see [`fit`], but for those that `f32` hardly holds.
    ///
    /// # Errors
    /// As [`fit`]; points of which more than a tenth was not told from others once they were `f32`.
    pub fn fit(&self, params: &Params, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Umap> {
        fit_rounded(self.points.view(), &self.rounding, self.merged, params, progress)
    }
}

/// [`fit`] of points from which `rounding` was taken, and of which `merged` became equal to others by that.
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
    let neighbours = nearest(&space, params, progress)?;
    let unresolved = space.unresolved(&neighbours, rounding) + merged;
    if unresolved > n / MOST_UNRESOLVED && space.is_narrow() {
        return Err(Error::Unresolved { lost: unresolved, n });
    }
    let graph = graph(neighbours, params);
    let start = match params.start {
        Start::Spectral => spectral::spectral(&graph, params.dims, params.seed),
        Start::Pca => None,
    };
    let start = start.unwrap_or_else(|| principal_components(points, &space, params.dims));
    let start = spread(start, params.seed);
    let epochs = params.epochs.unwrap_or(if space.len() <= 10_000 { 500 } else { 200 });
    let schedule = Schedule { curve: Curve::of(params.min_dist), epochs, rate: 1.0, seed: params.seed };
    let places =
        layout(&graph, start.view(), None, schedule, &mut |epoch| progress(Progress::Epoch(epoch, epochs)));
    let embedding = space.expand(&places, mean(&places).view());
    finite_places(embedding.view())?;
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

/// The fuzzy graph of `points` `(n, d)` that [`fit`] embeds. Tested against umap-learn's `fuzzy_simplicial_set`.
///
/// Its vertices are the distinct points, in their order; under [`Metric::Cosine`] without those of zeros.
///
/// # Errors
/// As [`fit`].
pub fn fuzzy_graph(points: ArrayView2<f32>, params: &Params) -> Result<Graph> {
    check(points, params)?;
    let space = Space::of(points, params.metric);
    Ok(graph(nearest(&space, params, &mut |_| ())?, params))
}

/// The nearest of the distinct points.
fn nearest(
    space: &Space,
    params: &Params,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Neighbours> {
    let (done, progress) = (AtomicUsize::new(0), Mutex::new(progress));
    let seen = |some: usize| {
        let done = done.fetch_add(some, Ordering::Relaxed) + some;
        // If another thread holds the lock, skips this progress report.
        if let Ok(mut progress) = progress.try_lock() {
            progress(Progress::Neighbours(done, space.len()));
        }
    };
    space.nearest_rows(params.neighbors - 1, &seen)
}

fn graph(mut neighbours: Neighbours, params: &Params) -> Graph {
    if params.joined == Joined::Mutual {
        neighbours = mutual::mutual(&neighbours);
    }
    Graph::union(&neighbours, &graph::memberships(&neighbours, Kind::Among))
}

/// The exact nearest neighbors of each of `points` `(n, d)` among the others, `(n, k)`.
///
/// # Errors
/// k of 0, or no more points than k; values that are not finite.
pub fn neighbours(points: ArrayView2<f32>, k: usize, metric: Metric) -> Result<Neighbours> {
    check(points, &Params { neighbors: k + 1, dims: 1, metric, ..Params::default() })?;
    Space::of(points, metric).nearest_points(k, &|_| ())
}

impl Umap {
    /// A model from its parts: `points` `(n, d)`, `embedding` `(n, dims)`.
    ///
    /// # Errors
    /// Parts that do not go together; values that are not finite.
    pub fn new(
        points: Array2<f32>,
        embedding: Array2<f32>,
        curve: Curve,
        neighbors: usize,
        metric: Metric,
    ) -> Result<Self> {
        let params = Params { dims: embedding.ncols(), neighbors, metric, ..Params::default() };
        check(points.view(), &params)?;
        finite(embedding.view())?;
        let refuse = |expected: String, found: String| {
            Err(Error::Parameter { expected, found, cure: "give another model" })
        };
        if points.nrows() != embedding.nrows() {
            return refuse(format!("{} rows of an embedding", points.nrows()), embedding.nrows().to_string());
        }
        if !(curve.a > 0.0 && curve.b > 0.0 && curve.a.is_finite() && curve.b.is_finite()) {
            return refuse("a and b above 0".into(), format!("{} and {}", curve.a, curve.b));
        }
        let (points, embedding) = (in_order(points), in_order(embedding));
        let (epochs, components, distinct, unresolved) = (0, 0, 0, 0);
        Ok(Self { points, embedding, curve, neighbors, metric, epochs, components, distinct, unresolved })
    }

    /// Where `new` points `(m, d)` lie among those of the embedding, which stay: `(m, dims)`.
    ///
    /// As umap-learn's `transform`: from the mean of its neighbors, weighted by its memberships, each is moved by them and
    /// by random others, in 100 epochs of a quarter of the step. Unlike there, the place of a point depends on its values,
    /// the model and the seed alone, not on the other new points or its row among them; and under [`Metric::Cosine`] a
    /// point of zeros gets the place of those in the model, or the mean of all places if it has none.
    ///
    /// # Errors
    /// Another number of features; values that are not finite, or too far from those of the model.
    pub fn transform(
        &self,
        new: ArrayView2<f32>,
        seed: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Array2<f32>> {
        let space = Space::of(self.points.view(), self.metric);
        let (queries, graph) = self.join(&space, new)?;
        let firsts: Vec<usize> = space.firsts().collect();
        let places = self.embedding.select(Axis(0), &firsts);
        let without = space.first_zero().map_or_else(|| mean(&places), |i| self.embedding.row(i).to_owned());
        let mut start = Array2::<f32>::zeros((new.nrows(), places.ncols()));
        for (i, mut row) in start.outer_iter_mut().enumerate() {
            let total: f32 = graph.edges(i).map(|(_, weight)| weight).sum();
            if total == 0.0 {
                row.assign(&without);
            } else if let Some((j, _)) = graph.edges(i).find(|&(_, weight)| weight == 1.0) {
                row.assign(&places.row(j));
            } else {
                graph.edges(i).for_each(|(j, weight)| row.scaled_add(weight / total, &places.row(j)));
            }
        }
        let epochs = 100;
        let schedule = Schedule { curve: self.curve, epochs, rate: 0.25, seed };
        let keys: Vec<u64> = queries.outer_iter().map(space::content).collect();
        let fixed = Fixed { places: places.view(), keys: &keys };
        let mut progress = |epoch| progress(Progress::Epoch(epoch, epochs));
        let embedding = layout(&graph, start.view(), Some(fixed), schedule, &mut progress);
        finite_places(embedding.view())?;
        Ok(embedding)
    }

    /// The fuzzy graph that joins `new` points `(m, d)`, its vertices, to their neighbors among [`Self::points`], which
    /// its heads are. Tested against umap-learn's `transform` in its mode `graph`.
    ///
    /// # Errors
    /// As [`Self::transform`].
    pub fn graph_of(&self, new: ArrayView2<f32>) -> Result<Graph> {
        let space = Space::of(self.points.view(), self.metric);
        let (_, mut graph) = self.join(&space, new)?;
        let firsts: Vec<usize> = space.firsts().collect();
        graph.heads.iter_mut().for_each(|head| *head = firsts[*head as usize] as u32);
        Ok(graph)
    }

    /// New points as rows of `space`, and the graph that joins them to those that it has.
    fn join<'a>(&self, space: &Space, new: ArrayView2<'a, f32>) -> Result<(CowArray<'a, f32, Ix2>, Graph)> {
        if new.ncols() != self.points.ncols() {
            return Err(Error::features(self.points.ncols(), new.ncols()));
        }
        finite(new)?;
        let queries = space.map(new);
        let neighbours = space.nearest_to(queries.view(), self.neighbors)?;
        let memberships = graph::memberships(&neighbours, Kind::Of);
        let joined = |i: usize| !space.is_without_direction(queries.row(i));
        let graph = Graph::to_others(&neighbours, &memberships, joined);
        Ok((queries, graph))
    }
}

/// The matrix in C order, which neighbors are searched in.
fn in_order(matrix: Array2<f32>) -> Array2<f32> {
    if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().into_owned() }
}

/// Products with as many directions as there are; further dimensions are 0.
///
/// Of the rows of `space`; under [`Metric::Cosine`] of the points that these stand for, as in umap-learn. The origin is made
/// of values of the points: it moves with them exactly.
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

/// Mean of the rows; 0 if there are none.
fn mean(rows: &Array2<f32>) -> Array1<f32> {
    let sums =
        rows.outer_iter().fold(Array1::<f64>::zeros(rows.ncols()), |sums, row| sums + row.mapv(f64::from));
    sums.mapv(|sum| (sum / rows.nrows().max(1) as f64) as f32)
}

/// Refuses an embedding that is not finite.
fn finite_places(embedding: ArrayView2<f32>) -> Result<()> {
    match embedding.indexed_iter().find(|(_, x)| !x.is_finite()) {
        Some(((row, _), &value)) => Err(Error::Diverged { row, value }),
        None => Ok(()),
    }
}

/// Spreads each column over 0 to [`EXTENT`], with a little noise.
fn spread(mut start: Array2<f32>, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let largest = start.iter().fold(0.0_f32, |most, x| most.max(x.abs())).max(f32::MIN_POSITIVE);
    start.mapv_inplace(|x| x / largest + JITTER * rng.gen_range(-1.0..1.0));
    for mut column in start.axis_iter_mut(Axis(1)) {
        let low = column.iter().fold(f32::INFINITY, |low, &x| low.min(x));
        let high = column.iter().fold(f32::NEG_INFINITY, |high, &x| high.max(x));
        column.mapv_inplace(|x| EXTENT * (x - low) / (high - low).max(f32::MIN_POSITIVE));
    }
    start
}

fn check(points: ArrayView2<f32>, params: &Params) -> Result<()> {
    let (n, d) = points.dim();
    let refuse = |expected: &str, found: String, cure| {
        Err(Error::Parameter { expected: expected.into(), found, cure })
    };
    if d == 0 {
        return refuse("points of at least one feature", "none".into(), "give another array");
    }
    if params.neighbors < 2 {
        return refuse(
            "at least 2 neighbors, the point itself among them",
            params.neighbors.to_string(),
            "ask for more",
        );
    }
    if n < params.neighbors {
        let expected = format!("at least as many points as neighbors, {}", params.neighbors);
        return refuse(&expected, n.to_string(), "give more points, or ask for fewer neighbors");
    }
    if params.dims == 0 || params.dims > MOST_DIMS {
        return refuse(&format!("1 to {MOST_DIMS} dims"), params.dims.to_string(), "ask for as many");
    }
    if !(0.0..1.0).contains(&params.min_dist) {
        return refuse(
            "a min_dist of 0 or more, below 1",
            params.min_dist.to_string(),
            "take 0 for clustering",
        );
    }
    finite(points)
}

fn finite(points: ArrayView2<f32>) -> Result<()> {
    match points.indexed_iter().find(|(_, x)| !x.is_finite()) {
        Some(((row, column), &value)) => Err(Error::NotFinite { value, row, column }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_not_finite_are_refused() {
        let mut places = Array2::zeros((3, 2));
        assert_eq!(finite_places(places.view()), Ok(()));
        places[[1, 1]] = f32::INFINITY;
        let error = finite_places(places.view()).unwrap_err();
        assert_eq!(error, Error::Diverged { row: 1, value: f32::INFINITY });
    }
}
