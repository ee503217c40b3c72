//! Variances along the components: by hand, against scikit-learn and against the scores.

use ndarray::{Array1, Array2, ArrayView2, Axis, array};
use pca::{Error, Pca, Value};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::support::{close, digits, products, variances};

/// Fits `count` components and returns the variances along them.
fn explained<T: Value>(points: ArrayView2<T>, count: usize) -> Array1<f64> {
    Pca::fit(points, count).explained_variance().unwrap().clone()
}

/// Checks that values differ from those expected by no more than rounding.
#[track_caller]
fn same(found: &Array1<f64>, expected: &Array1<f64>) {
    assert_eq!(found.len(), expected.len());
    let off = (found - expected).iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    assert!(off <= 1e-12, "{found} is not {expected}");
}

#[test]
fn variances_by_hand_are_sums_of_squares_over_n_less_one() {
    // The sums of squares along the axes are 8 and 2, and n - 1 is 3.
    let cross = array![[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]];
    same(&explained(cross.view(), 2), &array![8.0 / 3.0, 2.0 / 3.0]);
    // Another mean changes nothing, single precision neither.
    same(&explained((&cross + 64.0).view(), 2), &array![8.0 / 3.0, 2.0 / 3.0]);
    same(&explained(cross.mapv(|x| x as f32).view(), 2), &array![8.0 / 3.0, 2.0 / 3.0]);
    // The sums of squares along the diagonals are 36 and 4.
    let skewed = array![[3.0, 3.0], [-3.0, -3.0], [1.0, -1.0], [-1.0, 1.0]];
    same(&explained(skewed.view(), 2), &array![12.0, 4.0 / 3.0]);
    // Two points: n - 1 is 1.
    same(&explained(array![[0.0, 0.0], [6.0, 8.0]].view(), 1), &array![50.0]);
}

#[test]
fn beyond_the_rank_variances_are_zero() {
    let line = array![[0.0, 0.0, 0.0], [4.0, 3.0, 0.0], [8.0, 6.0, 0.0]];
    same(&explained(line.view(), 3), &array![25.0, 0.0, 0.0]);
    same(&explained(Array2::from_elem((7, 4), 0.1).view(), 2), &array![0.0, 0.0]);
    same(&explained(array![[3.0, 4.0]].view(), 1), &array![0.0]);
    // Three points span a plane at most, in any number of features.
    let wide = Array2::from_shape_fn((3, 500), |(i, j)| ((i + 1) * (j + 3) % 11) as f64);
    let found = explained(wide.view(), 4);
    assert!(found[1] > 0.0 && found[2] == 0.0 && found[3] == 0.0, "{found}");
}

/// golden: scripts/golden/make_pca.py
#[test]
fn explained_variances_are_those_of_scikit_learn() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../golden/pca.json")).unwrap();
    let digits = digits();
    for (name, points, relative) in
        [("digits", digits.clone(), 1e-12), ("products", products(&digits), 1e-6)]
    {
        let expected: Vec<f64> = serde_json::from_value(golden[name]["variances"].clone()).unwrap();
        let found = explained(points.view(), expected.len());
        close(&found, &expected.into(), relative);
    }
}

#[test]
fn explained_variances_are_those_of_the_scores() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(12);
    // Exact, implicit and randomized.
    for (n, d, count) in [(90, 20, 20), (50, 420, 8), (900, 300, 5)] {
        let points = Array2::from_shape_fn((n, d), |(_, j)| {
            rng.gen_range(-1.0..1.0) / (1.0 + (j / 2) as f64)
        });
        let pca = Pca::fit(points.view(), count);
        close(pca.explained_variance().unwrap(), &variances(&pca, &points), 1e-9);
    }
}

#[test]
fn all_variances_sum_up_to_that_of_the_points() {
    let points = digits();
    let total = points.var_axis(Axis(0), 1.0).sum();
    let found = explained(points.view(), 64);
    assert!((found.sum() / total - 1.0).abs() < 1e-12, "{} of {total}", found.sum());
    assert!(found.windows(2).into_iter().all(|pair| pair[0] >= pair[1]), "{found}");
}

#[test]
fn variances_grow_with_the_square_of_the_unit() {
    let points = digits();
    let expected = explained(points.view(), 6);
    for factor in [1e-100, 1e-30, 1e30, 1e100] {
        let found = explained((&points * factor).view(), 6);
        close(&found, &(&expected * (factor * factor)), 1e-9);
    }
}

#[test]
fn a_model_from_parts_knows_no_variances() {
    let fitted = Pca::fit(digits().view(), 3);
    let made = Pca::from_parts(fitted.mean().clone(), fitted.components().clone()).unwrap();
    assert_eq!(made.explained_variance(), None);
    assert_eq!(made.transform(digits().view()), fitted.transform(digits().view()));
    let error = Pca::from_parts(Array1::zeros(5), fitted.components().clone()).unwrap_err();
    assert_eq!(error, Error::Features { expected: 5, found: 64 });
    assert!(error.to_string().starts_with("expected components of 5 features"), "{error}");
}
