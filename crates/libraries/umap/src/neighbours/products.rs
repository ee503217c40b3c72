//! The nearest of all points, by products that tell which can be among them.

use multiversion::multiversion;
use multiversion::target::match_target;
use ndarray::{Array2, ArrayView2, Axis, s};
use pca::Pca;
use rayon::prelude::*;

use super::blocks::{Bounds, Sizes, compact};
use super::nearest::{LANES, Near, Nearest, sift};
use crate::memory::Rows;

/// Points with more features than this are compared by as many directions first, and by the length of what those leave out.
const DIRECTIONS: usize = 111;

/// Queries that are worked on together, and points.
const SIZES: Sizes = Sizes { queries: 128, points: 128 };

/// What products tell of points: the squared distance itself, or one that is no longer.
struct Features {
    /// Shape `(n, m + 1)`: the point, and the squared length of that.
    values: Array2<f32>,
    /// Shape `(n,)`.
    norms: Vec<f32>,
}

impl Features {
    fn of(points: ArrayView2<f32>, pca: &Pca) -> Self {
        let n = points.nrows();
        let (scores, squared_norms) = pca.transform_with_norms(points);
        let m = pca.components.nrows() + 1;
        let mut values = Array2::zeros((n, m + 1));
        let mut norms = Vec::with_capacity(n);
        for (i, mut row) in values.outer_iter_mut().enumerate() {
            let rest = (squared_norms[i] - scores.row(i).dot(&scores.row(i))).max(0.0).sqrt();
            row.iter_mut().zip(scores.row(i).iter().chain([&rest])).for_each(|(to, &x)| *to = x as f32);
            let norm: f64 = row.iter().map(|&x| f64::from(x).powi(2)).sum();
            row[m] = norm as f32;
            norms.push(norm as f32);
        }
        Self { values, norms }
    }
}

/// Block by block of queries and points: what a product says cannot be among the nearest is not looked at again.
///
/// In many dimensions a product of few principal scores, and of the lengths of what they leave out, gives distances that are
/// not longer than those of the points (the projection contracts, and so does taking lengths). Points of a block are near one
/// another, and the nearest block comes first, so that few have to be looked at, and blocks that are too far away to matter are
/// not multiplied at all.
pub(super) fn by_products(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Near>> {
    let d = points.ncols();
    let pca = Pca::fit_sample(points, d.min(DIRECTIONS));
    let own = Features::of(points, &pca);
    let other = queries.as_ref().map(|queries| Features::of(queries.view(), &pca));
    let asked = queries.as_ref().map_or(points.view(), ArrayView2::view);
    let features = other.as_ref().unwrap_or(&own);
    let (ids, query_ids) = (compact(&own.values, SIZES), compact(&features.values, SIZES));
    // Those of a block lie side by side, since whoever looks at one looks at others.
    let (points, stride) = side_by_side(points, &ids);
    let rounding = Rounding::of(own.values.ncols());
    let blocks: Vec<Block> = ids
        .chunks(SIZES.points)
        .zip((0..).step_by(SIZES.points))
        .map(|(ids, first)| {
            let longest = longest(&own.norms, ids);
            Block { ids, first, bounds: Bounds::of(&own.values, ids), longest }
        })
        .collect();
    let all_longest = longest(&own.norms, &ids);
    let panels = panels(&own.values, &ids);
    let groups: Vec<&[usize]> = query_ids.chunks(SIZES.queries).collect();
    // One by one, since some take much longer than others.
    let found = groups.into_par_iter().with_max_len(1).map(|group| {
        let mut asking = features.values.select(Axis(0), group);
        let last = asking.ncols() - 1;
        // (-2 x, 1) times (y, |y|^2).
        asking.slice_mut(s![.., ..last]).mapv_inplace(|x| -2.0 * x);
        asking.column_mut(last).fill(1.0);
        let (asked, _) = side_by_side(asked, group);
        let mut near: Vec<Nearest> = group.iter().map(|_| Nearest::new(k)).collect();
        let mut products = Rows::<{ SIZES.points }>::zeros(SIZES.queries);
        let (bounds, longest) = (Bounds::of(&features.values, group), longest(&features.norms, group));
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
                let reach = rounding.reach(near[*at].limit(), features.norms[group[*at]], block.longest);
                block.bounds.gap_to(query) <= reach
            };
            let concerned: Vec<usize> = (0..group.len()).filter(within).collect();
            let rows: Vec<&[f32]> =
                concerned.iter().map(|&at| asking.row(at).to_slice().expect("features in C order")).collect();
            let width = own.values.ncols();
            let first = block.first / LANES * width;
            multiply(&rows, &panels[first..first + block.ids.len().div_ceil(LANES) * width], &mut products);
            let rows = &points.as_flattened()[block.first * stride..];
            for (&at, products) in concerned.iter().zip(products.iter()) {
                let query = group[at];
                let own_id = if other.is_none() { query } else { usize::MAX };
                let point = &asked.as_flattened()[at * stride..at * stride + d];
                let products = &products[..block.ids.len()];
                let norm = features.norms[query];
                let norm = norm - rounding.slack(norm, block.longest);
                sift(products, norm, (block.ids, own_id), (rows, stride), point, &mut near[at]);
            }
        }
        progress(group.len());
        near.into_iter().map(|near| near.found).collect::<Vec<_>>()
    });
    let found: Vec<Vec<Near>> = found.flatten_iter().collect();
    let mut rows = vec![Vec::new(); found.len()];
    found.into_iter().zip(query_ids).for_each(|(near, query)| rows[query] = near);
    rows
}

