//! How much nearer points are to their own cluster than to the next: a score that needs no labels.

use std::ops::Range;

use multiversion::multiversion;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rand::SeedableRng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde::Serialize;

use crate::Error;
use crate::contingency::{NOISE, check_assignment, distinct};

/// Points whose silhouettes are measured, each against the others; of more, so many are drawn.
const SAMPLE: usize = 5_000;

/// Rows whose silhouettes are summed by one thread. It is part of the result, to the last bit; threads are not.
const BLOCK_ROWS: usize = 256;

/// The mean silhouette of a clustering in the space it was made in, and of how many points it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Silhouette {
    /// In -1..=1, see [`silhouettes`]; `None` where fewer than two clusters have points.
    pub value: Option<f64>,
    /// Points measured, each against all the others of them: all `points` (then the value is exact), or 5,000 of them.
    pub sample: usize,
    /// Points that are in a cluster; noise is not.
    pub points: usize,
    /// Features of a point.
    pub features: usize,
}

impl Silhouette {
    /// Of `points` (n, d) under `assignments` (n,), which are 0 or more, or -1 for noise, which is left out.
    ///
    /// Exact for up to 5,000 points in clusters. Of more, 5,000 are drawn, with a seed that never changes, so that runs
    /// without noise are compared on the same rows. The unit of the points does not matter.
    ///
    /// # Errors
    /// Other numbers of points and assignments, an assignment below -1, a value that is not finite.
    ///
    /// Tested as [`silhouettes`]; of a sample, against the exact value.
    pub fn of<T: Copy + Into<f64>>(
        points: ArrayView2<T>,
        assignments: ArrayView1<i64>,
    ) -> Result<Self, Error> {
        check(points.nrows(), assignments)?;
        let mut rows: Vec<usize> = (0..assignments.len()).filter(|&i| assignments[i] != NOISE).collect();
        let clustered = rows.len();
        if clustered > SAMPLE {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
            let mut drawn = index::sample(&mut rng, clustered, SAMPLE).into_vec();
            drawn.sort_unstable();
            rows = drawn.into_iter().map(|at| rows[at]).collect();
        }
        let features = points.ncols();
        let values = Array2::from_shape_fn((rows.len(), features), |(i, j)| points[[rows[i], j]].into());
        if let Some(((i, column), _)) = values.indexed_iter().find(|(_, value)| !value.is_finite()) {
            return Err(Error::NotFinite { row: rows[i], column });
        }
        let assignments = assignments.select(Axis(0), &rows);
        let value = means(values.view(), &[assignments.view()])[0];
        Ok(Self { value, sample: rows.len(), points: clustered, features })
    }
}

/// The mean silhouette of `points` (n, d), all of them, in -1..=1, under each of `labelings` (n,), measuring each pair of
/// points once for all. Ids are 0 or more, or -1 for noise, which is left out. `None` where fewer than two clusters have
/// points.
///
/// Rousseeuw, *Silhouettes: a graphical aid to the interpretation and validation of cluster analysis*, J. Comput. Appl.
/// Math. 20 (1987): with a the mean distance to the others of a point's cluster and b the smallest mean distance to the
/// points of another, `(b - a) / max(a, b)`, and 0 for a point that is alone. Distances are Euclidean. Time in the square
/// of n, on all of rayon's threads; their number changes no bit.
///
/// # Errors
/// Other numbers of points and assignments, an assignment below -1, a value that is not finite.
///
/// Tested by hand and against scikit-learn's `silhouette_score`.
pub fn silhouettes(
    points: ArrayView2<f64>,
    labelings: &[ArrayView1<i64>],
) -> Result<Vec<Option<f64>>, Error> {
    labelings.iter().try_for_each(|&labels| check(points.nrows(), labels))?;
    if let Some(((row, column), _)) = points.indexed_iter().find(|(_, value)| !value.is_finite()) {
        return Err(Error::NotFinite { row, column });
    }
    Ok(means(points, labelings))
}

/// [`silhouettes`] of what was checked.
fn means(points: ArrayView2<f64>, labelings: &[ArrayView1<i64>]) -> Vec<Option<f64>> {
    let unit = unit(points);
    let values = points.mapv(|value| value * unit);
    let values = values.as_standard_layout();
    let labelings: Vec<Labels> = labelings.iter().map(|&labels| Labels::of(labels)).collect();
    let n = points.nrows();
    let starts: Vec<usize> = (0..n).step_by(BLOCK_ROWS).collect();
    let blocks = starts.into_par_iter().map(|start| start..n.min(start + BLOCK_ROWS));
    let sums: Vec<Vec<f64>> =
        blocks.map(|rows| block(values.as_slice().expect("in C order"), n, &labelings, rows)).collect();
    let mean = |(which, labels): (usize, &Labels)| {
        let several = labels.sizes.len() > 1;
        let clustered: usize = labels.sizes.iter().sum();
        several.then(|| sums.iter().map(|sums| sums[which]).sum::<f64>() / clustered as f64)
    };
    labelings.iter().enumerate().map(mean).collect()
}

pub(crate) fn check(n: usize, assignments: ArrayView1<i64>) -> Result<(), Error> {
    if assignments.len() != n {
        return Err(Error::Points { points: n, assignments: assignments.len() });
    }
    assignments.iter().enumerate().try_for_each(|(row, &assignment)| check_assignment(row, assignment))
}

