//! Mixtures of points that are far from zero, and of points among which some have weight 0.

use clustering::gmm::{
    self, CovarianceType, Covariances, GaussianMixture, GmmFit, GmmParams, Init,
};
use clustering::{Points, Scalar};
use ndarray::{Array1, Array2, ArrayD, Axis, IxDyn, ShapeBuilder, array, s};
use proptest::prelude::*;

use crate::support::{assert_close, blobs, fit_gmm};

const KINDS: [CovarianceType; 4] =
    [CovarianceType::Full, CovarianceType::Tied, CovarianceType::Diag, CovarianceType::Spherical];

/// Three blobs that overlap, on a grid of eighths, and means to start from.
fn on_a_grid(per_blob: usize, d: usize, seed: u64) -> (Array2<f64>, Array2<f64>) {
    let centers = Array2::from_shape_fn((3, d), |(i, j)| ((i * (j + 2)) % 3) as f64 * 1.5);
    let points = blobs(&centers, per_blob, 2.0, seed).mapv(|x| (8.0 * x).round() / 8.0);
    let means = points.select(Axis(0), &[0, per_blob, 2 * per_blob]);
    (points, means)
}

fn params(kind: CovarianceType, init: Init) -> GmmParams {
    GmmParams { k: 3, covariance_type: kind, init, max_iter: 40, ..GmmParams::default() }
}

/// Assignments, the bits of all numbers but the means, and iterations.
fn bits(fit: &GmmFit) -> (Vec<i32>, Vec<u64>, usize) {
    let model = &fit.model;
    let covariances = model.covariances();
    let values =
        model.weights().iter().chain(covariances.view().iter()).copied().collect::<Vec<_>>();
    let values = values
        .into_iter()
        .chain([fit.log_likelihood, fit.bic, fit.aic])
        .map(f64::to_bits)
        .collect();
    (fit.assignments.to_vec(), values, fit.iterations)
}

/// `points` and `points + distance`, both exact as `F`, from the same start.
fn moved<F: Scalar>(
    points: &Array2<f64>,
    distance: f64,
    narrow: impl Fn(f64) -> F,
    kind: CovarianceType,
) {
    let at = |distance: f64| -> Array2<F> { points.mapv(|x| narrow(x + distance)) };
    let means_of = |distance: f64| {
        points.select(Axis(0), &[0, points.nrows() / 3, 2 * points.nrows() / 3]) + distance
    };
    // The covariances of a model to begin with.
    let identity = |k: usize, d: usize| -> ArrayD<f64> {
        let shape = kind.shape(k, d);
        let matrix = matches!(kind, CovarianceType::Full | CovarianceType::Tied);
        ArrayD::from_shape_fn(IxDyn(&shape), |at| {
            let n = shape.len();
            if matrix && at[n - 1] != at[n - 2] { 0.0 } else { 1.0 }
        })
    };
    let third = array![0.25, 0.25, 0.5];
    let model = |distance: f64| {
        let means = means_of(distance);
        let covariances = identity(3, means.ncols());
        GaussianMixture::new(third.clone(), means, covariances, kind).unwrap()
    };
    for from_model in [true, false] {
        let init = |distance| if from_model { Init::Model(model(distance)) } else { Init::Random };
        let fit = fit_gmm(&at(0.0), &params(kind, init(0.0))).unwrap();
        let other = fit_gmm(&at(distance), &params(kind, init(distance))).unwrap();
        let what = format!("{kind}, {distance}, from a model: {from_model}");
        assert_eq!(bits(&other), bits(&fit), "{what}");
        let back = other.model.means() - distance;
        let rounding = 2.0 * f64::EPSILON * distance.abs();
        let wrong = (back - fit.model.means()).fold(0.0, |most: f64, x| most.max(x.abs()));
        assert!(wrong <= rounding, "{what}: means are {wrong} apart");
        assert_eq!(other.model.predict(&at(distance)).unwrap(), fit.assignments, "{what}");
    }
}

#[test]
fn moved_points_have_a_moved_mixture() {
    for (per_blob, d) in [(150, 3), (40, 1), (90, 6)] {
        let (points, _) = on_a_grid(per_blob, d, d as u64);
        for kind in KINDS {
            moved(&points, 1_048_576.0, |x| x as f32, kind);
            moved(&points, -1e5, |x| x as f32, kind);
            for distance in [1e8, -3.0, 35_184_372_088_832.0] {
                moved(&points, distance, |x| x, kind);
            }
        }
    }
}

/// Mean and covariance `(d, d)` of points, by hand.
fn moments(points: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let mean = points.mean_axis(Axis(0)).unwrap();
    let centered = points - &mean;
    (mean, centered.t().dot(&centered) / points.nrows() as f64)
}