/// The rows `ids` of `points` `(n, d)`, each starting with a cache line, and how many values there are from one to the next.
fn side_by_side(points: ArrayView2<f32>, ids: &[usize]) -> (Rows<LANES>, usize) {
    let lines = points.ncols().div_ceil(LANES);
    let mut rows = Rows::zeros(ids.len() * lines);
    rows.par_chunks_mut(lines).zip(ids).for_each(|(to, &id)| {
        to.as_flattened_mut().iter_mut().zip(points.row(id)).for_each(|(to, &x)| *to = x);
    });
    (rows, lines * LANES)
}

/// Points that are near one another.
struct Block<'a> {
    ids: &'a [usize],
    /// Place of the first of them among all that were sorted into blocks.
    first: usize,
    bounds: Bounds,
    /// The largest of their squared lengths.
    longest: f32,
}

/// The largest of the `norms` of some points.
fn longest(norms: &[f32], ids: &[usize]) -> f32 {
    ids.iter().fold(0.0, |most, &id| most.max(norms[id]))
}

/// How far rounding may move what is computed of features, which have squared lengths of `a` and `b`.
#[derive(Clone, Copy)]
struct Rounding {
    /// Share of a sum that its rounding may be.
    share: f32,
}

impl Rounding {
    /// That of sums of `width` products, and of what features are made of.
    fn of(width: usize) -> Self {
        Self { share: f32::EPSILON * (width + 16) as f32 }
    }

    /// A squared distance of products, which are as large as `a` and `b`, may be this much too large.
    #[inline(always)]
    fn slack(self, a: f32, b: f32) -> f32 {
        self.share * (a + b)
    }

    /// No smaller than the squared gap between features, whose points are as near as `limit`, squared, says.
    ///
    /// Differences of features are exact to the rounding of the features themselves, so that this tells points apart that
    /// lie too close together for products.
    #[inline(always)]
    fn reach(self, limit: f32, a: f32, b: f32) -> f32 {
        (limit.sqrt() + f32::EPSILON * (a.sqrt() + b.sqrt())).powi(2) * (1.0 + 4.0 * self.share)
    }
}

/// The rows `ids` of `values` `(n, m)` in panels of [`LANES`], each `(m, LANES)`. Where there is none, 0.
fn panels(values: &Array2<f32>, ids: &[usize]) -> Rows<LANES> {
    let m = values.ncols();
    let mut panels = Rows::zeros(ids.len().div_ceil(LANES) * m);
    panels.par_chunks_mut(m).zip(ids.par_chunks(LANES)).for_each(|(panel, ids)| {
        for (l, &id) in ids.iter().enumerate() {
            panel.iter_mut().zip(values.row(id)).for_each(|(to, &x)| to[l] = x);
        }
    });
    panels
}

/// Products of each of the `rows` (m,) with all points of the panels, which are `(m, LANES)` each.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn multiply<const P: usize>(rows: &[&[f32]], panels: &[[f32; LANES]], products: &mut [[f32; P]]) {
    // As many sums as there are registers for.
    match_target! {
        "x86_64+avx512f" => tiles::<true, 6, 4, P>(rows, panels, products),
        "x86_64+fma" => tiles::<true, 6, 1, P>(rows, panels, products),
        _ => tiles::<false, 2, 1, P>(rows, panels, products),
    }
}

