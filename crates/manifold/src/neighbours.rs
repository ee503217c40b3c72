//! Exact nearest neighbours.

use linfa_nn::distance::L2Dist;
use linfa_nn::{KdTree, NearestNeighbour};
use multiversion::multiversion;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

use principal::Principal;

/// Distances between points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Metric {
    /// Length of the difference.
    #[default]
    Euclidean,
    /// One less the cosine of the angle between points.
    Cosine,
}

/// The nearest neighbours of every point.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    /// Shape `(n, k)`, in the order of their distances; of equally distant ones the lower index comes first.
    pub indices: Array2<u32>,
    /// Shape `(n, k)`.
    pub distances: Array2<f32>,
}

/// With up to so many features and from so many points on a tree leaves out more than it costs.
const TREE: (usize, usize) = (12, 1 << 17);

/// Points with more features than this are compared by as many directions first, and by the length of what those leave out.
const DIRECTIONS: usize = 79;

/// Queries, and points, of a product.
const FEW: Sizes = Sizes { queries: 32, points: 128 };
const MANY: Sizes = Sizes { queries: 128, points: 256 };

/// Values compared at once.
const LANES: usize = 16;

/// Lanes after which a distance is looked at.
const LOOK: usize = 12;

/// Sizes of the blocks of a product.
#[derive(Clone, Copy)]
struct Sizes {
    queries: usize,
    points: usize,
}

/// The `k` nearest of `points` `(n, d)` to each of them, itself left out.
pub(crate) fn among(
    points: ArrayView2<f32>,
    k: usize,
    metric: Metric,
    progress: &(dyn Fn(usize) + Sync),
) -> Neighbours {
    let found = match metric {
        Metric::Euclidean => search(points, None, k, progress),
        Metric::Cosine => search(directions(points).view(), None, k, progress),
    };
    finish(found, metric)
}

/// The `k` nearest of `points` `(n, d)` to each of `queries` `(m, d)`.
pub(crate) fn of(queries: ArrayView2<f32>, points: ArrayView2<f32>, k: usize, metric: Metric) -> Neighbours {
    match metric {
        Metric::Euclidean => finish(search(points, Some(queries), k, &|_| ()), metric),
        Metric::Cosine => {
            let (points, queries) = (directions(points), directions(queries));
            finish(search(points.view(), Some(queries.view()), k, &|_| ()), metric)
        }
    }
}

/// Points of length 1.
fn directions(points: ArrayView2<f32>) -> Array2<f32> {
    let mut unit = points.to_owned();
    for mut row in unit.outer_iter_mut() {
        let length = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        row.mapv_inplace(|x| (f64::from(x) / length.max(f64::MIN_POSITIVE)) as f32);
    }
    unit
}

/// From squared Euclidean distances to those of the metric.
fn finish(mut found: Neighbours, metric: Metric) -> Neighbours {
    found.distances.mapv_inplace(|squared| match metric {
        Metric::Euclidean => squared.sqrt(),
        Metric::Cosine => 0.5 * squared,
    });
    found
}