/// Expected form of the covariances of one component.
fn expected(kind: CovarianceType, covariance: &Array2<f64>) -> Vec<f64> {
    match kind {
        CovarianceType::Full | CovarianceType::Tied => covariance.iter().copied().collect(),
        CovarianceType::Diag => covariance.diag().to_vec(),
        CovarianceType::Spherical => vec![covariance.diag().mean().unwrap()],
    }
}

#[test]
fn a_model_far_away_loses_no_digits() {
    let (points, _) = on_a_grid(100, 3, 5);
    let (mean, covariance) = moments(&points);
    for kind in KINDS {
        for distance in [1e4, 1e8, -1e12, 1e100, 1e250] {
            let means = Array2::from_elem((1, 3), distance);
            let shape = kind.shape(1, 3);
            let covariances = match kind {
                CovarianceType::Full | CovarianceType::Tied => {
                    Array2::<f64>::eye(3).into_shape_with_order(IxDyn(&shape)).unwrap()
                }
                _ => ArrayD::ones(IxDyn(&shape)),
            };
            let model = GaussianMixture::new(array![1.0], means, covariances, kind).unwrap();
            let base = params(kind, Init::Model(model));
            let fit =
                fit_gmm(&points, &GmmParams { k: 1, max_iter: 1, reg_covar: 0.0, ..base }).unwrap();
            let what = format!("{kind}, {distance}");
            assert_close(&what, fit.model.means(), &mean, 1e-11);
            assert_close(
                &what,
                fit.model.covariances().view(),
                &expected(kind, &covariance),
                1e-11,
            );
        }
    }
}

#[test]
fn means_far_away_to_start_from_lose_no_digits() {
    let (points, _) = on_a_grid(100, 2, 6);
    let (mean, covariance) = moments(&points);
    for kind in KINDS {
        for distance in [1e8, 1e200] {
            // All points go to the first; the second keeps its place.
            let means = array![[distance, distance], [-2.0 * distance, -2.0 * distance]];
            let base = params(kind, Init::Means(means));
            let fit = fit_gmm(&points, &GmmParams { k: 2, max_iter: 1, reg_covar: 1e-9, ..base })
                .unwrap();
            let what = format!("{kind}, {distance}");
            assert_close(&what, fit.model.means().row(0), &mean, 1e-11);
            let first: Vec<f64> = match fit.model.covariances() {
                Covariances::Full(all) => all.index_axis(Axis(0), 0).iter().copied().collect(),
                Covariances::Tied(all) => all.iter().copied().collect(),
                Covariances::Diag(all) => all.row(0).to_vec(),
                Covariances::Spherical(all) => vec![all[0]],
            };
            assert_close(&what, &first, &expected(kind, &covariance), 1e-8);
        }
    }
}

#[test]
fn an_empty_component_far_away_blurs_no_other() {
    // It is the first, and covariances are shared: what all are measured from must not be its mean.
    let (points, means) = on_a_grid(100, 3, 7);
    let covariance = Array2::<f64>::eye(3) * 0.5;
    let near = GaussianMixture::new(
        array![0.3, 0.3, 0.4],
        means.clone(),
        covariance.clone().into_dyn(),
        CovarianceType::Tied,
    );
    let near = near.unwrap().predict_proba(&points).unwrap();
    for (weight, distance) in [(1e-9, 1e15), (0.9, 1e12)] {
        let mut four = Array2::from_elem((4, 3), distance);
        four.slice_mut(s![1.., ..]).assign(&means);
        let weights =
            array![weight, 0.3 * (1.0 - weight), 0.3 * (1.0 - weight), 0.4 * (1.0 - weight)];
        let model = GaussianMixture::new(
            weights,
            four,
            covariance.clone().into_dyn(),
            CovarianceType::Tied,
        );
        let proba = model.unwrap().predict_proba(&points).unwrap();
        assert_close("probabilities", proba.slice(s![.., 1..]), &near, 1e-12);
    }
}

