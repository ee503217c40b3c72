//! Cases small enough to work out on paper.

use clustering::Points;
use clustering::gmm::{self, CovarianceType, GaussianMixture, GmmParams, Progress};
use clustering::kmeans::{self, Init, KMeans, KMeansParams};
use ndarray::{Array1, Array2, Axis, array};

use crate::support::{assert_close, fit_gmm, fit_kmeans, from_centroids};

fn four_points() -> Array2<f64> {
    array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]]
}

#[test]
fn kmeans_of_four_points() {
    // First assignments 0 0 1 1, first update gives the midpoints, second assignment changes
    // nothing.
    let fit =
        fit_kmeans(four_points().view(), &from_centroids(array![[1.0, 0.0], [8.0, 0.0]])).unwrap();
    assert_eq!(fit.assignments, array![0, 0, 1, 1]);
    assert_eq!(fit.model.centroids(), array![[0.0, 0.5], [9.0, 0.5]]);
    assert_eq!((fit.inertia, fit.iterations, fit.converged, fit.start), (1.0, 2, true, 0));
    assert_eq!(fit.sizes, [2, 2]);
}

#[test]
fn kmeans_cut_short_returns_assignments_of_its_centroids() {
    // After one iteration the centroids are 2 and 10.5, and 6 is nearer to 2, although it was
    // assigned to the other.
    let points = array![[0.0], [4.0], [6.0], [11.0], [14.5]];
    let params = KMeansParams { max_iter: 1, ..from_centroids(array![[0.0], [9.0]]) };
    let fit = fit_kmeans(points.view(), &params).unwrap();
    assert_eq!(fit.model.centroids(), array![[2.0], [10.5]]);
    assert_eq!((fit.assignments, fit.converged), (array![0, 0, 0, 1, 1], false));
    assert_eq!(fit.inertia, 4.0 + 4.0 + 16.0 + 0.25 + 16.0);
}

#[test]
fn an_empty_cluster_takes_the_farthest_point() {
    // All four go to centroid 0 at the origin; [9, 1] is farthest from it and fills the empty
    // cluster.
    let params = KMeansParams { max_iter: 1, ..from_centroids(array![[0.0, 0.0], [100.0, 100.0]]) };
    let fit = fit_kmeans(four_points().view(), &params).unwrap();
    assert_close("centroids", fit.model.centroids(), &array![[3.0, 1.0 / 3.0], [9.0, 1.0]], 1e-15);
}

#[test]
fn fewer_distinct_points_than_clusters() {
    let points = array![[1.0, 2.0], [1.0, 2.0], [3.0, 4.0], [3.0, 4.0], [3.0, 4.0]];
    for init in [Init::KMeansPlusPlus, Init::Random, Init::Centroids(Array2::zeros((4, 2)))] {
        let params = KMeansParams { k: 4, init, ..KMeansParams::default() };
        let fit = fit_kmeans(points.view(), &params).unwrap();
        assert_eq!(fit.inertia, 0.0, "{:?}", params.init);
        assert!(fit.converged && fit.model.centroids().iter().all(|value| value.is_finite()));
        assert_eq!(fit.sizes.iter().sum::<usize>(), 5);
    }
}

#[test]
fn one_cluster_and_as_many_clusters_as_points() {
    let points = four_points();
    let fit = fit_kmeans(points.view(), &KMeansParams { k: 1, ..KMeansParams::default() }).unwrap();
    assert_eq!(fit.model.centroids(), array![[4.5, 0.5]]);
    assert_eq!(fit.inertia, 4.0 * (4.5 * 4.5 + 0.25));
    let fit = fit_kmeans(points.view(), &KMeansParams { k: 4, ..KMeansParams::default() }).unwrap();
    assert_eq!((fit.inertia, fit.sizes), (0.0, vec![1; 4]));
}

