//! The search that merges two clusters and splits a third, and starts from assignments.

use clustering::gmm::{self, CovarianceType, GmmParams, Init, Keep, Progress};
use clustering::kmeans::{self, KMeansParams};
use clustering::{Points, Search};
use ndarray::{Array1, Array2, Axis, array, concatenate};

use crate::support::{assert_close, blobs, cloud, fit_gmm, fit_kmeans, from_centroids};

const KINDS: [CovarianceType; 4] =
    [CovarianceType::Full, CovarianceType::Tied, CovarianceType::Diag, CovarianceType::Spherical];

const CRITERIA: [Keep; 3] =
    [Keep::Likelihood, Keep::MUTUAL_INFORMATION, Keep::Information { uncertainty_weight: 10.0 }];

/// Four blobs, and assignments in which two of them share a cluster and a third has two.
fn halved_and_shared() -> (Array2<f64>, Array1<i32>) {
    let points = blobs(&array![[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [40.0, 40.0]], 60, 1.0, 3);
    let assignments = (0..240)
        .map(|i| match i / 60 {
            0 | 1 => 0,
            2 => 1,
            _ => 2 + i32::from(points[[i, 0]] > 40.0),
        })
        .collect();
    (points, assignments)
}

/// Whether assignments of the four blobs are the blobs.
fn are_the_blobs(assignments: &Array1<i32>) -> bool {
    let mut firsts: Vec<i32> = (0..4).map(|blob| assignments[60 * blob]).collect();
    let alike = (0..240).all(|i| assignments[i] == firsts[i / 60]);
    firsts.sort_unstable();
    firsts.dedup();
    alike && firsts.len() == 4
}

#[test]
fn a_mixture_leaves_a_start_with_one_component_on_two_blobs() {
    let (points, assignments) = halved_and_shared();
    for keep in CRITERIA {
        let start = GmmParams {
            k: 4,
            keep,
            init: Init::Assignments(assignments.clone()),
            ..GmmParams::default()
        };
        let without = fit_gmm(&points, &start).unwrap();
        assert!(!are_the_blobs(&without.assignments), "{keep:?}: nothing is left to search");
        assert_eq!(without.rounds, 0);
        let searched = GmmParams { search: Search::SplitMerge, ..start };
        let fit = fit_gmm(&points, &searched).unwrap();
        assert!(are_the_blobs(&fit.assignments), "{keep:?}: {:?}", fit.sizes);
        assert!(fit.criterion > without.criterion, "{keep:?}");
        assert!(fit.rounds >= 1 && fit.iterations > without.iterations, "{keep:?}");
    }
}

#[test]
fn kmeans_leaves_a_start_with_one_centroid_on_two_blobs() {
    let (points, assignments) = halved_and_shared();
    let centroid = |c: i32| {
        let members: Vec<usize> = (0..240).filter(|&i| assignments[i] == c).collect();
        points.select(Axis(0), &members).mean_axis(Axis(0)).unwrap().insert_axis(Axis(0))
    };
    let centroids: Vec<_> = (0..4).map(centroid).collect();
    let views: Vec<_> = centroids.iter().map(Array2::view).collect();
    let start = from_centroids(concatenate(Axis(0), &views).unwrap());
    let without = fit_kmeans(&points, &start).unwrap();
    assert!(!are_the_blobs(&without.assignments), "nothing is left to search");
    let fit = fit_kmeans(&points, &KMeansParams { search: Search::SplitMerge, ..start }).unwrap();
    assert!(are_the_blobs(&fit.assignments), "{:?}", fit.sizes);
    assert!(fit.inertia < without.inertia && fit.rounds == 1, "{} {}", fit.inertia, fit.rounds);
}

#[test]
fn a_search_never_ends_worse_than_it_started() {
    let mut improved = 0;
    for seed in 0..12 {
        let points = cloud(150, 3, seed);
        let weights: Vec<f64> = (0..150).map(|i| ((i * 7 + 1) % 4) as f64).collect();
        let weighted = || Points::new(points.view()).weights(&weights);
        let start = KMeansParams { k: 5, starts: 1, seed, ..KMeansParams::default() };
        let searched = KMeansParams { search: Search::SplitMerge, ..start.clone() };
        for (without, fit) in [
            (fit_kmeans(&points, &start), fit_kmeans(&points, &searched)),
            (fit_kmeans(weighted(), &start), fit_kmeans(weighted(), &searched)),
        ] {
            let (without, fit) = (without.unwrap(), fit.unwrap());
            assert!(fit.inertia <= without.inertia, "seed {seed}");
            assert_eq!(fit.inertia < without.inertia, fit.rounds > 0, "seed {seed}");
            improved += fit.rounds;
        }
        for (kind, keep) in KINDS.into_iter().flat_map(|kind| CRITERIA.map(|keep| (kind, keep))) {
            let start =
                GmmParams { k: 4, covariance_type: kind, keep, seed, ..GmmParams::default() };
            let searched = GmmParams { search: Search::SplitMerge, ..start.clone() };
            let without = fit_gmm(weighted(), &start).unwrap();
            let fit = fit_gmm(weighted(), &searched).unwrap();
            assert!(fit.criterion >= without.criterion, "{kind} {keep:?}, seed {seed}");
            improved += fit.rounds;
        }
    }
    assert!(improved > 20, "{improved} moves: hardly anything was searched");
}

/// All divisions of n points into k clusters that are not empty, each numbered by its first points.
fn divisions(n: usize, k: usize) -> Vec<Array1<i32>> {
    let mut all = vec![Vec::new()];
    for _ in 0..n {
        all = all
            .into_iter()
            .flat_map(|begun: Vec<i32>| {
                let next = begun.iter().max().map_or(0, |most| most + 1).min(k as i32 - 1);
                (0..=next).map(move |id| [&begun[..], &[id]].concat())
            })
            .collect();
    }
    let full = |division: &Vec<i32>| (0..k as i32).all(|id| division.contains(&id));
    all.into_iter().filter(full).map(Array1::from).collect()
}

#[test]
fn kmeans_finds_the_best_of_all_divisions_more_often_with_a_search() {
    let (n, k) = (9, 3);
    let divisions = divisions(n, k);
    assert_eq!(divisions.len(), 3025, "the Stirling number of 9 and 3");
    let (mut found, mut found_without) = (0, 0);
    for seed in 0..40 {
        let points = cloud(n, 2, seed);
        let inertia = |division: &Array1<i32>| -> f64 {
            (0..k as i32)
                .map(|c| {
                    let members: Vec<usize> = (0..n).filter(|&i| division[i] == c).collect();
                    let members = points.select(Axis(0), &members);
                    let mean = members.mean_axis(Axis(0)).unwrap();
                    (&members - &mean).mapv(|x| x * x).sum()
                })
                .sum()
        };
        let best = divisions.iter().map(inertia).fold(f64::INFINITY, f64::min);
        let init = kmeans::Init::Random;
        let start = KMeansParams { k, starts: 1, init, seed, ..KMeansParams::default() };
        let searched = KMeansParams { search: Search::SplitMerge, ..start.clone() };
        let optimal = |params| {
            let fit = fit_kmeans(&points, params).unwrap();
            assert!(fit.inertia >= best * (1.0 - 1e-12), "{} is below {best}", fit.inertia);
            usize::from(fit.inertia <= best * (1.0 + 1e-9))
        };
        found += optimal(&searched);
        found_without += optimal(&start);
    }
    assert!(found >= 30 && found > found_without + 5, "{found} of 40, {found_without} without");
}

#[test]
fn a_mixture_finds_the_best_of_all_starts_more_often_with_a_search() {
    let (n, k) = (8, 3);
    let divisions = divisions(n, k);
    let keep = Keep::Information { uncertainty_weight: 10.0 };
    let base = GmmParams {
        k,
        keep,
        covariance_type: CovarianceType::Spherical,
        reg_covar: 1e-2,
        ..GmmParams::default()
    };
    let (mut found, mut found_without) = (0, 0);
    for seed in 0..10 {
        let points = cloud(n, 2, seed + 100);
        let from = |division: &Array1<i32>| {
            let init = Init::Assignments(division.clone());
            fit_gmm(&points, &GmmParams { init, ..base.clone() }).unwrap().criterion
        };
        let best = divisions.iter().map(from).fold(f64::NEG_INFINITY, f64::max);
        let start = GmmParams { init: Init::Random, seed, ..base.clone() };
        let searched = GmmParams { search: Search::SplitMerge, ..start.clone() };
        let optimal =
            |params| usize::from(fit_gmm(&points, params).unwrap().criterion > best - 1e-4);
        found += optimal(&searched);
        found_without += optimal(&start);
    }
    assert!(found >= 7 && found > found_without, "{found} of 10, {found_without} without");
}

#[test]
fn a_search_has_the_same_bytes_for_any_number_of_threads() {
    // More points than a search compares moves on.
    let points = cloud(20_011, 3, 5);
    let with_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let keep = Keep::Information { uncertainty_weight: 10.0 };
            let search = Search::SplitMerge;
            let params = GmmParams { k: 5, keep, search, ..GmmParams::default() };
            let mixture = fit_gmm(&points, &params).unwrap();
            let params = KMeansParams { k: 5, starts: 1, search, ..KMeansParams::default() };
            let kmeans = fit_kmeans(&points, &params).unwrap();
            assert!(mixture.rounds + kmeans.rounds > 0, "nothing was searched");
            let means = mixture.model.means().mapv(f64::to_bits);
            let centroids = kmeans.model.centroids().mapv(f64::to_bits);
            let values = (mixture.criterion.to_bits(), kmeans.inertia.to_bits());
            (means, mixture.assignments, centroids, kmeans.assignments, values)
        })
    };
    let one = with_threads(1);
    assert!(one == with_threads(2) && one == with_threads(5));
}

