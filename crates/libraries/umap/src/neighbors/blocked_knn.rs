//! K nearest neighbors by blocked matrix products, which bound distances from below.

use kernels::{AlignedRows, BoundingBox, LANES, Sizes, multiply, panels, spatial_order};
use ndarray::{Array2, ArrayView2, Axis, s};
use pca::Pca;
use rayon::prelude::*;

use super::top_k::{Neighbor, TopK, add_candidates};

/// Largest number of principal components by which points are compared.
///
/// Points with more features are compared by the length of what the components leave out as well.
const MAX_COMPONENTS: usize = 111;

/// Sizes of groups of queries and of blocks of points that are multiplied together.
const SIZES: Sizes = Sizes { queries: 128, points: 128 };

/// Scores of points, whose squared distances are those of the points or lower bounds of them.
struct Features {
    /// Shape `(n, m + 1)`: m features, and their squared length.
    values: Array2<f32>,
    /// Squared lengths, length `n`.
    norms: Vec<f32>,
}

impl Features {
    /// Computes the features of `points` `(n, d)` from their scores.
    fn of(points: ArrayView2<f32>, pca: &Pca) -> Self {
        let n = points.nrows();
        let (scores, squared_norms) = pca.transform_with_norms(points);
        let m = pca.components().nrows() + 1;
        let mut values = Array2::zeros((n, m + 1));
        let mut norms = Vec::with_capacity(n);
        for (i, mut row) in values.outer_iter_mut().enumerate() {
            let rest = (squared_norms[i] - scores.row(i).dot(&scores.row(i))).max(0.0).sqrt();
            row.iter_mut()
                .zip(scores.row(i).iter().chain([&rest]))
                .for_each(|(to, &x)| *to = x as f32);
            let norm: f64 = row.iter().map(|&x| f64::from(x).powi(2)).sum();
            row[m] = norm as f32;
            norms.push(norm as f32);
        }
        Self { values, norms }
    }
}

/// Finds neighbors as [`search`](super::search) does, by blocks of queries and points.
///
/// Matrix products give distances between features; only points that these do not rule out are
/// compared exactly. In many dimensions the features are few principal component scores, and the
/// length of what they leave out. Their distances are not longer than those of the points, since a
/// projection contracts, and so does taking lengths. Points of a block are near one another and
/// the nearest block comes first, so few points are compared, and blocks that are too far away are
/// not multiplied at all.
pub(super) fn blocked_knn(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Neighbor>> {
    let d = points.ncols();
    let pca = Pca::fit_sample(points, d.min(MAX_COMPONENTS));
    let own = Features::of(points, &pca);
    let other = queries.as_ref().map(|queries| Features::of(queries.view(), &pca));
    let asked = queries.as_ref().map_or(points.view(), ArrayView2::view);
    let features = other.as_ref().unwrap_or(&own);
    let (ids, query_ids) =
        (spatial_order(&own.values, SIZES), spatial_order(&features.values, SIZES));
    // Points of a block are contiguous, since they are compared together.
    let (points, stride) = gather_rows(points, &ids);
    let rounding = Rounding::of(own.values.ncols());
    let blocks: Vec<Block> = ids
        .chunks(SIZES.points)
        .zip((0..).step_by(SIZES.points))
        .map(|(ids, first)| {
            let longest = longest(&own.norms, ids);
            Block { ids, first, bounds: BoundingBox::of(&own.values, ids), longest }
        })
        .collect();
    let all_longest = longest(&own.norms, &ids);
    let panels = panels(&own.values, &ids);
    let groups: Vec<&[usize]> = query_ids.chunks(SIZES.queries).collect();
    // Groups are distributed one by one, since some take much longer than others.
    let found = groups.into_par_iter().with_max_len(1).map(|group| {
        let mut asking = features.values.select(Axis(0), group);
        let last = asking.ncols() - 1;
        // The product of (-2 x, 1) and (y, |y|^2) is |x - y|^2 - |x|^2.
        asking.slice_mut(s![.., ..last]).mapv_inplace(|x| -2.0 * x);
        asking.column_mut(last).fill(1.0);
        let (asked, _) = gather_rows(asked, group);
        let mut near: Vec<TopK> = group.iter().map(|_| TopK::new(k)).collect();
        let mut products = AlignedRows::<{ SIZES.points }>::zeros(SIZES.queries);
        let (bounds, longest) =
            (BoundingBox::of(&features.values, group), longest(&features.norms, group));
        let mut nearest_first: Vec<_> =
            blocks.iter().map(|block| (bounds.gap(&block.bounds), block)).collect();
        nearest_first.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.first.cmp(&b.1.first)));
        for (gap, block) in nearest_first {
            let farthest = near.iter().fold(0.0_f32, |most, near| most.max(near.limit()));
            if gap > rounding.reach(farthest, longest, all_longest) {
                break;
            }
            let within = |at: &usize| {
                let query = features.values.row(group[*at]);
                let query = query.to_slice().expect("features in C order");
                let reach =
                    rounding.reach(near[*at].limit(), features.norms[group[*at]], block.longest);
                block.bounds.gap_to(query) <= reach
            };
            let near_block: Vec<usize> = (0..group.len()).filter(within).collect();
            let rows: Vec<&[f32]> = near_block
                .iter()
                .map(|&at| asking.row(at).to_slice().expect("features in C order"))
                .collect();
            let width = own.values.ncols();
            let first = block.first / LANES * width;
            multiply(
                &rows,
                &panels[first..first + block.ids.len().div_ceil(LANES) * width],
                &mut products,
            );
            let rows = &points.as_flattened()[block.first * stride..];
            for (&at, products) in near_block.iter().zip(products.iter()) {
                let query = group[at];
                let own_id = if other.is_none() { query } else { usize::MAX };
                let point = &asked.as_flattened()[at * stride..at * stride + d];
                let products = &products[..block.ids.len()];
                let norm = features.norms[query];
                let norm = norm - rounding.slack(norm, block.longest);
                add_candidates(
                    products,
                    norm,
                    (block.ids, own_id),
                    (rows, stride),
                    point,
                    &mut near[at],
                );
            }
        }
        progress(group.len());
        near.into_iter().map(|near| near.found).collect::<Vec<_>>()
    });
    let found: Vec<Vec<Neighbor>> = found.flatten_iter().collect();
    let mut rows = vec![Vec::new(); found.len()];
    found.into_iter().zip(query_ids).for_each(|(near, query)| rows[query] = near);
    rows
}

