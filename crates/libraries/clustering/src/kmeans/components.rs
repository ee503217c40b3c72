//! The orthonormal directions in which points vary most.

use kernels::{orthonormalize_f32, random_rows, subspace_iteration};
use ndarray::Array2;

use super::frame::Frame;
use crate::Scalar;
use crate::points::Rows;

/// Number of values in the sample of points that components are computed from.
const SAMPLE_VALUES: usize = 1 << 20;

/// Number of iterations of [`components`].
const ITERATIONS: usize = 3;

/// Share by which components are made shorter: more than their rounding in f32.
const SHRINK: f32 = 1e-5;

/// Computes `count` orthonormal components in which the points vary most, shape `(count, d)`.
///
/// Points vary around `mean` `(d,)`, which is given less the origin of `frame`. Returns `None` if
/// rounding keeps the components from being orthonormal enough.
///
/// They come from [`subspace_iteration`] on the covariance of a sample. They need not be exact,
/// because they decide how much is pruned, not what is found. So this is not `pca::Pca`, which
/// takes `f64`, more vectors and more iterations, and sorts the components by their variance.
pub(super) fn components<F: Scalar>(
    points: Rows<F>,
    frame: &Frame<F::Work>,
    mean: &[f64],
    count: usize,
) -> Option<Array2<f64>> {
    let (n, d) = (points.n(), points.d());
    let rows = n.min((SAMPLE_VALUES / d).max(2 * count));
    let mut sample = Array2::<f32>::zeros((rows, d));
    for (at, mut row) in sample.outer_iter_mut().enumerate() {
        // The sample is spread evenly over the points.
        let origin = frame.origin().iter().zip(mean);
        for ((to, &x), (s, mean)) in row.iter_mut().zip(points.row(at * n / rows)).zip(origin) {
            let x: f64 = x.into();
            *to = ((x - s - mean) * frame.unit()) as f32;
        }
    }
    let mut components = subspace_iteration(
        random_rows(count, d),
        ITERATIONS,
        |components| components.dot(&sample.t()).dot(&sample),
        |components, _| orthonormalize_f32(components),
    );
    // Bounds need a matrix that makes no vector longer. Components are made a little shorter, so
    // that rounding does not break this.
    components.mapv_inplace(|x| x * (1.0 - SHRINK));
    let components = components.mapv(f64::from);
    let products = components.dot(&components.t());
    let norm = products
        .outer_iter()
        .map(|row| row.iter().map(|x| x.abs()).sum::<f64>())
        .fold(0.0, f64::max);
    (norm <= 1.0).then_some(components)
}

#[cfg(test)]
mod tests {
    use ndarray::Array;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::Points;

    #[test]
    fn components_hold_what_points_vary_in() {
        // Points vary in three directions, with a little noise or none, which is fewer than are
        // asked for.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let axes = Array2::from_shape_fn((3, 40), |_| rng.gen_range(-1.0..1.0));
        let factors = Array2::from_shape_fn((500, 3), |_| rng.gen_range(-1.0..1.0));
        for noise in [0.0, 1e-3] {
            let array = factors.dot(&axes)
                + Array::from_shape_fn((500, 40), |_| noise * rng.gen_range(-1.0..1.0));
            let points = Points::from(&array);
            let values = points.in_order();
            let rows = Rows::new(&points, &values).unwrap();
            let frame = Frame::new(vec![0.0; 40], 1.0);
            let components = components(rows, &frame, &[0.0; 40], 5).unwrap();
            let projected = array.dot(&components.t());
            let squared = |x: &Array2<f64>| x.iter().map(|x| x * x).sum::<f64>();
            let share = squared(&projected) / squared(&array);
            assert!((0.999..=1.0).contains(&share), "noise {noise}: {share}");
        }
    }
}