fn search(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Neighbours {
    let rows = if points.ncols() <= TREE.0 && points.nrows() >= TREE.1 {
        by_tree(points, queries, k, progress)
    } else {
        by_products(points, queries, k, progress)
    };
    let shape = (rows.len(), k);
    let (mut indices, mut distances) = (Array2::zeros(shape), Array2::zeros(shape));
    for (i, row) in rows.iter().enumerate() {
        for (at, &(distance, j)) in row.iter().enumerate() {
            (indices[[i, at]], distances[[i, at]]) = (j, distance);
        }
    }
    Neighbours { indices, distances }
}

/// Squared distance and index.
type Near = (f32, u32);

/// linfa-nn's k-d tree.
fn by_tree(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Near>> {
    let points = points.as_standard_layout();
    let others = queries.map(|queries| queries.to_owned());
    let tree = KdTree.from_batch_with_leaf_size(&points, 32, L2Dist).expect("leaves and points have a size");
    let queries = others.as_ref().map_or(points.view(), Array2::view);
    let own = others.is_none();
    let starts: Vec<usize> = (0..queries.nrows()).step_by(FEW.queries).collect();
    let blocks = starts.into_par_iter().map(|start| {
        let block = queries.slice(s![start..queries.nrows().min(start + FEW.queries), ..]);
        let rows = block.outer_iter().zip(start..).map(|(query, i)| {
            // One more than asked for, since the point itself is among them, and the ties of the last.
            let found =
                tree.k_nearest(query, (k + 1).min(points.nrows())).expect("a query has as many features");
            let found = found.into_iter().filter(|&(_, j)| !own || i != j);
            let mut near: Vec<Near> = found
                .map(|(point, j)| {
                    (squared(query.as_slice().unwrap_or(&[]), point.as_slice().unwrap_or(&[])), j as u32)
                })
                .collect();
            near.sort_unstable_by(order);
            near.truncate(k);
            near
        });
        let rows: Vec<_> = rows.collect();
        progress(rows.len());
        rows
    });
    blocks.flatten_iter().collect()
}

fn order(a: &Near, b: &Near) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// What products tell of points: the squared distance itself, or one that is no longer.
struct Features {
    /// Shape `(n, m + 1)`: the point, and the squared length of that.
    values: Array2<f32>,
    /// Shape `(n,)`.
    norms: Vec<f32>,
}

impl Features {
    fn of(points: ArrayView2<f32>, principal: &Principal) -> Self {
        let n = points.nrows();
        let (scores, lengths) = principal.project(points);
        let m = principal.directions.nrows() + 1;
        let mut values = Array2::zeros((n, m + 1));
        let mut norms = Vec::with_capacity(n);
        for (i, mut row) in values.outer_iter_mut().enumerate() {
            let rest = (lengths[i] - scores.row(i).dot(&scores.row(i))).max(0.0).sqrt();
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
/// not reached at all.
fn by_products(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Near>> {
    let d = points.ncols();
    let principal = Principal::of(points, d.min(DIRECTIONS));
    let own = Features::of(points, &principal);
    let other = queries.as_ref().map(|queries| Features::of(queries.view(), &principal));
    let asked = queries.as_ref().map_or(points.view(), ArrayView2::view);
    let features = other.as_ref().unwrap_or(&own);
    let sizes = if d > DIRECTIONS { MANY } else { FEW };
    let (ids, query_ids) = (compact(&own.values, sizes), compact(&features.values, sizes));
    // Those of a block lie side by side, since whoever looks at one looks at others.
    let (sorted, points) = (own.values.select(Axis(0), &ids), points.select(Axis(0), &ids));
    let points = points.as_slice().expect("a copy in C order");
    let longest = own.norms.iter().chain(&features.norms).fold(0.0_f32, |most, &norm| most.max(norm));
    let slack = f32::EPSILON * 2.0 * (sorted.ncols() + 16) as f32 * longest;
    let blocks: Vec<_> = ids
        .chunks(sizes.points)
        .zip((0..).step_by(sizes.points))
        .map(|(some, start)| (start..start + some.len(), Bounds::of(&own.values, some)))
        .collect();
    let groups: Vec<&[usize]> = query_ids.chunks(sizes.queries).collect();
    let found = groups.into_par_iter().map(|group| {
        let mut asking = features.values.select(Axis(0), group);
        let last = asking.ncols() - 1;
        // (-2 x, 1) times (y, |y|^2).
        asking.slice_mut(s![.., ..last]).mapv_inplace(|x| -2.0 * x);
        asking.column_mut(last).fill(1.0);
        let mut near: Vec<Nearest> = group.iter().map(|_| Nearest::new(k)).collect();
        let mut products = Array2::zeros((group.len(), sizes.points));
        let bounds = Bounds::of(&features.values, group);
        let mut nearest_first: Vec<_> =
            blocks.iter().map(|(block, other)| (bounds.gap(other), block)).collect();
        nearest_first.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.start.cmp(&b.1.start)));
        for (gap, block) in nearest_first {
            let farthest = near.iter().fold(0.0_f32, |most, near| most.max(near.limit()));
            if gap > farthest + slack {
                break;
            }
            let some = sorted.slice(s![block.clone(), ..]);
            let mut products = products.slice_mut(s![.., ..block.len()]);
            general_mat_mul(1.0, &asking, &some.t(), 0.0, &mut products);
            for ((near, row), &query) in near.iter_mut().zip(products.outer_iter()).zip(group) {
                let row = row.to_slice().expect("rows of a matrix in C order");
                let own_id = if other.is_none() { query } else { usize::MAX };
                let point = asked.row(query);
                let point = point.to_slice().expect("points in C order");
                let rows = &points[block.start * d..block.end * d];
                let ids = &ids[block.clone()];
                sift(row, features.norms[query] - slack, (ids, own_id), rows, point, near);
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

/// Rows of `values` `(n, m + 1)` in an order in which those of a block, and those asked for together, are near one another:
/// split in half by the widest of the first m features, and again.
fn compact(values: &Array2<f32>, sizes: Sizes) -> Vec<usize> {
    fn split(values: &Array2<f32>, ids: &mut [usize], sizes: Sizes) {
        let unit = if ids.len() > sizes.points { sizes.points } else { sizes.queries };
        if ids.len() <= unit {
            return;
        }
        let widest = Bounds::of(values, ids).widest();
        let middle = unit * (ids.len().div_ceil(unit) / 2);
        let by_value =
            |&a: &usize, &b: &usize| values[[a, widest]].total_cmp(&values[[b, widest]]).then(a.cmp(&b));
        ids.select_nth_unstable_by(middle, by_value);
        let (low, high) = ids.split_at_mut(middle);
        rayon::join(|| split(values, low, sizes), || split(values, high, sizes));
    }
    let mut ids: Vec<usize> = (0..values.nrows()).collect();
    split(values, &mut ids, sizes);
    ids
}

/// Between what some points lie, in each feature.
struct Bounds {
    low: Vec<f32>,
    high: Vec<f32>,
}

impl Bounds {
    /// Those of the rows `ids` of `values` `(n, m + 1)`, without the last feature.
    fn of(values: &Array2<f32>, ids: &[usize]) -> Self {
        let m = values.ncols() - 1;
        let (mut low, mut high) = (vec![f32::INFINITY; m], vec![f32::NEG_INFINITY; m]);
        for &id in ids {
            for ((low, high), &x) in low.iter_mut().zip(&mut high).zip(values.row(id)) {
                (*low, *high) = (low.min(x), high.max(x));
            }
        }
        Self { low, high }
    }

    fn widest(&self) -> usize {
        let widths = self.low.iter().zip(&self.high).map(|(low, high)| high - low);
        widths.enumerate().fold((0, 0.0), |most, next| if next.1 > most.1 { next } else { most }).0
    }

    /// Squared distance, at least, of points of one and the other.
    fn gap(&self, other: &Self) -> f32 {
        let own = self.low.iter().zip(&self.high);
        own.zip(other.low.iter().zip(&other.high))
            .map(|((low, high), (other_low, other_high))| {
                (low - other_high).max(other_low - high).max(0.0).powi(2)
            })
            .sum()
    }
}

/// The k nearest so far, in order.
struct Nearest {
    found: Vec<Near>,
    k: usize,
}

impl Nearest {
    fn new(k: usize) -> Self {
        Self { found: Vec::with_capacity(k + 1), k }
    }

    /// What is farther than this is not among them.
    #[inline(always)]
    fn limit(&self) -> f32 {
        if self.found.len() < self.k { f32::INFINITY } else { self.found[self.k - 1].0 }
    }

    #[inline(always)]
    fn add(&mut self, new: Near) {
        let at = self.found.partition_point(|known| order(known, &new).is_lt());
        if at < self.k {
            self.found.truncate(self.k - 1);
            self.found.insert(at, new);
        }
    }

    /// Measures the points whose `products` say that they may be among the nearest.
    #[inline(always)]
    fn measure(
        &mut self,
        products: &[f32],
        norm: f32,
        (ids, own): (&[usize], usize),
        points: &[f32],
        query: &[f32],
    ) {
        for ((&product, &id), at) in products.iter().zip(ids).zip(0..) {
            if product <= self.limit() - norm && id != own {
                let point = &points[at * query.len()..(at + 1) * query.len()];
                self.add((squared_within(query, point, self.limit()), id as u32));
            }
        }
    }
}

/// Measures the points whose `products` say that they may be among the nearest, if any of some lanes do.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn sift(
    products: &[f32],
    norm: f32,
    (ids, own): (&[usize], usize),
    points: &[f32],
    query: &[f32],
    near: &mut Nearest,
) {
    let (whole, rest) = products.as_chunks::<LANES>();
    let (whole_ids, rest_ids) = ids.as_chunks::<LANES>();
    for ((some, ids), first) in whole.iter().zip(whole_ids).zip((0..).step_by(LANES)) {
        let mut least = *some;
        let mut half = LANES / 2;
        while half > 0 {
            for l in 0..half {
                // Not `min`, which has to mind what is not a number.
                least[l] = if least[l + half] < least[l] { least[l + half] } else { least[l] };
            }
            half /= 2;
        }
        if least[0] <= near.limit() - norm {
            near.measure(some, norm, (ids, own), &points[first * query.len()..], query);
        }
    }
    near.measure(rest, norm, (rest_ids, own), &points[whole.len() * LANES * query.len()..], query);
}

/// Squared distance.
fn squared(a: &[f32], b: &[f32]) -> f32 {
    squared_within(a, b, f32::INFINITY)
}

/// Squared distance; infinity as soon as it is seen to be above `limit`.
#[inline(always)]
fn squared_within(a: &[f32], b: &[f32], limit: f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.chunks(LOOK).zip(b.chunks(LOOK)) {
        for (a, b) in a.iter().zip(b) {
            for l in 0..LANES {
                let x = a[l] - b[l];
                lanes[l] += x * x;
            }
        }
        // In any order: that of what is returned may be a rounding above.
        let mut sums = lanes;
        let mut half = LANES / 2;
        while half > 0 {
            for l in 0..half {
                sums[l] += sums[l + half];
            }
            half /= 2;
        }
        if sums[0] > limit * (1.0 + 32.0 * f32::EPSILON) {
            return f32::INFINITY;
        }
    }
    let mut sum = 0.0;
    for (a, b) in a_tail.iter().zip(b_tail) {
        sum += (a - b) * (a - b);
    }
    if !a.is_empty() {
        for lane in lanes {
            sum += lane;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    /// The tree is for more points than a test has, so it is asked by name. Some points lie in the same place.
    #[test]
    fn the_tree_finds_what_products_find() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
        let mut points = Array2::from_shape_fn((800, 6), |_| rng.gen_range(-1.0..1.0_f32));
        for i in 0..40 {
            let row = points.row(i % 4).to_owned();
            points.row_mut(i).assign(&row);
        }
        let queries = Array2::from_shape_fn((70, 6), |_| rng.gen_range(-1.0..1.0_f32));
        for queries in [None, Some(queries.view())] {
            let tree = by_tree(points.view(), queries, 12, &|_| ());
            let products = by_products(points.view(), queries, 12, &|_| ());
            for (i, (tree, products)) in tree.iter().zip(&products).enumerate() {
                let distances = |near: &[Near]| near.iter().map(|&(squared, _)| squared).collect::<Vec<_>>();
                assert_eq!(distances(tree), distances(products), "{i}");
                assert!(
                    queries.is_some() || tree.iter().all(|&(_, j)| j as usize != i),
                    "{i} is near itself"
                );
            }
            assert_eq!(tree.len(), products.len());
        }
    }

    /// Evenly in a square, with so many neighbours that they reach just beyond the next block; and points that thin out from the
    /// middle, of which those far outside have neighbours in many blocks, none of them near.
    #[test]
    fn blocks_are_left_out_only_if_they_are_too_far() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
        let mut draw = || rng.gen_range(-1.0..1.0_f32);
        let even = Array2::from_shape_fn((4096, 2), |_| draw());
        let thin = Array2::from_shape_fn((4000, 3), |_| {
            let x = draw();
            x / (1.001 - x.abs())
        });
        for (points, k) in [(even, 120), (thin, 15)] {
            let found = by_products(points.view(), None, k, &|_| ());
            for (i, (query, found)) in points.outer_iter().zip(&found).enumerate() {
                let query = query.to_slice().unwrap();
                let all = points.outer_iter().enumerate().filter(|&(j, _)| j != i);
                let mut all: Vec<Near> =
                    all.map(|(j, point)| (squared(query, point.to_slice().unwrap()), j as u32)).collect();
                all.select_nth_unstable_by(k, order);
                all.truncate(k);
                all.sort_unstable_by(order);
                assert_eq!(found, &all, "{i}");
            }
        }
    }
}
