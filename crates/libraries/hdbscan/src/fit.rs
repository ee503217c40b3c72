//! From points to clusters.

use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;
use umap::{Metric, Neighbors};

use crate::condensed::CondensedTree;
use crate::edge::Edge;
use crate::error::{Error, Result};
use crate::exact::Exact;
use crate::hierarchy::{Link, single_linkage};
use crate::model::{Hdbscan, Prediction};
use crate::neighborhoods::Neighborhoods;
use crate::params::Params;
use crate::parts::Parts;
use crate::progress::Progress;
use crate::select::{Labels, select};
use crate::space::{Space, check_finite, map};
use crate::tree::spanning_tree;
use crate::value::Value;

/// Result of [`fit`].
#[derive(Debug, Clone, PartialEq)]
pub struct HdbscanFit {
    /// Labels from 0, shape `(n,)`; -1 for noise.
    pub labels: Array1<i32>,
    /// Strength of the membership of each point in its cluster, shape `(n,)`; 0 for noise.
    pub probabilities: Array1<f64>,
    /// The points and the condensed tree, which assign new points.
    pub model: Hdbscan,
    /// Points that single precision does not tell from another, though they differ.
    pub merged: usize,
}

/// An edge of the minimum spanning tree of mutual reachability distances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeEdge {
    /// The point of lower index.
    pub low: u32,
    /// The point of higher index.
    pub high: u32,
    /// Mutual reachability distance.
    pub distance: f64,
}

