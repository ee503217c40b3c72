//! The directions in which points vary most.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Values of the points that directions are found in, where they are few.
const SAMPLE_VALUES: usize = 1 << 22;

/// Rounds of the subspace iteration.
const ITERATIONS: usize = 4;

/// Rows that are projected at once.
const ROWS: usize = 512;

/// Rows that are made orthonormal to all before them at once.
const BLOCK: usize = 32;

/// Parts of a sample that are multiplied at the same time; not the number of threads, which may change no result.
const PARTS: usize = 8;

/// Orthonormal directions through the mean of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// Shape `(d,)`.
    pub mean: Array1<f64>,
    /// Shape `(count, d)`; rows beyond the rank of the points are 0.
    pub directions: Array2<f64>,
}

impl Principal {
    /// `count` directions of `points` `(n, d)`, in the order of the variance along them, or nearly so. The same whatever the
    /// number of threads.
    ///
    /// Subspace iteration on the covariance of a sample (Halko, Martinsson and Tropp, *Finding structure with randomness*,
    /// SIAM Review 2011, algorithm 4.4): at least four points a direction, evenly over all of them.
    pub fn of(points: ArrayView2<f32>, count: usize) -> Self {
        let (n, d) = points.dim();
        let rows = n.min((SAMPLE_VALUES / d.max(1)).max(4 * count));
        let mut sums = Array1::<f64>::zeros(d);
        points.outer_iter().for_each(|row| sums.zip_mut_with(&row, |sum, &x| *sum += f64::from(x)));
        let mean = sums / n as f64;
        // Evenly over the points, whatever their order.
        let sample: Vec<usize> = (0..rows).map(|at| at * n / rows).collect();
        let parts: Vec<&[usize]> = sample.chunks(rows.div_ceil(PARTS).max(1)).collect();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
        let mut directions = Array2::from_shape_fn((count, d), |_| rng.gen_range(-1.0..1.0));
        for _ in 0..ITERATIONS {
            orthonormalise(&mut directions);
            directions = multiplied(points, &mean, &parts, &directions).0;
        }
        orthonormalise(&mut directions);
        let spread = multiplied(points, &mean, &parts, &directions).1;
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| spread[b].total_cmp(&spread[a]));
        Self { mean, directions: directions.select(Axis(0), &order) }
    }

    /// Products of points, from the mean, with the directions, shape `(n, count)`; and the squared length of each point from
    /// the mean.
    pub fn project(&self, points: ArrayView2<f32>) -> (Array2<f64>, Vec<f64>) {
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

/// Products of `directions` `(count, d)` with the scatter matrix of some points around `mean`, `(count, d)`; and the sum of
/// squares along each.
fn multiplied(
    points: ArrayView2<f32>,
    mean: &Array1<f64>,
    parts: &[&[usize]],
    directions: &Array2<f64>,
) -> (Array2<f64>, Array1<f64>) {
    let of_parts: Vec<_> = parts
        .par_iter()
        .map(|rows| {
            let centred = points.select(Axis(0), rows).mapv(f64::from) - mean;
            let seen = directions.dot(&centred.t());
            (seen.dot(&centred), seen.map_axis(Axis(1), |row| row.dot(&row)))
        })
        .collect();
    let mut sums = (Array2::zeros(directions.dim()), Array1::zeros(directions.nrows()));
    for (products, spread) in of_parts {
        sums.0 += &products;
        sums.1 += &spread;
    }
    sums
}

/// Makes rows orthonormal, twice; a row that depends on those before it becomes 0.
///
/// Blocks are freed of all rows before them by products of matrices, and within a block by the modified Gram-Schmidt process.
fn orthonormalise(rows: &mut Array2<f64>) {
    for start in (0..rows.nrows()).step_by(BLOCK) {
        let end = rows.nrows().min(start + BLOCK);
        for _ in 0..2 {
            let (before, mut rest) = rows.view_mut().split_at(Axis(0), start);
            let mut block = rest.slice_mut(s![..end - start, ..]);
            let lengths = block.map_axis(Axis(1), |row| row.dot(&row));
            let products = block.dot(&before.t());
            general_mat_mul(-1.0, &products, &before, 1.0, &mut block);
            for (at, length) in lengths.iter().enumerate() {
                let (before, mut rest) = block.view_mut().split_at(Axis(0), at);
                let mut row = rest.row_mut(0);
                for other in before.outer_iter() {
                    let product = other.dot(&row);
                    row.scaled_add(-product, &other);
                }
                let left = row.dot(&row);
                let scale = if left > 1e-12 * length { 1.0 / left.sqrt() } else { 0.0 };
                row.mapv_inplace(|x| x * scale);
            }
        }
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

    #[test]
    fn rows_of_many_blocks_become_orthonormal() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        let mut rows = Array2::from_shape_fn((3 * BLOCK + 5, 150), |_| rng.gen_range(-1.0..1.0));
        // One that depends on a row of another block.
        let copy = &rows.row(3) * 2.0;
        rows.row_mut(2 * BLOCK + 1).assign(&copy);
        orthonormalise(&mut rows);
        let mut expected = Array2::eye(rows.nrows());
        expected[[2 * BLOCK + 1, 2 * BLOCK + 1]] = 0.0;
        assert!((rows.dot(&rows.t()) - expected).iter().all(|x| x.abs() < 1e-12));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let points = Array2::from_shape_fn((700, 60), |(_, j)| rng.gen_range(-1.0..1.0_f32) * j as f32);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Principal::of(points.view(), 40))
        };
        assert_eq!(with(1), with(5));
    }
}