#[test]
fn ties_go_to_the_lowest_index() {
    let model = KMeans::new(array![[-1.0], [1.0], [1.0]]).unwrap();
    assert_eq!(model.predict(array![[1.0], [-1.0]].view()).unwrap(), array![1, 0]);
}

#[test]
fn inertia_of_any_assignments() {
    let model = KMeans::new(array![[0.0, 0.0], [9.0, 0.0]]).unwrap();
    assert_eq!(
        model.inertia(four_points().view(), &array![0, 0, 1, 0]).unwrap(),
        0.0 + 1.0 + 0.0 + 82.0
    );
}

#[test]
fn every_start_is_reported_and_the_best_is_kept() {
    let points = crate::support::cloud(300, 3, 5);
    let mut reports = Vec::new();
    let params = KMeansParams { k: 7, starts: 25, ..KMeansParams::default() };
    let fit = kmeans::fit(points.view(), &params, &mut |event| {
        if let kmeans::Progress::Start(report) = event {
            reports.push(report);
        }
    })
    .unwrap();
    reports.sort_by_key(|report| report.start);
    let starts: Vec<_> = reports.iter().map(|report| (report.start, report.starts)).collect();
    assert_eq!(starts, (0..25).map(|start| (start, 25)).collect::<Vec<_>>());
    let lowest = reports.iter().map(|report| report.details.inertia).fold(f64::INFINITY, f64::min);
    let first_best = reports.iter().find(|report| report.details.inertia == lowest).unwrap();
    assert_eq!(
        (fit.inertia, fit.start, fit.iterations),
        (lowest, first_best.start, first_best.iterations)
    );
}

#[test]
fn silhouettes_of_four_points() {
    // Within 1, between 9 and sqrt(82): (b - 1) / b with b their mean; a point alone counts 0.
    let b = (9.0 + 82.0_f64.sqrt()) / 2.0;
    let silhouette =
        |labels: [i32; 4]| kmeans::silhouette(&four_points(), &labels.to_vec().into()).unwrap();
    assert!((silhouette([0, 0, 1, 1]).unwrap() - (b - 1.0) / b).abs() < 1e-15);
    assert_eq!(silhouette([0, 0, 0, 0]), None);
    assert_eq!(silhouette([0, 1, 2, 3]), Some(0.0));
}

#[test]
fn silhouettes_of_many_small_clusters_are_measured_against_all_points() {
    // Groups of four on a line. A sample that is measured against itself has few of the members of
    // any cluster.
    let n = 6000;
    let points =
        Array2::from_shape_fn((n, 1), |(i, _)| (10 * (i / 4) + [0, 1, 2, 3][i % 4]) as f64);
    let params = KMeansParams { starts: 1, max_iter: 3, ..KMeansParams::default() };
    let selection = kmeans::select_k(&points, &params, 1200..=1201, &mut |_| {}).unwrap();
    for candidate in &selection.candidates {
        let exact = kmeans::silhouette(&points, &candidate.fit.assignments).unwrap().unwrap();
        let found = candidate.silhouette.unwrap();
        let error = candidate.silhouette_standard_error.unwrap();
        assert!(error > 0.0 && error < 0.02, "{error}");
        assert!((found - exact).abs() < 4.0 * error, "{found} +- {error}, {exact} of all");
    }
}

#[test]
fn silhouettes_do_not_look_at_points_of_weight_0() {
    let points = array![[0.0, 0.0], [0.0, 1.0], [7e11, -3e9], [9.0, 0.0], [9.0, 1.0], [4.0, 4.0]];
    let weights = [1.0, 2.0, 0.0, 1.0, 0.5, 0.0];
    let labels = Array1::from(vec![0, 0, 1, 1, 1, 0]);
    let weighted = Points::new(points.view()).weights(&weights);
    let found = kmeans::silhouette(weighted, &labels).unwrap();
    let kept = [0, 1, 3, 4];
    let fewer = points.select(Axis(0), &kept);
    let weights: Vec<f64> = kept.iter().map(|&i| weights[i]).collect();
    let weighted = Points::new(fewer.view()).weights(&weights);
    let expected = kmeans::silhouette(weighted, &labels.select(Axis(0), &kept)).unwrap();
    assert!(found.is_some() && found == expected, "{found:?} {expected:?}");
}

