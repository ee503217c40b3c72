//! Reports that a fit gives to its callback while it runs.

/// Progress of a fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// One iteration is done.
    Iteration(IterationReport),
    /// One start has ended.
    Start(StartReport),
}

/// Report of one iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationReport {
    /// Index of the start, from 0.
    pub start: usize,
    /// Number of starts.
    pub starts: usize,
    /// Number of the iteration in this start, from 1.
    pub iteration: usize,
    /// Mean log-likelihood per point, in nats, under the parameters the iteration began with.
    pub log_likelihood: f64,
    /// Growth of the log-likelihood since the previous iteration; infinite in the first.
    pub change: f64,
}

/// Report of one start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartReport {
    /// Index of the start, from 0.
    pub start: usize,
    /// Number of starts.
    pub starts: usize,
    /// Mean log-likelihood per point, in nats, under the final parameters.
    pub log_likelihood: f64,
    /// Number of iterations of this start.
    pub iterations: usize,
    /// Whether the start converged within `max_iter` iterations.
    pub converged: bool,
    /// Mutual information of point and component, in nats, in `0..=ln k`.
    ///
    /// It is only computed with [`Keep::Information`](super::Keep::Information).
    pub information: Option<f64>,
}
