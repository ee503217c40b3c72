//! K nearest neighbors by blocked matrix products, which bound distances from below.

use kernels::{AlignedRows, BoundingBox, LANES, multiply, panels, spatial_order};
use ndarray::{ArrayView2, Axis, s};
use rayon::prelude::*;

use super::top_k::{Neighbor, TopK, add_candidates};
use crate::blocks::{Basis, Block, Features, Rounding, SIZES, gather_rows, longest};

/// Finds neighbors as [`search`](super::search) does, by blocks of queries and points.
pub(super) fn blocked_knn(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Neighbor>> {
    let basis = Basis::fit(points);
    let ids = |features: &Features| spatial_order(features.scores(), SIZES);
    let own = basis.features(points);
    let own_ids = ids(&own);
    let blocks = BlockSearch::new(points, &own, &own_ids, k);
    let other = queries.as_ref().map(|queries| {
        let features = basis.features(queries.view());
        let ids = ids(&features);
        (queries, features, ids)
    });
    let queries = match &other {
        Some((values, features, _)) => Queries { values: values.view(), features, among: false },
        None => Queries { values: points.view(), features: &own, among: true },
    };
    let query_ids = other.as_ref().map_or(&own_ids, |(_, _, ids)| ids);
    let groups: Vec<&[usize]> = query_ids.chunks(SIZES.queries).collect();
    // Groups are distributed one by one, since some take much longer than others.
    let found = groups.into_par_iter().with_max_len(1).map(|group| {
        let found = blocks.nearest(queries, group, Visit::Needed);
        progress(group.len());
        found
    });
    let found: Vec<Vec<Neighbor>> = found.flatten_iter().collect();
    let mut rows = vec![Vec::new(); found.len()];
    found.into_iter().zip(query_ids).for_each(|(near, &query)| rows[query] = near);
    rows
}

/// Points for which the nearest are searched.
#[derive(Clone, Copy)]
pub(super) struct Queries<'a> {
    /// Shape `(m, d)`.
    pub(super) values: ArrayView2<'a, f32>,
    pub(super) features: &'a Features,
    /// Whether they are the points that are searched, where none is its own neighbor.
    pub(super) among: bool,
}

/// Which blocks a group of queries is compared with.
#[derive(Clone, Copy)]
pub(super) enum Visit {
    /// All that are not too far away.
    Needed,
    /// At most so many, those whose middles are nearest.
    Nearest(usize),
}

/// Points in blocks, for searches.
///
/// Matrix products give distances between features; only points that these do not rule out are
/// compared exactly. In many dimensions the features are few principal component scores, and the
/// length of what they leave out, if that rules out enough points; see [`Basis::fit`]. Their
/// distances are not longer than those of the points, since a projection contracts, and so does
/// taking lengths. Points of a block are near one another and
/// the nearest block comes first, so few points are compared, and blocks that are too far away are
/// not multiplied at all.
pub(super) struct BlockSearch<'a> {
    d: usize,
    k: usize,
    features: &'a Features,
    blocks: Vec<Block<'a>>,
    rounding: Rounding,
    longest: f32,
    /// Points block by block, contiguous since they are compared together.
    pub(super) points: AlignedRows<LANES>,
    /// Values from one row of `points` to the next.
    pub(super) stride: usize,
    panels: AlignedRows<LANES>,
}

impl<'a> BlockSearch<'a> {
    /// Prepares `points` `(n, d)` with `features`, whose rows `ids` are in spatial order.
    pub(super) fn new(
        points: ArrayView2<f32>,
        features: &'a Features,
        ids: &'a [usize],
        k: usize,
    ) -> Self {
        let (rows, stride) = gather_rows(points, ids);
        Self {
            d: points.ncols(),
            k,
            features,
            blocks: Block::all(features, ids),
            rounding: Rounding::of(features),
            longest: longest(features.norms(), ids),
            points: rows,
            stride,
            panels: panels(features.values(), ids),
        }
    }

