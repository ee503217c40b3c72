//! The mean silhouette, a score that needs no labels.

mod sample;

use std::ops::Range;

use kernels::squared_distance;
use multiversion::multiversion;
use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;
use serde::Serialize;

use crate::Error;
use crate::ids::{NOISE, number};
use crate::points::{check_points, max_abs, scale};

use sample::Sample;

/// Points that one task scores in a pass over all points; does not change the result.
const BLOCK_ROWS: usize = 16;

/// Values of the points in a tile: 128 KiB, which stay in the cache for a whole block.
const TILE_VALUES: usize = 16_384;

/// Mean silhouette of a clustering, and the number of points it was measured on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Silhouette {
    /// In -1..=1, see [`silhouettes`]; `None` where fewer than two clusters have points.
    pub value: Option<f64>,
    /// Standard error of `value`: 0 where all points are scored, else that of a mean over a sample.
    pub standard_error: Option<f64>,
    /// Points scored, each measured against all `points`: all of them, or a sample.
    pub sample: usize,
    /// Points that are in a cluster and have a weight above 0; noise is not.
    pub points: usize,
    /// Features of a point.
    pub features: usize,
}

impl Silhouette {
    /// Scores `points` (n, d) under `assignments` (n,), which are 0 or more, or -1 for noise.
    ///
    /// Noise is left out. Up to 5,000 points are all scored. Of n more, as many are drawn as
    /// measure 50 million distances, but from 200 to 5,000, with a seed that never changes, so that
    /// runs without noise are compared on the same rows. The unit of the points does not matter.
    ///
    /// # Errors
    ///
    /// Fails if the numbers of points and assignments differ, an assignment is below -1, or a value
    /// is not finite.
    ///
    /// Tested as [`silhouettes`]; of a sample, against the exact value.
    ///
    /// ```
    /// use metrics::Silhouette;
    /// use ndarray::array;
    ///
    /// let points = array![[0.0], [1.0], [9.0], [10.0]];
    /// let found = Silhouette::of(points.view(), array![0, 0, 1, 1].view())?;
    /// assert!((found.value.unwrap() - 0.8885).abs() < 1e-4);
    /// assert_eq!(found.standard_error, Some(0.0));
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn of<T: Copy + Into<f64> + Sync>(
        points: ArrayView2<T>,
        assignments: ArrayView1<i64>,
    ) -> Result<Self, Error> {
        Ok(sampled_silhouettes(points, None, &[assignments], 0)?.remove(0))
    }
}

/// Computes the mean silhouette of `points` (n, d), all of them, under each of `labelings` (n,).
///
/// Each pair of points is measured once for all labelings. Ids are 0 or more, or -1 for noise,
/// which is left out. `None` where fewer than two clusters have points.
///
/// The silhouette of a point is `(b - a) / max(a, b)`: `a` is its mean distance to the others of
/// its cluster, `b` the smallest mean distance to the points of another cluster. A point that is
/// alone has 0. Distances are Euclidean and computed from differences of coordinates, so that the
/// distance from the origin does not matter. The time grows with the square of n; all of rayon's
/// threads take part, and their number changes no bit.
///
/// Rousseeuw 1987, *Silhouettes: a graphical aid to the interpretation and validation of cluster
/// analysis*, J. Comput. Appl. Math. 20.
///
/// # Errors
///
/// Fails if the numbers of points and assignments differ, an assignment is below -1, or a value is
/// not finite.
///
/// Tested by hand and against scikit-learn's `silhouette_score`.
pub fn silhouettes<T: Copy + Into<f64> + Sync>(
    points: ArrayView2<T>,
    weights: Option<&[f64]>,
    labelings: &[ArrayView1<i64>],
) -> Result<Vec<Option<f64>>, Error> {
    let found = score(points, weights, labelings, Sample::whole)?;
    Ok(found.into_iter().map(|silhouette| silhouette.value).collect())
}

/// Estimates the mean silhouette of `points` (n, d) under each of `labelings` (n,) by a sample.
///
/// The points of the sample are drawn with `seed`, the same for all labelings, and each is measured
/// against all points; how many there are, [`Silhouette::of`] says.
///
/// With `weights` (n,), finite and 0 or more, the means are weighted: those of distances, of the
/// others by their weights, and that of silhouettes. The sample is then drawn with replacement in
/// proportion to the weights. Points of weight 0 are not looked at.
///
/// # Errors
///
/// The errors are those of [`silhouettes`].
///
/// # Panics
///
/// If there is not one weight per point.
///
/// Tested against [`silhouettes`] and scikit-learn.
pub fn sampled_silhouettes<T: Copy + Into<f64> + Sync>(
    points: ArrayView2<T>,
    weights: Option<&[f64]>,
    labelings: &[ArrayView1<i64>],
    seed: u64,
) -> Result<Vec<Silhouette>, Error> {
    score(points, weights, labelings, |rows, weights| Sample::drawn(rows, weights, seed))
}