#[test]
fn moves_are_reported() {
    let (points, assignments) = halved_and_shared();
    let init = Init::Assignments(assignments);
    let params =
        GmmParams { k: 4, init, search: Search::SplitMerge, tol: 1e-3, ..GmmParams::default() };
    let (mut candidates, mut rounds, mut iterations) = (Vec::new(), 0, 0);
    let fit = gmm::fit(&points, &params, &mut |progress| match progress {
        Progress::Candidate(report) => candidates.push(report.candidate),
        Progress::Start(report) => rounds = report.details.rounds,
        Progress::Iteration(_) => iterations += 1,
    })
    .unwrap();
    assert_eq!((rounds, candidates[0].round, candidates[0].index), (fit.rounds, 0, 0));
    assert_eq!(candidates.last().unwrap().round, fit.rounds, "the last round keeps no move");
    assert!(candidates.iter().all(|candidate| candidate.index < candidate.total));
    assert!(iterations >= fit.iterations);
    assert_eq!(candidates[0].to_string(), format!("round 1, move 1 of {}", candidates[0].total));
}

#[test]
fn assignments_start_a_mixture_as_the_nearest_means_do() {
    let points = cloud(120, 3, 8);
    let means = array![[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.6, 0.0]];
    let nearest = |point: ndarray::ArrayView1<f64>| {
        let distance = |c: &i32| (&means.row(*c as usize) - &point).mapv(|x| x * x).sum();
        (0..3).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap()
    };
    let assignments: Array1<i32> = points.outer_iter().map(nearest).collect();
    for kind in KINDS {
        let params = |init| GmmParams {
            k: 3,
            covariance_type: kind,
            init,
            max_iter: 5,
            ..GmmParams::default()
        };
        let by_means = fit_gmm(&points, &params(Init::Means(means.clone()))).unwrap();
        let by_ids = fit_gmm(&points, &params(Init::Assignments(assignments.clone()))).unwrap();
        assert_close("means", by_ids.model.means(), by_means.model.means(), 1e-12);
        assert_eq!((by_ids.start, by_ids.assignments), (0, by_means.assignments));
    }
}

