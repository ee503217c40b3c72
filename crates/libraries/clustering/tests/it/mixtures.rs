//! Mixtures: weights, warm starts, how many components, and points that are awkward.

use clustering::gmm::{self, CovarianceType, GaussianMixture, GmmFit, GmmParams, Init};
use clustering::{Error, Points};
use ndarray::{Array1, Array2, Axis, ShapeBuilder, array, s};
use proptest::prelude::*;

use crate::support::{assert_close, blobs, cloud, fit_gmm};

const KINDS: [CovarianceType; 4] =
    [CovarianceType::Full, CovarianceType::Tied, CovarianceType::Diag, CovarianceType::Spherical];

/// Three blobs that overlap a little, and means to start from.
fn overlapping(per_blob: usize, d: usize, seed: u64) -> (Array2<f64>, Array2<f64>) {
    let centers = Array2::from_shape_fn((3, d), |(i, j)| ((i * (j + 2)) % 3) as f64 * 1.5);
    (blobs(&centers, per_blob, 1.5, seed), centers + 0.1)
}

/// A given number of iterations from given means.
fn params(kind: CovarianceType, means: Array2<f64>, max_iter: usize) -> GmmParams {
    let k = means.nrows();
    GmmParams {
        k,
        covariance_type: kind,
        tol: 0.0,
        max_iter,
        init: Init::Means(means),
        ..GmmParams::default()
    }
}

fn assert_same(what: &str, a: &GmmFit, b: &GmmFit, relative: f64) {
    assert_close(&format!("{what} weights"), a.model.weights(), b.model.weights(), relative);
    assert_close(&format!("{what} means"), a.model.means(), b.model.means(), relative);
    let (covariances, others) = (a.model.covariances().view(), b.model.covariances().view());
    assert_close(&format!("{what} covariances"), covariances, others, relative);
    let numbers = |fit: &GmmFit| [fit.log_likelihood, fit.bic, fit.aic];
    assert_close(&format!("{what} likelihood"), &numbers(a), &numbers(b), relative);
}

/// Everything finite, and as many points as there are.
fn assert_sound(what: &str, fit: &GmmFit, n: usize) {
    let model = &fit.model;
    let covariances = model.covariances().view();
    let values = model.weights().iter().chain(model.means()).chain(covariances.iter());
    assert!(values.into_iter().all(|value| value.is_finite()), "{what}: {model:?}");
    assert!(
        [fit.log_likelihood, fit.bic, fit.aic].iter().all(|value| value.is_finite()),
        "{what}: {fit:?}"
    );
    assert!((model.weights().sum() - 1.0).abs() < 1e-12, "{what}");
    assert_eq!(fit.sizes.iter().sum::<usize>(), n, "{what}");
}

#[test]
fn a_weight_counts_points() {
    let (points, means) = overlapping(150, 4, 1);
    let weights: Vec<f64> = (0..points.nrows()).map(|i| ((i * 7) % 4) as f64).collect();
    let repeated: Vec<usize> =
        weights.iter().enumerate().flat_map(|(i, &weight)| vec![i; weight as usize]).collect();
    let repeated = points.select(Axis(0), &repeated);
    for kind in KINDS {
        let params = params(kind, means.clone(), 10);
        let expected = fit_gmm(&repeated, &params).unwrap();
        let fit = fit_gmm(Points::new(points.view()).weights(&weights), &params).unwrap();
        assert_same(kind.as_str(), &fit, &expected, 1e-9);
        assert_eq!(fit.assignments.len(), points.nrows());
        // Only ratios of weights count, however small or large.
        for factor in [1e-200, 1e200] {
            let weights: Vec<f64> = weights.iter().map(|weight| weight * factor).collect();
            let scaled = fit_gmm(Points::new(points.view()).weights(&weights), &params).unwrap();
            let model = |fit: &GmmFit| fit.model.covariances().view().to_owned();
            assert_close("covariances", &model(&scaled), &model(&expected), 1e-9);
            assert_close("likelihood", &[scaled.log_likelihood], &[expected.log_likelihood], 1e-9);
        }
    }
}

