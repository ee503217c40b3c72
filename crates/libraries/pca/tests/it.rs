//! Components compared with those of scikit-learn and of an exact solver.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use linfa_linalg::eigh::{EigSort, Eigh};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};
use pca::Pca;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const DIGITS: &[u8] = include_bytes!("../../clustering/tests/golden/digits.npy");

/// Reads the digits, 1797 x 64, as `scripts/golden/make_pca.py` takes them.
fn digits() -> Array2<f64> {
    let values = DIGITS[DIGITS.len() - 1797 * 64..].iter().map(|&x| f64::from(x)).collect();
    Array2::from_shape_vec((1797, 64), values).unwrap()
}

/// Appends to pixels their products with three of their neighbors: 1797 x 256.
fn products(digits: &Array2<f64>) -> Array2<f64> {
    let rolled = |shift: usize| {
        concatenate![Axis(1), digits.slice(s![.., shift..]), digits.slice(s![.., ..shift])] * digits
    };
    concatenate![Axis(1), *digits, rolled(1), rolled(8), rolled(9)]
}

/// Computes one minus the smallest cosine between rows of both.
fn angle(found: ArrayView2<f64>, expected: ArrayView2<f64>) -> f64 {
    let cosines = found.outer_iter().zip(expected.outer_iter()).map(|(a, b)| a.dot(&b).abs());
    1.0 - cosines.fold(1.0, f64::min)
}

/// Computes the variances of points along the components.
fn variances(pca: &Pca, points: &Array2<f64>) -> Array1<f64> {
    let scores = pca.transform(points.view());
    scores.map_axis(Axis(0), |column| column.dot(&column)) / (points.nrows() - 1) as f64
}

/// Finds all eigenvectors of the covariance, by falling eigenvalue, in rows.
fn exact(points: &Array2<f64>) -> Array2<f64> {
    let centered = points - &points.mean_axis(Axis(0)).unwrap();
    centered.t().dot(&centered).eigh().unwrap().sort_eig_desc().1.reversed_axes()
}

fn close(found: &Array1<f64>, expected: &Array1<f64>, relative: f64) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= relative * expected, "{found} for {expected}");
    }
}

/// golden: scripts/golden/make_pca.py
#[test]
fn components_and_variances_are_those_of_scikit_learn() {
    let golden: serde_json::Value = serde_json::from_str(include_str!("golden/pca.json")).unwrap();
    let digits = digits();
    for (name, points) in [("digits", digits.clone()), ("products", products(&digits))] {
        let golden = &golden[name];
        let expected: Vec<f64> = serde_json::from_value(golden["variances"].clone()).unwrap();
        let components: Vec<Vec<f64>> =
            serde_json::from_value(golden["directions"].clone()).unwrap();
        let randomized = golden["randomized"].as_f64().unwrap();
        let (count, d) = (expected.len(), points.ncols());
        let components = Array2::from_shape_vec((count, d), components.concat()).unwrap();
        let pca = Pca::fit(points.view(), count);
        let wrong = angle(pca.components.view(), components.view());
        assert!(
            wrong <= randomized,
            "{name}: {wrong} where scikit-learn's randomized solver has {randomized}"
        );
        close(&variances(&pca, &points), &expected.into(), 1e-6);
        // The first component alone has ten vectors beside it in the subspace, no more.
        let first = Pca::fit(points.mapv(|x| x as f32).view(), 1);
        assert!(angle(first.components.view(), components.view()) < 1e-6, "{name}: the first");
    }
}

#[test]
fn few_points_of_many_features_have_exact_components() {
    // With fewer points than features the matrix stays implicit.
    let points = products(&digits()).slice(s![..60, ..]).to_owned();
    let pca = Pca::fit(points.view(), 8);
    assert!(angle(pca.components.view(), exact(&points).view()) < 1e-6);
}

