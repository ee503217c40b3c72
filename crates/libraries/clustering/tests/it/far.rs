//! Points far from zero: what is computed depends on how they differ, not on where they lie.

use clustering::kmeans::{
    Algorithm, Init, KMeans, KMeansFit, KMeansParams, MiniBatch, MiniBatchParams, RandomRows,
};
use clustering::{Points, Scalar};
use ndarray::{Array1, Array2, Axis, array, concatenate, s};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::support::{ALGORITHMS, blobs, cloud, fit_kmeans, from_centroids};

/// Ours and, if it is there, linfa's. Between equally near centroids linfa's rounding decides, so
/// that it is left out where points are drawn with ties.
const WITH_LINFA: &[Algorithm] = Algorithm::ALL;

/// `points` on a grid of this step.
fn on_grid(points: Array2<f64>, step: f64) -> Array2<f64> {
    points.mapv(|x| (x / step).round() * step)
}

/// Asserts that the centroids are those of `fit`, moved, as exactly as f64 holds them, and all else
/// is the same.
fn assert_moved(what: &str, fit: &KMeansFit, moved: &KMeansFit, by: f64) {
    assert_eq!(moved.assignments, fit.assignments, "{what}");
    assert_eq!((moved.iterations, moved.start), (fit.iterations, fit.start), "{what}");
    assert_eq!((moved.converged, &moved.sizes), (fit.converged, &fit.sizes), "{what}");
    let mut largest: f64 = 0.0;
    for (&c, &m) in fit.model.centroids().iter().zip(moved.model.centroids()) {
        let ulps = 2.0 * f64::EPSILON * (m.abs() + c.abs());
        assert!((m - (c + by)).abs() <= ulps, "{what}: {m} for {c} + {by}");
        largest = largest.max(ulps);
    }
    let n = fit.assignments.len() as f64 * fit.model.centroids().ncols() as f64;
    let rounding = 2.0 * (fit.inertia * n).sqrt() * largest + n * largest * largest;
    let near = (moved.inertia - fit.inertia).abs() <= 1e-11 * fit.inertia + rounding;
    assert!(near, "{what}: inertia {} for {}", moved.inertia, fit.inertia);
}

fn moved_init(init: &Init, by: f64) -> Init {
    match init {
        Init::Centroids(centroids) => Init::Centroids(centroids + by),
        other => other.clone(),
    }
}

/// [`assert_moved`] for points of a type that holds them at both places, with `engines`.
fn check<F: Scalar>(
    what: &str,
    points: &Array2<f64>,
    by: f64,
    narrow: impl Fn(f64) -> F,
    weights: Option<&[f64]>,
    params: &KMeansParams,
    engines: &[Algorithm],
) {
    let (here, there) = (points.mapv(&narrow), points.mapv(|x| narrow(x + by)));
    let moved_params = KMeansParams { init: moved_init(&params.init, by), ..params.clone() };
    for &algorithm in engines {
        let fit = |points: &Array2<F>, params: &KMeansParams| {
            let points = Points::from(points);
            let points = weights.map_or(points.clone(), |weights| points.weights(weights));
            fit_kmeans(points, &KMeansParams { algorithm, ..params.clone() }).unwrap()
        };
        let (fit, moved) = (fit(&here, params), fit(&there, &moved_params));
        let what = format!("{what}, by {by}, {}", algorithm.as_str());
        assert_moved(&what, &fit, &moved, by);
        assert_eq!(moved.model.predict(&there).unwrap(), moved.assignments, "{what}: predict");
    }
}

