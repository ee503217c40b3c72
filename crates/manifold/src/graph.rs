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

/// How much each point belongs to the neighbourhood of another, shape `(n, k)` as its neighbours.
///
/// The nearest neighbour that is not in the same place belongs to it entirely; the bandwidth of the exponential from there is
/// such that the memberships of all sum up to `log2(k + 1)` (McInnes, Healy and Melville, *UMAP*, 2018, algorithms 2 and 3).
pub(crate) fn memberships(neighbours: &Neighbours) -> Array2<f32> {
    let distances = &neighbours.distances;
    let (n, k) = distances.dim();
    // The point itself, at no distance, counts; neighbours that are not there do not.
    let mean_of = |row: &[f32]| {
        let (sum, count) = row
            .iter()
            .filter(|x| x.is_finite())
            .fold((0.0, 1), |(sum, count), &x| (sum + f64::from(x), count + 1));
        sum / f64::from(count)
    };
    let all: f64 =
        distances.outer_iter().map(|row| mean_of(row.as_slice().unwrap_or(&[]))).sum::<f64>() / n as f64;
    let target = ((k + 1) as f64).log2();
    let mut memberships = Array2::zeros((n, k));
    let rows = memberships.as_slice_mut().expect("a matrix in C order").par_chunks_mut(k);
    rows.zip(distances.as_slice().expect("a matrix in C order").par_chunks(k)).for_each(|(to, row)| {
        let nearest = f64::from(row.iter().copied().find(|&x| x > 0.0).unwrap_or(0.0));
        let beyond = |x: f32| f64::from(x) - nearest;
        let (mut low, mut high, mut bandwidth) = (0.0, f64::INFINITY, 1.0);
        for _ in 0..64 {
            let sum: f64 = row
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
        let mean = if nearest > 0.0 { mean_of(row) } else { all };
        bandwidth = bandwidth.max(LEAST_BANDWIDTH * mean);
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

impl Graph {
    /// Two points are joined by `a + b - a b` of their memberships in each other's neighbourhoods: the fuzzy union.
    pub(crate) fn union(neighbours: &Neighbours, memberships: &Array2<f32>) -> Self {
        let (n, k) = memberships.dim();
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

    /// Points are joined to their neighbours, which are no vertices of this graph.
    pub(crate) fn to_others(neighbours: &Neighbours, memberships: &Array2<f32>) -> Self {
        let ends = neighbours.indices.outer_iter().zip(memberships.outer_iter());
        let rows: Vec<Vec<_>> =
            ends.map(|(row, weights)| row.iter().copied().zip(weights.iter().copied()).collect()).collect();
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