#[test]
fn few_points_of_about_the_same_variance_everywhere_have_exact_components() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    // By operations alone the matrix would be dense in the first case, implicit in the second.
    for (n, d, count) in [(50, 420, 8), (50, 2000, 8), (250, 300, 40), (140, 600, 139)] {
        let points = Array2::from_shape_fn((n, d), |_| rng.gen_range(-1.0..1.0));
        let pca = Pca::fit(points.view(), count);
        let centered = &points - &points.mean_axis(Axis(0)).unwrap();
        let values = centered.dot(&centered.t()).eigh().unwrap().sort_eig_desc().0;
        let expected = values.slice(s![..count]).mapv(|value| value / (n - 1) as f64);
        close(&variances(&pca, &points), &expected, 1e-9);
    }
}

#[test]
fn as_many_components_as_features_are_all_eigenvectors() {
    let points = products(&digits()).slice(s![.., ..160]).mapv(f64::sqrt);
    let pca = Pca::fit(points.view(), 160);
    let expected = exact(&points);
    // Pixels that are always 0 make the last ones arbitrary.
    assert!(angle(pca.components.slice(s![..60, ..]), expected.slice(s![..60, ..])) < 1e-9);
}

#[test]
fn points_far_from_zero_have_the_same_components() {
    let points = products(&digits());
    for (points, narrow) in [(points.clone(), 1e9), (points.slice(s![.., ..64]).to_owned(), 1e12)] {
        let near = Pca::fit(points.view(), 6);
        let far = Pca::fit((&points + narrow).view(), 6);
        assert!((&near.components - &far.components).iter().all(|x| x.abs() < 1e-9));
        assert!((&far.mean - narrow - &near.mean).iter().all(|x| x.abs() < 1e-3));
    }
    // 2^20 leaves single precision eighths.
    let (near, far) = (points.mapv(|x| x as f32), points.mapv(|x| (x + 1_048_576.0) as f32));
    let (near, far) = (Pca::fit(near.view(), 6), Pca::fit(far.view(), 6));
    assert!((&near.components - &far.components).iter().all(|x| x.abs() < 1e-9));
}

#[test]
fn points_of_any_size_have_the_same_components() {
    let points = products(&digits());
    let expected = Pca::fit(points.view(), 6).components;
    for factor in [1e-100, 1e-30, 1e30, 1e100] {
        let found = Pca::fit((&points * factor).view(), 6).components;
        assert!((&found - &expected).iter().all(|x| x.abs() < 1e-9), "{factor}");
    }
}

#[test]
fn components_are_those_of_the_largest_variance() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let spread = [0.1_f32, 5.0, 0.2, 1.0, 0.3];
    let points =
        Array2::from_shape_fn((2000, 5), |(_, j)| 3.0 + spread[j] * rng.gen_range(-1.0..1.0_f32));
    for pca in [Pca::fit(points.view(), 2), Pca::fit_sample(points.view(), 2)] {
        assert!(pca.components[[0, 1]] > 0.999, "{}", pca.components);
        assert!(pca.components[[1, 3]] > 0.999, "{}", pca.components);
        let products = pca.components.dot(&pca.components.t());
        assert!((products - Array2::<f64>::eye(2)).iter().all(|x| x.abs() < 1e-12));
        let (scores, squared_norms) = pca.transform_with_norms(points.view());
        for (score, squared_norm) in scores.outer_iter().zip(squared_norms) {
            assert!(score.dot(&score) <= squared_norm * (1.0 + 1e-12));
        }
    }
}

#[test]
fn points_in_a_plane_have_no_third_component() {
    for d in [4, 200] {
        let value = |(i, j): (usize, usize)| if j < 2 { (i * (j + 2) % 7) as f32 } else { 1.0 };
        let points = Array2::from_shape_fn((50, d), value);
        let components = Pca::fit(points.view(), 3).components;
        assert!(components.row(2).iter().all(|&x| x == 0.0), "{components}");
        assert!(components.row(1).iter().any(|&x| x != 0.0), "{components}");
        assert!(
            Pca::fit(Array2::from_elem((9, d), 0.1_f32).view(), 2)
                .components
                .iter()
                .all(|&x| x == 0.0)
        );
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    for (n, d, count) in [(700, 60, 40), (1300, 300, 40), (40, 300, 5)] {
        let points =
            Array2::from_shape_fn((n, d), |(_, j)| rng.gen_range(-1.0..1.0_f32) * j as f32);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Pca::fit(points.view(), count))
        };
        assert_eq!(with(1), with(5));
    }
}
