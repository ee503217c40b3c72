//! Squared Euclidean distances from differences of coordinates.
//!
//! The compiler may not reorder a single running sum. So sums run in independent lanes, which it
//! turns into SIMD registers, and all instruction sets give the same bits.

/// Lanes of a sum in `f64`.
const F64_LANES: usize = 8;

/// Lanes of a sum in `f32`.
const F32_LANES: usize = 16;

/// Groups of [`F32_LANES`] after which a partial distance is compared with its limit.
const CHECK_INTERVAL: usize = 12;

/// Computes the squared Euclidean distance of two points of shape `(d,)` in `f64`.
///
/// Features beyond the shorter point are ignored.
///
/// ```
/// assert_eq!(kernels::squared_distance(&[1.0_f32, 2.0], &[4.0, 6.0]), 25.0);
/// ```
#[inline(always)]
pub fn squared_distance<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    sum_of_squares(a, b, b, |a, b, _| a.into() - b.into())
}

/// Computes `|unit (x - origin) - c|^2` of a point x and a center c in `f64`.
///
/// All have shape `(d,)`. The center is given from the origin and in the unit, so that no digits
/// are lost if points lie far from zero.
///
/// ```
/// use kernels::centered_squared_distance;
///
/// let (point, origin, center) = ([101_u8, 102], [100.0, 100.0], [5.0, 8.0]);
/// assert_eq!(centered_squared_distance(&point, &origin, 2.0, &center), 25.0);
/// ```
#[inline(always)]
pub fn centered_squared_distance<T: Copy + Into<f64>>(
    point: &[T],
    origin: &[f64],
    unit: f64,
    center: &[f64],
) -> f64 {
    sum_of_squares(point, origin, center, |x, o, c| (x.into() - o) * unit - c)
}

/// Computes `|unit (x - origin)|^2` of a point x of shape `(d,)` in `f64`.
///
/// ```
/// use kernels::centered_squared_length;
///
/// assert_eq!(centered_squared_length(&[103_u8, 104], &[100.0, 100.0], 2.0), 100.0);
/// ```
#[inline(always)]
pub fn centered_squared_length<T: Copy + Into<f64>>(point: &[T], origin: &[f64], unit: f64) -> f64 {
    sum_of_squares(point, origin, origin, |x, o, _| (x.into() - o) * unit)
}

/// Sums the squares of `difference` over the features of three points: lanes, then the rest.
#[inline(always)]
fn sum_of_squares<A: Copy, B: Copy, C: Copy>(
    a: &[A],
    b: &[B],
    c: &[C],
    difference: impl Fn(A, B, C) -> f64,
) -> f64 {
    let (a, a_tail) = a.as_chunks::<F64_LANES>();
    let (b, b_tail) = b.as_chunks::<F64_LANES>();
    let (c, c_tail) = c.as_chunks::<F64_LANES>();
    let mut lanes = [0.0; F64_LANES];
    for ((a, b), c) in a.iter().zip(b).zip(c) {
        for l in 0..F64_LANES {
            let difference = difference(a[l], b[l], c[l]);
            lanes[l] += difference * difference;
        }
    }
    let tail = a_tail.iter().zip(b_tail).zip(c_tail).map(|((&a, &b), &c)| {
        let difference = difference(a, b, c);
        difference * difference
    });
    lanes.iter().sum::<f64>() + tail.sum::<f64>()
}

/// Computes the squared Euclidean distance of two points of shape `(d,)` in `f32`.
///
/// Unlike [`squared_distance`] it sums in 16 lanes and adds these to the sum of the rest, the
/// order of [`squared_distance_within`]: where both measure a pair of points, the bits are equal.
///
/// ```
/// assert_eq!(kernels::squared_distance_f32(&[1.0, 2.0], &[4.0, 6.0]), 25.0);
/// ```
#[inline]
pub fn squared_distance_f32(a: &[f32], b: &[f32]) -> f32 {
    squared_distance_within(a, b, f32::INFINITY)
}

/// Computes the squared distance in `f32`, or infinity once it is known to be above `limit`.
///
/// Partial sums are compared with the limit every 192 features.
///
/// ```
/// use kernels::squared_distance_within;
///
/// let (a, b) = ([0.0; 400], [1.0; 400]);
/// assert_eq!(squared_distance_within(&a, &b, 500.0), 400.0);
/// assert_eq!(squared_distance_within(&a, &b, 100.0), f32::INFINITY);
/// ```
#[inline(always)]
pub fn squared_distance_within(a: &[f32], b: &[f32], limit: f32) -> f32 {
    let mut lanes = [0.0_f32; F32_LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<F32_LANES>(), b.as_chunks::<F32_LANES>());
    for (a, b) in a.chunks(CHECK_INTERVAL).zip(b.chunks(CHECK_INTERVAL)) {
        for (a, b) in a.iter().zip(b) {
            for l in 0..F32_LANES {
                let x = a[l] - b[l];
                lanes[l] += x * x;
            }
        }
        // This sum is in another order than the one returned, hence the margin below.
        let mut sums = lanes;
        let mut half = F32_LANES / 2;
        while half > 0 {
            for l in 0..half {
                sums[l] += sums[l + half];
            }
            half /= 2;
        }
        if sums[0] > limit * (1.0 + 32.0 * f32::EPSILON) {
            return f32::INFINITY;
        }
    }
    let mut sum = 0.0;
    for (a, b) in a_tail.iter().zip(b_tail) {
        sum += (a - b) * (a - b);
    }
    if !a.is_empty() {
        for lane in lanes {
            sum += lane;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squared_distance_uses_every_feature() {
        for d in 1..20 {
            let a: Vec<f64> = (0..d).map(f64::from).collect();
            let b: Vec<f64> = (0..d).map(|i| f64::from(i) - 2.0).collect();
            assert_eq!(squared_distance(&a, &b), 4.0 * f64::from(d));
            let narrow = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<_>>();
            let (a, b) = (narrow(&a), narrow(&b));
            assert_eq!(squared_distance(&a, &b), 4.0 * f64::from(d));
            assert_eq!(squared_distance_f32(&a, &b), 4.0 * d as f32);
        }
    }

    #[test]
    fn centered_squared_distance_uses_every_feature() {
        for d in 1..20 {
            let point: Vec<f32> = (0..d).map(|i| 3.0 + i as f32).collect();
            let center: Vec<f64> = (0..d).map(|i| 2.0 * i as f64 - 2.0).collect();
            let origin = vec![3.0; d as usize];
            let found = centered_squared_distance(&point, &origin, 2.0, &center);
            assert_eq!(found, 4.0 * f64::from(d));
            let lengths: f64 = (0..d).map(|i| f64::from(4 * i * i)).sum();
            assert_eq!(centered_squared_length(&point, &origin, 2.0), lengths);
        }
    }

    #[test]
    fn distances_within_the_limit_are_exact() {
        for d in [0, 5, 16, 191, 192, 193, 1000] {
            let (a, b) = (vec![1.0; d], vec![3.0; d]);
            let squared = 4.0 * d as f32;
            assert_eq!(squared_distance_within(&a, &b, squared), squared);
            let beyond = squared_distance_within(&a, &b, squared / 2.0 - 1.0);
            assert!(beyond == squared || beyond == f32::INFINITY);
        }
    }
}
