//! Squared Euclidean distances by differences, for the figures that are reported.

use crate::Scalar;

/// `|unit x - c|^2`, summed in f64.
#[inline(always)]
pub(super) fn squared_distance<F: Scalar>(point: &[F], unit: f64, centre: &[f64]) -> f64 {
    // Independent lanes let the compiler use vector registers; a single running sum may not be reordered.
    const LANES: usize = 8;
    let (points, point_tail) = point.as_chunks::<LANES>();
    let (centres, centre_tail) = centre.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (x, c) in points.iter().zip(centres) {
        for lane in 0..LANES {
            let x: f64 = x[lane].into();
            let difference = x * unit - c[lane];
            lanes[lane] += difference * difference;
        }
    }
    let tail = point_tail.iter().zip(centre_tail).map(|(&x, &c)| {
        let x: f64 = x.into();
        let difference = x * unit - c;
        difference * difference
    });
    lanes.iter().sum::<f64>() + tail.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squared_distance_uses_every_feature() {
        for d in 1..20 {
            let point: Vec<f32> = (0..d).map(|i| i as f32).collect();
            let centre: Vec<f64> = (0..d).map(|i| 2.0 * i as f64 - 2.0).collect();
            assert_eq!(squared_distance(&point, 2.0, &centre), 4.0 * f64::from(d));
        }
    }
}
