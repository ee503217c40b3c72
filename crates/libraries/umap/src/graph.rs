//! The fuzzy graph of neighbors (the paper's fuzzy simplicial set): memberships and their union.

use ndarray::Array2;
use rayon::prelude::*;

use crate::neighbors::Neighbors;

/// A graph with edge weights from 0 to 1, in compressed sparse rows.
///
/// [`fuzzy_graph`](crate::fuzzy_graph) computes that of points, and
/// [`Umap::graph_of`](crate::Umap::graph_of) that from new points to those of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    pub(crate) starts: Vec<usize>,
    pub(crate) heads: Vec<u32>,
    pub(crate) weights: Vec<f32>,
}

/// Smallest bandwidth, as a share of the mean distance, as in umap-learn.
const MIN_BANDWIDTH: f64 = 1e-3;

/// Mean distances, as powers of 2, whose bandwidths are searched for without scaling.
const PLAIN_MEANS: std::ops::RangeInclusive<i32> = -20..=40;

/// Which points have the memberships.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Points among themselves: the nearest neighbor has membership 1 (`local_connectivity` 1).
    Among,
    /// New points, whose nearest neighbors may be at any distance (`local_connectivity` 0).
    New,
}

/// Computes the membership strength of each neighbor of each point, shape `(n, k)`.
///
/// Memberships fall exponentially with the distance beyond that of the nearest neighbor, or beyond
/// 0 for [`Kind::New`]. A bandwidth for each point makes them sum up to `log2` of the number of
/// neighbors, the point itself included for [`Kind::Among`] (McInnes, Healy and Melville, *UMAP*,
/// 2018, algorithms 2 and 3). As in umap-learn the sum leaves out the first neighbor of
/// `Kind::New`, whose place in `Kind::Among` the point itself takes. Unlike there, the smallest
/// bandwidth depends on the row alone.
pub(crate) fn memberships(neighbors: &Neighbors, kind: Kind) -> Array2<f32> {
    let distances = neighbors.distances.as_standard_layout();
    let (n, k) = distances.dim();
    let mut memberships = Array2::zeros((n, k));
    if k == 0 {
        return memberships;
    }
    let (counted, target) = match kind {
        Kind::Among => (0, ((k + 1) as f64).log2()),
        Kind::New => (1, (k as f64).log2()),
    };
    let rows = memberships.as_slice_mut().expect("a matrix in C order").par_chunks_mut(k);
    rows.zip(distances.as_slice().expect("a matrix in C order").par_chunks(k)).for_each(
        |(to, row)| {
            let mean = mean_distance(row, kind);
            // The search below starts at a bandwidth of 1.
            let scale = match mean.log2().floor() as i32 {
                exponent if mean == 0.0 || PLAIN_MEANS.contains(&exponent) => 1.0,
                exponent => 2.0_f64.powi(-exponent),
            };
            let nearest = match kind {
                Kind::Among => f64::from(row.iter().copied().find(|&x| x > 0.0).unwrap_or(0.0)),
                Kind::New => 0.0,
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
                    bandwidth =
                        if high.is_infinite() { 2.0 * bandwidth } else { 0.5 * (low + high) };
                }
            }
            bandwidth = bandwidth.max(MIN_BANDWIDTH * mean * scale);
            for (to, &x) in to.iter_mut().zip(row) {
                *to = if beyond(x) <= 0.0 || bandwidth == 0.0 {
                    1.0
                } else {
                    (-beyond(x) / bandwidth).exp() as f32
                };
            }
        },
    );
    memberships
}

/// Computes the mean of the distances of a row.
///
/// Missing neighbors, at infinity, do not count; the point itself, at distance 0, does for
/// [`Kind::Among`].
fn mean_distance(row: &[f32], kind: Kind) -> f64 {
    let own = usize::from(kind == Kind::Among);
    let known = row.iter().filter(|x| x.is_finite());
    let (sum, count) = known.fold((0.0, own), |(sum, count), &x| (sum + f64::from(x), count + 1));
    sum / count.max(1) as f64
}

impl Graph {
    /// Takes the fuzzy union of memberships: `a + b - a b` for a pair of points.
    ///
    /// Here a and b are the memberships of the two points in each other's neighborhoods.
    pub(crate) fn union(neighbors: &Neighbors, memberships: &Array2<f32>) -> Self {
        let (n, k) = neighbors.indices.dim();
        // For each vertex the points that it is a neighbor of, ascending.
        let mut ends = vec![0_usize; n + 1];
        neighbors.indices.iter().for_each(|&j| ends[j as usize + 1] += 1);
        (0..n).for_each(|j| ends[j + 1] += ends[j]);
        let mut neighbor_of = vec![(0_u32, 0.0_f32); n * k];
        let mut at = ends.clone();
        for (i, (row, weights)) in
            neighbors.indices.outer_iter().zip(memberships.outer_iter()).enumerate()
        {
            for (&j, &weight) in row.iter().zip(weights) {
                neighbor_of[at[j as usize]] = (i as u32, weight);
                at[j as usize] += 1;
            }
        }
        let rows: Vec<Vec<(u32, f32)>> = (0..n)
            .into_par_iter()
            .map(|i| {
                let own = neighbors
                    .indices
                    .row(i)
                    .into_iter()
                    .zip(memberships.row(i))
                    .map(|(&j, &w)| (j, w));
                let mut edges: Vec<_> =
                    own.chain(neighbor_of[ends[i]..ends[i + 1]].iter().copied()).collect();
                edges.sort_by_key(|&(j, _)| j);
                edges.dedup_by(|(j, b), (before, a)| {
                    let same = j == before;
                    if same {
                        // In f64, so that the result is the same for b and a.
                        let (x, y) = (f64::from(*a), f64::from(*b));
                        *a = (x + y - x * y) as f32;
                    }
                    same
                });
                edges.retain(|&(_, weight)| weight > 0.0);
                edges
            })
            .collect();
        Self::from_rows(&rows)
    }

