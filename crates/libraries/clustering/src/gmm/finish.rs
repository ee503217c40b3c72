//! The result of a start, from the mixture that it ended with.

use ndarray::Array1;

use super::em::EmResult;
use super::evaluate::Scores;
use super::information::information;
use super::params::Keep;
use super::report::GmmFit;
use crate::points::{Rows, sizes};
use crate::scalar::Scalar;

/// Computes assignments, likelihood, criteria and sizes under the final parameters.
pub(super) fn finish<F: Scalar>(points: Rows<F>, em: EmResult, keep: Keep, start: usize) -> GmmFit {
    let EmResult { model, iterations, converged, labels } = em;
    let Scores { labels, log_likelihood } = model.assign(points, labels.as_deref());
    let assignments = Array1::from(labels);
    let sizes = sizes(&assignments, model.weights().len());
    let n: f64 = points.weights().map_or(points.n() as f64, |weights| weights.iter().sum());
    let (p, deviance) = (model.n_parameters() as f64, -2.0 * n * log_likelihood);
    let (bic, aic) = (deviance + p * n.ln(), deviance + 2.0 * p);
    let (information, criterion) = match keep {
        Keep::Likelihood => (None, log_likelihood),
        Keep::Information { uncertainty_weight } => {
            let information = information(points, &model);
            (Some(information), information.weighted(uncertainty_weight))
        }
    };
    GmmFit {
        model,
        assignments,
        log_likelihood,
        bic,
        aic,
        iterations,
        converged,
        rounds: 0,
        sizes,
        start,
        information,
        criterion,
    }
}
