//! The directions in which points vary most.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Values of the points that directions are found in.
const SAMPLE_VALUES: usize = 1 << 22;

/// Rounds of the subspace iteration.
const ITERATIONS: usize = 4;

/// Rows that are projected at once.
const ROWS: usize = 512;

/// Orthonormal directions through the mean of points.
pub(crate) struct Principal {
    /// Shape `(d,)`.
    pub(crate) mean: Array1<f64>,
    /// Shape `(count, d)`; rows beyond the rank of the points are 0.
    pub(crate) directions: Array2<f64>,
}

impl Principal {
    /// `count` directions of `points` `(n, d)`, in the order of the variance along them, or nearly so.
    ///
    /// Subspace iteration on the covariance of a sample (Halko, Martinsson and Tropp, *Finding structure with randomness*,
    /// SIAM Review 2011, algorithm 4.4).
    pub(crate) fn of(points: ArrayView2<f32>, count: usize) -> Self {
        let (n, d) = points.dim();
        let rows = n.min((SAMPLE_VALUES / d).max(4 * count));
        let mean = points.map_axis(Axis(0), |column| column.iter().map(|&x| f64::from(x)).sum::<f64>());
        let mean = mean / n as f64;
        let mut sample = Array2::<f64>::zeros((rows, d));
        for (at, mut row) in sample.outer_iter_mut().enumerate() {
            // Evenly over the points, whatever their order.
            let point = points.row(at * n / rows);
            row.iter_mut().zip(point).zip(&mean).for_each(|((to, &x), m)| *to = f64::from(x) - m);
        }
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
        let mut directions = Array2::from_shape_fn((count, d), |_| rng.gen_range(-1.0..1.0));
        for _ in 0..ITERATIONS {
            orthonormalise(&mut directions);
            directions = directions.dot(&sample.t()).dot(&sample);
        }
        let order = {
            orthonormalise(&mut directions);
            let seen = directions.dot(&sample.t());
            let spread = seen.map_axis(Axis(1), |row| row.dot(&row));
            let mut order: Vec<usize> = (0..count).collect();
            order.sort_by(|&a, &b| spread[b].total_cmp(&spread[a]));
            order
        };
        Self { mean, directions: directions.select(Axis(0), &order) }
    }

    /// Products of points, from the mean, with the directions, shape `(n, count)`; and the squared length of each point from
    /// the mean.
    pub(crate) fn project(&self, points: ArrayView2<f32>) -> (Array2<f64>, Vec<f64>) {
        let starts: Vec<usize> = (0..points.nrows()).step_by(ROWS).collect();
        let blocks: Vec<_> = starts
            .into_par_iter()
            .map(|start| {
                let some = points.slice(s![start..points.nrows().min(start + ROWS), ..]);
                let centred = some.mapv(f64::from) - &self.mean;
                let lengths = centred.outer_iter().map(|row| row.dot(&row)).collect::<Vec<_>>();
                (centred.dot(&self.directions.t()), lengths)
            })
            .collect();
        let mut scores = Array2::zeros((points.nrows(), self.directions.nrows()));
        let mut all = Vec::with_capacity(points.nrows());
        for (start, (some, lengths)) in (0..).step_by(ROWS).zip(blocks) {
            scores.slice_mut(s![start..start + some.nrows(), ..]).assign(&some);
            all.extend(lengths);
        }
        (scores, all)
    }
}

/// Makes rows orthonormal, by the modified Gram-Schmidt process, twice; a row that depends on those before it becomes 0.
pub(crate) fn orthonormalise(rows: &mut Array2<f64>) {
    for at in (0..rows.nrows()).flat_map(|at| [at, at]) {
        let (before, mut rest) = rows.view_mut().split_at(Axis(0), at);
        let mut row = rest.row_mut(0);
        let length = row.dot(&row);
        for other in before.outer_iter() {
            let product = other.dot(&row);
            row.scaled_add(-product, &other);
        }
        let left = row.dot(&row);
        let scale = if left > 1e-12 * length { 1.0 / left.sqrt() } else { 0.0 };
        row.mapv_inplace(|x| x * scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_those_of_the_largest_variance() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let spread = [0.1_f32, 5.0, 0.2, 1.0, 0.3];
        let points =
            Array2::from_shape_fn((2000, 5), |(_, j)| 3.0 + spread[j] * rng.gen_range(-1.0..1.0_f32));
        let principal = Principal::of(points.view(), 2);
        assert!(principal.directions[[0, 1]].abs() > 0.999, "{}", principal.directions);
        assert!(principal.directions[[1, 3]].abs() > 0.999, "{}", principal.directions);
        let products = principal.directions.dot(&principal.directions.t());
        assert!((products - Array2::<f64>::eye(2)).iter().all(|x| x.abs() < 1e-12));
        let (scores, lengths) = principal.project(points.view());
        for (score, length) in scores.outer_iter().zip(lengths) {
            assert!(score.dot(&score) <= length * (1.0 + 1e-12));
        }
    }

    #[test]
    fn points_in_a_plane_have_no_third_direction() {
        let points =
            Array2::from_shape_fn((50, 4), |(i, j)| if j < 2 { (i * (j + 2) % 7) as f32 } else { 1.0 });
        let directions = Principal::of(points.view(), 3).directions;
        assert!(directions.row(2).iter().all(|&x| x == 0.0), "{directions}");
    }
}
