//! The fuzzy graph of neighbours.

use ndarray::Array2;
use rayon::prelude::*;

use crate::neighbours::Neighbours;

/// A symmetric graph with weights in 0..=1.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// Where the edges of each vertex start, and where those of the last end, shape `(n + 1,)`.
    pub starts: Vec<usize>,
    /// The other ends, ascending for each vertex.
    pub heads: Vec<u32>,
    /// Weights of the edges.
    pub weights: Vec<f32>,
}

/// Bandwidths are no smaller than this share of the mean distance.
const LEAST_BANDWIDTH: f64 = 1e-3;

/// Means of distances, as powers of 2, around which bandwidths are searched for as they are.
const PLAIN_MEANS: std::ops::RangeInclusive<i32> = -20..=40;

/// Whose neighbors memberships are of.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Points among themselves: the nearest neighbor of each belongs to it entirely (`local_connectivity` 1).
    Among,
    /// New points, whose nearest neighbors may lie anywhere (`local_connectivity` 0).
    Of,
}

/// How much each point belongs to the neighborhood of another, shape `(n, k)` as its neighbors.
///
/// Memberships fall exponentially with the distance beyond that of the nearest neighbor, or beyond 0 for [`Kind::Of`]; the
/// bandwidth is such that they sum up to `log2` of the number of neighbors, the point itself counted for
/// [`Kind::Among`] (McInnes, Healy and Melville, *UMAP*, 2018, algorithms 2 and 3). As in umap-learn the sum leaves out the
/// first neighbor of `Kind::Of`, for which the point itself stands in `Kind::Among`. Unlike there, the smallest bandwidth
/// depends on the row alone.
pub(crate) fn memberships(neighbours: &Neighbours, kind: Kind) -> Array2<f32> {
    let distances = neighbours.distances.as_standard_layout();
    let (n, k) = distances.dim();
    let mut memberships = Array2::zeros((n, k));
    if k == 0 {
        return memberships;
    }
    let (counted, target) = match kind {
        Kind::Among => (0, ((k + 1) as f64).log2()),
        Kind::Of => (1, (k as f64).log2()),
    };
    let rows = memberships.as_slice_mut().expect("a matrix in C order").par_chunks_mut(k);
    rows.zip(distances.as_slice().expect("a matrix in C order").par_chunks(k)).for_each(|(to, row)| {
        let mean = mean_distance(row, kind);
        // The search below starts at 1.
        let scale = match mean.log2().floor() as i32 {
            exponent if mean == 0.0 || PLAIN_MEANS.contains(&exponent) => 1.0,
            exponent => 2.0_f64.powi(-exponent),
        };
        let nearest = match kind {
            Kind::Among => f64::from(row.iter().copied().find(|&x| x > 0.0).unwrap_or(0.0)),
            Kind::Of => 0.0,
        };
        let beyond = |x: f32| (f64::from(x) - nearest) * scale;
        let (mut low, mut high, mut bandwidth) = (0.0, f64::INFINITY, 1.0);
        for _ in 0..64 {
            let sum: f64 = row[counted..]
                .iter()
                .map(|&x| beyond(x))
                .map(|x| if x > 0.0 { (-x / bandwidth).exp() } else { 1.0 })
                .sum();
            if (sum - target).abs() < 1e-5 {
                break;
            }
            if sum > target {
                high = bandwidth;
                bandwidth = 0.5 * (low + high);
            } else {
                low = bandwidth;
                bandwidth = if high.is_infinite() { 2.0 * bandwidth } else { 0.5 * (low + high) };
            }
        }
        bandwidth = bandwidth.max(LEAST_BANDWIDTH * mean * scale);
        for (to, &x) in to.iter_mut().zip(row) {
            *to = if beyond(x) <= 0.0 || bandwidth == 0.0 {
                1.0
            } else {
                (-beyond(x) / bandwidth).exp() as f32
            };
        }
    });
    memberships
}

