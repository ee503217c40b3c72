//! The first parameters of a start: a given model, or an M step on responsibilities that need none.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1};
use rand::{Rng, RngCore};

use super::centered::Centered;
use super::model::GaussianMixture;
use super::moments::{Responsibilities, maximize, means_around};
use super::panel::{LANES, Lanes};
use super::{GmmParams, Init};
use crate::check::in_order;
use crate::kmeans::{KMeans, KMeansParams};
use crate::simd::Isa;
use crate::{Error, Scalar, rng};

/// The mixture that start `start` begins with.
///
/// Errors: [`Error::NotPositiveDefinite`], and those of k-means.
pub(super) fn starting_mixture<F: Scalar>(
    points: Centered<F>,
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
            let fit = F::fit_kmeans(points.rows(), &kmeans, &mut |_| {})?;
            from_labels(points, params, fit.model.centroids(), &fit.assignments)
        }
        Init::Means(means) => {
            let means = in_order(means.clone());
            let labels = F::nearest(&KMeans::new(means.clone())?, points.rows());
            from_labels(points, params, &means, &labels)
        }
        Init::Model(model) => model.measured_from(points.origin()),
        Init::Random => {
            let mut responsibilities =
                Array2::from_shape_simple_fn((points.n(), params.k), || rng.r#gen::<f64>());
            for mut row in responsibilities.rows_mut() {
                row /= row.sum();
            }
            let origins = Array2::zeros((params.k, points.d()));
            from_responsibilities(points, params, &origins, &Given(&responsibilities))
        }
    }
}

/// All of a point to the component of its label; shape `(n,)`.
struct Labels<'a>(&'a Array1<i32>);

impl Responsibilities for Labels<'_> {
    #[inline(always)]
    fn fill<I: Isa>(&self, rows: Range<usize>, _: &[Lanes], _: &mut [Lanes], to: &mut [Lanes]) -> Lanes {
        to.fill([0.0; LANES]);
        for (lane, i) in rows.enumerate() {
            to[self.0[i] as usize][lane] = 1.0;
        }
        [0.0; LANES]
    }
}

/// Any responsibilities, shape `(n, k)`.
struct Given<'a>(&'a Array2<f64>);

impl Responsibilities for Given<'_> {
    #[inline(always)]
    fn fill<I: Isa>(&self, rows: Range<usize>, _: &[Lanes], _: &mut [Lanes], to: &mut [Lanes]) -> Lanes {
        to.fill([0.0; LANES]);
        for (lane, i) in rows.enumerate() {
            for (to, &share) in to.iter_mut().zip(self.0.row(i)) {
                to[lane] = share;
            }
        }
        [0.0; LANES]
    }
}

/// [`from_responsibilities`] with all of a point to the component of its label. Each component is
/// measured from its first point; one without points stays at its row of `centers` `(k, d)`.
fn from_labels<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    centers: &Array2<f64>,
    labels: &Array1<i32>,
) -> Result<GaussianMixture, Error> {
    let mut origins = centers - &ArrayView1::from(points.origin());
    let mut seen = vec![false; params.k];
    for (i, &label) in labels.iter().enumerate() {
        let c = label as usize;
        if !std::mem::replace(&mut seen[c], true) {
            origins.row_mut(c).iter_mut().zip(points.values(i)).for_each(|(to, x)| *to = x);
        }
    }
    from_responsibilities(points, params, &origins, &Labels(labels))
}

/// One M step. There are no earlier means to measure from, so a first pass finds the means,
/// measuring from `origins` `(k, d)`, and a second one the covariances around them. A component
/// without points stays at its origin.
fn from_responsibilities<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    origins: &Array2<f64>,
    responsibilities: &impl Responsibilities,
) -> Result<GaussianMixture, Error> {
    let means = means_around(points, origins, responsibilities);
    let (kind, reg_covar) = (params.covariance_type, params.reg_covar);
    let (parameters, _) = maximize(points, &means, kind, reg_covar, responsibilities);
    GaussianMixture::from_parameters(parameters, points.origin())
}