#[test]
fn six_points_at_a_hundred_thousand() {
    let offsets = [0.125, 0.0, 1.0 / 64.0, 1.0 / 32.0, 1.0 / 64.0, 0.125];
    let points = Array2::from_shape_fn((6, 1), |(i, _)| 1e5 + offsets[i]);
    // 0, 1/64, 1/64, 1/32 in two clusters, and 1/8 twice: three of the four about 1/48 or 1/96.
    let best = 2.0 / 3.0 / 4096.0;
    for algorithm in ALGORITHMS {
        let params = KMeansParams { k: 3, algorithm, ..KMeansParams::default() };
        let fit = fit_kmeans(&points.mapv(|x| x as f32), &params).unwrap();
        assert!((fit.inertia - best).abs() < 1e-9, "{}: {}", algorithm.as_str(), fit.inertia);
        assert!(fit.sizes.iter().all(|&size| size > 0));
        let wide = fit_kmeans(&points, &params).unwrap();
        assert_eq!(fit.assignments, wide.assignments);
    }
}

#[test]
fn starts_converge_at_a_million() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
    // Sums of twelve uniform numbers are nearly normal.
    let mut normal = || (0..12).map(|_| rng.gen_range(-0.5..0.5)).sum::<f64>();
    let points = Array2::from_shape_fn((3_000, 2), |_| (1e6 + 3.0 * normal()) as f32);
    let params = KMeansParams { k: 5, ..KMeansParams::default() };
    let fit = fit_kmeans(&points, &params).unwrap();
    assert!(fit.converged && fit.iterations < 100, "{} iterations", fit.iterations);
    let wide = fit_kmeans(&points.mapv(f64::from), &params).unwrap();
    assert_eq!(fit.assignments, wide.assignments);
}

#[test]
fn of_equally_good_starts_the_same_one_is_kept() {
    // All starts find the four groups, in other orders; rounding must not choose among them.
    let centers = array![[0.0, 0.0], [100.0, 0.0], [0.0, 100.0], [100.0, 100.0]];
    let points = on_grid(blobs(&centers, 50, 8.0, 11), 0.25);
    let params = KMeansParams { k: 4, ..KMeansParams::default() };
    for by in [1e3, -7e4, 1e6] {
        check("blobs", &points, by, |x| x as f32, None, &params, WITH_LINFA);
        check("blobs", &points, by * 1e3, |x| x, None, &params, WITH_LINFA);
    }
}

#[test]
fn inertia_at_ten_million_is_that_at_zero() {
    // f32 holds integers there, and no more.
    let points = on_grid(cloud(4_000, 3, 3) * 4.0, 1.0);
    for init in [Init::KMeansPlusPlus, Init::Random] {
        let params = KMeansParams { k: 8, starts: 2, init, ..KMeansParams::default() };
        check("integers", &points, 1e7, |x| x as f32, None, &params, WITH_LINFA);
        check("integers", &points, -1e7, |x| x as f32, None, &params, WITH_LINFA);
        check("integers", &points, 4e8, |x| x, None, &params, WITH_LINFA);
    }
}

#[test]
fn a_small_spread_in_four_columns_has_the_inertia_of_double_precision() {
    let points = blobs(&array![[2e4, 1.7e4, -1.9e4, 1.8e4]], 2_000, 0.01, 4).mapv(|x| x as f32);
    for init in [Init::KMeansPlusPlus, Init::Random] {
        let params = KMeansParams { k: 32, starts: 3, init, ..KMeansParams::default() };
        let fit = fit_kmeans(&points, &params).unwrap();
        let wide = fit_kmeans(&points.mapv(f64::from), &params).unwrap();
        let ratio = fit.inertia / wide.inertia;
        assert!((ratio - 1.0).abs() < 1e-9, "{:?}: {ratio}", params.init);
    }
}

