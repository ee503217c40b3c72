//! Expectation maximization from a mixture.

use kernels::simd::Isa;

use super::centered::Centered;
use super::density::Densities;
use super::label_order::nearest_of_most;
use super::m_step::{Kept, m_step};
use super::model::GaussianMixture;
use super::params::GmmParams;
use super::report::IterationDetails;
use super::responsibilities::{ByComponent, NEGLIGIBLE, Responsibilities, softmax};
use super::simd_block::{BLOCK_LANES, Lanes};
use crate::error::Error;
use crate::scalar::Scalar;

/// The model at the beginning of expectation maximization.
pub(super) struct Start {
    pub(super) model: GaussianMixture,
    /// The component in which each point probably has most of its weight, or -1, shape `(n,)`.
    ///
    /// The result is the same without, or if they are wrong, but for rounding.
    pub(super) labels: Option<Vec<i32>>,
}

/// The model at the end of expectation maximization.
pub(super) struct EmResult {
    pub(super) model: GaussianMixture,
    pub(super) iterations: usize,
    pub(super) converged: bool,
    /// The most probable component of each point before the last step, if it is worth while to
    /// order points by it.
    pub(super) labels: Option<Vec<i32>>,
}

/// Runs expectation maximization from `start`, for at most `max_iter` iterations.
///
/// An iteration is one E step and one M step, in one pass over the points. `on_iteration` gets the
/// number of each iteration, from 1, and what it measured.
///
/// # Errors
///
/// [`Error::NotPositiveDefinite`].
pub(super) fn run<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    start: Start,
    max_iter: usize,
    mut on_iteration: impl FnMut(usize, IterationDetails),
) -> Result<EmResult, Error> {
    let Start { model, labels } = start;
    let mut run = EmResult { model, iterations: 0, converged: false, labels };
    let (mut log_likelihood, mut kept) = (f64::NEG_INFINITY, Kept::default());
    let mut order = OrderChoice::default();
    while !run.converged && run.iterations < max_iter {
        let ordered = run.labels.is_some();
        let e_step = EStep {
            densities: run.model.densities(),
            labels: run.labels.take(),
            finds_labels: ordered || order.may_pay_next(),
        };
        let (kind, reg_covar) = (params.covariance_type, params.reg_covar);
        let (parameters, new) =
            m_step(points, run.model.offsets(), kind, reg_covar, &e_step, &mut kept);
        order.learn(ordered.then_some(kept.share));
        run.labels = kept.labels.take().filter(|_| order.pays());
        run.model = GaussianMixture::from_parameters(parameters, points.origin())?;
        let change = new - log_likelihood;
        log_likelihood = new;
        run.iterations += 1;
        run.converged = change.abs() < params.tol;
        on_iteration(run.iterations, IterationDetails { log_likelihood, change });
    }
    Ok(run)
}

/// Decides whether to go through the points in the order of their labels: see
/// [`super::label_order`].
#[derive(Default)]
struct OrderChoice {
    /// Iterations until the order is tried again, and what that was after the last trial.
    wait: usize,
    waited: usize,
}

impl OrderChoice {
    /// Share of components that blocks need, from which on leaving out the others does not make up
    /// for the order.
    const MOST_NEEDED: f64 = 0.8;

    /// Returns whether the next iteration should use the order.
    fn pays(&self) -> bool {
        self.wait == 0
    }

    /// Returns whether the order may pay after an iteration without it.
    fn may_pay_next(&self) -> bool {
        self.wait <= 1
    }

    /// Learns which share of the components blocks needed in an iteration that used the order.
    fn learn(&mut self, needed: Option<f64>) {
        match needed {
            None => self.wait = self.wait.saturating_sub(1),
            Some(share) if share <= Self::MOST_NEEDED => self.waited = 0,
            Some(_) => {
                self.waited = 2 * self.waited + 1;
                self.wait = self.waited;
            }
        }
    }
}

/// The E step: responsibilities follow from the densities of the current mixture.
struct EStep<'a> {
    densities: &'a Densities,
    /// The probable component of each point, if the points are ordered by it.
    labels: Option<Vec<i32>>,
    /// Whether to find the most probable components, to order the points by.
    finds_labels: bool,
}

impl Responsibilities for EStep<'_> {
    fn labels(&self) -> Option<&[i32]> {
        self.labels.as_deref()
    }

    #[inline(always)]
    fn fill<I: Isa>(
        &self,
        rows: &[usize],
        block: &[Lanes],
        scratch: &mut [Lanes],
        to: &mut ByComponent,
    ) -> (Lanes, [i32; BLOCK_LANES]) {
        let nearest = nearest_of_most(rows, self.labels());
        self.densities.evaluate::<I>(block, scratch, nearest, to);
        let labels = if self.finds_labels { to.argmax() } else { [0; BLOCK_LANES] };
        (softmax::<I>(to.values_mut(), NEGLIGIBLE), labels)
    }
}
