//! Ways to find the nearest centroids.

use ndarray::Array2;

use super::bounds::Bounds;
use super::groups::Groups;
use super::sketch::Sketch;
use super::spread::Spread;
use super::{Init, KMeansParams, fit};
use crate::Scalar;
use crate::points::Rows;

/// What does the work. All but [`Algorithm::Linfa`] give the same result to the last bit; they differ in time and
/// memory.
///
/// With w = 8 for points in `f64`, else 4:
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The bounds of one of the others, whichever are likely to be the fastest for these n, d and k, and for points that are
    /// long enough short images, which tell for most centroids that they are too far away: all within about a quarter of
    /// the memory of the points where that is possible.
    Auto,
    /// Every distance in every iteration. The fastest for few features and more than twenty centroids, or two or
    /// three features. No bounds to keep.
    Lloyd,
    /// One bound for all other centroids (Hamerly 2010): 2 w bytes per point.
    Hamerly,
    /// One bound per centroid (Elkan 2003): (k + 1) w bytes per point.
    Elkan,
    /// One bound per group of about ten centroids (Ding et al. 2015): (k / 10 + 1) w bytes per point.
    Yinyang,
    /// The reference: linfa-clustering's assignment and update, much slower. It stops by `tol` alone and computes in `f32`,
    /// for points in `f64` in `f64`. An empty cluster keeps its centroid; weights are refused.
    Linfa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Auto, Self::Lloyd, Self::Hamerly, Self::Yinyang, Self::Elkan, Self::Linfa];

    /// The name that command lines use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Lloyd => "lloyd",
            Self::Hamerly => "hamerly",
            Self::Elkan => "elkan",
            Self::Yinyang => "yinyang",
            Self::Linfa => "linfa",
        }
    }

    /// The bounds to keep for `centroids` `(k, d)`, if any.
    pub(super) fn bounds<F: Scalar>(
        self,
        points: Rows<F>,
        spread: &Spread<F::Work>,
        centroids: &Array2<f64>,
        seed: u64,
    ) -> Option<Bounds<F::Work>> {
        let k = centroids.nrows();
        let groups = match self {
            Self::Lloyd | Self::Linfa => return None,
            Self::Hamerly => Groups::one(k),
            Self::Elkan => Groups::each(k),
            Self::Yinyang => near_one_another(centroids, k.div_ceil(10), seed),
            Self::Auto => auto(points, spread, centroids, seed)?,
        };
        Some(Bounds::new(points.n(), groups, self == Self::Auto))
    }
}

/// See [`Algorithm::Auto`].
fn auto<F: Scalar>(
    points: Rows<F>,
    spread: &Spread<F::Work>,
    centroids: &Array2<f64>,
    seed: u64,
) -> Option<Groups> {
    /// With fewer features a distance costs no more than a bound for a group of centroids that would save it.
    const FEATURES: usize = 24;
    /// Up to so many centroids are compared together faster than a choice among them is made.
    const TOGETHER: usize = 20;
    let k = centroids.nrows();
    let sketch = spread.sketch.as_ref().and_then(|_| Sketch::size(points)).map(|(bytes, _)| bytes);
    // Images make a group cheap to look at, so it may be larger.
    let group = if sketch.is_some() { 25 } else { 10 };
    let budget = (points.d() * size_of::<F>() / 5).saturating_sub(sketch.unwrap_or(0));
    let affordable = (1..=k).rev().find(|&t| Bounds::<F::Work>::bytes_per_point(t) <= budget);
    let narrow = points.d() < FEATURES;
    if k == 1 || narrow && (k > TOGETHER || affordable.is_none()) {
        return None;
    }
    let wanted = if k <= TOGETHER { 1 } else { k.div_ceil(group) };
    Some(near_one_another(centroids, wanted.min(affordable.unwrap_or(1)), seed))
}

/// At most `count` groups of centroids that lie close together: those of a short k-means.
fn near_one_another(centroids: &Array2<f64>, count: usize, seed: u64) -> Groups {
    if count <= 1 {
        return Groups::one(centroids.nrows());
    }
    let params = KMeansParams {
        k: count,
        starts: 1,
        max_iter: 5,
        tol: 0.0,
        init: Init::Random,
        seed,
        algorithm: Algorithm::Lloyd,
    };
    match fit(centroids, &params, &mut |_| {}) {
        Ok(fit) => {
            let labels: Vec<usize> = fit.assignments.iter().map(|&label| label as usize).collect();
            Groups::new(&labels, count)
        }
        // Centroids too far apart for their squared distances: any groups will do.
        Err(_) => Groups::each(centroids.nrows()),
    }
}