#[test]
fn a_warm_start_goes_on_where_a_fit_ended() {
    let (points, means) = overlapping(200, 3, 2);
    for kind in KINDS {
        let ten = fit_gmm(&points, &params(kind, means.clone(), 10)).unwrap();
        let five = params(kind, means.clone(), 5);
        let first = fit_gmm(&points, &five).unwrap();
        let warm = GmmParams { init: Init::Model(first.model), starts: 3, ..five };
        let fit = fit_gmm(&points, &warm).unwrap();
        assert_eq!((fit.start, fit.iterations), (0, 5));
        assert_same(kind.as_str(), &fit, &ten, 1e-12);
        assert_eq!(fit.assignments, ten.assignments);
    }
}

#[test]
fn a_starting_model_has_to_fit() {
    let (points, means) = overlapping(20, 3, 2);
    let model = fit_gmm(&points, &params(CovarianceType::Diag, means, 2)).unwrap().model;
    let base = || GmmParams {
        k: 3,
        covariance_type: CovarianceType::Diag,
        init: Init::Model(model.clone()),
        ..GmmParams::default()
    };
    let told =
        |points: &Array2<f64>, params: GmmParams| fit_gmm(points, &params).unwrap_err().to_string();
    assert_eq!(
        told(&points, GmmParams { covariance_type: CovarianceType::Full, ..base() }),
        "expected a starting model with full covariances, found diag: give one, or ask for diag"
    );
    assert_eq!(
        told(&points, GmmParams { k: 4, ..base() }),
        "expected means of the starting model of shape [4, 3], found [3, 3]"
    );
    assert_eq!(
        told(&cloud(20, 2, 1), base()),
        "expected means of the starting model of shape [3, 2], found [3, 3]"
    );
}

#[test]
fn the_lowest_bic_finds_as_many_components_as_there_are() {
    let centers = array![[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]];
    // Sums of uniform numbers, nearly normal.
    let points =
        (1..9).fold(blobs(&centers, 100, 0.5, 0), |sum, seed| sum + 0.5 * cloud(400, 2, seed));
    let base =
        GmmParams { covariance_type: CovarianceType::Spherical, starts: 2, ..GmmParams::default() };
    let mut seen = Vec::new();
    let candidates =
        gmm::select_k(&points, &base, 1..=6, &mut |progress| seen.push(progress.k())).unwrap();
    seen.dedup();
    assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
    for candidate in &candidates {
        let k = candidate.k;
        let alone = fit_gmm(&points, &GmmParams { k, ..base.clone() }).unwrap();
        assert_eq!(candidate.fit, alone);
        assert_eq!(candidate.n_parameters, (k - 1) + 2 * k + k);
        let (n, p) = (400.0_f64, candidate.n_parameters as f64);
        let bic = p * n.ln() - 2.0 * n * alone.log_likelihood;
        assert_close("bic", &[candidate.fit.bic], &[bic], 1e-12);
        assert_close("aic", &[candidate.fit.aic], &[bic - p * n.ln() + 2.0 * p], 1e-12);
    }
    assert_eq!(gmm::lowest_bic(&candidates).unwrap().k, 4);

    let refused = |range| gmm::select_k(&points, &base, range, &mut |_| {}).unwrap_err();
    assert!(matches!(refused(0..=3), Error::Parameter { name: "k", .. }));
    assert!(matches!(refused(2..=401), Error::TooFewPoints { k: 401, .. }));
    #[allow(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    let backwards = 3..=2;
    assert!(matches!(refused(backwards), Error::Parameter { .. }));
}

#[test]
fn numbers_of_parameters() {
    let (points, means) = overlapping(30, 5, 2);
    // k - 1 weights, k d means, and the covariances.
    for (kind, covariances) in KINDS.into_iter().zip([3 * 15, 15, 3 * 5, 3]) {
        let fit = fit_gmm(&points, &params(kind, means.clone(), 1)).unwrap();
        assert_eq!(fit.model.n_parameters(), 2 + 15 + covariances, "{kind}");
    }
}