#[test]
fn the_number_of_clusters_that_is_there() {
    let centers = array![[0.0, 0.0], [30.0, 0.0], [0.0, 30.0], [30.0, 30.0]];
    let points = crate::support::blobs(&centers, 700, 1.0, 3);
    let params = KMeansParams { starts: 3, ..KMeansParams::default() };
    let mut seen = Vec::new();
    let selection = kmeans::select_k(&points, &params, 2..=7, &mut |event| {
        if matches!(event, kmeans::Progress::Start(_)) {
            seen.push(event.k());
        }
    })
    .unwrap();
    assert_eq!((selection.elbow, selection.silhouette), (Some(4), Some(4)));
    assert_eq!(
        selection.candidates.iter().map(|candidate| candidate.k).collect::<Vec<_>>(),
        [2, 3, 4, 5, 6, 7]
    );
    assert_eq!(seen.len(), 6 * 3);
    let alone = fit_kmeans(&points, &KMeansParams { k: 4, ..params }).unwrap();
    assert_eq!(selection.candidates[2].fit, alone);
}

#[test]
fn mixture_of_one_gaussian() {
    // Mean 1, variance (1 + 1 + 4 + 4) / 4, density at the mean 1 / sqrt(2 pi 2.5).
    let points = array![[0.0], [2.0], [-1.0], [3.0]];
    for kind in [
        CovarianceType::Full,
        CovarianceType::Tied,
        CovarianceType::Diag,
        CovarianceType::Spherical,
    ] {
        let params =
            GmmParams { k: 1, reg_covar: 0.0, covariance_type: kind, ..GmmParams::default() };
        let fit = fit_gmm(points.view(), &params).unwrap();
        assert_close("mean", fit.model.means(), &[1.0], 1e-14);
        assert_close("variance", fit.model.covariances().view(), &[2.5], 1e-14);
        let at_mean = -0.5 * (2.0 * std::f64::consts::PI * 2.5).ln();
        assert_close(
            "density",
            &fit.model.score_samples(array![[1.0]].view()).unwrap(),
            &[at_mean],
            1e-14,
        );
        assert!(
            (fit.log_likelihood - (at_mean - 0.5)).abs() < 1e-14,
            "{kind}: {}",
            fit.log_likelihood
        );
    }
}

#[test]
fn mixture_probabilities() {
    // Equal variances: the odds at x are the weights' times exp(2 x), here 1/3 exp(ln 3) = 1.
    let covariances = array![1.0, 1.0].into_dyn();
    let model = GaussianMixture::new(
        array![0.75, 0.25],
        array![[-1.0], [1.0]],
        covariances,
        CovarianceType::Spherical,
    )
    .unwrap();
    let half = 0.5 * 3.0_f64.ln();
    let points = array![[half], [half - 1.0], [half + 1.0]];
    let proba = model.predict_proba(points.view()).unwrap();
    let odds = (-2.0_f64).exp();
    let expected = [
        0.5,
        0.5,
        1.0 / (1.0 + odds),
        odds / (1.0 + odds),
        odds / (1.0 + odds),
        1.0 / (1.0 + odds),
    ];
    assert_close("probabilities", &proba, &expected, 1e-14);
    assert_eq!(model.predict(points.slice(ndarray::s![1.., ..])).unwrap(), array![0, 1]);
}