#[test]
fn noise_and_points_of_weight_0_have_no_part_in_the_start() {
    let (points, assignments) = halved_and_shared();
    let mut noisy = assignments.clone();
    noisy.iter_mut().step_by(5).for_each(|id| *id = -1);
    let kept: Vec<usize> = (0..240).filter(|i| i % 5 != 0).collect();
    let params = |assignments| GmmParams {
        k: 4,
        max_iter: 1,
        init: Init::Assignments(assignments),
        ..GmmParams::default()
    };
    let fit = fit_gmm(&points, &params(noisy)).unwrap();
    assert_eq!(fit.assignments.len(), 240);
    // In one M step from the assignments alone, noise weighs nothing.
    let weights: Vec<f64> = (0..240).map(|i| f64::from(i % 5 != 0)).collect();
    let weighted = Points::new(points.view()).weights(&weights);
    let by_weight = fit_gmm(weighted, &params(assignments.clone())).unwrap();
    let alone = points.select(Axis(0), &kept);
    let of_kept = kept.iter().map(|&i| assignments[i]).collect();
    let alone = fit_gmm(&alone, &params(of_kept)).unwrap();
    assert_eq!(by_weight.model, alone.model);
}

#[test]
fn wrong_parameters_are_refused() {
    let points = cloud(6, 2, 1);
    let refused = |params: GmmParams| fit_gmm(&points, &params).unwrap_err().to_string();
    let base = || GmmParams { k: 2, ..GmmParams::default() };
    for (assignments, told) in [
        (array![0, 1, 0], "expected starting assignments of shape [6], found [3]"),
        (
            array![0, 1, 2, 0, 1, 0],
            "expected starting assignments to each of 0 to k - 1 (k = 2), or -1, found 2 in row 2",
        ),
        (
            array![0, -2, 1, 0, 1, 0],
            "expected starting assignments to each of 0 to k - 1 (k = 2), or -1, found -2 in row 1",
        ),
        (
            array![0, 0, -1, 0, 0, 0],
            "expected starting assignments to each of 0 to k - 1 (k = 2), or -1, found no point in \
             1",
        ),
    ] {
        assert_eq!(refused(GmmParams { init: Init::Assignments(assignments), ..base() }), told);
    }
    let keep = Keep::Information { uncertainty_weight: -1.0 };
    let told = "expected uncertainty_weight finite and at least 0, found -1";
    assert_eq!(refused(GmmParams { keep, ..base() }), told);
    // The only cluster with points in it has weight 0.
    let weights = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0];
    let init = Init::Assignments(array![0, 0, 0, 0, 1, 1]);
    let weighted = Points::new(points.view()).weights(&weights);
    let error = fit_gmm(weighted, &GmmParams { init, ..base() }).unwrap_err().to_string();
    assert!(error.ends_with("found no point in 1"), "{error}");
}

#[test]
fn the_weight_of_uncertainty_is_that_of_the_conditional_entropy() {
    let points = cloud(200, 2, 4);
    let fit = |keep| fit_gmm(&points, &GmmParams { k: 3, keep, ..GmmParams::default() }).unwrap();
    let (of_one, of_ten) =
        (fit(Keep::MUTUAL_INFORMATION), fit(Keep::Information { uncertainty_weight: 10.0 }));
    let information = of_ten.information.unwrap();
    assert_eq!(of_one.information, of_ten.information);
    assert_eq!(of_one.criterion, information.mutual());
    let expected = information.entropy - 10.0 * information.conditional_entropy;
    assert!((of_ten.criterion - expected).abs() < 1e-12);
    assert!(information.conditional_entropy > 0.0 && information.entropy < 3.0_f64.ln());
}
