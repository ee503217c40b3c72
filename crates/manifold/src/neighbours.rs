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
const QUERIES: usize = 64;
const POINTS: usize = 1024;

/// Values compared at once.
const LANES: usize = 16;

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
    let starts: Vec<usize> = (0..queries.nrows()).step_by(QUERIES).collect();
    let blocks = starts.into_par_iter().map(|start| {
        let block = queries.slice(s![start..queries.nrows().min(start + QUERIES), ..]);
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
    /// The first principal score, shape `(n,)`.
    first: Vec<f32>,
}

impl Features {
    fn of(points: ArrayView2<f32>, principal: &Principal) -> Self {
        let (n, d) = points.dim();
        let (scores, lengths) = principal.project(points);
        let m = if d > DIRECTIONS { principal.directions.nrows() + 1 } else { d };
        let mut values = Array2::zeros((n, m + 1));
        let mut norms = Vec::with_capacity(n);
        for (i, mut row) in values.outer_iter_mut().enumerate() {
            if d > DIRECTIONS {
                let rest = (lengths[i] - scores.row(i).dot(&scores.row(i))).max(0.0).sqrt();
                row.iter_mut().zip(scores.row(i).iter().chain([&rest])).for_each(|(to, &x)| *to = x as f32);
            } else {
                let point = points.row(i);
                row.iter_mut()
                    .zip(point)
                    .zip(&principal.mean)
                    .for_each(|((to, &x), m)| *to = (f64::from(x) - m) as f32);
            }
            let norm: f64 = row.iter().map(|&x| f64::from(x).powi(2)).sum();
            row[m] = norm as f32;
            norms.push(norm as f32);
        }
        Self { values, norms, first: scores.column(0).mapv(|x| x as f32).to_vec() }
    }
}

/// Block by block of queries and points: what a product says cannot be among the nearest is not looked at again.
///
/// In many dimensions a product of few principal scores, and of the lengths of what they leave out, gives distances that are
/// not longer than those of the points (the projection contracts, and so does taking lengths). Points come in the order of
/// the first score, nearest block first, so that few have to be looked at, and blocks that are too far along it to matter are
/// not reached at all.
fn by_products(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Near>> {
    let d = points.ncols();
    let principal = Principal::of(points, if d > DIRECTIONS { DIRECTIONS } else { 1 });
    let own = Features::of(points, &principal);
    let other = queries.as_ref().map(|queries| Features::of(queries.view(), &principal));
    let asked = queries.as_ref().map_or(points.view(), ArrayView2::view);
    let features = other.as_ref().unwrap_or(&own);
    let by_first = |first: &[f32]| {
        let mut ids: Vec<usize> = (0..first.len()).collect();
        ids.sort_by(|&a, &b| first[a].total_cmp(&first[b]));
        ids
    };
    let (ids, query_ids) = (by_first(&own.first), by_first(&features.first));
    let sorted = own.values.select(Axis(0), &ids);
    let longest = own.norms.iter().chain(&features.norms).fold(0.0_f32, |most, &norm| most.max(norm));
    let slack = f32::EPSILON * 2.0 * (sorted.ncols() + 16) as f32 * longest;
    let blocks: Vec<_> =
        (0..ids.len()).step_by(POINTS).map(|start| start..ids.len().min(start + POINTS)).collect();

    let groups: Vec<&[usize]> = query_ids.chunks(QUERIES).collect();
    let found = groups.into_par_iter().map(|group| {
        let mut asking = features.values.select(Axis(0), group);
        let last = asking.ncols() - 1;
        // (-2 x, 1) times (y, |y|^2).
        asking.slice_mut(s![.., ..last]).mapv_inplace(|x| -2.0 * x);
        asking.column_mut(last).fill(1.0);
        let mut near: Vec<Nearest> = group.iter().map(|_| Nearest::new(k)).collect();
        let (from, to) = (features.first[group[0]], features.first[group[group.len() - 1]]);
        let mut products = Array2::zeros((group.len(), POINTS));
        let gap = |block: &std::ops::Range<usize>| {
            let (low, high) = (own.first[ids[block.start]], own.first[ids[block.end - 1]]);
            (low - to).max(from - high).max(0.0)
        };
        let mut nearest_first: Vec<usize> = (0..blocks.len()).collect();
        nearest_first.sort_by(|&a, &b| gap(&blocks[a]).total_cmp(&gap(&blocks[b])).then(a.cmp(&b)));
        for block in nearest_first.into_iter().map(|block| &blocks[block]) {
            let farthest = near.iter().fold(0.0_f32, |most, near| most.max(near.limit()));
            if gap(block).powi(2) > farthest + slack {
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
                sift(row, features.norms[query] - slack, (&ids[block.clone()], own_id), points, point, near);
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
}

/// Measures the points whose `products` say that they may be among the nearest.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn sift(
    products: &[f32],
    norm: f32,
    (ids, own): (&[usize], usize),
    points: ArrayView2<f32>,
    query: &[f32],
    near: &mut Nearest,
) {
    let mut limit = near.limit() - norm;
    for (some, ids) in products.chunks(LANES).zip(ids.chunks(LANES)) {
        let mut any = false;
        for &product in some {
            any |= product <= limit;
        }
        if !any {
            continue;
        }
        for (&product, &id) in some.iter().zip(ids) {
            if product <= limit && id != own {
                let row = points.row(id);
                near.add((squared(query, row.to_slice().unwrap_or(&[])), id as u32));
                limit = near.limit() - norm;
            }
        }
    }
}

/// Squared distance.
#[inline(always)]
fn squared(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for l in 0..LANES {
            let x = a[l] - b[l];
            lanes[l] += x * x;
        }
    }
    let mut sum = 0.0;
    for (a, b) in a_tail.iter().zip(b_tail) {
        sum += (a - b) * (a - b);
    }
    for lane in lanes {
        sum += lane;
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
}
