//! Silhouettes of points of any type; the `metrics` crate computes them.

use metrics::Silhouette;
use ndarray::{Array1, ArrayView1, ArrayView2};

use crate::points::{Points, Rows};
use crate::{Error, Scalar};

/// Computes the mean silhouette of all points, in -1..=1; `None` for a single cluster.
///
/// `assignments` `(n,)` have values from 0. Every pair of points is measured, so time grows with
/// the square of n. Means are weighted by the weights of the points; points of weight 0 are left
/// out. See [`metrics::silhouettes`]. Tested against `silhouette_score` of scikit-learn.
///
/// # Errors
///
/// Those of bad points; [`Error::Shape`] if there is not one assignment per point;
/// [`Error::Parameter`] for a negative assignment.
///
/// # Examples
///
/// ```
/// use clustering::kmeans::silhouette;
/// use ndarray::array;
///
/// let points = array![[0.0], [1.0], [9.0], [10.0]];
/// let value = silhouette(&points, &array![0, 0, 1, 1])?;
/// assert!(value.is_some_and(|value| value > 0.8));
/// # Ok::<(), clustering::Error>(())
/// ```
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
        return Err(Error::Parameter {
            name: "assignments",
            expected: "from 0",
            found: label.to_string(),
        });
    }
    let labels = assignments.mapv(i64::from);
    let found = metrics::silhouettes(array.view(), points.weights(), &[labels.view()]);
    Ok(found.expect("finite points with assignments from 0")[0])
}

/// Computes the mean silhouette and its standard error for each of `labelings`.
///
/// Each labeling holds assignments `(n,)` from 0. With many `points` `(n, d)` a sample is scored
/// that is drawn with `seed`, the same for all labelings. Each of its points is measured against
/// all points: see [`metrics::sampled_silhouettes`]. The scale of the points does not matter.
pub(super) fn silhouettes<F: Scalar>(
    points: ArrayView2<F>,
    weights: Option<&[f64]>,
    labelings: &[&Array1<i32>],
    seed: u64,
) -> Vec<Silhouette> {
    let labelings: Vec<Array1<i64>> =
        labelings.iter().map(|labels| labels.mapv(i64::from)).collect();
    let views: Vec<ArrayView1<i64>> = labelings.iter().map(Array1::view).collect();
    metrics::sampled_silhouettes(points, weights, &views, seed)
        .expect("finite points with assignments from 0")
}
