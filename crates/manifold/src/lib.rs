//! Neighbour graphs and low-dimensional embeddings of points: arrays in, arrays out.
//!
//! UMAP (McInnes, Healy and Melville, *UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction*, 2018):
//! [`fit`] joins each point to its nearest neighbours, which are exact, in a fuzzy graph, and moves points in few dimensions
//! until those that are joined are near one another. The same seed gives the same bytes, whatever the number of threads.
//!
//! ```
//! use manifold::{Params, fit};
//! use ndarray::Array2;
//!
//! let points = Array2::from_shape_fn((200, 5), |(i, j)| (i % 2 * 10) as f32 + ((i * 7 + j * 3) % 11) as f32 * 0.1);
//! let params = Params { dims: 2, neighbors: 10, ..Params::default() };
//! let manifold = fit(points.view(), &params, &mut |_| ())?;
//! assert_eq!(manifold.embedding.dim(), (200, 2));
//! # Ok::<(), manifold::Error>(())
//! ```

mod curve;
mod error;
mod graph;
mod layout;
mod memory;
mod mutual;
mod neighbours;
mod spectral;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array2, ArrayView2, Axis};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

pub use curve::Curve;
pub use error::{Error, Result};
pub use graph::Graph;
use layout::{Schedule, layout};
pub use neighbours::{Metric, Neighbours};
use principal::Principal;

/// Most dimensions of an embedding.
const MOST_DIMS: usize = 64;

/// Coordinates of a start lie in 0 to this.
const EXTENT: f32 = 10.0;

/// Share of the extent by which points of a start are moved at random, so that none coincide.
const JITTER: f32 = 1e-4;

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
pub struct Manifold {
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
}

/// Embeds `points` `(n, d)`.
///
/// Memory beside the points: another copy of them, `n * neighbors * 60` bytes at most, and `n * min(d, 113) * 12` bytes while
/// neighbours are searched for by products.
///
/// # Errors
/// No more points than neighbours, dimensions or neighbours that make no sense, values that are not finite.
pub fn fit(
    points: ArrayView2<f32>,
    params: &Params,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Manifold> {
    check(points, params)?;
    let graph = graph(points, params, progress);
    let start = match params.start {
        Start::Spectral => spectral::spectral(&graph, params.dims, params.seed),
        Start::Pca => None,
    };
    let start = start.unwrap_or_else(|| principal_components(points, params.dims));
    let start = spread(start, params.seed);
    let epochs = params.epochs.unwrap_or(if points.nrows() <= 10_000 { 500 } else { 200 });
    let schedule = Schedule { curve: Curve::of(params.min_dist), epochs, rate: 1.0, seed: params.seed };
    let embedding =
        layout(&graph, start.view(), None, schedule, &mut |epoch| progress(Progress::Epoch(epoch, epochs)));
    Ok(Manifold {
        points: points.to_owned(),
        embedding,
        curve: schedule.curve,
        neighbors: params.neighbors,
        metric: params.metric,
        epochs,
        components: graph.components(),
    })
}

/// The fuzzy graph of `points` `(n, d)` that [`fit`] embeds. Tested against umap-learn's `fuzzy_simplicial_set`.
///
/// # Errors
/// As [`fit`].
pub fn fuzzy_graph(points: ArrayView2<f32>, params: &Params) -> Result<Graph> {
    check(points, params)?;
    Ok(graph(points, params, &mut |_| ()))
}

fn graph(points: ArrayView2<f32>, params: &Params, progress: &mut (dyn FnMut(Progress) + Send)) -> Graph {
    let n = points.nrows();
    let (done, progress) = (AtomicUsize::new(0), Mutex::new(progress));
    let seen = |some: usize| {
        let done = done.fetch_add(some, Ordering::Relaxed) + some;
        // Who finds it taken leaves telling to the next.
        if let Ok(mut progress) = progress.try_lock() {
            progress(Progress::Neighbours(done, n));
        }
    };
    let mut neighbours = neighbours::among(points, params.neighbors - 1, params.metric, &seen);
    if params.joined == Joined::Mutual {
        neighbours = mutual::mutual(&neighbours);
    }
    Graph::union(&neighbours, &graph::memberships(&neighbours))
}

/// The exact nearest neighbours of each of `points` `(n, d)` among the others, `(n, k)`.
///
/// # Errors
/// k of 0, or no more points than k; values that are not finite.
pub fn neighbours(points: ArrayView2<f32>, k: usize, metric: Metric) -> Result<Neighbours> {
    check(points, &Params { neighbors: k + 1, dims: 1, metric, ..Params::default() })?;
    Ok(neighbours::among(points, k, metric, &|_| ()))
}

impl Manifold {
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
        Ok(Self { points, embedding, curve, neighbors, metric, epochs: 0, components: 0 })
    }

    /// Where `new` points `(m, d)` lie among those of the embedding, which stay: `(m, dims)`.
    ///
    /// As umap-learn's `transform`: from the mean of its neighbours, weighted by its memberships, each is moved by them and by
    /// random others, in 100 epochs (30 for more than 10,000 points) of a quarter of the step.
    ///
    /// # Errors
    /// Another number of features; values that are not finite.
    pub fn transform(
        &self,
        new: ArrayView2<f32>,
        seed: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Array2<f32>> {
        if new.ncols() != self.points.ncols() {
            return Err(Error::Parameter {
                expected: format!("points of {} features, as the model's", self.points.ncols()),
                found: new.ncols().to_string(),
                cure: "give points of the same kind as those that were embedded",
            });
        }
        finite(new)?;
        let k = self.neighbors - 1;
        let neighbours = neighbours::of(new, self.points.view(), k, self.metric);
        let graph = Graph::to_others(&neighbours, &graph::memberships(&neighbours));
        let dims = self.embedding.ncols();
        let mut start = Array2::<f32>::zeros((new.nrows(), dims));
        for (i, mut row) in start.outer_iter_mut().enumerate() {
            let total: f32 = graph.edges(i).map(|(_, weight)| weight).sum();
            for (j, weight) in graph.edges(i) {
                row.scaled_add(weight / total, &self.embedding.row(j));
            }
        }
        let epochs = if new.nrows() <= 10_000 { 100 } else { 30 };
        let schedule = Schedule { curve: self.curve, epochs, rate: 0.25, seed };
        let mut progress = |epoch| progress(Progress::Epoch(epoch, epochs));
        Ok(layout(&graph, start.view(), Some(self.embedding.view()), schedule, &mut progress))
    }
}

/// Products with as many directions as there are; further dimensions are 0.
fn principal_components(points: ArrayView2<f32>, dims: usize) -> Array2<f32> {
    let (scores, _) = Principal::of(points, dims).project(points);
    scores.mapv(|x| x as f32)
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
