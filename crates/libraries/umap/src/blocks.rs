//! Blocks of points whose products bound distances: what exact searches among points share.
//!
//! Points are compared by [`Features`]. The search for nearest neighbors here, and that for a
//! spanning tree in the crate `hdbscan`, visit blocks of near points, nearest first, skip those
//! that a bounding box excludes, and multiply features with the rest. A product bounds a distance
//! from below, by [`Rounding`]; only points that it does not rule out are compared exactly.

use kernels::{AlignedRows, BoundingBox, LANES, Sizes, squared_distance};
use ndarray::{Array2, ArrayView2};
use pca::Pca;
use rayon::prelude::*;

/// Largest number of principal components by which points are compared.
///
/// Points with more features are compared by the length of what the components leave out as well.
const MAX_COMPONENTS: usize = 111;

/// Sizes of groups of queries and of blocks of points that are multiplied together.
pub const SIZES: Sizes = Sizes { queries: 128, points: 128 };

/// Points among which it is measured how well components bound distances.
const SAMPLE: usize = 512;
/// How many of these are the queries.
const SAMPLE_QUERIES: usize = 64;
/// Nearest point of the sample whose distance stands for that of the last neighbor.
const SAMPLE_NEIGHBORS: usize = 4;
/// Time for a feature of an exact distance, in that for a feature of a product.
const EXACT_COST: f64 = 6.0;

/// How points become [`Features`].
#[derive(Debug, Clone)]
pub struct Basis {
    pca: Pca,
    /// Whether products take all features of the points, and not their scores.
    complete: bool,
}

impl Basis {
    /// Chooses how to compare `points` `(n, d)`.
    ///
    /// Few principal component scores and the length of the rest bound most distances well. Where
    /// they do not, as with noise that is alike in all of many features, products of all features
    /// are faster than exact distances to the many points that would be left.
    ///
    /// ```
    /// use ndarray::array;
    /// use umap::blocks::Basis;
    ///
    /// let points = array![[0.0_f32, 1.0], [2.0, 0.0]];
    /// let features = Basis::fit(points.view()).features(points.view());
    /// assert_eq!(features.norms().len(), 2);
    /// ```
    pub fn fit(points: ArrayView2<f32>) -> Self {
        let d = points.ncols();
        let pca = Pca::fit_sample(points, d.min(MAX_COMPONENTS));
        let mut basis = Self { pca, complete: false };
        if d > MAX_COMPONENTS + 1 {
            let (m, d) = (MAX_COMPONENTS as f64, d as f64);
            basis.complete = m + EXACT_COST * basis.share_left(points) * d > d;
        }
        basis
    }

    /// Measures the share of a sample that scores do not rule out as neighbors.
    fn share_left(&self, points: ArrayView2<f32>) -> f64 {
        let n = points.nrows();
        let count = n.min(SAMPLE);
        let rows: Vec<usize> = (0..count).map(|at| at * n / count).collect();
        let sample = points.select(ndarray::Axis(0), &rows);
        let features = self.features(sample.view());
        let row = |values: &Array2<f32>, i: usize| values.row(i).to_vec();
        let left = |i: usize| {
            let (point, own) = (row(&sample, i), row(&features.values, i));
            let exact = |j: usize| squared_distance(&point, &row(&sample, j));
            let mut distances: Vec<f64> = (0..count).filter(|&j| j != i).map(exact).collect();
            if distances.len() < SAMPLE_NEIGHBORS {
                return 0;
            }
            let (_, &mut limit, _) =
                distances.select_nth_unstable_by(SAMPLE_NEIGHBORS - 1, f64::total_cmp);
            let m = own.len() - 1;
            let bound = |j: usize| squared_distance(&own[..m], &row(&features.values, j)[..m]);
            (0..count).filter(|&j| bound(j) <= limit).count()
        };
        let queries: Vec<usize> = (0..count).step_by(count.div_ceil(SAMPLE_QUERIES)).collect();
        let all: usize = queries.par_iter().map(|&i| left(i)).sum();
        all as f64 / (queries.len() * count) as f64
    }