#[test]
fn arrays_of_a_model_may_be_in_fortran_order() {
    let (points, means) = on_a_grid(60, 3, 8);
    let fortran = |array: &Array2<f64>| {
        let mut turned = Array2::zeros(array.dim().f());
        turned.assign(array);
        turned
    };
    for kind in KINDS {
        let fit = fit_gmm(&points, &params(kind, Init::Means(means.clone()))).unwrap();
        let model = &fit.model;
        let covariances = model.covariances().view();
        let mut turned = ArrayD::zeros(covariances.raw_dim().f());
        turned.assign(&covariances);
        let other =
            GaussianMixture::new(model.weights().clone(), fortran(model.means()), turned, kind)
                .unwrap();
        let other = other.with_offsets(model.origin().clone(), fortran(model.offsets())).unwrap();
        assert_eq!(&other, model, "{kind}");
        assert_eq!(other.predict_proba(&points).unwrap(), model.predict_proba(&points).unwrap());
        let warm = params(kind, Init::Model(other));
        assert_eq!(
            fit_gmm(&points, &warm).unwrap(),
            fit_gmm(&points, &params(kind, Init::Model(model.clone()))).unwrap()
        );
    }
}

#[test]
fn offsets_count_only_beside_their_means() {
    let model = |mean: f64| {
        let covariances = array![1.0].into_dyn();
        GaussianMixture::new(array![1.0], array![[mean]], covariances, CovarianceType::Spherical)
            .unwrap()
    };
    let (origin, offsets) = (array![1e17], array![[0.25]]);
    let finer = model(1e17).with_offsets(origin.clone(), offsets.clone()).unwrap();
    assert_eq!((finer.offsets(), finer.means()), (&offsets, &array![[1e17]]));
    // Means that somebody changed.
    assert_eq!(model(5.0).with_offsets(origin.clone(), offsets.clone()).unwrap(), model(5.0));
    assert!(model(5.0).with_offsets(array![1.0, 2.0], offsets).is_err());
    assert!(model(5.0).with_offsets(origin.clone(), array![[1.0, 2.0]]).is_err());
    assert!(model(5.0).with_offsets(origin, array![[f64::NAN]]).is_err());
}

/// Points with others of weight 0, far away, before every so many of them; the weights of all, and
/// where the first are.
fn with_zeros(
    points: &Array2<f64>,
    weights: &[f64],
    every: usize,
) -> (Array2<f64>, Vec<f64>, Vec<usize>) {
    let d = points.ncols();
    let (mut values, mut more, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for (i, row) in points.outer_iter().enumerate() {
        if i % every == 0 {
            values.extend((0..d).map(|j| if j % 2 == 0 { 1e8 } else { -3e12 }));
            more.push(if i % 2 == 0 { 0.0 } else { -0.0 });
        }
        kept.push(more.len());
        values.extend(row);
        more.push(weights[i]);
    }
    (Array2::from_shape_vec((more.len(), d), values).unwrap(), more, kept)
}

#[test]
fn points_of_weight_zero_change_no_byte() {
    let (points, means) = on_a_grid(200, 2, 9);
    let weights: Vec<f64> = (0..points.nrows()).map(|i| 0.5 + (i % 3) as f64).collect();
    for kind in KINDS {
        for init in [Init::KMeans, Init::Random, Init::Means(means.clone())] {
            for every in [1, 7, 600] {
                let params =
                    GmmParams { keep: gmm::Keep::MUTUAL_INFORMATION, ..params(kind, init.clone()) };
                let (all, more, kept) = with_zeros(&points, &weights, every);
                let fit = fit_gmm(Points::new(points.view()).weights(&weights), &params).unwrap();
                let other = fit_gmm(Points::new(all.view()).weights(&more), &params).unwrap();
                let what = format!("{kind}, {init:?}, {every}");
                assert_eq!(other.model, fit.model, "{what}");
                assert_eq!(bits(&other).1, bits(&fit).1, "{what}");
                assert_eq!(
                    (other.iterations, other.information),
                    (fit.iterations, fit.information),
                    "{what}"
                );
                assert_eq!(other.assignments.select(Axis(0), &kept), fit.assignments, "{what}");
                assert_eq!(other.assignments, fit.model.predict(&all).unwrap(), "{what}");
                assert_eq!(other.sizes.iter().sum::<usize>(), all.nrows(), "{what}");
            }
        }
    }
    // They are no points that components could be made of.
    let few = [1.0, 1.0, 0.0, 0.0];
    let four = points.slice(s![..4, ..]);
    assert!(
        fit_gmm(Points::new(four).weights(&few), &params(CovarianceType::Diag, Init::KMeans))
            .is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(24)
    })]

    #[test]
    fn moved_points_are_as_others(
        seed: u64,
        kind in 0..4_usize,
        d in 1..6_usize,
        power in 0..46_i32,
        sign: bool,
    ) {
        let (points, _) = on_a_grid(40, d, seed);
        let distance = if sign { 1.0 } else { -1.0 } * f64::from(power).exp2().round();
        moved(&points, distance, |x| x, KINDS[kind]);
        if power < 18 {
            moved(&points, distance, |x| x as f32, KINDS[kind]);
        }
    }
}
