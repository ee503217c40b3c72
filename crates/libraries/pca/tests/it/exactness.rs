//! Components and variances against those of scikit-learn and of an exact solver.

use linfa_linalg::eigh::{EigSort, Eigh};
use ndarray::{Array2, Axis, s};
use pca::Pca;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::support::{angle, close, digits, exact, products, variances};

/// golden: scripts/golden/make_pca.py
#[test]
fn components_and_variances_are_those_of_scikit_learn() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../golden/pca.json")).unwrap();
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
        let wrong = angle(pca.components().view(), components.view());
        assert!(
            wrong <= randomized,
            "{name}: {wrong} where scikit-learn's randomized solver has {randomized}"
        );
        close(&variances(&pca, &points), &expected.into(), 1e-6);
        // The first component alone has ten vectors beside it in the subspace, no more.
        let first = Pca::fit(points.mapv(|x| x as f32).view(), 1);
        assert!(angle(first.components().view(), components.view()) < 1e-6, "{name}: the first");
    }
}

#[test]
fn few_points_of_many_features_have_exact_components() {
    // With fewer points than features the matrix stays implicit.
    let points = products(&digits()).slice(s![..60, ..]).to_owned();
    let pca = Pca::fit(points.view(), 8);
    assert!(angle(pca.components().view(), exact(&points).view()) < 1e-6);
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
fn fewer_points_than_features_have_the_components_of_an_exact_solver() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    // 40 causes of falling size and a little noise: by operations this takes products of points.
    let causes = Array2::from_shape_fn((300, 40), |(_, j)| {
        rng.gen_range(-1.0..1.0) * 0.8_f64.powi(j as i32)
    });
    let mixed = causes.dot(&Array2::from_shape_fn((40, 400), |_| rng.gen_range(-1.0..1.0)));
    let points = mixed.mapv(|x| 50.0 + x + rng.gen_range(-1e-4..1e-4));
    let axes = exact(&points);
    let centered = &points - &points.mean_axis(Axis(0)).unwrap();
    let values = centered.dot(&centered.t()).eigh().unwrap().sort_eig_desc().0;
    for count in [1, 20, 299] {
        let pca = Pca::fit(points.view(), count);
        let sure = count.min(20);
        assert!(angle(pca.components().slice(s![..sure, ..]), axes.slice(s![..sure, ..])) < 1e-9);
        let expected = values.slice(s![..sure]).mapv(|value| value / 299.0);
        let found = variances(&pca, &points);
        close(&found.slice(s![..sure]).to_owned(), &expected, 1e-9);
        let told = pca.explained_variance().unwrap().slice(s![..sure]).to_owned();
        close(&told, &expected, 1e-9);
        let products = pca.components().dot(&pca.components().t());
        assert!((products - Array2::<f64>::eye(count)).iter().all(|x| x.abs() < 1e-9));
    }
    // One number of threads or another.
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Pca::fit(points.view(), 30))
    };
    assert_eq!(with(1), with(5));
    // 300 points that lie in few dimensions have few components.
    let pca = Pca::fit(mixed.mapv(|x| (x * 1e3).round()).view(), 60);
    assert!(pca.components().row(0).iter().any(|&x| x != 0.0));
    let flat = causes.slice(s![.., ..5]).dot(&Array2::from_elem((5, 400), 1.0));
    let pca = Pca::fit(flat.view(), 30);
    assert!(pca.components().slice(s![1.., ..]).iter().all(|&x| x == 0.0));
}

#[test]
fn as_many_components_as_features_are_all_eigenvectors() {
    let points = products(&digits()).slice(s![.., ..160]).mapv(f64::sqrt);
    let pca = Pca::fit(points.view(), 160);
    let expected = exact(&points);
    // Pixels that are always 0 make the last ones arbitrary.
    assert!(angle(pca.components().slice(s![..60, ..]), expected.slice(s![..60, ..])) < 1e-9);
}

#[test]
fn components_are_those_of_the_largest_variance() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let spread = [0.1_f32, 5.0, 0.2, 1.0, 0.3];
    let points =
        Array2::from_shape_fn((2000, 5), |(_, j)| 3.0 + spread[j] * rng.gen_range(-1.0..1.0_f32));
    for pca in [Pca::fit(points.view(), 2), Pca::fit_sample(points.view(), 2)] {
        assert!(pca.components()[[0, 1]] > 0.999, "{}", pca.components());
        assert!(pca.components()[[1, 3]] > 0.999, "{}", pca.components());
        let products = pca.components().dot(&pca.components().t());
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
        let components = Pca::fit(points.view(), 3).components().clone();
        assert!(components.row(2).iter().all(|&x| x == 0.0), "{components}");
        assert!(components.row(1).iter().any(|&x| x != 0.0), "{components}");
        assert!(
            Pca::fit(Array2::from_elem((9, d), 0.1_f32).view(), 2)
                .components()
                .iter()
                .all(|&x| x == 0.0)
        );
    }
}
