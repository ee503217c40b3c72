use kernels::centered_squared_distance;
use kernels::simd::{Isa, Kernel};
use ndarray::Axis;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::Points;
use crate::kmeans::codes::CodeVector;
use crate::kmeans::point_stats::PointStats;

/// QuantizedScores of all points.
struct QuantizedScores<'a>(&'a Projection, &'a CenterCodes, &'a mut Vec<CodeVector>);

impl Kernel for QuantizedScores<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.0.quantized_scores::<I>(
            0..self.0.half_norms.len(),
            self.1,
            0..self.1.vectors(),
            self.2,
        );
    }
}

/// Checks that distances of points and centers lie within the bounds of their codes. Returns for
/// how many pairs the bounds are within a tenth of each other.
fn check<F: Scalar>(what: &str, array: &Array2<F>, centers: &Array2<f64>) -> usize {
    let points = Points::from(array);
    let values = points.in_order();
    let rows = Rows::new(&points, &values).unwrap();
    let mut stats = PointStats::compute(rows, Some(centers)).unwrap();
    stats.add_projection(rows);
    let projection =
        stats.projection.as_ref().unwrap_or_else(|| panic!("{what}: there are no codes"));
    let (origin, unit) = (stats.frame.origin(), stats.frame.unit());
    let centers = centers - &Array1::from(origin.to_vec());
    let codes = projection.codes(unit, centers.view());
    let (mut quantized_scores, mut tight) = (Vec::new(), 0);
    dispatch(QuantizedScores(projection, &codes, &mut quantized_scores));
    for (i, quantized_scores) in
        quantized_scores.chunks_exact(codes.vectors()).take(rows.n()).enumerate()
    {
        for (c, center) in centers.outer_iter().enumerate() {
            let quantized_score = quantized_scores.as_flattened()[c];
            let center: Vec<f64> = center.iter().map(|x| x * unit).collect();
            let distance = centered_squared_distance(rows.row(i), origin, unit, &center).sqrt();
            let (least, most) = (
                projection.lower_bound(i, &codes, quantized_score),
                projection.upper_bound(i, &codes, c, quantized_score),
            );
            assert!(
                least <= distance && distance <= most,
                "{what}: {least} <= {distance} <= {most}"
            );
            assert!(
                quantized_score <= projection.highest_score_within(i, &codes, distance),
                "{what}: a quantized_score beyond its own distance"
            );
            tight += usize::from(least >= 0.9 * most);
        }
    }
    tight
}

/// Makes `n` points near a plane of five dimensions, at a distance of `away` from 0.
fn near_a_plane(n: usize, d: usize, noise: f64, away: f64) -> Array2<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let axes = Array2::from_shape_fn((5, d), |_| rng.gen_range(-1.0..1.0));
    let factors = Array2::from_shape_fn((n, 5), |_| rng.gen_range(-1.0..1.0));
    factors.dot(&axes) + Array2::from_shape_fn((n, d), |_| away + noise * rng.gen_range(-1.0..1.0))
}

#[test]
fn codes_bound_distances_from_both_sides() {
    for (noise, away, size) in
        [(0.0, 0.0, 1.0), (0.01, 3.0, 1.0), (1.0, -100.0, 1e-3), (0.1, 0.0, 1e30)]
    {
        let mut array = size * near_a_plane(300, 96, noise, away);
        // The points include their mean, a point twice, and a point far from all others.
        let mean = array.mean_axis(Axis(0)).unwrap();
        array.row_mut(0).assign(&mean);
        let other = array.row(2).to_owned();
        array.row_mut(1).assign(&other);
        array.row_mut(3).mapv_inplace(|x| 4.0 * x);
        // The centers include means, points, and a center that no mean could be.
        let mut centers = array.slice(s![..11, ..]).to_owned();
        centers.row_mut(9).mapv_inplace(|x| 50.0 * x);
        centers.row_mut(10).assign(&array.slice(s![100..200, ..]).mean_axis(Axis(0)).unwrap());
        let what = format!("noise {noise}, away {away}, size {size}");
        check(&format!("{what}, f64"), &array, &centers);
        check(&format!("{what}, f32"), &array.mapv(|x| x as f32), &centers);
    }
    let bytes =
        near_a_plane(300, 400, 0.05, 0.0).mapv(|x| (128.0 + 30.0 * x).clamp(0.0, 255.0) as u8);
    let centers = bytes.slice(s![..20, ..]).mapv(f64::from);
    let tight = check("bytes", &bytes, &centers);
    assert!(tight > 300 * 20 / 2, "{tight} of 6000 pairs have tight bounds");
}

#[test]
fn points_far_from_zero_have_codes_as_good_as_near_it() {
    // The points lie on a grid on which they can be moved exactly: in f32 by 1e5, in f64 by 1e9.
    let near = near_a_plane(300, 96, 0.05, 0.0).mapv(|x| (x * 64.0).round() / 64.0);
    let centers = near.slice(s![..20, ..]).to_owned();
    for far in [0.0, 1e5, 1e9] {
        let what = format!("at {far:e}");
        let tight = check(&what, &(&near + far), &(&centers + far));
        assert!(tight > 300 * 20 / 2, "{what}: {tight} of 6000 pairs have tight bounds");
        if far < 1e6 {
            let narrow = (&near + far).mapv(|x| x as f32);
            assert_eq!(check(&what, &narrow, &(&centers + far)), tight, "{what}, f32");
        }
    }
}

/// Tells whether points have codes.
fn has_codes<F: Scalar>(array: &Array2<F>) -> bool {
    let points = Points::from(array);
    let values = points.in_order();
    let rows = Rows::new(&points, &values).unwrap();
    let mut stats = PointStats::compute(rows, None).unwrap();
    stats.add_projection(rows);
    stats.projection.is_some()
}

#[test]
fn points_without_codes() {
    let points = near_a_plane(300, 96, 1.0, 0.0);
    assert!(has_codes(&points));
    assert!(!has_codes(&points.slice(s![.., ..40]).to_owned()), "too short");
    assert!(!has_codes(&points.mapv(|x| (64.0 + 10.0 * x) as u8)), "too short in bytes");
    assert!(!has_codes(&Array2::from_elem((300, 96), 0.1)), "all the same");
    // At 1e12, f64 has a grid of 1e-4, on which all these points are one.
    assert!(!has_codes(&points.mapv(|x| 1e12 + 1e-6 * x)), "all the same in f64");
    let mut one = Array2::from_elem((300, 96), 1e12);
    one[[7, 3]] += 1.0;
    assert!(has_codes(&one), "all but one the same");
}
