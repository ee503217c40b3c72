//! The silhouette of points of any kind; what it is stands in `metrics`.

use ndarray::{Array1, Array2, ArrayView1};

use crate::points::{Points, Rows};
use crate::{Error, Scalar};

/// Mean silhouette of all points, in -1..=1, under `assignments` `(n,)` with values from 0. `None` for a single cluster.
///
/// See [`metrics::silhouettes`]. Every pair of points is measured, which takes time in the square of n. Weights are not
/// looked at. Tested against scikit-learn's `silhouette_score`.
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
    let sample: Vec<usize> = (0..points.n()).collect();
    Ok(silhouettes(points, &sample, &[assignments])[0])
}

/// The mean [`silhouette`] of `sample`, some of the points, under each of `labelings` (assignments `(n,)` from 0),
/// measuring each pair once for all. The scale of the points does not matter to it.
pub(super) fn silhouettes<F: Scalar>(
    points: Rows<F>,
    sample: &[usize],
    labelings: &[&Array1<i32>],
) -> Vec<Option<f64>> {
    let values = Array2::from_shape_fn((sample.len(), points.d()), |(i, j)| points.row(sample[i])[j].into());
    let of_sample = |labels: &&Array1<i32>| sample.iter().map(|&i| i64::from(labels[i])).collect();
    let labelings: Vec<Array1<i64>> = labelings.iter().map(of_sample).collect();
    let views: Vec<ArrayView1<i64>> = labelings.iter().map(Array1::view).collect();
    metrics::silhouettes(values.view(), &views).expect("finite points with assignments from 0")
}
