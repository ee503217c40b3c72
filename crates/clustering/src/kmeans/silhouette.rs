//! How much nearer points are to their own cluster than to the next.

use std::ops::Range;

use ndarray::{Array1, Array2};

use super::distance::squared_distance;
use crate::parallel::{chunks, map};
use crate::points::{Points, Rows};
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Error, Scalar};

/// Mean silhouette of all points, in -1..=1, under `assignments` `(n,)` with values from 0. `None` for a single cluster.
///
/// Rousseeuw, *Silhouettes: a graphical aid to the interpretation and validation of cluster analysis*, J. Comput. Appl.
/// Math. 20 (1987): with a the mean distance to the others of a point's cluster and b the smallest mean distance to the
/// points of another, `(b - a) / max(a, b)`, and 0 for a point that is alone. Every pair of points is measured, which
/// takes time in the square of n. Weights are not looked at. Tested against scikit-learn's `silhouette_score`.
///
/// Errors: those of bad points; [`Error::Shape`] when there is not one assignment per point; [`Error::Parameter`] for a
/// negative one.
pub fn silhouette<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    assignments: &Array1<i32>,
) -> Result<Option<f64>, Error> {
    let points = points.into();
    let array = points.in_order();
    let points = Rows::new(&points, &array)?;
    if assignments.len() != points.n() {
        let (expected, found) = (vec![points.n()], vec![assignments.len()]);
        return Err(Error::Shape { what: "assignments", expected, found });
    }
    if let Some(label) = assignments.iter().find(|label| **label < 0) {
        return Err(Error::Parameter { name: "assignments", expected: "from 0", found: label.to_string() });
    }
    let k = assignments.iter().max().map_or(0, |&label| label as usize + 1);
    let sample: Vec<usize> = (0..points.n()).collect();
    Ok(silhouettes(points, &sample, &[(assignments, k)])[0])
}

/// The mean [`silhouette`] of `sample`, some of the points, under each of `labelings` (assignments `(n,)` with values in
/// `0..k` each, and k), measuring each pair once for all.
pub(super) fn silhouettes<F: Scalar>(
    points: Rows<F>,
    sample: &[usize],
    labelings: &[(&Array1<i32>, usize)],
) -> Vec<Option<f64>> {
    let unit = points.unit();
    let mut values = Array2::<f64>::zeros((sample.len(), points.d()));
    for (mut to, &i) in values.outer_iter_mut().zip(sample) {
        for (to, &x) in to.iter_mut().zip(points.row(i)) {
            let x: f64 = x.into();
            *to = x * unit;
        }
    }
    let labelings: Vec<Labels> = labelings.iter().map(|(labels, k)| Labels::of(sample, labels, *k)).collect();
    let parts = map(chunks(sample.len(), 0).into_iter(), |rows| {
        dispatch(Part { values: &values, labelings: &labelings, rows })
    });
    let mean = |(which, labels): (usize, &Labels)| {
        let several = labels.sizes.iter().filter(|&&size| size > 0).count() > 1;
        several.then(|| parts.iter().map(|part| part[which]).sum::<f64>() / sample.len() as f64)
    };
    labelings.iter().enumerate().map(mean).collect()
}

/// The clusters of the sample.
struct Labels {
    labels: Vec<usize>,
    sizes: Vec<usize>,
}

impl Labels {
    fn of(sample: &[usize], all: &Array1<i32>, k: usize) -> Self {
        let labels: Vec<usize> = sample.iter().map(|&i| all[i] as usize).collect();
        let mut sizes = vec![0; k];
        labels.iter().for_each(|&label| sizes[label] += 1);
        Self { labels, sizes }
    }

    /// Silhouette of the i-th point of the sample, whose distances to the points of each cluster sum to `sums`.
    fn silhouette(&self, i: usize, sums: &[f64]) -> f64 {
        let own = self.labels[i];
        if self.sizes[own] == 1 {
            return 0.0;
        }
        let a = sums[own] / (self.sizes[own] - 1) as f64;
        let others = (0..sums.len()).filter(|&other| other != own && self.sizes[other] > 0);
        let b = others.map(|other| sums[other] / self.sizes[other] as f64).fold(f64::INFINITY, f64::min);
        if a == b { 0.0 } else { (b - a) / a.max(b) }
    }
}

/// Sums of the silhouettes of some rows, one for each labeling.
struct Part<'a> {
    values: &'a Array2<f64>,
    labelings: &'a [Labels],
    rows: Range<usize>,
}

impl Kernel for Part<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<I: Isa>(self) -> Vec<f64> {
        let Self { values, labelings, rows } = self;
        let row = |i: usize| values.row(i).to_slice().expect("made in C order");
        let mut totals = vec![0.0; labelings.len()];
        let mut distances = vec![0.0; values.nrows()];
        for i in rows {
            for (other, distance) in distances.iter_mut().enumerate() {
                *distance = squared_distance(row(i), 1.0, row(other)).sqrt();
            }
            for (labels, total) in labelings.iter().zip(&mut totals) {
                let mut sums = vec![0.0; labels.sizes.len()];
                for (&label, distance) in labels.labels.iter().zip(&distances) {
                    sums[label] += distance;
                }
                *total += labels.silhouette(i, &sums);
            }
        }
        totals
    }
}