#[test]
fn an_answer_depends_on_its_point_alone() {
    // 11 features and 77 points: no tile, SIMD block or block is full.
    let (points, means) = overlapping(100, 11, 4);
    for kind in KINDS {
        let model = fit_gmm(&points, &params(kind, means.clone(), 3)).unwrap().model;
        let part = points.slice(s![101..178, ..]);
        let (all, some) =
            (model.predict_proba(&points).unwrap(), model.predict_proba(part).unwrap());
        assert_eq!(all.slice(s![101..178, ..]), some, "{kind}");
        let (all, some) =
            (model.score_samples(&points).unwrap(), model.score_samples(part).unwrap());
        assert_eq!(all.slice(s![101..178]), some, "{kind}");
    }
}

#[test]
fn the_same_bytes_for_any_number_of_threads_and_any_layout() {
    let (points, means) = overlapping(3_000, 5, 5);
    let weights: Vec<f64> = (0..points.nrows()).map(|i| 0.5 + (i % 5) as f64).collect();
    let mut fortran = Array2::zeros(points.dim().f());
    fortran.assign(&points);
    for kind in KINDS {
        let params = params(kind, means.clone(), 4);
        let fit = |threads: usize, points: &Array2<f64>| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit_gmm(Points::new(points.view()).weights(&weights), &params)).unwrap()
        };
        let one = fit(1, &points);
        assert_eq!(one, fit(2, &points), "{kind}");
        assert_eq!(one, fit(7, &points), "{kind}");
        assert_eq!(one, fit(2, &fortran), "{kind}");
    }
}

#[test]
fn awkward_points() {
    let line = cloud(50, 1, 1);
    let wide = cloud(300, 200, 2);
    let few = cloud(3, 2, 3);
    let (usual, _) = overlapping(40, 3, 6);
    for kind in KINDS {
        let sound = |what: &str, points: &Array2<f64>, k: usize| {
            for init in [Init::KMeans, Init::Random] {
                let what = format!("{what}, {kind}, {init:?}");
                let params = GmmParams { k, covariance_type: kind, init, ..GmmParams::default() };
                let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
                let fit = pool
                    .install(|| fit_gmm(points, &params))
                    .unwrap_or_else(|e| panic!("{what}: {e}"));
                assert_sound(&what, &fit, points.nrows());
                let proba = fit.model.predict_proba(points).unwrap();
                assert!(
                    proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12),
                    "{what}: {proba}"
                );
            }
        };
        sound("one component", &usual, 1);
        sound("as many components as points", &few, 3);
        sound("all points equal", &Array2::from_elem((20, 3), 7.25), 3);
        sound("large", &(&usual * 1e30), 3);
        sound("small", &(&usual * 1e-30), 3);
        sound("one feature", &line, 4);
        sound("200 features", &wide, 2);
    }
}

#[test]
fn a_component_without_points_stays_and_harms_nobody() {
    let (points, means) = overlapping(100, 3, 7);
    let mut far = Array2::from_elem((4, 3), 1e4);
    far.slice_mut(s![..3, ..]).assign(&means);
    for kind in KINDS {
        let fit = fit_gmm(&points, &params(kind, far.clone(), 8)).unwrap();
        assert_sound(kind.as_str(), &fit, 300);
        assert!(fit.model.weights()[3] < 1e-12, "{kind}: {}", fit.model.weights());
        let without = fit_gmm(&points, &params(kind, means.clone(), 8)).unwrap();
        assert_close("means", fit.model.means().slice(s![..3, ..]), without.model.means(), 1e-9);
    }
}

