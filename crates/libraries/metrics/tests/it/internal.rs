//! Scores without labels: by hand, against scikit-learn and SciPy
//! (`scripts/golden/make_internal.py` made the file read here), properties.

use metrics::{
    Dispersion, Error, RankCorrelation, Silhouette, point_silhouettes, sampled_silhouettes,
    silhouettes,
};
use ndarray::{Array1, Array2, Axis, array};
use proptest::prelude::*;
use serde_json::Value;

/// Largest difference allowed between a score and its golden value.
const TOLERANCE: f64 = 1e-9;

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/internal.json")).unwrap()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn value(points: &Array2<f64>, assignments: &Array1<i64>) -> Option<f64> {
    Silhouette::of(points.view(), assignments.view()).unwrap().value
}

#[test]
fn four_points_by_hand() {
    // Within 1, between 9 and sqrt(82): (b - 1) / b with b their mean.
    let points = array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]];
    let b = (9.0 + 82.0_f64.sqrt()) / 2.0;
    let found = Silhouette::of(points.view(), array![0, 0, 1, 1].view()).unwrap();
    assert!((found.value.unwrap() - (b - 1.0) / b).abs() < 1e-15, "{found:?}");
    assert_eq!((found.sample, found.points, found.features), (4, 4, 2));
    // The last point has 9 to one and sqrt(82) to the other of its neighbors' clusters; a
    // point that is alone counts 0.
    let third = (82.0_f64.sqrt() - 1.0) / 82.0_f64.sqrt();
    let expected = ((9.0 - 1.0) / 9.0 + third) / 3.0;
    let noise = Silhouette::of(points.view(), array![5, 5, 2, -1].view()).unwrap();
    assert!((noise.value.unwrap() - expected).abs() < 1e-15, "{noise:?}");
    assert_eq!((noise.sample, noise.points), (3, 3));
}

#[test]
fn each_of_four_points_by_hand() {
    let points = array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]];
    let mut scored = Vec::new();
    let mut of = |assignments: Array1<i64>| {
        let mut on_progress = |done| scored.push(done);
        point_silhouettes(points.view(), assignments.view(), &mut on_progress).unwrap()
    };
    let (mean, each) = of(array![5, 5, 2, -1]);
    let third = (82.0_f64.sqrt() - 1.0) / 82.0_f64.sqrt();
    for (found, expected) in each.iter().zip([(9.0 - 1.0) / 9.0, third, 0.0]) {
        assert!((found - expected).abs() < 1e-15, "{each}");
    }
    assert!(each[3].is_nan() && mean.sample == 3);
    // Fewer than two clusters have nothing to compare.
    for assignments in [array![3, 3, 3, 3], array![3, -1, 3, 3], array![-1, -1, -1, -1]] {
        let (mean, each) = of(assignments);
        assert!(mean.value.is_none() && each.iter().all(|value| value.is_nan()), "{each}");
    }
    assert_eq!(scored, [3, 4, 3], "noise is not scored");
    let refusal = |points: &Array2<f64>, assignments: Array1<i64>| {
        point_silhouettes(points.view(), assignments.view(), &mut |_| {}).unwrap_err()
    };
    assert_eq!(refusal(&points, array![0]), Error::Points { points: 4, assignments: 1 });
    let refused = Error::BadAssignment { row: 1, value: -2 };
    assert_eq!(refusal(&points, array![0, -2, 0, 1]), refused);
    let refused = Error::NonFinite { row: 1, column: 0 };
    assert_eq!(refusal(&array![[0.0], [f64::NAN]], array![0, 1]), refused);
}

