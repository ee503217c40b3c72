//! Expectation maximization from a mixture.

use std::ops::Range;

use kernels::simd::Isa;

use super::centered::Centered;
use super::density::Densities;
use super::m_step::m_step;
use super::model::GaussianMixture;
use super::params::GmmParams;
use super::report::IterationDetails;
use super::responsibilities::{Responsibilities, softmax};
use super::simd_block::Lanes;
use crate::error::Error;
use crate::scalar::Scalar;

/// The model at the end of expectation maximization.
pub(super) struct EmResult {
    pub(super) model: GaussianMixture,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// Runs expectation maximization from `model`, for at most `max_iter` iterations.
///
/// `on_iteration` gets the number of each iteration, from 1, and what it measured.
///
/// # Errors
///
/// [`Error::NotPositiveDefinite`].
pub(super) fn run<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    model: GaussianMixture,
    max_iter: usize,
    mut on_iteration: impl FnMut(usize, IterationDetails),
) -> Result<EmResult, Error> {
    let mut run = EmResult { model, iterations: 0, converged: false };
    let mut log_likelihood = f64::NEG_INFINITY;
    while !run.converged && run.iterations < max_iter {
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