/// Copies the rows `ids` of `points` `(n, d)` so that each starts a cache line.
///
/// Returns them, and the number of values from one row to the next.
fn gather_rows(points: ArrayView2<f32>, ids: &[usize]) -> (AlignedRows<LANES>, usize) {
    let lines = points.ncols().div_ceil(LANES);
    let mut rows = AlignedRows::zeros(ids.len() * lines);
    rows.par_chunks_mut(lines).zip(ids).for_each(|(to, &id)| {
        to.as_flattened_mut().iter_mut().zip(points.row(id)).for_each(|(to, &x)| *to = x);
    });
    (rows, lines * LANES)
}

/// A block of points that are near one another.
struct Block<'a> {
    /// Rows of the points.
    ids: &'a [usize],
    /// Index of the first of them among the points of all blocks.
    first: usize,
    /// Bounding box of their features.
    bounds: BoundingBox,
    /// The largest of their squared lengths.
    longest: f32,
}

/// Finds the largest of the `norms` of some points.
fn longest(norms: &[f32], ids: &[usize]) -> f32 {
    ids.iter().fold(0.0, |most, &id| most.max(norms[id]))
}

/// Bounds of the rounding of distances between features with squared lengths `a` and `b`.
#[derive(Clone, Copy)]
struct Rounding {
    /// Bound of the relative rounding of a sum.
    share: f32,
}

impl Rounding {
    /// Bounds the rounding of sums of `width` products, and of the features themselves.
    fn of(width: usize) -> Self {
        Self { share: f32::EPSILON * (width + 16) as f32 }
    }

    /// Bounds by how much a squared distance from products may be too large.
    #[inline(always)]
    fn slack(self, a: f32, b: f32) -> f32 {
        self.share * (a + b)
    }

    /// Bounds the squared gap between features of points whose squared distance is `limit`.
    ///
    /// Differences of features are exact to the rounding of the features themselves, so this tells
    /// points apart that lie too close together for products.
    #[inline(always)]
    fn reach(self, limit: f32, a: f32, b: f32) -> f32 {
        (limit.sqrt() + f32::EPSILON * (a.sqrt() + b.sqrt())).powi(2) * (1.0 + 4.0 * self.share)
    }
}
