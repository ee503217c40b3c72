//! The silhouette of points of any kind; what it is stands in `metrics`.

use metrics::Silhouette;
use ndarray::{Array1, ArrayView1, ArrayView2};

use crate::points::{Points, Rows};
use crate::{Error, Scalar};

/// Mean silhouette of all points, in -1..=1, under `assignments` `(n,)` with values from 0. `None` for a single cluster.
///
/// See [`metrics::silhouettes`]. Every pair of points is measured, which takes time in the square
/// of n. Means are weighted by the weights of the points; those of weight 0 are not looked at.
/// Tested against scikit-learn's
/// `silhouette_score`.
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
    let labels = assignments.mapv(i64::from);
    let found = metrics::silhouettes(array.view(), points.weights(), &[labels.view()]);
    Ok(found.expect("finite points with assignments from 0")[0])
}

/// The mean [`silhouette`] and its standard error under each of `labelings` (assignments `(n,)`
/// from 0).
///
/// Of many `points` (n, d) a sample is scored, drawn with `seed`, the same for all labelings; each
/// of its points is measured against all points, see [`metrics::sampled_silhouettes`]. The scale of
/// the points does not matter.
pub(super) fn silhouettes<F: Scalar>(
    points: ArrayView2<F>,
    weights: Option<&[f64]>,
    labelings: &[&Array1<i32>],
    seed: u64,
) -> Vec<Silhouette> {
    let labelings: Vec<Array1<i64>> = labelings.iter().map(|labels| labels.mapv(i64::from)).collect();
    let views: Vec<ArrayView1<i64>> = labelings.iter().map(Array1::view).collect();
    metrics::sampled_silhouettes(points, weights, &views, seed)
        .expect("finite points with assignments from 0")
}