#[test]
fn tight_groups_far_apart_are_told_apart() {
    // No origin is near all of these; in f32 around any of them the others have no digits left.
    let centers = array![[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4]];
    let points = blobs(&centers, 700, 0.01, 5).mapv(|x| x as f32);
    let wide = points.mapv(f64::from);
    for init in [Init::KMeansPlusPlus, Init::Random] {
        for algorithm in ALGORITHMS {
            let params = KMeansParams {
                k: 32,
                starts: 3,
                init: init.clone(),
                algorithm,
                ..KMeansParams::default()
            };
            let fit = fit_kmeans(&points, &params).unwrap();
            let exact = fit_kmeans(&wide, &params).unwrap();
            let what = format!("{init:?}, {}", algorithm.as_str());
            let ratio = fit.inertia / exact.inertia;
            assert!((ratio - 1.0).abs() < 0.05, "{what}: {ratio}");
            // Each is with its nearest centroid.
            let distance = |i: usize, c: usize| {
                (&wide.row(i) - &fit.model.centroids().row(c)).mapv(|x| x * x).sum()
            };
            for i in 0..points.nrows() {
                let own = distance(i, fit.assignments[i] as usize);
                assert!((0..32).all(|c| own <= distance(i, c) * (1.0 + 1e-9)), "{what}: point {i}");
            }
        }
    }
}

#[test]
fn differences_that_are_tiny_or_huge_beside_the_values() {
    // What tells the groups apart is 1e-25 beside 1, or 1 beside a column of 1e30.
    for (place, size) in
        [([1.0, 0.0], 1e-25), ([1e30, -1e30], 1.0), ([-1e30, 0.0], 1e-25), ([0.0, 0.0], 1e-42)]
    {
        let mut points = blobs(&(array![[0.0], [10.0]] * size), 40, size, 6);
        let columns = Array2::from_shape_fn((80, 2), |(_, j)| place[j]);
        points = concatenate![Axis(1), columns, points];
        let params = KMeansParams { k: 2, ..KMeansParams::default() };
        for algorithm in ALGORITHMS {
            let params = KMeansParams { algorithm, ..params.clone() };
            let halves = |labels: &Array1<i32>| {
                let first = labels[0];
                labels.iter().enumerate().all(|(i, &label)| (label == first) == (i < 40))
            };
            let narrow = points.mapv(|x| x as f32);
            let fits =
                [fit_kmeans(&points, &params).unwrap(), fit_kmeans(&narrow, &params).unwrap()];
            let what = format!("{place:?}, {size:e}, {}", algorithm.as_str());
            assert!(fits.iter().all(|fit| halves(&fit.assignments) && fit.converged), "{what}");
            assert_eq!(fits[0].model.predict(&points).unwrap(), fits[0].assignments, "{what}");
            assert_eq!(fits[1].model.predict(&narrow).unwrap(), fits[1].assignments, "{what}");
        }
    }
}

#[test]
fn values_at_the_end_of_the_range() {
    // Their differences are beyond f32.
    let points =
        array![[3e38_f32, -3e38], [2.9e38, -3e38], [-3e38, 3e38], [-2.9e38, 3e38], [-3e38, 2.9e38]];
    for algorithm in ALGORITHMS {
        let params = KMeansParams { k: 2, algorithm, ..KMeansParams::default() };
        let fit = fit_kmeans(&points, &params).unwrap();
        let expected =
            [0, 0, 1, 1, 1].map(|group| if fit.assignments[0] == 0 { group } else { 1 - group });
        assert_eq!(fit.assignments.to_vec(), expected, "{}", algorithm.as_str());
        assert_eq!(fit.model.predict(&points).unwrap(), fit.assignments);
    }
}

#[test]
fn centroids_far_beyond_the_points() {
    for far in [1e12, 1e25, 1e38] {
        let points =
            blobs(&array![[0.0, 0.0], [9.0, 3.0], [4.0, 20.0]], 30, 1.0, 7).mapv(|x| x as f32);
        let params = from_centroids(array![[0.0, 1.0], [far, far], [-far, 0.0]]);
        for algorithm in ALGORITHMS {
            let params = KMeansParams { algorithm, ..params.clone() };
            let fit = fit_kmeans(&points, &params).unwrap();
            let wide = fit_kmeans(&points.mapv(f64::from), &params).unwrap();
            assert_eq!(fit.assignments, wide.assignments, "{far:e}, {}", algorithm.as_str());
            assert!(fit.converged && fit.sizes.iter().all(|&size| size > 0), "{:?}", fit.sizes);
        }
    }
    // A model, too, may be far from the points it is asked about, and they from it. Where f64
    // cannot tell distances apart, the lowest index wins.
    let model = KMeans::new(array![[1e200], [0.0], [1.0]]).unwrap();
    assert_eq!(model.predict(&array![[-1e30_f32], [0.75], [3e38]]).unwrap(), array![1, 2, 1]);
    assert_eq!(model.predict(&array![[-1e300], [0.75], [9e199]]).unwrap(), array![0, 2, 0]);
    let model = KMeans::new(array![[1e-200], [3e-200]]).unwrap();
    assert_eq!(model.predict(&array![[0.0], [2.5e-200], [1e9]]).unwrap(), array![0, 1, 0]);
}

