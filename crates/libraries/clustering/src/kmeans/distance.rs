//! Squared Euclidean distances from differences, in f64.

use crate::Scalar;

/// Computes `|unit (x - origin) - c|^2` of a point x and a center c, each of shape `(d,)`.
#[inline(always)]
pub(super) fn squared_distance<F: Scalar>(
    point: &[F],
    origin: &[f64],
    unit: f64,
    center: &[f64],
) -> f64 {
    // Independent lanes let the compiler use SIMD registers; it may not reorder a single running
    // sum.
    const LANES: usize = 8;
    let (points, point_tail) = point.as_chunks::<LANES>();
    let (origins, origin_tail) = origin.as_chunks::<LANES>();
    let (centers, center_tail) = center.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for ((x, o), c) in points.iter().zip(origins).zip(centers) {
        for lane in 0..LANES {
            let x: f64 = x[lane].into();
            let difference = (x - o[lane]) * unit - c[lane];
            lanes[lane] += difference * difference;
        }
    }
    let tail = point_tail.iter().zip(origin_tail).zip(center_tail).map(|((&x, &o), &c)| {
        let x: f64 = x.into();
        let difference = (x - o) * unit - c;
        difference * difference
    });
    lanes.iter().sum::<f64>() + tail.sum::<f64>()
}

/// Computes `|unit (x - origin)|^2` of a point x of shape `(d,)`.
#[inline(always)]
pub(super) fn squared_length<F: Scalar>(point: &[F], origin: &[f64], unit: f64) -> f64 {
    const LANES: usize = 8;
    let (points, point_tail) = point.as_chunks::<LANES>();
    let (origins, origin_tail) = origin.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (x, o) in points.iter().zip(origins) {
        for lane in 0..LANES {
            let x: f64 = x[lane].into();
            let difference = (x - o[lane]) * unit;
            lanes[lane] += difference * difference;
        }
    }
    let tail = point_tail.iter().zip(origin_tail).map(|(&x, &o)| {
        let x: f64 = x.into();
        ((x - o) * unit).powi(2)
    });
    lanes.iter().sum::<f64>() + tail.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squared_distance_uses_every_feature() {
        for d in 1..20 {
            let point: Vec<f32> = (0..d).map(|i| 3.0 + i as f32).collect();
            let center: Vec<f64> = (0..d).map(|i| 2.0 * i as f64 - 2.0).collect();
            let origin = vec![3.0; d as usize];
            assert_eq!(squared_distance(&point, &origin, 2.0, &center), 4.0 * f64::from(d));
            let lengths: f64 = (0..d).map(|i| f64::from(4 * i * i)).sum();
            assert_eq!(squared_length(&point, &origin, 2.0), lengths);
        }
    }
}