#[test]
fn dispersions_by_hand() {
    // The centers are (0, 0.5) and (9, 0.5), and every point is 0.5 from its own center:
    // (0.5 + 0.5) / 9, and 4 * 4.5^2 / 1 over 4 * 0.25 / 2.
    let points = array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0], [1e6, 1e6]];
    let found = Dispersion::of(points.view(), array![7, 7, 2, 2, -1].view()).unwrap();
    assert!((found.davies_bouldin.unwrap() - 1.0 / 9.0).abs() < 1e-15, "{found:?}");
    assert!((found.calinski_harabasz.unwrap() - 81.0 / 0.5).abs() < 1e-12, "{found:?}");
    for factor in [1e-300, 1e200, 1e300] {
        let other =
            Dispersion::of((&points * factor).view(), array![7, 7, 2, 2, -1].view()).unwrap();
        assert!(
            (other.davies_bouldin.unwrap() - 1.0 / 9.0).abs() < 1e-12,
            "times {factor:e}: {other:?}"
        );
        assert!(
            (other.calinski_harabasz.unwrap() / 162.0 - 1.0).abs() < 1e-12,
            "times {factor:e}: {other:?}"
        );
    }
}

#[test]
fn dispersions_of_what_does_not_vary() {
    let of = |points: &Array2<f64>, assignments: Array1<i64>| {
        let found = Dispersion::of(points.view(), assignments.view()).unwrap();
        (found.davies_bouldin, found.calinski_harabasz)
    };
    let points = array![[0.0], [1.0], [5.0]];
    for assignments in [array![3, 3, 3], array![3, -1, 3], array![-1, -1, -1]] {
        assert_eq!(of(&points, assignments), (None, None));
    }
    assert_eq!(of(&points, array![0, 1, 2]), (Some(0.0), None), "every point alone");
    assert_eq!(
        of(&array![[2.0], [2.0], [2.0]], array![0, 1, 1]),
        (Some(0.0), Some(1.0)),
        "all points the same"
    );
    let refusal =
        |assignments: Array1<i64>| Dispersion::of(points.view(), assignments.view()).unwrap_err();
    assert_eq!(refusal(array![0]), Error::Points { points: 3, assignments: 1 });
    assert_eq!(refusal(array![0, 1, -2]), Error::BadAssignment { row: 2, value: -2 });
    let broken = array![[0.0, 1.0], [2.0, f64::INFINITY]];
    let found = Dispersion::of(broken.view(), array![0, 1].view());
    assert_eq!(found, Err(Error::NonFinite { row: 1, column: 1 }));
    assert!(Dispersion::of(broken.view(), array![0, -1].view()).is_ok(), "noise is not looked at");
}

#[test]
fn without_two_clusters_there_is_none() {
    let points = array![[0.0], [1.0], [5.0]];
    for assignments in [array![3, 3, 3], array![3, -1, 3], array![-1, -1, -1]] {
        assert_eq!(value(&points, &assignments), None, "{assignments}");
    }
    assert_eq!(value(&points, &array![0, 1, 2]), Some(0.0), "every point alone");
    assert_eq!(
        value(&array![[2.0], [2.0], [2.0]], &array![0, 1, 1]),
        Some(0.0),
        "all points the same"
    );
}

#[test]
fn scores_equal_those_of_scikit_learn() {
    let golden = golden();
    let cases = golden["silhouettes"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let rows: Vec<Vec<f64>> = case["points"].as_array().unwrap().iter().map(numbers).collect();
        let points = Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j]);
        let assignments: Array1<i64> =
            case["assignments"].as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect();
        let (found, expected) =
            (value(&points, &assignments).unwrap(), case["expected"].as_f64().unwrap());
        let difference = (found - expected).abs();
        assert!(
            difference < TOLERANCE,
            "{}: {found} against {expected}, off by {difference:e}",
            case["name"]
        );
        let dispersion = Dispersion::of(points.view(), assignments.view()).unwrap();
        let scores = [
            ("davies_bouldin", dispersion.davies_bouldin),
            ("calinski_harabasz", dispersion.calinski_harabasz),
        ];
        for (name, found) in scores {
            let (found, expected) = (found.unwrap(), case[name].as_f64().unwrap());
            let off = (found / expected - 1.0).abs();
            // scikit-learn computes distances from products, so that the distance of a lone point
            // to its center is not quite 0.
            let allowed = if case["name"] == "points alone" { 10.0 * TOLERANCE } else { TOLERANCE };
            assert!(
                off < allowed,
                "{}: {name} {found} against {expected}, off by {off:e}",
                case["name"]
            );
        }
        let (mean, each) =
            point_silhouettes(points.view(), assignments.view(), &mut |_| {}).unwrap();
        assert_eq!(mean.value, Some(found), "{}", case["name"]);
        let mut expected = numbers(&case["each"]).into_iter();
        for (row, (&value, &id)) in each.iter().zip(&assignments).enumerate() {
            if id == -1 {
                assert!(value.is_nan(), "{}: row {row} is noise", case["name"]);
                continue;
            }
            let expected = expected.next().unwrap();
            let off = (value - expected).abs();
            assert!(off < TOLERANCE, "{}: row {row}: {value}, {expected}", case["name"]);
        }
        assert_eq!(expected.next(), None, "{}", case["name"]);
        let columns_first = points.t().as_standard_layout().into_owned();
        let fortran = Silhouette::of(columns_first.t(), assignments.view()).unwrap();
        assert_eq!(fortran.value, Some(found), "{}: other order in memory", case["name"]);
    }
}