/// Points with a positive weight that are in a cluster of any labeling.
struct ScaledPoints<'a, T> {
    points: ArrayView2<'a, T>,
    rows: &'a [usize],
    /// Power of two that keeps squared differences within the range of `f64`.
    unit: f64,
}

impl<T: Copy + Into<f64> + Sync> ScaledPoints<'_, T> {
    /// Copies the points at `places` into `values`, one after the other.
    fn fill(&self, places: impl Iterator<Item = usize>, values: &mut Vec<f64>) {
        values.clear();
        for place in places {
            values.extend(
                self.points.row(self.rows[place]).iter().map(|&value| value.into() * self.unit),
            );
        }
    }
}

/// Scores the points that `draw` chooses.
fn score<T: Copy + Into<f64> + Sync>(
    points: ArrayView2<T>,
    weights: Option<&[f64]>,
    labelings: &[ArrayView1<i64>],
    draw: impl Fn(&[usize], Option<&[f64]>) -> Sample,
) -> Result<Vec<Silhouette>, Error> {
    labelings.iter().try_for_each(|&labels| check_points(points.nrows(), labels))?;
    // Contiguous rows are faster to read, and each is read many times.
    let points = points.as_standard_layout();
    let points = points.view();
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let looked_at =
        |&row: &usize| weight(row) > 0.0 && labelings.iter().any(|labels| labels[row] != NOISE);
    let rows: Vec<usize> = (0..points.nrows()).filter(looked_at).collect();
    let unit = scale(max_abs(points, &rows)?);
    let point_weights: Vec<f64> = rows.iter().map(|&row| weight(row)).collect();
    let labels: Vec<Labels> = labelings
        .iter()
        .map(|labels| Labels::of(rows.iter().map(|&row| labels[row]), &point_weights))
        .collect::<Result<_, _>>()?;

    let sample = draw(&rows, weights);
    let scaled = ScaledPoints { points, rows: &rows, unit };
    let blocks = sample.places.par_chunks(BLOCK_ROWS);
    let silhouettes: Vec<Vec<f64>> =
        blocks.flat_map_iter(|places| block(&scaled, &point_weights, &labels, places)).collect();

    let summary = |(which, labels): (usize, &Labels)| {
        let clustered =
            |(&place, &share): (&usize, &f64)| labels.is_clustered(place).then_some(share);
        let shares: Vec<Option<f64>> =
            sample.places.iter().zip(&sample.shares).map(clustered).collect();
        let scored = || {
            let all = silhouettes.iter().zip(&shares);
            all.filter_map(|(found, share)| share.map(|share| (found[which], share)))
        };
        let whole: f64 = scored().map(|(_, share)| share).sum();
        let value = (labels.cluster_weights.len() > 1 && whole > 0.0)
            .then(|| scored().map(|(value, share)| share * value).sum::<f64>() / whole);
        let standard_error = value.map(|mean| {
            if sample.error == 0.0 {
                return 0.0;
            }
            let squares: f64 = scored().map(|(value, share)| share * (value - mean).powi(2)).sum();
            sample.error * (squares / (whole - 1.0).max(1.0)).sqrt()
        });
        Silhouette {
            value,
            standard_error,
            sample: scored().count(),
            points: labels.cluster_sizes.iter().sum(),
            features: points.ncols(),
        }
    };
    Ok(labels.iter().enumerate().map(summary).collect())
}

/// Clusters of the points that are measured.
struct Labels {
    /// Clusters counted from 0 in the order of their ids, and one more than the last for noise,
    /// (n,).
    labels: Vec<u32>,
    /// Sum of the weights of each cluster.
    cluster_weights: Vec<f64>,
    /// Number of points in each cluster, at least 1.
    cluster_sizes: Vec<usize>,
}

impl Labels {
    fn of(ids: impl Iterator<Item = i64>, point_weights: &[f64]) -> Result<Self, Error> {
        let ids: Vec<i64> = ids.collect();
        let (known, labels) = number(ArrayView1::from(&ids))?;
        let mut found = Self {
            cluster_weights: vec![0.0; known.len() + 1],
            cluster_sizes: vec![0; known.len() + 1],
            labels,
        };
        for (&label, weight) in found.labels.iter().zip(point_weights) {
            found.cluster_weights[label as usize] += weight;
            found.cluster_sizes[label as usize] += 1;
        }
        found.cluster_weights.pop();
        found.cluster_sizes.pop();
        Ok(found)
    }

    fn is_clustered(&self, place: usize) -> bool {
        (self.labels[place] as usize) < self.cluster_sizes.len()
    }