/// [`multiply`] for R rows and C panels at a time.
#[inline(always)]
fn tiles<const FUSED: bool, const R: usize, const C: usize, const P: usize>(
    rows: &[&[f32]],
    panels: &[[f32; LANES]],
    products: &mut [[f32; P]],
) {
    let Some(m) = rows.first().map(|row| row.len()) else { return };
    let panels: Vec<&[[f32; LANES]]> = panels.chunks_exact(m).collect();
    let (whole, rest) = panels.as_chunks::<C>();
    for (c, panels) in whole.iter().enumerate() {
        rows_with::<FUSED, R, C, P>(rows, panels, c * C * LANES, products);
    }
    for (c, &panel) in rest.iter().enumerate() {
        rows_with::<FUSED, R, 1, P>(rows, &[panel], (whole.len() * C + c) * LANES, products);
    }
}

/// [`multiply`] for C panels, R rows at a time.
#[inline(always)]
fn rows_with<const FUSED: bool, const R: usize, const C: usize, const P: usize>(
    rows: &[&[f32]],
    panels: &[&[[f32; LANES]]; C],
    first: usize,
    products: &mut [[f32; P]],
) {
    for (rows, products) in rows.chunks(R).zip(products.chunks_mut(R)) {
        // Where there are fewer, the last of them again.
        let tile = tile::<FUSED, R, C>(std::array::from_fn(|r| rows[r.min(rows.len() - 1)]), panels);
        for (sums, products) in tile.iter().zip(&mut products[..rows.len()]) {
            products[first..first + C * LANES].copy_from_slice(sums.as_flattened());
        }
    }
}

/// `[r][c][l]`: the product of row r with what lane l of panel c holds.
#[inline(always)]
fn tile<const FUSED: bool, const R: usize, const C: usize>(
    rows: [&[f32]; R],
    panels: &[&[[f32; LANES]]; C],
) -> [[[f32; LANES]; C]; R] {
    // Once and not for each value.
    let m = panels[0].len();
    let (rows, panels) = (rows.map(|row| &row[..m]), panels.map(|panel| &panel[..m]));
    let mut sums = [[[0.0_f32; LANES]; C]; R];
    for j in 0..m {
        let x: [f32; R] = std::array::from_fn(|r| rows[r][j]);
        for c in 0..C {
            let y = panels[c][j];
            for r in 0..R {
                sums[r][c] = std::array::from_fn(|l| {
                    if FUSED { x[r].mul_add(y[l], sums[r][c][l]) } else { x[r] * y[l] + sums[r][c][l] }
                });
            }
        }
    }
    // Without this barrier the compiler keeps sums in memory beside those in registers.
    std::hint::black_box(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Multiply = fn(&[&[f32]], &[[f32; LANES]], &mut [[f32; 128]]);

    /// Of each size of tiles, those that no processor here would choose among them, with rows and panels that do not fill them.
    #[test]
    fn products_are_sums_of_products() {
        let m = 37;
        let points = Array2::from_shape_fn((100, m), |(i, j)| ((i * 31 + j * 17) % 29) as f32 - 14.0);
        let ids: Vec<usize> = (0..100).rev().collect();
        let panels = panels(&points, &ids);
        for count in [0, 1, 5, 6, 13] {
            let rows: Vec<&[f32]> = (0..count).map(|i| points.row(i).to_slice().unwrap()).collect();
            let forms: [Multiply; 4] =
                [multiply, tiles::<true, 6, 4, 128>, tiles::<true, 6, 1, 128>, tiles::<false, 2, 1, 128>];
            for (form, multiply) in forms.into_iter().enumerate() {
                let mut products = [[f32::NAN; 128]; 13];
                multiply(&rows, &panels, &mut products);
                for (i, products) in products.iter().enumerate() {
                    for (l, &product) in products.iter().enumerate() {
                        let expected = match ids.get(l) {
                            Some(&id) if i < count => points.row(i).dot(&points.row(id)),
                            // The last panel is filled up.
                            None if i < count && l < 112 => 0.0,
                            _ => f32::NAN,
                        };
                        assert!(
                            product == expected || (product.is_nan() && expected.is_nan()),
                            "form {form}, row {i} of {count}, lane {l}: {product}, not {expected}"
                        );
                    }
                }
            }
        }
    }
}
