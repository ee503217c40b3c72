//! Reports of the fit of a mixture, and its result.

use ndarray::Array1;

use super::information::Information;
use super::model::GaussianMixture;
use crate::progress;

/// Progress of a fit of a mixture.
pub type Progress = progress::Progress<IterationDetails, StartDetails>;

/// Report of an iteration of expectation maximization.
pub type IterationReport = progress::IterationReport<IterationDetails>;

/// Report of a start of expectation maximization.
pub type StartReport = progress::StartReport<StartDetails>;

/// Measurements of an iteration of expectation maximization.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationDetails {
    /// Mean log-likelihood per point, in nats, under the parameters the iteration began with.
    pub log_likelihood: f64,
    /// Growth of the log-likelihood since the previous iteration; infinite in the first.
    pub change: f64,
}

/// Measurements of a start of expectation maximization.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartDetails {
    /// Mean log-likelihood per point, in nats, under the final parameters.
    pub log_likelihood: f64,
    /// How clearly the mixture divides the points.
    ///
    /// It is only computed with [`Keep::Information`](super::Keep::Information).
    pub information: Option<Information>,
    /// Moves of the [`Search`](crate::Search) that were kept.
    pub rounds: usize,
}

/// Result of a fit: the start that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct GmmFit {
    /// The mixture.
    pub model: GaussianMixture,
    /// Most probable component of each point, shape `(n,)`: equal to `model.predict` of the points.
    pub assignments: Array1<i32>,
    /// Mean log-likelihood per point under `model`, in nats, weighted if the points are.
    pub log_likelihood: f64,
    /// Bayesian information criterion (Schwarz 1978), lower is better.
    ///
    /// It is `p ln n - 2 n log_likelihood`, with p the [`GaussianMixture::n_parameters`] and n the
    /// number of points, or their total weight.
    pub bic: f64,
    /// Akaike's information criterion (1974), `2 p - 2 n log_likelihood`, lower is better.
    pub aic: f64,
    /// Number of iterations of this start on all points, those of moves that were kept included.
    pub iterations: usize,
    /// Whether this start converged. Not converging is a result, not an error.
    pub converged: bool,
    /// Moves of the [`Search`](crate::Search) that were kept.
    pub rounds: usize,
    /// Number of points in each component, including those of weight 0, shape `(k,)`.
    pub sizes: Vec<usize>,
    /// Index of this start, from 0; the lowest of equally good starts.
    pub start: usize,
    /// How clearly the mixture divides the points.
    ///
    /// It is only computed with [`Keep::Information`](super::Keep::Information).
    pub information: Option<Information>,
    /// Value by which [`GmmParams::keep`](super::GmmParams::keep) compares starts: the mean
    /// log-likelihood, or the weighted information.
    pub criterion: f64,
}