/// Mean of the distances of a row. Neighbors that are not there, at infinity, do not count; the point itself, at no
/// distance, does for [`Kind::Among`].
fn mean_distance(row: &[f32], kind: Kind) -> f64 {
    let own = usize::from(kind == Kind::Among);
    let known = row.iter().filter(|x| x.is_finite());
    let (sum, count) = known.fold((0.0, own), |(sum, count), &x| (sum + f64::from(x), count + 1));
    sum / count.max(1) as f64
}

impl Graph {
    /// Two points are joined by `a + b - a b` of their memberships in each other's neighbourhoods: the fuzzy union.
    pub(crate) fn union(neighbours: &Neighbours, memberships: &Array2<f32>) -> Self {
        let (n, k) = neighbours.indices.dim();
        // Those who name a vertex, in their order.
        let mut ends = vec![0_usize; n + 1];
        neighbours.indices.iter().for_each(|&j| ends[j as usize + 1] += 1);
        (0..n).for_each(|j| ends[j + 1] += ends[j]);
        let mut named_by = vec![(0_u32, 0.0_f32); n * k];
        let mut at = ends.clone();
        for (i, (row, weights)) in neighbours.indices.outer_iter().zip(memberships.outer_iter()).enumerate() {
            for (&j, &weight) in row.iter().zip(weights) {
                named_by[at[j as usize]] = (i as u32, weight);
                at[j as usize] += 1;
            }
        }
        let rows: Vec<Vec<(u32, f32)>> = (0..n)
            .into_par_iter()
            .map(|i| {
                let own =
                    neighbours.indices.row(i).into_iter().zip(memberships.row(i)).map(|(&j, &w)| (j, w));
                let mut edges: Vec<_> = own.chain(named_by[ends[i]..ends[i + 1]].iter().copied()).collect();
                edges.sort_by_key(|&(j, _)| j);
                edges.dedup_by(|(j, b), (before, a)| {
                    let same = j == before;
                    if same {
                        // In f64, so that a and b may change places.
                        let (x, y) = (f64::from(*a), f64::from(*b));
                        *a = (x + y - x * y) as f32;
                    }
                    same
                });
                edges.retain(|&(_, weight)| weight > 0.0);
                edges
            })
            .collect();
        Self::of(&rows)
    }

    /// Points that are to be `joined` are, to their neighbors, which are no vertices of this graph.
    pub(crate) fn to_others(
        neighbours: &Neighbours,
        memberships: &Array2<f32>,
        joined: impl Fn(usize) -> bool,
    ) -> Self {
        let ends = neighbours.indices.outer_iter().zip(memberships.outer_iter());
        let ends = ends.enumerate().map(|(i, (row, weights))| {
            let count = if joined(i) { row.len() } else { 0 };
            row.iter().copied().zip(weights.iter().copied()).take(count).collect()
        });
        let rows: Vec<Vec<_>> = ends.collect();
        Self::of(&rows)
    }

    /// From the edges of each vertex, which each other end has as well.
    fn of(rows: &[Vec<(u32, f32)>]) -> Self {
        let mut starts = vec![0];
        starts.extend(rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        }));
        let (heads, weights) = rows.iter().flatten().copied().unzip();
        Self { starts, heads, weights }
    }

    /// Number of vertices.
    pub fn n(&self) -> usize {
        self.starts.len() - 1
    }

    /// The edges of a vertex.
    pub fn edges(&self, i: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let range = self.starts[i]..self.starts[i + 1];
        self.heads[range.clone()].iter().map(|&j| j as usize).zip(self.weights[range].iter().copied())
    }

    /// Number of components.
    pub fn components(&self) -> usize {
        let mut seen = vec![false; self.n()];
        let (mut count, mut stack) = (0, Vec::new());
        for i in 0..self.n() {
            if seen[i] {
                continue;
            }
            count += 1;
            seen[i] = true;
            stack.push(i);
            while let Some(i) = stack.pop() {
                for (j, _) in self.edges(i) {
                    if !seen[j] {
                        seen[j] = true;
                        stack.push(j);
                    }
                }
            }
        }
        count
    }
}
