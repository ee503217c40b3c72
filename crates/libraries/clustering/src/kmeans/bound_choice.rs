//! Chooses the bounds of a start, and groups centroids that lie close together.

use ndarray::Array2;

use super::adaptive_bounds::AdaptiveBounds;
use super::algorithm::Algorithm;
use super::bounds::Bounds;
use super::centroid_groups::CentroidGroups;
use super::lloyd;
use super::metric::Metric;
use super::params::{Init, KMeansParams};
use super::point_stats::PointStats;
use super::projection::Projection;
use super::start::StopRule;
use super::starting_centroids::starting_centroids;
use crate::points::{Points, Rows};
use crate::{Error, Scalar};

/// Centroids in a group of Yinyang k-means, as its authors recommend.
const YINYANG_GROUP: usize = 10;

/// Iterations of the short k-means that groups centroids. Yinyang's authors use five.
const GROUPING_ITERATIONS: usize = 5;

/// Chooses the bounds that `algorithm` keeps for `centroids` `(k, d)`; `None` if it keeps none.
pub(super) fn choose_bounds<F: Scalar>(
    algorithm: Algorithm,
    points: Rows<F>,
    stats: &PointStats<F::Work>,
    centroids: &Array2<f64>,
    seed: u64,
) -> Option<AdaptiveBounds<F::Work>> {
    let k = centroids.nrows();
    let groups = match algorithm {
        Algorithm::Lloyd => return None,
        #[cfg(feature = "linfa")]
        Algorithm::Linfa => return None,
        Algorithm::Hamerly => CentroidGroups::one(k),
        Algorithm::Elkan => CentroidGroups::each(k),
        Algorithm::Yinyang => group_nearby(centroids, k.div_ceil(YINYANG_GROUP), seed),
        Algorithm::Auto => {
            let groups = auto(points, stats, centroids, seed)?;
            return Some(AdaptiveBounds::choose(points, stats, centroids, groups));
        }
    };
    Some(AdaptiveBounds::settled(Bounds::new(0..points.n(), groups, false)))
}

/// Chooses the groups of [`Algorithm::Auto`]; `None` if no bounds are to be kept.
fn auto<F: Scalar>(
    points: Rows<F>,
    stats: &PointStats<F::Work>,
    centroids: &Array2<f64>,
    seed: u64,
) -> Option<CentroidGroups> {
    /// With fewer features a distance costs no more than the bound of a group that would save it.
    const MIN_FEATURES: usize = 24;
    /// Up to this many centroids are compared together faster than some are chosen from them.
    const COMPARED_TOGETHER: usize = 20;
    /// Centroids in a group if points have codes, which make a group cheap to look at.
    const PRUNED_GROUP: usize = 25;
    /// Bounds and codes take at most one part in this many of the memory of the points.
    const MEMORY_SHARE: usize = 5;
    let k = centroids.nrows();
    let code_bytes =
        stats.projection.as_ref().and_then(|_| Projection::size(points)).map(|(bytes, _)| bytes);
    let group = if code_bytes.is_some() { PRUNED_GROUP } else { YINYANG_GROUP };
    let budget =
        (points.d() * size_of::<F>() / MEMORY_SHARE).saturating_sub(code_bytes.unwrap_or(0));
    let affordable = (1..=k).rev().find(|&t| Bounds::<F::Work>::bytes_per_point(t) <= budget);
    let narrow = points.d() < MIN_FEATURES;
    if k == 1 || narrow && (k > COMPARED_TOGETHER || affordable.is_none()) {
        return None;
    }
    let wanted = if k <= COMPARED_TOGETHER { 1 } else { k.div_ceil(group) };
    Some(group_nearby(centroids, wanted.min(affordable.unwrap_or(1)), seed))
}

/// Makes at most `count` groups of centroids that lie close together, by a short k-means.
fn group_nearby(centroids: &Array2<f64>, count: usize, seed: u64) -> CentroidGroups {
    if count <= 1 {
        return CentroidGroups::one(centroids.nrows());
    }
    match short_kmeans(centroids, count, seed) {
        Ok(labels) => CentroidGroups::new(&labels, count),
        // The squared distances of the centroids overflow: any groups will do.
        Err(_) => CentroidGroups::each(centroids.nrows()),
    }
}

/// Clusters the rows of `centroids` `(k, d)` by a few iterations of Lloyd's algorithm.
///
/// Returns the labels `(k,)`.
fn short_kmeans(centroids: &Array2<f64>, count: usize, seed: u64) -> Result<Vec<usize>, Error> {
    let params = KMeansParams { k: count, init: Init::Random, seed, ..KMeansParams::default() };
    let rule = StopRule { max_iter: GROUPING_ITERATIONS, tolerance: 0.0 };
    let points = Points::from(centroids);
    let array = points.in_order();
    let points = Rows::new(&points, &array)?;
    let stats = PointStats::compute(points, None)?;
    let (chosen, _) = starting_centroids(points, &stats, &params, 0);
    let run = lloyd::run(points, &stats, chosen, Metric::Euclidean, None, rule, &mut |_, _| {});
    Ok(run.labels.into_iter().map(|label| label as usize).collect())
}