/// A power of two that keeps squares of differences within the range of `f64`; 1 for values of a usual size.
fn unit(points: ArrayView2<f64>) -> f64 {
    scale(points.iter().fold(0.0, |largest: f64, value| largest.max(value.abs())))
}

/// The same for values of which `largest` is the largest.
pub(crate) fn scale(largest: f64) -> f64 {
    if largest == 0.0 || (1e-100..1e100).contains(&largest) {
        return 1.0;
    }
    // Within the exponents that both this number and its inverse have.
    (-largest.log2().floor().clamp(-1000.0, 1000.0)).exp2()
}

/// The clusters of the points.
pub(crate) struct Labels {
    /// Clusters counted from 0 in the order of their ids, and one more than the last for noise, (n,).
    pub(crate) labels: Vec<usize>,
    /// Points of each cluster, none 0.
    pub(crate) sizes: Vec<usize>,
}

impl Labels {
    pub(crate) fn of(ids: ArrayView1<i64>) -> Self {
        let known = distinct(ids.iter().copied().filter(|&id| id != NOISE));
        let mut sizes = vec![0; known.len() + 1];
        let place = |id: &i64| known.binary_search(id).unwrap_or(known.len());
        let labels: Vec<usize> = ids.iter().map(place).collect();
        labels.iter().for_each(|&label| sizes[label] += 1);
        sizes.pop();
        Self { labels, sizes }
    }

    /// Silhouette of the i-th point, whose distances to the points of each cluster (and to noise) sum to `sums`. Noise
    /// adds nothing to the mean.
    fn silhouette(&self, i: usize, sums: &[f64]) -> f64 {
        let own = self.labels[i];
        if own == self.sizes.len() || self.sizes[own] == 1 {
            return 0.0;
        }
        let a = sums[own] / (self.sizes[own] - 1) as f64;
        let others = (0..self.sizes.len()).filter(|&other| other != own);
        let b = others.map(|other| sums[other] / self.sizes[other] as f64).fold(f64::INFINITY, f64::min);
        if a == b { 0.0 } else { (b - a) / a.max(b) }
    }
}

/// Sums of the silhouettes of `rows` of `values` (n, d), one for each labeling.
// No instruction here rounds otherwise in wider registers, so that every kind of processor gives the same bits.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn block(values: &[f64], n: usize, labelings: &[Labels], rows: Range<usize>) -> Vec<f64> {
    let d = values.len() / n;
    let mut totals = vec![0.0; labelings.len()];
    let mut distances = vec![0.0; n];
    for i in rows {
        let point = &values[i * d..(i + 1) * d];
        for (other, distance) in distances.iter_mut().enumerate() {
            *distance = squared_distance(point, &values[other * d..(other + 1) * d]).sqrt();
        }
        for (labels, total) in labelings.iter().zip(&mut totals) {
            let mut sums = vec![0.0; labels.sizes.len() + 1];
            for (&label, distance) in labels.labels.iter().zip(&distances) {
                sums[label] += distance;
            }
            *total += labels.silhouette(i, &sums);
        }
    }
    totals
}

/// `|a - b|^2`. In lanes that do not wait for each other, which is what lets the compiler use wide registers.
#[inline(always)]
fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_tail) = a.as_chunks::<8>();
    let (b, b_tail) = b.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += (a - b) * (a - b);
        }
    }
    let tail = a_tail.iter().zip(b_tail).map(|(a, b)| (a - b) * (a - b));
    lanes.iter().sum::<f64>() + tail.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, s};

    use super::*;

    #[test]
    fn squared_distance_uses_every_feature() {
        for d in 1..20 {
            let a: Vec<f64> = (0..d).map(f64::from).collect();
            let b: Vec<f64> = (0..d).map(|i| f64::from(i) - 2.0).collect();
            assert_eq!(squared_distance(&a, &b), 4.0 * f64::from(d));
        }
    }

    #[test]
    fn a_sample_is_measured_against_itself_and_noise_is_not_drawn() {
        // Every third point is noise, far from all others.
        let n = 3 * SAMPLE;
        let value = |i: usize, j: usize| if i % 3 == 2 { 1e9 } else { ((i * 37 + j * 11) % 101) as f64 };
        let points = Array2::from_shape_fn((n, 2), |(i, j)| value(i, j) + 90.0 * (i % 2) as f64);
        let assignments = Array1::from_shape_fn(n, |i| if i % 3 == 2 { NOISE } else { (i % 2) as i64 });
        let found = Silhouette::of(points.view(), assignments.view()).unwrap();
        assert_eq!((found.sample, found.points, found.features), (SAMPLE, 2 * SAMPLE, 2));
        let exact = silhouettes(points.view(), &[assignments.view()]).unwrap()[0].unwrap();
        let value = found.value.unwrap();
        assert!(value != exact && (value - exact).abs() < 0.01, "{value} of the sample, {exact} of all");
        let few = s![..SAMPLE];
        let all = Silhouette::of(points.slice(s![..SAMPLE, ..]), assignments.slice(few)).unwrap();
        let exact = silhouettes(points.slice(s![..SAMPLE, ..]), &[assignments.slice(few)]).unwrap()[0];
        assert!((all.value.unwrap() - exact.unwrap()).abs() < 1e-12, "{all:?} against {exact:?}");
        assert_eq!(all.sample, all.points);
    }
}