#[test]
fn points_too_far_for_a_density() {
    let model = |kind: CovarianceType| {
        let covariances = Array1::from_elem(kind.shape(2, 1).iter().product::<usize>(), 1.0);
        let covariances = covariances.into_shape_with_order(kind.shape(2, 1)).unwrap();
        GaussianMixture::new(array![0.5, 0.5], array![[0.0], [1.0]], covariances, kind).unwrap()
    };
    for kind in KINDS {
        let far = array![[1e200], [-1e300]];
        assert_eq!(
            model(kind).predict_proba(&far).unwrap(),
            array![[0.5, 0.5], [0.5, 0.5]],
            "{kind}"
        );
        assert_eq!(model(kind).predict(&far).unwrap(), array![0, 0]);
        assert!(model(kind).score_samples(&far).unwrap().iter().all(|score| score.is_finite()));
        // Far, but not too far to say which is nearer.
        let proba = model(kind).predict_proba(&array![[-1e3], [1e3]]).unwrap();
        assert_close("probabilities", &proba, &array![[1.0, 0.0], [0.0, 1.0]], 1e-12);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(32)
    })]

    #[test]
    fn permuted_points_have_permuted_assignments(
        seed: u64,
        kind in 0..4_usize,
        step in 1..89_usize,
    ) {
        let (points, means) = overlapping(30, 2, seed);
        let n = points.nrows();
        let order: Vec<usize> =
            (0..n).map(|i| (i * if n % step == 0 { 1 } else { 7 } + step) % n).collect();
        let params = params(KINDS[kind], means, 5);
        let fit = fit_gmm(&points, &params).unwrap();
        let permuted = fit_gmm(&points.select(Axis(0), &order), &params).unwrap();
        assert_same("permuted", &permuted, &fit, 1e-9);
        let proba = fit.model.predict_proba(&points).unwrap();
        for (&label, &i) in permuted.assignments.iter().zip(&order) {
            let row = proba.row(i);
            // Sums in another order may settle a tie differently.
            prop_assert!(label == fit.assignments[i] || row[label as usize] > 0.5 - 1e-6, "{row}");
        }
    }

    #[test]
    fn scaled_points_have_scaled_parameters(seed: u64, kind in 0..4_usize, power in -20..20_i32) {
        let (points, means) = overlapping(30, 3, seed);
        let factor = f64::from(power).exp2();
        let base = GmmParams { reg_covar: 0.0, ..params(KINDS[kind], means.clone(), 5) };
        let fit = fit_gmm(&points, &base).unwrap();
        let scaled = GmmParams { init: Init::Means(means * factor), ..base };
        for scaled in [
            fit_gmm(&(&points * factor), &scaled).unwrap(),
            fit_gmm(Points::new(points.view()).scale(factor), &scaled).unwrap(),
        ] {
            assert_close("weights", scaled.model.weights(), fit.model.weights(), 1e-9);
            assert_close("means", scaled.model.means(), &(fit.model.means() * factor), 1e-9);
            let covariances = fit.model.covariances().view().mapv(|value| value * factor * factor);
            assert_close("covariances", scaled.model.covariances().view(), &covariances, 1e-9);
            let log_likelihood = fit.log_likelihood - 3.0 * factor.ln();
            let difference = (scaled.log_likelihood - log_likelihood).abs();
            prop_assert!(difference < 1e-9 * (1.0 + log_likelihood.abs()));
        }
    }
}

#[test]
fn one_covariance_for_all_keeps_its_digits_however_far_apart_means_are() {
    let d = 5;
    for apart in [1.0, 50.0, 1e3, 1e6, 1e9] {
        let centers = cloud(3, d, 1) * apart;
        let points = blobs(&centers, 200, 1.0, 2);
        // The components do not overlap, but for those that are closest, which are one.
        let centers = if apart > 1.0 { centers } else { centers.slice(s![..1, ..]).to_owned() };
        let points = points.slice(s![..200 * centers.nrows(), ..]).to_owned();
        let params = params(CovarianceType::Tied, centers.clone(), 3);
        let fit = fit_gmm(&points, &params).unwrap();
        let mut expected = Array2::<f64>::zeros((d, d));
        for part in points.axis_chunks_iter(Axis(0), 200) {
            let centered = &part - &part.mean_axis(Axis(0)).unwrap();
            expected += &centered.t().dot(&centered);
        }
        expected /= points.nrows() as f64;
        expected.diag_mut().iter_mut().for_each(|x| *x += params.reg_covar);
        // Points far from 0 have fewer digits themselves.
        let relative = 1e-9_f64.max(apart * 1e-15);
        assert_close(
            &format!("means {apart} apart"),
            fit.model.covariances().view(),
            &expected,
            relative,
        );
    }
}