    /// Computes the features of `points` `(n, d)`.
    ///
    /// ```
    /// use ndarray::array;
    /// use umap::blocks::Basis;
    ///
    /// let points = array![[3.0_f32, 4.0], [-3.0, -4.0]];
    /// let features = Basis::fit(points.view()).features(points.view());
    /// assert!(features.norms().iter().all(|norm| (norm - 25.0).abs() < 1e-4));
    /// ```
    pub fn features(&self, points: ArrayView2<f32>) -> Features {
        let (scores, squared_norms) = self.pca.transform_with_norms(points);
        let (n, m) = (points.nrows(), self.pca.components().nrows() + 1);
        let mut values = Array2::zeros((n, m + 1));
        for (i, mut row) in values.outer_iter_mut().enumerate() {
            let rest = (squared_norms[i] - scores.row(i).dot(&scores.row(i))).max(0.0).sqrt();
            row.iter_mut()
                .zip(scores.row(i).iter().chain([&rest]))
                .for_each(|(to, &x)| *to = x as f32);
        }
        if !self.complete {
            let norms = append_norms(&mut values);
            return Features { values, scores: None, norms };
        }
        let mean = self.pca.mean();
        let mut complete = Array2::zeros((n, points.ncols() + 1));
        for (mut to, point) in complete.outer_iter_mut().zip(points.outer_iter()) {
            to.iter_mut()
                .zip(point.iter().zip(mean))
                .for_each(|(to, (&x, mean))| *to = (f64::from(x) - mean) as f32);
        }
        let norms = append_norms(&mut complete);
        Features { values: complete, scores: Some(values), norms }
    }
}

/// Sets the last value of each row to the squared length of those before, and returns it.
fn append_norms(values: &mut Array2<f32>) -> Vec<f32> {
    let last = values.ncols() - 1;
    let norm = |mut row: ndarray::ArrayViewMut1<f32>| {
        let norm = row.iter().take(last).map(|&x| f64::from(x).powi(2)).sum::<f64>() as f32;
        row[last] = norm;
        norm
    };
    values.outer_iter_mut().map(norm).collect()
}

/// Values of points, whose squared distances are those of the points or lower bounds of them.
pub struct Features {
    /// Shape `(n, m + 1)`: m features, and their squared length.
    values: Array2<f32>,
    /// Principal component scores, if they are not the features.
    scores: Option<Array2<f32>>,
    norms: Vec<f32>,
}

impl Features {
    /// Returns the values to multiply, shape `(n, m + 1)`: m features, and their squared length.
    ///
    /// The product of `(-2 x, 1)` and `(y, |y|^2)` is `|x - y|^2 - |x|^2`.
    ///
    /// ```
    /// use ndarray::array;
    /// use umap::blocks::Basis;
    ///
    /// let points = array![[3.0_f32], [-3.0]];
    /// let features = Basis::fit(points.view()).features(points.view());
    /// assert_eq!(features.values().column(features.values().ncols() - 1), array![9.0, 9.0]);
    /// ```
    pub fn values(&self) -> &Array2<f32> {
        &self.values
    }

    /// Returns the values for bounding boxes, shape `(n, b + 1)`; the last column is not for them.
    ///
    /// Their distances are no longer than those of the points.
    ///
    /// ```
    /// use ndarray::array;
    /// use umap::blocks::Basis;
    ///
    /// let points = array![[3.0_f32], [-3.0]];
    /// let features = Basis::fit(points.view()).features(points.view());
    /// assert_eq!(features.scores().nrows(), 2);
    /// ```
    pub fn scores(&self) -> &Array2<f32> {
        self.scores.as_ref().unwrap_or(&self.values)
    }

    /// Returns the squared lengths of the features, shape `(n,)`.
    ///
    /// ```
    /// use ndarray::array;
    /// use umap::blocks::Basis;
    ///
    /// let points = array![[3.0_f32], [-3.0]];
    /// assert_eq!(Basis::fit(points.view()).features(points.view()).norms(), [9.0, 9.0]);
    /// ```
    pub fn norms(&self) -> &[f32] {
        &self.norms
    }
}