/// Groups `points` `(n, d)` by density, and leaves noise out.
///
/// Campello, Moulavi and Sander, *Density-Based Clustering Based on Hierarchical Density
/// Estimates*, 2013; see the [crate's page](crate).
///
/// `neighbors` `(n, k)` are the exact nearest ones by the same metric, nearest first, the point
/// itself among them or not, as [`umap::distinct_neighbors`] gives them; k is `min_samples` at
/// least, and 16 or more spare time. Without them this finds them first. The result has the same
/// bytes with and without. `on_progress` may be called by any thread, by one at a time.
///
/// Tested against scikit-learn: labels, and probabilities to 1e-6.
///
/// ```
/// use hdbscan::{Params, fit};
/// use ndarray::Array2;
///
/// // Two groups of twenty points, and one point far from both.
/// let place = |i: usize| if i == 40 { 900.0 } else { (i % 2 * 90) as f64 + (i as f64).sin() };
/// let points = Array2::from_shape_fn((41, 1), |(i, _)| place(i));
/// let fit = fit(points.view(), None, &Params::default(), &mut |_| ())?;
/// assert_eq!(fit.model.k(), 2);
/// assert_eq!(fit.labels[40], -1);
/// assert!((2..40).all(|i| fit.labels[i] == fit.labels[i % 2]));
/// # Ok::<(), hdbscan::Error>(())
/// ```
///
/// # Errors
/// - [`Error::Parameter`] if there are fewer points than `min_samples`, or a parameter or the
///   neighbors are out of range.
/// - [`Error::NonFinite`] if a value is not finite.
/// - [`Error::Neighbors`] if no single precision holds the distances.
pub fn fit<T: Value>(
    points: ArrayView2<T>,
    neighbors: Option<&Neighbors>,
    params: &Params,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<HdbscanFit> {
    let grown = grow(points, neighbors, params, on_progress)?;
    let n = points.nrows();
    let merges = single_linkage(n, grown.links);
    let tree = CondensedTree::of(n, &merges, params.min_cluster_size);
    let labels = Labels::of(&tree, &select(&tree, params), params);
    let model = Hdbscan::new(Parts {
        points: grown.points,
        frame: grown.frame,
        core_distances: grown.cores.into(),
        min_samples: params.min_samples(),
        alpha: params.alpha,
        clusters: tree.clusters,
        cluster_of: tree.cluster_of,
        lambdas: tree.lambdas,
        selected: labels.clusters,
        threshold: labels.threshold,
    })?;
    let Prediction { labels, probabilities } = model.own_labels();
    Ok(HdbscanFit { labels, probabilities, model, merged: grown.merged })
}

/// Finds the minimum spanning tree of mutual reachability distances of `points` `(n, d)`.
///
/// The mutual reachability distance of two points is the largest of their core distances and their
/// distance divided by alpha. The tree is exact: which edges it has is decided in single precision,
/// their lengths are computed in double precision. Edges come in the order in which they join
/// clusters. Parameters and errors are those of [`fit`].
///
/// Tested against Kruskal's algorithm on all pairs.
///
/// ```
/// use hdbscan::{Params, minimum_spanning_tree};
/// use ndarray::array;
///
/// let params = Params { min_cluster_size: 2, ..Params::default() };
/// let points = array![[0.0], [1.0], [3.0], [7.0]];
/// let tree = minimum_spanning_tree(points.view(), None, &params, &mut |_| ())?;
/// let lengths: Vec<f64> = tree.iter().map(|edge| edge.distance).collect();
/// assert_eq!(lengths, [1.0, 2.0, 4.0]);
/// # Ok::<(), hdbscan::Error>(())
/// ```
///
/// # Errors
/// As [`fit`].
pub fn minimum_spanning_tree<T: Value>(
    points: ArrayView2<T>,
    neighbors: Option<&Neighbors>,
    params: &Params,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Vec<TreeEdge>> {
    let links = grow(points, neighbors, params, on_progress)?.links;
    let edge = |Link { a, b, distance }: Link| TreeEdge { low: a.min(b), high: a.max(b), distance };
    let mut edges: Vec<TreeEdge> = links.into_iter().map(edge).collect();
    edges.sort_by(|a, b| {
        a.distance.total_cmp(&b.distance).then((a.low, a.high).cmp(&(b.low, b.high)))
    });
    Ok(edges)
}

/// The tree, and what is left of the way to it.
struct Grown {
    links: Vec<Link>,
    /// Core distances of the points.
    cores: Vec<f64>,
    /// The points in their frame.
    points: Array2<f32>,
    frame: umap::Frame,
    merged: usize,
}

fn grow<T: Value>(
    points: ArrayView2<T>,
    neighbors: Option<&Neighbors>,
    params: &Params,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Grown> {
    params.check(points.nrows(), points.ncols())?;
    check_finite(points)?;
    let (mapped, frame) = map(points, params.metric)?;
    let kept = match params.metric {
        Metric::Euclidean => mapped.clone(),
        // Without the column that tells zeros from others.
        Metric::Cosine => mapped.slice(ndarray::s![.., ..points.ncols()]).to_owned(),
    };
    let space = Space::of(mapped);
    let points = points.as_standard_layout();
    let exact = Exact::of(points.view(), params.metric);
    let min_samples = params.min_samples();
    let neighborhoods = match neighbors {
        Some(given) => Neighborhoods::given(&space, given, &exact, params)?,
        None => Neighborhoods::search(&space, min_samples, on_progress)?,
    };
    let squared_cores = neighborhoods.squared_cores(&space, min_samples);
    let factor = factor(params);
    let total = points.nrows() - 1;
    // The edges to copies of points are known.
    let copies = points.nrows() - space.len();
    let mut show = |edges| on_progress(Progress::Tree { done: copies + edges, total });
    let tree = spanning_tree(space.rows.view(), &neighborhoods, &squared_cores, factor, &mut show);
    let cores = neighborhoods.cores(&space, min_samples, &exact);
    let link = |edge: &Edge| {
        let [a, b] = [edge.low, edge.high].map(|row| space.firsts[row as usize]);
        let core = cores[edge.low as usize].max(cores[edge.high as usize]);
        let distance = exact.distance(a as usize, b as usize) / params.alpha;
        Link { a, b, distance: distance.max(core) }
    };
    let mut links: Vec<Link> = tree.par_iter().map(link).collect();
    let cores: Vec<f64> = space.row_of.iter().map(|&row| cores[row as usize]).collect();
    let mut merged = 0;
    for (i, &row) in space.row_of.iter().enumerate() {
        let first = space.firsts[row as usize];
        if first as usize != i {
            links.push(Link { a: first, b: i as u32, distance: cores[i] });
            merged += usize::from(exact.distance(first as usize, i) > 0.0);
        }
    }
    if let Some(link) = links.iter().find(|link| !link.distance.is_finite()) {
        return Err(Error::Parameter {
            expected: "points whose squared distances double precision holds".into(),
            found: format!("rows {} and {} farther apart", link.a, link.b),
            hint: "scale the points",
        });
    }
    Ok(Grown { links, cores, points: kept, frame, merged })
}

/// Gives the factor of squared distances in squared mutual reachability distances.
///
/// Cosine distances are half the squares of distances of unit vectors, so these are divided by
/// alpha once.
fn factor(params: &Params) -> f32 {
    match params.metric {
        Metric::Euclidean => (1.0 / (params.alpha * params.alpha)) as f32,
        Metric::Cosine => (1.0 / params.alpha) as f32,
    }
}