#[test]
fn many_points_exactly_and_by_a_sample() {
    let golden = &golden()["formula"];
    let (n, expected) =
        (golden["n"].as_u64().unwrap() as usize, golden["expected"].as_f64().unwrap());
    let at =
        |i: usize, j: usize| (i * (37 + 22 * j) + 11 * j) % 101 + if i % 3 == j { 60 } else { 0 };
    let points = Array2::from_shape_fn((n, 3), |(i, j)| at(i, j) as f64);
    let assignments = Array1::from_shape_fn(n, |i| (i % 3) as i64);
    let exact = silhouettes(points.view(), None, &[assignments.view()]).unwrap()[0].unwrap();
    assert!((exact - expected).abs() < TOLERANCE, "{exact} against {expected}");
    let sampled = Silhouette::of(points.view(), assignments.view()).unwrap();
    assert_eq!(sampled.points, n);
    let (value, error) = (sampled.value.unwrap(), sampled.standard_error.unwrap());
    assert!(value != exact && (value - exact).abs() < 4.0 * error, "{sampled:?}, {exact} of all");
}

/// Uniform values in 0..1 that only depend on `at`.
fn uniform(at: usize) -> f64 {
    let mut bits = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) as f64 / 2.0_f64.powi(64)
}

/// `groups` centers in a cube of side 100, each with `members` points within `spread` in each of 3
/// features.
fn groups(groups: usize, members: usize, spread: f64) -> (Array2<f64>, Array1<i64>) {
    let n = groups * members;
    let points = Array2::from_shape_fn((n, 3), |(i, j)| {
        100.0 * uniform(3 * (i / members) + j) + spread * uniform(1_000_000 + 3 * i + j)
    });
    (points, Array1::from_shape_fn(n, |i| (i / members) as i64))
}

#[test]
fn a_sample_of_small_clusters_is_measured_against_all_their_points() {
    // Most members of a small cluster are not in the sample.
    for (count, members, spread) in
        [(4000, 5, 0.5), (10_000, 2, 0.01), (15_000, 1, 0.0), (5000, 2, 40.0)]
    {
        let (points, assignments) = groups(count, members, spread);
        let exact = silhouettes(points.view(), None, &[assignments.view()]).unwrap()[0].unwrap();
        let found = Silhouette::of(points.view(), assignments.view()).unwrap();
        let (value, error) = (found.value.unwrap(), found.standard_error.unwrap());
        assert!(found.sample < found.points, "{found:?}");
        assert!((value - exact).abs() <= 4.0 * error && error < 0.02, "{found:?}, {exact} of all");
    }
}

#[test]
fn the_standard_error_is_that_of_samples() {
    let (points, assignments) = groups(400, 15, 60.0);
    let exact = silhouettes(points.view(), None, &[assignments.view()]).unwrap()[0].unwrap();
    let weights = vec![1.0; points.nrows()];
    // Without weights the sample is drawn without replacement, else with.
    for weights in [None, Some(weights.as_slice())] {
        let mut squares = 0.0;
        for seed in 0..20 {
            let found = &sampled_silhouettes(points.view(), weights, &[assignments.view()], seed)
                .unwrap()[0];
            squares += ((found.value.unwrap() - exact) / found.standard_error.unwrap()).powi(2);
        }
        // The mean of 20 squares of deviations in standard errors: 1, give or take the root of 2 /
        // 20.
        let mean = squares / 20.0;
        assert!((0.25..2.2).contains(&mean), "{mean}");
    }
}

