//! The directions in which points vary most.

use ndarray::{Array2, Axis};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::frame::Frame;
use crate::Scalar;
use crate::points::Rows;

/// Values of the points that directions are found in.
const SAMPLE_VALUES: usize = 1 << 20;

/// Rounds of [`directions`].
const ITERATIONS: usize = 3;

/// `count` orthonormal directions in which the points vary most around `mean` `(d,)` (less the origin of `frame`), or
/// nearly so, shape `(count, d)`; none if rounding keeps them from being so.
///
/// Subspace iteration on the covariance of a sample (Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM
/// Review 2011, algorithm 4.4). Any directions are good for exact results; how good these are says how fast.
pub(super) fn directions<F: Scalar>(
    points: Rows<F>,
    frame: &Frame<F::Work>,
    mean: &[f64],
    count: usize,
) -> Option<Array2<f64>> {
    let (n, d) = (points.n(), points.d());
    let rows = n.min((SAMPLE_VALUES / d).max(2 * count));
    let mut sample = Array2::<f32>::zeros((rows, d));
    for (at, mut row) in sample.outer_iter_mut().enumerate() {
        // Evenly over the points, whatever their order.
        let origin = frame.origin().iter().zip(mean);
        for ((to, &x), (s, mean)) in row.iter_mut().zip(points.row(at * n / rows)).zip(origin) {
            let x: f64 = x.into();
            *to = ((x - s - mean) * frame.unit()) as f32;
        }
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut directions = Array2::from_shape_fn((count, d), |_| rng.gen_range(-1.0_f32..1.0));
    for _ in 0..ITERATIONS {
        let seen = directions.dot(&sample.t());
        directions = seen.dot(&sample);
        orthonormalise(&mut directions);
    }
    // Only vectors that do not become longer can be bounded: a little shorter, so that rounding leaves them so.
    directions.mapv_inplace(|x| x * (1.0 - 1e-5));
    let directions = directions.mapv(f64::from);
    let products = directions.dot(&directions.t());
    let norm = products.outer_iter().map(|row| row.iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
    (norm <= 1.0).then_some(directions)
}

/// Makes rows orthonormal, by the modified Gram-Schmidt process, twice; a row that depends on those before it becomes 0.
fn orthonormalise(rows: &mut Array2<f32>) {
    for at in (0..rows.nrows()).flat_map(|at| [at, at]) {
        let (before, mut rest) = rows.view_mut().split_at(Axis(0), at);
        let mut row = rest.row(0).mapv(f64::from);
        let length = row.dot(&row);
        for other in before.outer_iter() {
            let product: f64 = other.iter().zip(&row).map(|(&a, b)| f64::from(a) * b).sum();
            row.iter_mut().zip(other).for_each(|(x, &o)| *x -= product * f64::from(o));
        }
        let squared = row.dot(&row);
        let factor = if squared > 1e-12 * length { 1.0 / squared.sqrt() } else { 0.0 };
        rest.row_mut(0).assign(&row.mapv(|x| (x * factor) as f32));
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array;

    use super::*;
    use crate::Points;

    #[test]
    fn directions_hold_what_points_vary_in() {
        // Three directions and a little noise; and fewer directions than are asked for.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let axes = Array2::from_shape_fn((3, 40), |_| rng.gen_range(-1.0..1.0));
        let factors = Array2::from_shape_fn((500, 3), |_| rng.gen_range(-1.0..1.0));
        for noise in [0.0, 1e-3] {
            let array =
                factors.dot(&axes) + Array::from_shape_fn((500, 40), |_| noise * rng.gen_range(-1.0..1.0));
            let points = Points::from(&array);
            let values = points.in_order();
            let rows = Rows::new(&points, &values).unwrap();
            let frame = Frame::new(vec![0.0; 40], 1.0);
            let directions = directions(rows, &frame, &[0.0; 40], 5).unwrap();
            let seen = array.dot(&directions.t());
            let squared = |x: &Array2<f64>| x.iter().map(|x| x * x).sum::<f64>();
            let share = squared(&seen) / squared(&array);
            assert!((0.999..=1.0).contains(&share), "noise {noise}: {share}");
        }
    }
}