/// Copies the rows `ids` of `points` `(n, d)` so that each starts a cache line.
///
/// Returns them, and the number of values from one row to the next.
///
/// ```
/// use ndarray::array;
///
/// let (rows, stride) = umap::blocks::gather_rows(array![[1.0], [2.0]].view(), &[1, 0]);
/// assert_eq!((rows.as_flattened()[0], rows.as_flattened()[stride]), (2.0, 1.0));
/// ```
pub fn gather_rows(points: ArrayView2<f32>, ids: &[usize]) -> (AlignedRows<LANES>, usize) {
    let lines = points.ncols().div_ceil(LANES);
    let mut rows = AlignedRows::zeros(ids.len() * lines);
    rows.par_chunks_mut(lines).zip(ids).for_each(|(to, &id)| {
        to.as_flattened_mut().iter_mut().zip(points.row(id)).for_each(|(to, &x)| *to = x);
    });
    (rows, lines * LANES)
}

/// A block of points that are near one another.
pub struct Block<'a> {
    /// Rows of the points.
    pub ids: &'a [usize],
    /// Index of the first of them among the points of all blocks.
    pub first: usize,
    /// Bounding box of their scores.
    pub bounds: BoundingBox,
    /// The largest of the squared lengths of their features.
    pub longest: f32,
}

impl<'a> Block<'a> {
    /// Splits points with `features` into blocks; `ids` are their rows in spatial order.
    ///
    /// ```
    /// use ndarray::array;
    /// use umap::blocks::{Basis, Block};
    ///
    /// let points = array![[3.0_f32], [-3.0]];
    /// let features = Basis::fit(points.view()).features(points.view());
    /// assert_eq!(Block::all(&features, &[0, 1])[0].longest, 9.0);
    /// ```
    pub fn all(features: &Features, ids: &'a [usize]) -> Vec<Self> {
        let block = |(ids, first): (&'a [usize], usize)| Block {
            ids,
            first,
            bounds: BoundingBox::of(features.scores(), ids),
            longest: longest(features.norms(), ids),
        };
        ids.chunks(SIZES.points).zip((0..).step_by(SIZES.points)).map(block).collect()
    }
}

/// Finds the largest of the `norms` of some points.
///
/// ```
/// assert_eq!(umap::blocks::longest(&[1.0, 9.0, 4.0], &[0, 2]), 4.0);
/// ```
pub fn longest(norms: &[f32], ids: &[usize]) -> f32 {
    ids.iter().fold(0.0, |most, &id| most.max(norms[id]))
}

/// Bounds of the rounding of distances between features with squared lengths `a` and `b`.
#[derive(Clone, Copy)]
pub struct Rounding {
    /// Bound of the relative rounding of a sum.
    share: f32,
}

impl Rounding {
    /// Bounds the rounding of sums of as many products as `features` have values.
    ///
    /// ```
    /// use ndarray::array;
    /// use umap::blocks::{Basis, Rounding};
    ///
    /// let points = array![[3.0_f32], [-3.0]];
    /// let features = Basis::fit(points.view()).features(points.view());
    /// assert!(Rounding::of(&features).slack(9.0, 9.0) < 1e-4);
    /// ```
    pub fn of(features: &Features) -> Self {
        Self { share: f32::EPSILON * (features.values.ncols() + 16) as f32 }
    }

    /// Bounds by how much a squared distance from products may be too large.
    #[inline(always)]
    pub fn slack(self, a: f32, b: f32) -> f32 {
        self.share * (a + b)
    }

    /// Bounds the squared gap between features of points whose squared distance is `limit`.
    ///
    /// Differences of features are exact to the rounding of the features themselves, so this tells
    /// points apart that lie too close together for products.
    ///
    /// ```
    /// use ndarray::array;
    /// use umap::blocks::{Basis, Rounding};
    ///
    /// let points = array![[3.0_f32], [-3.0]];
    /// let features = Basis::fit(points.view()).features(points.view());
    /// assert!(Rounding::of(&features).reach(36.0, 9.0, 9.0) >= 36.0);
    /// ```
    #[inline(always)]
    pub fn reach(self, limit: f32, a: f32, b: f32) -> f32 {
        (limit.sqrt() + f32::EPSILON * (a.sqrt() + b.sqrt())).powi(2) * (1.0 + 4.0 * self.share)
    }
}