#[test]
fn far_from_the_origin_no_digit_is_lost() {
    // Eighths, so that sums with the shifts are exact.
    let (points, assignments) = groups(40, 20, 30.0);
    let points = points.mapv(|x| (8.0 * x).round() / 8.0);
    let near = Silhouette::of(points.view(), assignments.view()).unwrap();
    let dispersion = Dispersion::of(points.view(), assignments.view()).unwrap();
    for shift in [1e6, -1e9, 1e12] {
        let far = &points + shift;
        assert_eq!(Silhouette::of(far.view(), assignments.view()).unwrap(), near, "{shift:e}");
        let found = Dispersion::of(far.view(), assignments.view()).unwrap();
        for (found, near) in [
            (found.davies_bouldin, dispersion.davies_bouldin),
            (found.calinski_harabasz, dispersion.calinski_harabasz),
        ] {
            let off = (found.unwrap() / near.unwrap() - 1.0).abs();
            assert!(off < 1e-12, "{found:?} at {shift:e}, {near:?} at 0, off by {off:e}");
        }
    }
}

#[test]
fn points_of_weight_0_are_not_looked_at() {
    let (points, assignments) = groups(30, 300, 40.0);
    let n = points.nrows();
    let weights: Vec<f64> = (0..n).map(|i| [1.0, 0.25, 3.0, 0.0][i % 4]).collect();
    let kept: Vec<usize> = (0..n).filter(|&i| weights[i] > 0.0).collect();
    let mut with = points.clone();
    (0..n).filter(|&i| weights[i] == 0.0).for_each(|i| with.row_mut(i).fill(f64::NAN));
    let without = points.select(Axis(0), &kept);
    let labels = assignments.select(Axis(0), &kept);
    let of_kept: Vec<f64> = kept.iter().map(|&i| weights[i]).collect();
    let found = sampled_silhouettes(with.view(), Some(&weights), &[assignments.view()], 7).unwrap();
    let expected =
        sampled_silhouettes(without.view(), Some(&of_kept), &[labels.view()], 7).unwrap();
    assert_eq!(found, expected);
    assert_eq!(found[0].points, kept.len());
    let exact =
        silhouettes(with.view(), Some(&weights), &[assignments.view()]).unwrap()[0].unwrap();
    let (value, error) = (found[0].value.unwrap(), found[0].standard_error.unwrap());
    assert!((value - exact).abs() < 4.0 * error, "{found:?}, {exact} of all");
}

#[test]
fn weights_are_of_points_by_hand() {
    // The distances of the first point are 1 (weight 3) in its cluster, and 9 and 10 (weights 1 and
    // 4) to the other, mean 9.8: 8.8 / 9.8. Likewise of the others, each in one cluster with one
    // other.
    let points = array![[0.0], [1.0], [9.0], [10.0]];
    let weights = [2.0, 3.0, 1.0, 4.0];
    let found = silhouettes(points.view(), Some(&weights), &[array![0, 0, 1, 1].view()]).unwrap();
    let of = |b: f64| (b - 1.0) / b;
    let each =
        [of(9.8), of(8.8), of((2.0 * 9.0 + 3.0 * 8.0) / 5.0), of((2.0 * 10.0 + 3.0 * 9.0) / 5.0)];
    let expected = each.iter().zip(&weights).map(|(s, w)| s * w).sum::<f64>() / 10.0;
    assert!((found[0].unwrap() - expected).abs() < 1e-15, "{found:?}, {expected}");
}