#[test]
fn degenerate_points_give_no_nan() {
    // Three places, one of them a single point, and more components than places.
    let mut points = Array2::<f64>::zeros((40, 3));
    points.slice_mut(ndarray::s![20..39, ..]).fill(5.0);
    points.row_mut(39).fill(-50.0);
    for kind in [
        CovarianceType::Full,
        CovarianceType::Tied,
        CovarianceType::Diag,
        CovarianceType::Spherical,
    ] {
        for init in [gmm::Init::KMeans, gmm::Init::Random, gmm::Init::Means(Array2::zeros((5, 3)))]
        {
            let params = GmmParams { k: 5, covariance_type: kind, init, ..GmmParams::default() };
            let fit = fit_gmm(points.view(), &params).unwrap();
            let (model, covariances) = (&fit.model, fit.model.covariances().view());
            let values = model.weights().iter().chain(model.means()).chain(covariances.iter());
            assert!(values.into_iter().all(|value| value.is_finite()), "{kind} {:?}", params.init);
            assert!(fit.log_likelihood.is_finite());
            assert!((model.weights().sum() - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn the_most_informative_start_is_kept_where_asked() {
    // H(mean posterior) - mean H(posterior)
    let entropy = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    let points = crate::support::cloud(300, 2, 5);
    let mut others = 0;
    for seed in 0..20 {
        let keep = gmm::Keep::MUTUAL_INFORMATION;
        let params = GmmParams {
            k: 5,
            starts: 6,
            keep,
            seed,
            init: gmm::Init::Random,
            ..GmmParams::default()
        };
        let mut ends = Vec::new();
        let fit = gmm::fit(points.view(), &params, &mut |progress| {
            if let Progress::Start(report) = progress {
                ends.push(report);
            }
        })
        .unwrap();
        let information: Vec<f64> =
            ends.iter().map(|report| report.details.information.unwrap().mutual()).collect();
        let most = information.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!((fit.criterion, information[fit.start]), (most, most));

        let posterior = fit.model.predict_proba(points.view()).unwrap();
        let of_mean: f64 = posterior.mean_axis(Axis(0)).unwrap().iter().map(|&p| entropy(p)).sum();
        let mean: f64 = posterior.iter().map(|&p| entropy(p)).sum::<f64>() / 300.0;
        assert!((most - (of_mean - mean)).abs() < 1e-12, "{most} {of_mean} {mean}");

        let likeliest =
            fit_gmm(points.view(), &GmmParams { keep: gmm::Keep::Likelihood, ..params }).unwrap();
        assert_eq!(likeliest.information, None);
        others += usize::from(likeliest.start != fit.start);
    }
    assert!(others > 0, "the likeliest start was always the most informative: nothing is shown");
}

#[test]
fn starts_of_a_mixture_begin_from_scratch_and_the_best_is_kept() {
    let points = crate::support::cloud(300, 2, 5);
    let params = GmmParams { k: 5, starts: 4, max_iter: 20, tol: 0.0, ..GmmParams::default() };
    let (mut ends, mut begins) = (Vec::new(), Vec::new());
    let fit = gmm::fit(points.view(), &params, &mut |progress| match progress {
        Progress::Start(report) => ends.push(report),
        Progress::Iteration(report) if report.iteration == 1 => {
            begins.push(report.details.log_likelihood);
        }
        Progress::Iteration(_) | Progress::Candidate(_) => {}
    })
    .unwrap();
    let best =
        ends.iter().map(|report| report.details.log_likelihood).fold(f64::NEG_INFINITY, f64::max);
    assert_eq!((fit.log_likelihood, fit.converged), (best, false));
    assert_eq!(ends[fit.start].details.log_likelihood, best);
    assert!(
        begins
            .iter()
            .zip(&ends)
            .skip(1)
            .zip(&ends)
            .all(|((begin, _), before)| *begin < before.details.log_likelihood)
    );

    let alone = fit_gmm(points.view(), &GmmParams { starts: 1, ..params }).unwrap();
    assert_eq!(
        alone.log_likelihood, ends[0].details.log_likelihood,
        "the first start does not depend on the others"
    );
}
