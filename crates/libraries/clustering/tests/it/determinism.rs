//! The same bytes for any number of threads and any layout; the same answer from f32 and f64.

use clustering::gmm::{CovarianceType, GaussianMixture, GmmFit, GmmParams};
use clustering::kmeans::{self, Init, KMeansParams};
use ndarray::{Array2, ArrayView2, ShapeBuilder, s};

use crate::support::{assert_close, blobs, cloud, fit_gmm, fit_kmeans, kmeans_bits};

/// Enough rows for many chunks, with a last block that is not full.
const N: usize = 20_011;

fn kmeans_params() -> KMeansParams {
    KMeansParams { k: 6, starts: 3, ..KMeansParams::default() }
}

fn gmm_params() -> GmmParams {
    GmmParams { k: 4, max_iter: 8, ..GmmParams::default() }
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn gmm_bits(fit: &GmmFit) -> (Vec<u64>, Vec<i32>, u64) {
    let covariances = fit.model.covariances().view();
    let parameters = fit.model.weights().iter().chain(fit.model.means()).chain(covariances.iter());
    (
        parameters.map(|value| value.to_bits()).collect(),
        fit.assignments.to_vec(),
        fit.log_likelihood.to_bits(),
    )
}

#[test]
fn kmeans_has_the_same_bytes_for_any_number_of_threads() {
    let points = cloud(N, 7, 1).mapv(|value| value as f32);
    for init in [Init::KMeansPlusPlus, Init::Random] {
        let params = KMeansParams { init, ..kmeans_params() };
        let fit = |threads| {
            with_threads(threads, || kmeans_bits(&fit_kmeans(points.view(), &params).unwrap()))
        };
        let one = fit(1);
        assert!(one == fit(2) && one == fit(5));
    }
}

#[test]
fn mixtures_have_the_same_bytes_for_any_number_of_threads() {
    let points = cloud(N, 4, 1);
    for kind in [
        CovarianceType::Full,
        CovarianceType::Tied,
        CovarianceType::Diag,
        CovarianceType::Spherical,
    ] {
        let params = GmmParams { covariance_type: kind, ..gmm_params() };
        let fit =
            |threads| with_threads(threads, || gmm_bits(&fit_gmm(points.view(), &params).unwrap()));
        let one = fit(1);
        assert!(one == fit(2) && one == fit(5), "{kind}");
    }
}

/// The same points in Fortran order and as every second row and column of a larger array.
fn other_layouts(points: &Array2<f64>) -> [Array2<f64>; 2] {
    let mut fortran = Array2::zeros(points.dim().f());
    fortran.assign(points);
    let mut strided = Array2::from_elem((2 * points.nrows(), 2 * points.ncols()), f64::NAN);
    strided.slice_mut(s![..;2, ..;2]).assign(points);
    [fortran, strided]
}

#[test]
fn layout_does_not_matter() {
    let points = cloud(3_000, 5, 2);
    let [fortran, strided] = other_layouts(&points);
    let views: [ArrayView2<f64>; 2] = [fortran.view(), strided.slice(s![..;2, ..;2])];
    let kmeans = fit_kmeans(points.view(), &kmeans_params()).unwrap();
    let gmm = fit_gmm(points.view(), &gmm_params()).unwrap();
    for view in views {
        assert!(kmeans_bits(&kmeans) == kmeans_bits(&fit_kmeans(view, &kmeans_params()).unwrap()));
        assert!(gmm_bits(&gmm) == gmm_bits(&fit_gmm(view, &gmm_params()).unwrap()));
        assert_eq!(kmeans.assignments, kmeans.model.predict(view).unwrap());
        assert_eq!(gmm.assignments, gmm.model.predict(view).unwrap());
    }
}

#[test]
fn f32_and_f64_agree() {
    // Every value is exact in both types; the blobs are clear enough that no point hesitates.
    let centers =
        Array2::from_shape_fn((6, 3), |(i, j)| 20.0 * ((i * (j + 2)) % 7) as f64 + 1000.0);
    let narrow = blobs(&centers, 200, 1.0, 3).mapv(|value| value as f32);
    let wide = narrow.mapv(f64::from);
    let (a, b) = (
        fit_kmeans(narrow.view(), &kmeans_params()).unwrap(),
        fit_kmeans(wide.view(), &kmeans_params()).unwrap(),
    );
    assert_eq!(a.assignments, b.assignments);
    assert_close("centroids", a.model.centroids(), b.model.centroids(), 1e-14);
    assert_close("inertia", &[a.inertia], &[b.inertia], 1e-14);
    let params = GmmParams { k: 6, ..GmmParams::default() };
    let (a, b) = (fit_gmm(narrow.view(), &params).unwrap(), fit_gmm(wide.view(), &params).unwrap());
    assert_eq!(a.assignments, b.assignments);
    assert_close("covariances", a.model.covariances().view(), b.model.covariances().view(), 1e-9);
}

/// Inertia and iterations of each start, for so many of them.
fn starts_of<F: clustering::Scalar>(
    points: &Array2<F>,
    params: &KMeansParams,
) -> Vec<(usize, u64, usize)> {
    let mut reports = Vec::new();
    kmeans::fit(points, params, &mut |event| {
        if let kmeans::Progress::Start(report) = event {
            reports.push((report.start, report.details.inertia.to_bits(), report.iterations));
        }
    })
    .unwrap();
    reports
}

#[test]
fn a_start_does_not_depend_on_the_others() {
    let points = cloud(500, 3, 8);
    let reports =
        |starts| starts_of(&points, &KMeansParams { k: 40, starts, ..KMeansParams::default() });
    let (few, many) = (reports(2), reports(7));
    assert_eq!(few[..], many[..2]);
    assert!(many.iter().any(|report| report.1 != many[0].1), "different starts differ");
}

#[test]
fn a_start_does_not_depend_on_whether_images_pay() {
    // Images are made from about fifty distances per point on, which four starts are and one is
    // not.
    for (n, size, away) in [(5_000, 0.01, 1e4), (2_000, 1.0, 0.0), (2_000, 0.1, -3e5)] {
        let points = cloud(n, 128, 9).mapv(|x| (size * x + away) as f32);
        for algorithm in crate::support::ALGORITHMS {
            let params = KMeansParams { k: 6, max_iter: 12, algorithm, ..KMeansParams::default() };
            let reports = |starts| starts_of(&points, &KMeansParams { starts, ..params.clone() });
            assert_eq!(reports(1)[..], reports(4)[..1], "{n} at {away}, {}", algorithm.as_str());
        }
    }
}

#[test]
fn predict_gives_the_assignments_of_the_fit() {
    let points = cloud(N, 6, 4).mapv(|value| value as f32);
    for max_iter in [1, 3, 350] {
        let fit = fit_kmeans(points.view(), &KMeansParams { max_iter, ..kmeans_params() }).unwrap();
        assert_eq!(fit.assignments, fit.model.predict(points.view()).unwrap());
        assert_eq!(fit.inertia, fit.model.inertia(points.view(), &fit.assignments).unwrap());
    }
    for kind in [
        CovarianceType::Full,
        CovarianceType::Tied,
        CovarianceType::Diag,
        CovarianceType::Spherical,
    ] {
        let fit =
            fit_gmm(points.view(), &GmmParams { covariance_type: kind, ..gmm_params() }).unwrap();
        let model = &fit.model;
        let arrays =
            (model.weights().clone(), model.means().clone(), model.covariances().view().to_owned());
        let rebuilt = GaussianMixture::new(arrays.0, arrays.1, arrays.2, kind).unwrap();
        assert_eq!(fit.assignments, rebuilt.predict(points.view()).unwrap(), "{kind}");
        let scores = rebuilt.score_samples(points.view()).unwrap();
        assert_close("log-likelihood", &[scores.mean().unwrap()], &[fit.log_likelihood], 1e-12);
        let proba = rebuilt.predict_proba(points.view()).unwrap();
        assert!(proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12));
        let likeliest = |(row, label): (ndarray::ArrayView1<f64>, &i32)| {
            row.iter().all(|p| *p <= row[*label as usize])
        };
        assert!(proba.rows().into_iter().zip(&fit.assignments).all(likeliest));
    }
}
