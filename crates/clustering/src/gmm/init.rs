//! The first parameters of a start: an M step on responsibilities that need no model.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};
use rand::{Rng, RngCore};

use super::covariance::CovarianceType;
use super::density::widen;
use super::model::GaussianMixture;
use super::moments::Moments;
use super::{GmmParams, Init};
use crate::kmeans::{self, KMeans, KMeansParams};
use crate::points::Rows;
use crate::{Error, Scalar, rng};

/// The mixture that start `start` begins with.
///
/// Errors: [`Error::NotPositiveDefinite`], and those of k-means.
pub(super) fn starting_mixture<F: Scalar>(
    points: Rows<F>,
    params: &GmmParams,
    start: usize,
) -> Result<GaussianMixture, Error> {
    let mut rng = rng::stream(params.seed, start);
    match &params.init {
        Init::KMeans => {
            // scikit-learn's defaults for this step; its tolerance is enough for a start.
            let (k, seed) = (params.k, rng.next_u64());
            let kmeans =
                KMeansParams { k, seed, starts: 1, max_iter: 300, tol: 1e-4, ..KMeansParams::default() };
            from_labels(points, params, &kmeans::fit_rows(points, &kmeans, &mut |_| {})?.assignments)
        }
        Init::Means(means) => from_labels(points, params, &KMeans::new(means.clone())?.assign(points)),
        Init::Random => {
            let mut responsibilities =
                Array2::from_shape_simple_fn((points.n(), params.k), || rng.r#gen::<f64>());
            for mut row in responsibilities.rows_mut() {
                row /= row.sum();
            }
            from_responsibilities(points, params, |rows, to| to.assign(&responsibilities.slice(s![rows, ..])))
        }
    }
}

fn from_labels<F: Scalar>(
    points: Rows<F>,
    params: &GmmParams,
    labels: &Array1<i32>,
) -> Result<GaussianMixture, Error> {
    from_responsibilities(points, params, |rows, to| {
        to.fill(0.0);
        for (mut row, i) in to.outer_iter_mut().zip(rows) {
            row[labels[i] as usize] = 1.0;
        }
    })
}

/// One M step. There are no earlier means to measure from, so a first pass finds the means and a second one
/// the covariances around them.
fn from_responsibilities<F: Scalar>(
    points: Rows<F>,
    params: &GmmParams,
    fill: impl Fn(Range<usize>, &mut Array2<f64>) + Sync,
) -> Result<GaussianMixture, Error> {
    let fill = |rows: Range<usize>, _: ArrayView2<f64>, _: &mut _, to: &mut Array2<f64>| {
        fill(rows, to);
        0.0
    };
    let kind = params.covariance_type;
    let mut first = Array2::default((0, 0));
    widen(points, 0..1, &mut first);
    let origin = concatenate(Axis(0), &vec![first.view(); params.k]).expect("k rows of the same width");
    // Diagonals are the cheapest to collect, and nobody looks at them.
    let diagonal = CovarianceType::Diag;
    let means = Moments::of(points, &origin, diagonal, fill).parameters(&origin, diagonal, 0.0).means;
    let moments = Moments::of(points, &means, kind, fill);
    GaussianMixture::from_parameters(moments.parameters(&means, kind, params.reg_covar))
}