    /// Makes the graph from new points to their neighbors, which are no vertices of it.
    ///
    /// Only points for which `has_edges` is true get edges.
    pub(crate) fn to_others(
        neighbors: &Neighbors,
        memberships: &Array2<f32>,
        has_edges: impl Fn(usize) -> bool,
    ) -> Self {
        let ends = neighbors.indices.outer_iter().zip(memberships.outer_iter());
        let ends = ends.enumerate().map(|(i, (row, weights))| {
            let count = if has_edges(i) { row.len() } else { 0 };
            row.iter().copied().zip(weights.iter().copied()).take(count).collect()
        });
        let rows: Vec<Vec<_>> = ends.collect();
        Self::from_rows(&rows)
    }

    /// Makes a graph from the heads and weights of the edges of each vertex.
    fn from_rows(rows: &[Vec<(u32, f32)>]) -> Self {
        let mut starts = vec![0];
        starts.extend(rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        }));
        let (heads, weights) = rows.iter().flatten().copied().unzip();
        Self { starts, heads, weights }
    }

    /// Returns where the edges of each vertex start, and those of the last end: `(n + 1,)`.
    ///
    /// ```
    /// # use umap::{Params, fuzzy_graph};
    /// # use ndarray::Array2;
    /// let points = Array2::from_shape_fn((30, 1), |(i, _)| i as f32);
    /// let graph = fuzzy_graph(points.view(), &Params { neighbors: 5, ..Params::default() })?;
    /// assert_eq!((graph.starts()[0], graph.starts()[30]), (0, graph.heads().len()));
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// Returns the heads of the edges, their other ends: `(edges,)`.
    ///
    /// They ascend for each vertex of the graph of points among themselves.
    ///
    /// ```
    /// # use umap::{Params, fuzzy_graph};
    /// # use ndarray::Array2;
    /// let points = Array2::from_shape_fn((30, 1), |(i, _)| i as f32);
    /// let graph = fuzzy_graph(points.view(), &Params { neighbors: 5, ..Params::default() })?;
    /// assert_eq!(graph.heads()[..graph.starts()[1]], [1, 2, 3, 4]);
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn heads(&self) -> &[u32] {
        &self.heads
    }

    /// Returns the weights of the edges, above 0 and up to 1: `(edges,)`.
    ///
    /// ```
    /// # use umap::{Params, fuzzy_graph};
    /// # use ndarray::Array2;
    /// let points = Array2::from_shape_fn((30, 1), |(i, _)| i as f32);
    /// let graph = fuzzy_graph(points.view(), &Params { neighbors: 5, ..Params::default() })?;
    /// // The nearest neighbor of a point is joined to it fully.
    /// assert_eq!(graph.weights()[0], 1.0);
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Returns the number of vertices.
    ///
    /// ```
    /// # use umap::{Params, fuzzy_graph};
    /// # use ndarray::Array2;
    /// let points = Array2::from_shape_fn((30, 1), |(i, _)| (i / 2) as f32);
    /// let graph = fuzzy_graph(points.view(), &Params { neighbors: 5, ..Params::default() })?;
    /// // Equal points are one vertex.
    /// assert_eq!(graph.n(), 15);
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn n(&self) -> usize {
        self.starts.len() - 1
    }

    /// Iterates over heads and weights of the edges of vertex `i`.
    ///
    /// ```
    /// # use umap::{Params, fuzzy_graph};
    /// # use ndarray::Array2;
    /// let points = Array2::from_shape_fn((30, 1), |(i, _)| i as f32);
    /// let graph = fuzzy_graph(points.view(), &Params { neighbors: 5, ..Params::default() })?;
    /// // The weights in both directions are equal.
    /// for (head, weight) in graph.edges(7) {
    ///     assert!(graph.edges(head).any(|back| back == (7, weight)));
    /// }
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such vertex.
    pub fn edges(&self, i: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let range = self.starts[i]..self.starts[i + 1];
        self.heads[range.clone()]
            .iter()
            .map(|&j| j as usize)
            .zip(self.weights[range].iter().copied())
    }

    /// Counts connected components of the graph of points among themselves.
    ///
    /// ```
    /// # use umap::{Params, fuzzy_graph};
    /// # use ndarray::Array2;
    /// let points = Array2::from_shape_fn((30, 1), |(i, _)| (i + i / 15 * 1000) as f32);
    /// let graph = fuzzy_graph(points.view(), &Params { neighbors: 5, ..Params::default() })?;
    /// assert_eq!(graph.components(), 2);
    /// # Ok::<(), umap::Error>(())
    /// ```
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
