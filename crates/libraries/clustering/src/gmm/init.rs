//! The first parameters of a start: a given model, or an M step on starting responsibilities.

use std::ops::Range;

use kernels::simd::Isa;
use ndarray::{Array1, Array2, ArrayView1};
use rand::{Rng, RngCore};

use super::centered::Centered;
use super::m_step::{m_step, means_around};
use super::model::GaussianMixture;
use super::params::{GmmParams, Init};
use super::responsibilities::Responsibilities;
use super::simd_block::{BLOCK_LANES, Lanes};
use crate::check::in_order;
use crate::error::Error;
use crate::kmeans::{self, KMeans, KMeansParams};
use crate::rng;
use crate::scalar::Scalar;

/// Returns the mixture that start `start` begins with.
///
/// # Errors
///
/// [`Error::NotPositiveDefinite`], and those of k-means.
pub(super) fn starting_mixture<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    start: usize,
) -> Result<GaussianMixture, Error> {
    let mut rng = rng::stream(params.seed, start);
    match &params.init {
        Init::KMeans => {
            // These are scikit-learn's defaults for this step.
            let (k, seed) = (params.k, rng.next_u64());
            let kmeans_params = KMeansParams {
                k,
                seed,
                starts: 1,
                max_iter: 300,
                tol: 1e-4,
                ..KMeansParams::default()
            };
            let fit = kmeans::fit_typed(points.rows().typed(), &kmeans_params, &mut |_| {})?;
            from_labels(points, params, fit.model.centroids(), &fit.assignments)
        }
        Init::Means(means) => {
            let means = in_order(means.clone());
            let labels = KMeans::new(means.clone())?.assign_typed(points.rows().typed());
            from_labels(points, params, &means, &labels)
        }
        Init::Assignments(assignments) => {
            let centers = Array2::zeros((params.k, points.d()));
            from_labels(points, params, &centers, assignments)
        }
        Init::Model(model) => model.with_origin(points.origin()),
        Init::Random => {
            let mut responsibilities =
                Array2::from_shape_simple_fn((points.n(), params.k), || rng.r#gen::<f64>());
            for mut row in responsibilities.rows_mut() {
                row /= row.sum();
            }
            let origins = Array2::zeros((params.k, points.d()));
            from_responsibilities(
                points,
                params,
                &origins,
                &GivenResponsibilities(&responsibilities),
            )
        }
    }
}

/// Responsibility 1 for the component of each point's label `(n,)`; none for a label of -1.
struct OneHot<'a>(&'a Array1<i32>);

impl Responsibilities for OneHot<'_> {
    #[inline(always)]
    fn fill<I: Isa>(
        &self,
        rows: Range<usize>,
        _: &[Lanes],
        _: &mut [Lanes],
        to: &mut [Lanes],
    ) -> Lanes {
        to.fill([0.0; BLOCK_LANES]);
        for (lane, i) in rows.enumerate() {
            if let Ok(c) = usize::try_from(self.0[i]) {
                to[c][lane] = 1.0;
            }
        }
        [0.0; BLOCK_LANES]
    }
}

/// Responsibilities from an array of shape `(n, k)`.
struct GivenResponsibilities<'a>(&'a Array2<f64>);

impl Responsibilities for GivenResponsibilities<'_> {
    #[inline(always)]
    fn fill<I: Isa>(
        &self,
        rows: Range<usize>,
        _: &[Lanes],
        _: &mut [Lanes],
        to: &mut [Lanes],
    ) -> Lanes {
        to.fill([0.0; BLOCK_LANES]);
        for (lane, i) in rows.enumerate() {
            for (to, &responsibility) in to.iter_mut().zip(self.0.row(i)) {
                to[lane] = responsibility;
            }
        }
        [0.0; BLOCK_LANES]
    }
}

/// Performs one M step in which each point belongs to the component of its label, or to none if
/// that is -1.
///
/// Each component is measured from its first point; a component without points stays at its row of
/// `centers` `(k, d)`.
pub(super) fn from_labels<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    centers: &Array2<f64>,
    labels: &Array1<i32>,
) -> Result<GaussianMixture, Error> {
    let mut origins = centers - &ArrayView1::from(points.origin());
    let mut seen = vec![false; params.k];
    for (i, &label) in labels.iter().enumerate() {
        let Ok(c) = usize::try_from(label) else { continue };
        if !std::mem::replace(&mut seen[c], true) {
            origins.row_mut(c).iter_mut().zip(points.values(i)).for_each(|(to, x)| *to = x);
        }
    }
    from_responsibilities(points, params, &origins, &OneHot(labels))
}

/// Performs one M step without earlier means.
///
/// A first pass computes the means, around `origins` `(k, d)`, and a second pass the covariances
/// around these means. A component without points stays at its origin.
fn from_responsibilities<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    origins: &Array2<f64>,
    responsibilities: &impl Responsibilities,
) -> Result<GaussianMixture, Error> {
    let means = means_around(points, origins, responsibilities);
    let (kind, reg_covar) = (params.covariance_type, params.reg_covar);
    let (parameters, _) = m_step(points, &means, kind, reg_covar, responsibilities);
    GaussianMixture::from_parameters(parameters, points.origin())
}