    /// Returns the number of blocks.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Finds the `k` points nearest to each of the `queries` with indices `group`.
    pub(super) fn nearest(
        &self,
        queries: Queries,
        group: &[usize],
        visit: Visit,
    ) -> Vec<Vec<Neighbor>> {
        let Queries { values, features, among } = queries;
        let mut asking = features.values().select(Axis(0), group);
        let last = asking.ncols() - 1;
        // The product of (-2 x, 1) and (y, |y|^2) is |x - y|^2 - |x|^2.
        asking.slice_mut(s![.., ..last]).mapv_inplace(|x| -2.0 * x);
        asking.column_mut(last).fill(1.0);
        let (asked, stride) = gather_rows(values, group);
        let mut near: Vec<TopK> = group.iter().map(|_| TopK::new(self.k)).collect();
        let mut products = AlignedRows::<{ SIZES.points }>::zeros(SIZES.queries);
        let (bounds, longest) =
            (BoundingBox::of(features.scores(), group), longest(features.norms(), group));
        for (gap, block) in self.nearest_first(&bounds, visit) {
            let farthest = near.iter().fold(0.0_f32, |most, near| most.max(near.limit()));
            if gap > self.rounding.reach(farthest, longest, self.longest) {
                match visit {
                    Visit::Needed => break,
                    Visit::Nearest(_) => continue,
                }
            }
            let within = |at: &usize| {
                let query = features.scores().row(group[*at]);
                let query = query.to_slice().expect("features in C order");
                let norm = features.norms()[group[*at]];
                let reach = self.rounding.reach(near[*at].limit(), norm, block.longest);
                block.bounds.gap_to(query) <= reach
            };
            let near_block: Vec<usize> = (0..group.len()).filter(within).collect();
            let rows: Vec<&[f32]> = near_block
                .iter()
                .map(|&at| asking.row(at).to_slice().expect("features in C order"))
                .collect();
            let width = self.features.values().ncols();
            let first = block.first / LANES * width;
            multiply(
                &rows,
                &self.panels[first..first + block.ids.len().div_ceil(LANES) * width],
                &mut products,
            );
            let rows = &self.points.as_flattened()[block.first * self.stride..];
            for (&at, products) in near_block.iter().zip(products.iter()) {
                let query = group[at];
                let own_id = if among { query } else { usize::MAX };
                let point = &asked.as_flattened()[at * stride..at * stride + self.d];
                let products = &products[..block.ids.len()];
                let norm = features.norms()[query];
                let norm = norm - self.rounding.slack(norm, block.longest);
                add_candidates(
                    products,
                    norm,
                    (block.ids, own_id),
                    (rows, self.stride),
                    point,
                    &mut near[at],
                );
            }
        }
        near.into_iter().map(|near| near.found).collect()
    }

    /// Returns the blocks to visit and their squared distances from a box, nearest first.
    fn nearest_first(&self, bounds: &BoundingBox, visit: Visit) -> Vec<(f32, &Block<'a>)> {
        let sorted = |by: &dyn Fn(&Block) -> f32, count: usize| {
            let mut blocks: Vec<_> = self.blocks.iter().map(|block| (by(block), block)).collect();
            let order = |a: &(f32, &Block), b: &(f32, &Block)| {
                a.0.total_cmp(&b.0).then(a.1.first.cmp(&b.1.first))
            };
            if count < blocks.len() {
                blocks.select_nth_unstable_by(count, order);
                blocks.truncate(count);
            }
            blocks.sort_unstable_by(order);
            blocks
        };
        let gap = |block: &Block| bounds.gap(&block.bounds);
        match visit {
            Visit::Needed => sorted(&gap, self.len()),
            Visit::Nearest(count) => sorted(&|block| bounds.between_middles(&block.bounds), count)
                .into_iter()
                .map(|(_, block)| (gap(block), block))
                .collect(),
        }
    }
}