#[test]
fn batches_far_from_zero() {
    let centers = array![[0.0, 3.0], [40.0, 0.0], [5.0, 60.0], [70.0, 70.0]];
    let points = on_grid(blobs(&centers, 600, 9.0, 8), 1.0);
    let fit = |points: &Array2<f32>, init: &Init| {
        let params = MiniBatchParams {
            k: 4,
            batch: 100,
            max_iter: 4,
            init: init.clone(),
            ..MiniBatchParams::default()
        };
        let (n, mut rows) = (points.nrows(), RandomRows::new(points.nrows(), 0));
        let sample = points.select(Axis(0), &rows.draw(params.sample_size(n)));
        let mut fit = MiniBatch::new(&sample, n, params.clone()).unwrap();
        let mut reports = Vec::new();
        for _ in 0..params.most_batches(n) {
            reports.push(fit.update(&points.select(Axis(0), &rows.draw(params.batch))).unwrap());
        }
        (fit.into_model(), reports)
    };
    for by in [1e7, -1.2e7] {
        let there = points.mapv(|x| (x + by) as f32);
        for init in [Init::KMeansPlusPlus, Init::Random, Init::Centroids(&centers * 0.5)] {
            let (model, reports) = fit(&points.mapv(|x| x as f32), &init);
            let (moved, moved_reports) = fit(&there, &moved_init(&init, by));
            assert_eq!(
                moved.predict(&there).unwrap(),
                model.predict(&points.mapv(|x| x as f32)).unwrap(),
                "{init:?}, {by}"
            );
            let off = moved.centroids() - model.centroids() - by;
            assert!(off.iter().all(|x| x.abs() <= 1e-8), "{init:?}, {by}: {off}");
            for (a, b) in reports.iter().zip(&moved_reports) {
                assert_eq!(
                    (a.reassigned, a.converged),
                    (b.reassigned, b.converged),
                    "{init:?}, {by}"
                );
                assert!((a.inertia - b.inertia).abs() <= 1e-6 * a.inertia, "{init:?}, {by}");
            }
        }
    }
}

