//! The silhouette, a score that needs no labels, of each point and on average.

mod distance_sums;
mod labels;
mod measured;
mod sample;

use ndarray::{Array1, ArrayView1, ArrayView2};
use serde::Serialize;

use crate::Error;

use labels::Labels;
use measured::Measured;
use sample::Sample;

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

/// Computes the mean silhouette of all `points` (n, d) under each of `labelings` (n,).
///
/// Each pair of points is measured once for all labelings. With `weights` (n,) all means are
/// weighted, as in [`sampled_silhouettes`]. Ids are 0 or more, or -1 for noise,
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
/// # Panics
///
/// If there is not one weight per point.
///
/// Tested by hand and against scikit-learn's `silhouette_score`.
///
/// ```
/// use metrics::silhouettes;
/// use ndarray::array;
///
/// let points = array![[0.0], [1.0], [9.0], [10.0]];
/// let (halves, turns) = (array![0, 0, 1, 1], array![0, 1, 0, 1]);
/// let found = silhouettes(points.view(), None, &[halves.view(), turns.view()])?;
/// assert!(found[0] > Some(0.88) && found[1] < Some(0.0));
/// // Without a second cluster there is nothing to compare with.
/// assert_eq!(silhouettes(points.view(), None, &[array![0, 0, 0, -1].view()])?, [None]);
/// # Ok::<(), metrics::Error>(())
/// ```
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
/// against all points. There are as many as [`Silhouette::of`] draws.
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
///
/// ```
/// use metrics::sampled_silhouettes;
/// use ndarray::array;
///
/// let points = array![[0.0], [1.0], [9.0], [10.0], [500.0]];
/// let labels = array![0, 0, 1, 1, 1];
/// // The third point weighs twice in every mean; the last one is not looked at.
/// let weights = [1.0, 1.0, 2.0, 1.0, 0.0];
/// let found = sampled_silhouettes(points.view(), Some(&weights), &[labels.view()], 0)?;
/// // So few points are all scored, without error.
/// assert_eq!((found[0].sample, found[0].standard_error), (4, Some(0.0)));
/// assert!(found[0].value > Some(0.88));
/// # Ok::<(), metrics::Error>(())
/// ```
pub fn sampled_silhouettes<T: Copy + Into<f64> + Sync>(
    points: ArrayView2<T>,
    weights: Option<&[f64]>,
    labelings: &[ArrayView1<i64>],
    seed: u64,
) -> Result<Vec<Silhouette>, Error> {
    score(points, weights, labelings, |rows, weights| Sample::drawn(rows, weights, seed))
}

/// Computes the silhouette of every point: the mean of all, and each of them, shape (n,).
///
/// `points` (n, d) and `assignments` (n,) are those of [`Silhouette::of`], but all points are
/// scored, however many there are. Noise has no silhouette: its value is NaN. So are all values if
/// fewer than two clusters have points. A point that is alone in its cluster has 0, as in
/// scikit-learn. The time grows with the square of n, and the memory with n alone. `on_progress` is
/// called with the number of points scored so far.
///
/// # Errors
///
/// The errors are those of [`Silhouette::of`].
///
/// Tested by hand and against scikit-learn's `silhouette_samples`.
///
/// ```
/// use metrics::point_silhouettes;
/// use ndarray::array;
///
/// let points = array![[0.0], [2.0], [4.0], [9.0], [50.0]];
/// let labels = array![0, 0, 0, 1, -1];
/// let (mean, each) = point_silhouettes(points.view(), labels.view(), &mut |_| {})?;
/// // The third point is 3 from its own cluster on average, and 5 from the other.
/// assert_eq!((each[2], each[3]), ((5.0 - 3.0) / 5.0, 0.0));
/// assert!(each[4].is_nan());
/// assert_eq!((mean.sample, mean.standard_error), (4, Some(0.0)));
/// # Ok::<(), metrics::Error>(())
/// ```
pub fn point_silhouettes<T: Copy + Into<f64> + Sync>(
    points: ArrayView2<T>,
    assignments: ArrayView1<i64>,
    on_progress: &mut dyn FnMut(usize),
) -> Result<(Silhouette, Array1<f64>), Error> {
    let measured = Measured::of(points, None, &[assignments], Sample::whole, on_progress)?;
    let mean = summaries(&measured, points.ncols()).remove(0);
    let mut each = Array1::from_elem(points.nrows(), f64::NAN);
    if mean.value.is_some() {
        // Noise alone is not measured, and the sample is all the rest, in order.
        for (&row, of_point) in measured.rows.iter().zip(&measured.silhouettes) {
            each[row] = of_point[0];
        }
    }
    Ok((mean, each))
}

/// Scores the points that `draw` chooses.
fn score<T: Copy + Into<f64> + Sync>(
    points: ArrayView2<T>,
    weights: Option<&[f64]>,
    labelings: &[ArrayView1<i64>],
    draw: impl Fn(&[usize], Option<&[f64]>) -> Sample,
) -> Result<Vec<Silhouette>, Error> {
    let measured = Measured::of(points, weights, labelings, draw, &mut |_| {})?;
    Ok(summaries(&measured, points.ncols()))
}

/// Takes the mean of each labeling, of points with this many `features`.
fn summaries(measured: &Measured, features: usize) -> Vec<Silhouette> {
    let of_labeling = |(which, labels): (usize, &Labels)| {
        let values: Vec<f64> =
            measured.silhouettes.iter().map(|of_point| of_point[which]).collect();
        summarize(&measured.sample, labels, &values, features)
    };
    measured.labelings.iter().enumerate().map(of_labeling).collect()
}

/// Takes the mean, and its error, of the silhouettes `values` of the points of the sample.
fn summarize(sample: &Sample, labels: &Labels, values: &[f64], features: usize) -> Silhouette {
    // Noise has no silhouette.
    let mut scored: Vec<(f64, f64)> = Vec::with_capacity(values.len());
    for (at, &place) in sample.places.iter().enumerate() {
        if labels.is_clustered(place) {
            scored.push((values[at], sample.shares[at]));
        }
    }
    let total: f64 = scored.iter().map(|&(_, share)| share).sum();
    let mean = (labels.clusters() > 1 && total > 0.0)
        .then(|| scored.iter().map(|&(value, share)| share * value).sum::<f64>() / total);
    let standard_error = mean.map(|mean| {
        if sample.error == 0.0 {
            return 0.0;
        }
        let squares: f64 =
            scored.iter().map(|&(value, share)| share * (value - mean).powi(2)).sum();
        sample.error * (squares / (total - 1.0).max(1.0)).sqrt()
    });
    Silhouette {
        value: mean,
        standard_error,
        sample: scored.len(),
        points: labels.clustered_points(),
        features,
    }
}

#[cfg(test)]
mod tests;
