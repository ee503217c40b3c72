//! K nearest neighbors by blocked matrix products, which bound distances from below.

use kernels::{AlignedRows, BoundingBox, LANES, multiply, panels, spatial_order};
use ndarray::{ArrayView2, Axis, s};
use rayon::prelude::*;

use super::top_k::{Neighbor, TopK, add_candidates};
use crate::blocks::{Basis, Block, Rounding, SIZES, gather_rows, longest};

/// Finds neighbors as [`search`](super::search) does, by blocks of queries and points.
///
/// Matrix products give distances between features; only points that these do not rule out are
/// compared exactly. In many dimensions the features are few principal component scores, and the
/// length of what they leave out, if that rules out enough points; see [`Basis::fit`]. Their
/// distances are not longer than those of the points, since a projection contracts, and so does
/// taking lengths. Points of a block are near one another and
/// the nearest block comes first, so few points are compared, and blocks that are too far away are
/// not multiplied at all.
pub(super) fn blocked_knn(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Neighbor>> {
    let d = points.ncols();
    let basis = Basis::fit(points);
    let own = basis.features(points);
    let other = queries.as_ref().map(|queries| basis.features(queries.view()));
    let asked = queries.as_ref().map_or(points.view(), ArrayView2::view);
    let features = other.as_ref().unwrap_or(&own);
    let (ids, query_ids) =
        (spatial_order(own.scores(), SIZES), spatial_order(features.scores(), SIZES));
    // Points of a block are contiguous, since they are compared together.
    let (points, stride) = gather_rows(points, &ids);
    let rounding = Rounding::of(&own);
    let blocks = Block::all(&own, &ids);
    let all_longest = longest(own.norms(), &ids);
    let panels = panels(own.values(), &ids);
    let groups: Vec<&[usize]> = query_ids.chunks(SIZES.queries).collect();
    // Groups are distributed one by one, since some take much longer than others.
    let found = groups.into_par_iter().with_max_len(1).map(|group| {
        let mut asking = features.values().select(Axis(0), group);
        let last = asking.ncols() - 1;
        // The product of (-2 x, 1) and (y, |y|^2) is |x - y|^2 - |x|^2.
        asking.slice_mut(s![.., ..last]).mapv_inplace(|x| -2.0 * x);
        asking.column_mut(last).fill(1.0);
        let (asked, _) = gather_rows(asked, group);
        let mut near: Vec<TopK> = group.iter().map(|_| TopK::new(k)).collect();
        let mut products = AlignedRows::<{ SIZES.points }>::zeros(SIZES.queries);
        let (bounds, longest) =
            (BoundingBox::of(features.scores(), group), longest(features.norms(), group));
        let mut nearest_first: Vec<_> =
            blocks.iter().map(|block| (bounds.gap(&block.bounds), block)).collect();
        nearest_first.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.first.cmp(&b.1.first)));
        for (gap, block) in nearest_first {
            let farthest = near.iter().fold(0.0_f32, |most, near| most.max(near.limit()));
            if gap > rounding.reach(farthest, longest, all_longest) {
                break;
            }
            let within = |at: &usize| {
                let query = features.scores().row(group[*at]);
                let query = query.to_slice().expect("features in C order");
                let reach =
                    rounding.reach(near[*at].limit(), features.norms()[group[*at]], block.longest);
                block.bounds.gap_to(query) <= reach
            };
            let near_block: Vec<usize> = (0..group.len()).filter(within).collect();
            let rows: Vec<&[f32]> = near_block
                .iter()
                .map(|&at| asking.row(at).to_slice().expect("features in C order"))
                .collect();
            let width = own.values().ncols();
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
                let norm = features.norms()[query];
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
