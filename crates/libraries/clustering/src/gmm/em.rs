//! Expectation maximization of one start.

use std::ops::Range;

use kernels::simd::Isa;

use super::centered::Centered;
use super::density::Densities;
use super::init::starting_mixture;
use super::m_step::m_step;
use super::model::GaussianMixture;
use super::params::GmmParams;
use super::report::IterationDetails;
use super::responsibilities::{Responsibilities, softmax};
use super::simd_block::Lanes;
use crate::error::Error;
use crate::scalar::Scalar;

/// The model at the end of a start.
pub(super) struct EmResult {
    pub(super) model: GaussianMixture,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// Runs start `start` from its beginning.
///
/// `on_iteration` gets the number of each iteration, from 1, and what it measured.
///
/// # Errors
///
/// [`Error::NotPositiveDefinite`], and those of k-means.
pub(super) fn fit_start<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    start: usize,
    mut on_iteration: impl FnMut(usize, IterationDetails),
) -> Result<EmResult, Error> {
    let model = starting_mixture(points, params, start)?;
    let mut run = EmResult { model, iterations: 0, converged: false };
    let mut log_likelihood = f64::NEG_INFINITY;
    while !run.converged && run.iterations < params.max_iter {
        let (model, new) = iterate(points, params, &run.model)?;
        let change = new - log_likelihood;
        log_likelihood = new;
        run.model = model;
        run.iterations += 1;
        run.converged = change.abs() < params.tol;
        on_iteration(run.iterations, IterationDetails { log_likelihood, change });
    }
    Ok(run)
}

/// Performs one E step and one M step, in one pass over the points.
///
/// Returns the new mixture and the mean log-likelihood under the old one.
fn iterate<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    model: &GaussianMixture,
) -> Result<(GaussianMixture, f64), Error> {
    let (kind, reg_covar) = (params.covariance_type, params.reg_covar);
    let (parameters, log_likelihood) =
        m_step(points, model.offsets(), kind, reg_covar, model.densities());
    Ok((GaussianMixture::from_parameters(parameters, points.origin())?, log_likelihood))
}

/// The E step: responsibilities follow from the densities of the current mixture.
impl Responsibilities for Densities {
    #[inline(always)]
    fn fill<I: Isa>(
        &self,
        _: Range<usize>,
        block: &[Lanes],
        scratch: &mut [Lanes],
        to: &mut [Lanes],
    ) -> Lanes {
        self.evaluate::<I>(block, scratch, to);
        softmax::<I>(to)
    }
}