#[test]
fn rank_correlations_equal_those_of_scipy() {
    let golden = golden();
    let cases = golden["correlations"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let pairs: Vec<(f64, f64)> =
            numbers(&case["x"]).into_iter().zip(numbers(&case["y"])).collect();
        let found = RankCorrelation::of(&pairs).unwrap();
        let (rho, p) = (case["rho"].as_f64().unwrap(), case["p"].as_f64().unwrap());
        assert!((found.rho - rho).abs() < TOLERANCE, "{found:?} against {rho}");
        // SciPy's is of Student's t, which is near the share of shuffles from some ten pairs on.
        assert!((found.chance - p).abs() < 0.01, "{found:?} against {p}");
    }
}

#[test]
fn sizes_beyond_the_squares_of_floats_do_not_matter() {
    let points = array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]];
    let plain = value(&points, &array![0, 0, 1, 1]).unwrap();
    for factor in [1e-300, 1e-150, 1e200, 1e307] {
        let found = value(&(&points * factor), &array![0, 0, 1, 1]).unwrap();
        assert!((found - plain).abs() < 1e-12, "times {factor:e}: {found} against {plain}");
    }
}

#[test]
fn bad_input_is_refused_with_its_place() {
    let points = array![[0.0, 1.0], [2.0, f64::NAN]];
    let refusal =
        |assignments: Array1<i64>| Silhouette::of(points.view(), assignments.view()).unwrap_err();
    assert_eq!(refusal(array![0]), Error::Points { points: 2, assignments: 1 });
    assert_eq!(refusal(array![0, -2]), Error::BadAssignment { row: 1, value: -2 });
    assert_eq!(refusal(array![0, 1]), Error::NonFinite { row: 1, column: 1 });
    let of_all = silhouettes(points.view(), None, &[array![0, 1].view()]);
    assert_eq!(of_all, Err(Error::NonFinite { row: 1, column: 1 }));
}

/// 2 to 700 points of up to 9 features in up to 5 clusters and noise: from one block of rows to
/// three.
fn clustered() -> impl Strategy<Value = (Array2<f64>, Array1<i64>)> {
    (2..700_usize, 1..10_usize).prop_flat_map(|(n, d)| {
        let values = prop::collection::vec(-10.0..10.0_f64, n * d);
        (values, prop::collection::vec(-1..5_i64, n)).prop_map(move |(values, ids)| {
            (Array2::from_shape_vec((n, d), values).unwrap(), Array1::from(ids))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn neither_threads_nor_names_nor_units_change_a_bit(
        (points, assignments) in clustered(),
        names in Just((0..5_i64).map(|name| name * 1_000_003).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let found = value(&points, &assignments);
        prop_assert!(found.is_none_or(|value| (-1.0..=1.0).contains(&value)), "{found:?}");
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let other = pool.install(|| value(&points, &assignments));
            prop_assert_eq!(other, found, "{} threads", threads);
        }
        let renamed = assignments.mapv(|id| usize::try_from(id).map_or(-1, |id| names[id]));
        prop_assert_eq!(value(&points, &renamed), found, "other names");
        prop_assert_eq!(value(&(&points / 256.0), &assignments), found, "other units");
    }

    #[test]
    fn the_order_of_the_points_hardly_matters_and_noise_might_as_well_be_missing(
        (points, assignments) in clustered(),
        turn in 0..700_usize,
    ) {
        let found = value(&points, &assignments);
        let n = assignments.len();
        let clustered = |i: &usize| assignments[*i] >= 0;
        let rows: Vec<usize> = (0..n).map(|i| (i + turn) % n).filter(clustered).collect();
        let others = value(&points.select(Axis(0), &rows), &assignments.select(Axis(0), &rows));
        prop_assert_eq!(found.is_some(), others.is_some());
        let difference = (found.unwrap_or(0.0) - others.unwrap_or(0.0)).abs();
        prop_assert!(difference < 1e-12, "{:?} became {:?}", found, others);
        let labelings = [Array1::zeros(n), assignments];
        let labelings = [labelings[0].view(), labelings[1].view()];
        let both = silhouettes(points.view(), None, &labelings).unwrap();
        prop_assert_eq!(both[0], None);
        let difference = (both[1].unwrap_or(0.0) - found.unwrap_or(0.0)).abs();
        prop_assert!(difference < 1e-12, "noise in between");
    }
}
