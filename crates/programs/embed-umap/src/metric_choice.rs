//! A metric by name, or by the lengths of the points.

use std::str::FromStr;

use artifact::Points;
use ndarray::{ArrayView2, NdFloat};
use umap::Metric;

/// Greatest difference from 1 of a length that counts as 1.
///
/// Half precision keeps the length of a unit vector of a thousand values to this.
const TOLERANCE: f64 = 1e-3;

/// A metric, or that it depends on the points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricChoice {
    /// Cosine if every point has length 1, else Euclidean.
    ///
    /// Whoever brings vectors to length 1 compares their directions.
    Auto,
    /// This metric.
    Given(Metric),
}

impl MetricChoice {
    /// Gives the metric for these points `(n, d)`.
    pub fn for_points(self, points: &Points) -> Metric {
        let of_unit_length = match (self, points) {
            (Self::Given(metric), _) => return metric,
            (Self::Auto, Points::F32(points)) => have_unit_length(points.view()),
            (Self::Auto, Points::F64(points)) => have_unit_length(points.view()),
            (Self::Auto, Points::U8 { .. }) => false,
        };
        if of_unit_length { Metric::Cosine } else { Metric::Euclidean }
    }
}

/// Whether every row has length 1. Rows of one value are numbers and no directions.
fn have_unit_length<F: NdFloat + Into<f64>>(points: ArrayView2<F>) -> bool {
    let length = |row: ndarray::ArrayView1<F>| {
        row.iter().map(|&value| value.into() * value.into()).sum::<f64>().sqrt()
    };
    points.ncols() > 1 && points.outer_iter().all(|row| (length(row) - 1.0).abs() <= TOLERANCE)
}

impl FromStr for MetricChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "euclidean" => Ok(Self::Given(Metric::Euclidean)),
            "cosine" => Ok(Self::Given(Metric::Cosine)),
            _ => Err(format!("expected auto, euclidean or cosine, found '{text}'")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn unit_lengths_are_compared_by_direction() {
        let auto = |points| MetricChoice::Auto.for_points(&points);
        let unit = array![[0.6, 0.8], [-1.0, 0.0], [0.0, 1.0009]];
        assert_eq!(auto(Points::F64(unit.clone())), Metric::Cosine);
        assert_eq!(auto(Points::F32(unit.mapv(|x| x as f32))), Metric::Cosine);
        let given = MetricChoice::Given(Metric::Euclidean);
        assert_eq!(given.for_points(&Points::F64(unit)), Metric::Euclidean);
        // One row of another length is enough, and single values have no direction.
        assert_eq!(auto(Points::F64(array![[0.6, 0.8], [0.6, 0.81]])), Metric::Euclidean);
        assert_eq!(auto(Points::F64(array![[0.6, 0.8], [f64::NAN, 0.8]])), Metric::Euclidean);
        assert_eq!(auto(Points::F64(array![[1.0], [-1.0]])), Metric::Euclidean);
    }
}