/// Values on a grid, from few that are often equal to many.
fn grid() -> impl Strategy<Value = Array2<f64>> {
    (6..150_usize, 1..40_usize, prop::sample::select(vec![1_i32, 3, 20, 100])).prop_flat_map(
        |(n, d, largest)| {
            prop::collection::vec(0..=largest, n * d).prop_map(move |values| {
                Array2::from_shape_vec((n, d), values).unwrap().mapv(f64::from)
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(150)
    })]

    #[test]
    fn moved_points_have_the_same_labels(
        points in grid(), k in 1..12_usize, seed: u64, init in 0..3_usize, weighted: bool,
        bytes in 0..=155_u8, power in 0..17_i32, sign: bool, fine in 0..8_i32,
    ) {
        let n = points.nrows();
        let k = k.min(n);
        let first = Init::Centroids(points.slice(s![..k, ..]).to_owned());
        let init = [Init::KMeansPlusPlus, Init::Random, first][init].clone();
        let params = KMeansParams {
            k,
            seed,
            starts: 3,
            max_iter: 40,
            init,
            ..KMeansParams::default()
        };
        let weights: Vec<f64> = (0..n).map(|i| 0.1 + f64::from((i % 5) as u8)).collect();
        let weights = weighted.then_some(&weights[..]);
        check("u8", &points, f64::from(bytes), |x| x as u8, weights, &params, &ALGORITHMS);
        // Sums of 2^power and of points, up to 100 steps of 2^-fine, are exact in 24 bits.
        let step = power_of_2(-fine);
        let scaled = &points * step;
        let params = match &params.init {
            Init::Centroids(centroids) => {
                KMeansParams { init: Init::Centroids(centroids * step), ..params.clone() }
            }
            _ => params,
        };
        let by = if sign { 1.0 } else { -1.0 } * power_of_2(power.min(23 - fine));
        check("f32", &scaled, by, |x| x as f32, weights, &params, &ALGORITHMS);
        check("f64", &scaled, by * 65_536.0, |x| x, weights, &params, &ALGORITHMS);
    }

    #[test]
    fn parts_have_the_labels_of_the_whole(
        seed: u64,
        d in 1..40_usize,
        k in 1..20_usize,
        power in -20..20_i32,
    ) {
        // One point far from all others says nothing about these.
        let mut points = (cloud(120, d, seed) * power_of_2(power)).mapv(|x| x as f32);
        points[[119, 0]] = 1e6;
        let model = KMeans::new(cloud(k, d, seed ^ 1) * power_of_2(power)).unwrap();
        let whole = model.predict(&points).unwrap();
        for i in 0..120 {
            let alone = model.predict(Points::new(points.slice(s![i..=i, ..]))).unwrap();
            prop_assert_eq!(alone[0], whole[i], "point {}", i);
            let distance = |c: usize| {
                let centroid = model.centroids().row(c);
                let point = points.row(i);
                let squares =
                    point.iter().zip(centroid).map(|(&x, c)| (f64::from(x) - c).powi(2));
                squares.sum::<f64>()
            };
            let own = distance(whole[i] as usize);
            prop_assert!((0..k).all(|c| own <= distance(c) * (1.0 + 1e-12)), "point {}", i);
        }
    }

    #[test]
    fn rows_of_weight_0_change_no_byte(
        points in grid(), k in 1..8_usize, seed: u64, algorithm in 0..5_usize, init in 0..2_usize,
        pattern in 1..1000_usize, wild in prop::sample::select(vec![0.0, 1e3, 1e8, -3e38]),
    ) {
        let n = points.nrows();
        let k = k.min(n);
        let init = [Init::KMeansPlusPlus, Init::Random][init].clone();
        let algorithm = ALGORITHMS[algorithm];
        let params = KMeansParams {
            k,
            seed,
            starts: 2,
            algorithm,
            init,
            ..KMeansParams::default()
        };
        let points = points.mapv(|x| x as f32);
        let weights: Vec<f64> = (0..n).map(|i| 0.5 + (i % 3) as f64).collect();
        let (mut rows, mut all, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for (i, (point, &weight)) in points.outer_iter().zip(&weights).enumerate() {
            for j in 0..(i * pattern) % 3 {
                rows.extend((0..points.ncols()).map(|f| wild as f32 + (i + j + f) as f32));
                all.push(0.0);
            }
            kept.push(all.len());
            rows.extend(point);
            all.push(weight);
        }
        let both = Array2::from_shape_vec((all.len(), points.ncols()), rows).unwrap();
        let without = fit_kmeans(Points::new(points.view()).weights(&weights), &params).unwrap();
        let with = fit_kmeans(Points::new(both.view()).weights(&all), &params).unwrap();
        prop_assert_eq!(&with.assignments, &with.model.predict(&both).unwrap());
        let rest = KMeansFit { assignments: with.assignments.select(Axis(0), &kept), ..with };
        prop_assert!(crate::support::kmeans_bits(&rest) == crate::support::kmeans_bits(&without));
    }
}

/// 2 to this power.
fn power_of_2(exponent: i32) -> f64 {
    f64::from(exponent).exp2()
}
