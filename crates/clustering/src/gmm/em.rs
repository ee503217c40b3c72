//! Expectation maximisation of one start.

use ndarray::Array2;

use super::density::log_sum_exp;
use super::model::GaussianMixture;
use super::moments::Moments;
use super::{GmmParams, init};
use crate::points::Rows;
use crate::{Error, Scalar};

/// Where a start ended.
pub(super) struct Run {
    pub(super) model: GaussianMixture,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// Runs start `start` from scratch. After each iteration `on_iteration(iteration, log-likelihood, change)` is
/// called with the mean log-likelihood under the parameters that the iteration began with.
///
/// Errors: [`Error::NotPositiveDefinite`], and those of k-means.
pub(super) fn run<F: Scalar>(
    points: Rows<F>,
    params: &GmmParams,
    start: usize,
    mut on_iteration: impl FnMut(usize, f64, f64),
) -> Result<Run, Error> {
    let model = init::starting_mixture(points, params, start)?;
    let mut run = Run { model, iterations: 0, converged: false };
    let mut log_likelihood = f64::NEG_INFINITY;
    while !run.converged && run.iterations < params.max_iter {
        let (model, new) = iterate(points, params, &run.model)?;
        let change = new - log_likelihood;
        log_likelihood = new;
        run.model = model;
        run.iterations += 1;
        run.converged = change.abs() < params.tol;
        on_iteration(run.iterations, log_likelihood, change);
    }
    Ok(run)
}

/// One E step and one M step, in one pass over the points. Returns the new mixture and the mean
/// log-likelihood under the old one.
fn iterate<F: Scalar>(
    points: Rows<F>,
    params: &GmmParams,
    model: &GaussianMixture,
) -> Result<(GaussianMixture, f64), Error> {
    let kind = params.covariance_type;
    let moments = Moments::of(points, model.means(), kind, |_, block, scratch, to| {
        model.densities().evaluate(block, scratch, to);
        normalise(to)
    });
    let log_likelihood = moments.log_likelihood / points.n() as f64;
    let parameters = moments.parameters(model.means(), kind, params.reg_covar);
    Ok((GaussianMixture::from_parameters(parameters)?, log_likelihood))
}

/// Turns weighted log densities `(rows, k)` into responsibilities; returns the sum over the rows of their log
/// density.
fn normalise(log_joint: &mut Array2<f64>) -> f64 {
    let mut sum = 0.0;
    for mut row in log_joint.rows_mut() {
        let row = row.as_slice_mut().expect("log_joint is in C order");
        let total = log_sum_exp(row);
        row.iter_mut().for_each(|value| *value = (*value - total).exp());
        sum += total;
    }
    sum
}