    /// Returns the silhouette of the point at `place`; 0 for noise, which the mean leaves out.
    ///
    /// `sums` are the weighted sums of its distances to the points of each cluster, and to noise.
    fn silhouette(&self, place: usize, weight: f64, sums: &[f64]) -> f64 {
        let own = self.labels[place] as usize;
        if !self.is_clustered(place) || self.cluster_sizes[own] == 1 {
            return 0.0;
        }
        let a = sums[own] / (self.cluster_weights[own] - weight);
        let others = (0..self.cluster_weights.len()).filter(|&other| other != own);
        let b = others
            .map(|other| sums[other] / self.cluster_weights[other])
            .fold(f64::INFINITY, f64::min);
        if a == b { 0.0 } else { (b - a) / a.max(b) }
    }
}

/// Returns the silhouettes of the points at `places`, one for each labeling.
fn block<T: Copy + Into<f64> + Sync>(
    scaled: &ScaledPoints<T>,
    point_weights: &[f64],
    labelings: &[Labels],
    places: &[usize],
) -> Vec<Vec<f64>> {
    let (n, d) = (scaled.rows.len(), scaled.points.ncols());
    let tile_rows = (TILE_VALUES / d.max(1)).clamp(1, 512);
    let (mut scored, mut tile) = (Vec::new(), Vec::new());
    scaled.fill(places.iter().copied(), &mut scored);
    let mut distances = vec![0.0; places.len() * tile_rows];
    let empty = |labels: &Labels| vec![vec![0.0; labels.cluster_weights.len() + 1]; places.len()];
    let mut sums: Vec<Vec<Vec<f64>>> = labelings.iter().map(empty).collect();
    for start in (0..n).step_by(tile_rows) {
        let end = n.min(start + tile_rows);
        scaled.fill(start..end, &mut tile);
        measure(&scored, &tile, d, end - start, &mut distances);
        for (labels, sums) in labelings.iter().zip(&mut sums) {
            for (sums, distances) in sums.iter_mut().zip(distances.chunks(end - start)) {
                let to = labels.labels[start..end].iter().zip(&point_weights[start..end]);
                for ((&label, weight), distance) in to.zip(distances) {
                    sums[label as usize] += weight * distance;
                }
            }
        }
    }
    let of_all = |(at, &place): (usize, &usize)| {
        let one = |(labels, sums): (&Labels, &Vec<Vec<f64>>)| {
            labels.silhouette(place, point_weights[place], &sums[at])
        };
        labelings.iter().zip(&sums).map(one).collect()
    };
    places.iter().enumerate().map(of_all).collect()
}

/// Measures the distances of the points `scored` (m, d) to the points `tile` (rows, d), (m, rows).
// Wider registers round no instruction differently, so that every processor gives the same bits.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn measure(scored: &[f64], tile: &[f64], d: usize, rows: usize, distances: &mut [f64]) {
    let point = |values: Range<usize>| &scored[values];
    for (at, distances) in distances.chunks_mut(rows).take(scored.len() / d.max(1)).enumerate() {
        let point = point(at * d..(at + 1) * d);
        for (other, distance) in distances.iter_mut().enumerate() {
            *distance = squared_distance(point, &tile[other * d..(other + 1) * d]).sqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, s};

    use super::sample::{EXACT, sample_size};
    use super::*;

    #[test]
    fn a_sample_is_measured_against_all_points_and_noise_is_not_drawn() {
        // Every third point is noise, far from all others.
        let n = 3 * 10 * EXACT / 4;
        let value =
            |i: usize, j: usize| if i % 3 == 2 { 1e9 } else { ((i * 37 + j * 11) % 101) as f64 };
        let points = Array2::from_shape_fn((n, 2), |(i, j)| value(i, j) + 90.0 * (i % 2) as f64);
        let assignments =
            Array1::from_shape_fn(n, |i| if i % 3 == 2 { NOISE } else { (i % 2) as i64 });
        let found = Silhouette::of(points.view(), assignments.view()).unwrap();
        let clustered = 2 * n / 3;
        assert_eq!(
            (found.sample, found.points, found.features),
            (sample_size(clustered), clustered, 2)
        );
        assert!(found.sample < clustered);
        let exact = silhouettes(points.view(), None, &[assignments.view()]).unwrap()[0].unwrap();
        let (value, error) = (found.value.unwrap(), found.standard_error.unwrap());
        assert!(
            value != exact && error > 0.0 && (value - exact).abs() < 4.0 * error,
            "{found:?}, {exact}"
        );
        let few = s![..EXACT];
        let all = Silhouette::of(points.slice(s![..EXACT, ..]), assignments.slice(few)).unwrap();
        let exact =
            silhouettes(points.slice(s![..EXACT, ..]), None, &[assignments.slice(few)]).unwrap()[0];
        assert_eq!((all.value, all.standard_error), (exact, Some(0.0)));
        assert_eq!(all.sample, all.points);
    }
}
