//! The orthonormal directions in which points vary most.

use ndarray::{Array2, Axis};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::frame::Frame;
use crate::Scalar;
use crate::points::Rows;

/// Number of values in the sample of points that components are computed from.
const SAMPLE_VALUES: usize = 1 << 20;

/// Number of iterations of [`components`].
const ITERATIONS: usize = 3;

/// Share by which components are made shorter: more than their rounding in f32.
const SHRINK: f32 = 1e-5;

/// Share of the squared length that is left of a row which depends on the rows before it.
const DEPENDENT: f64 = 1e-12;

/// Computes `count` orthonormal components in which the points vary most, shape `(count, d)`.
///
/// Points vary around `mean` `(d,)`, which is given less the origin of `frame`. Returns `None` if
/// rounding keeps the components from being orthonormal enough.
///
/// Subspace iteration on the covariance of a sample (Halko, Martinsson and Tropp, *Finding
/// structure with randomness*, SIAM Review 2011, algorithm 4.4). The components need not be exact:
/// they decide how much is pruned, not what is found.
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
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut components = Array2::from_shape_fn((count, d), |_| rng.gen_range(-1.0_f32..1.0));
    for _ in 0..ITERATIONS {
        let projected = components.dot(&sample.t());
        components = projected.dot(&sample);
        orthonormalize(&mut components);
    }
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

/// Makes rows orthonormal by the modified Gram-Schmidt process, twice. A row that depends on those
/// before it becomes 0.
fn orthonormalize(rows: &mut Array2<f32>) {
    for at in (0..rows.nrows()).flat_map(|at| [at, at]) {
        let (before, mut rest) = rows.view_mut().split_at(Axis(0), at);
        let mut row = rest.row(0).mapv(f64::from);
        let length = row.dot(&row);
        for other in before.outer_iter() {
            let product: f64 = other.iter().zip(&row).map(|(&a, b)| f64::from(a) * b).sum();
            row.iter_mut().zip(other).for_each(|(x, &o)| *x -= product * f64::from(o));
        }
        let squared = row.dot(&row);
        let factor = if squared > DEPENDENT * length { 1.0 / squared.sqrt() } else { 0.0 };
        rest.row_mut(0).assign(&row.mapv(|x| (x * factor) as f32));
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array;

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
