//! The search that merges two components of a mixture and splits a third: see [`Search`].
//!
//! 1. Estimate what each merge loses and what each split gains, from the points of the components
//!    concerned alone. A pair of components loses the difference of the criterion between the two
//!    and one in their place; a split gains that between one component and two.
//! 2. Try the most promising moves by a few iterations on a sample.
//! 3. Run the best of these to convergence on all points, and keep the first that is better.
//!
//! All of it repeats until nothing is better.
//!
//! [`Search`]: crate::search::Search

use ndarray::Array1;

use super::centered::Centered;
use super::em::{self, Start};
use super::finish::finish;
use super::information::information;
use super::init::from_labels;
use super::model::GaussianMixture;
use super::params::{GmmParams, Keep};
use super::report::{GmmFit, IterationDetails};
use crate::error::Error;
use crate::kmeans::{self, KMeansParams};
use crate::points::{Rows, Subset};
use crate::progress::{Candidate, SearchEvent};
use crate::scalar::Scalar;
use crate::search::{Move, moves, pairs};

/// Most points of the sample on which moves are compared, for few components.
const SAMPLE: usize = 16_384;

/// Points of the sample for each component, if these are more.
const SAMPLE_PER_COMPONENT: usize = 512;

/// Moves that are tried in a round.
const TRIED: usize = 24;

/// Iterations of expectation maximization of a move that is tried.
const TRIED_ITERATIONS: usize = 10;

/// Moves of a round that are run to convergence on all points.
const CONFIRMED: usize = 3;

/// Iterations of the two components that one is split into.
const SPLIT_ITERATIONS: usize = 20;

/// Most rounds. Each one improves the criterion by more than the tolerance, so this is never met
/// unless the tolerance is 0.
const MOST_ROUNDS: usize = 100;

/// Improves `fit` of `points` by the criterion of `params`, and never makes it worse.
///
/// # Errors
///
/// Fails as k-means does. Leaves out a move whose covariances collapse.
pub(super) fn improve<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    mut fit: GmmFit,
    on_event: &mut dyn FnMut(SearchEvent<IterationDetails>),
) -> Result<GmmFit, Error> {
    let (n, k) = (points.n(), params.k);
    if k < 3 {
        return Ok(fit);
    }
    let at = evenly_spaced(n, SAMPLE.max(SAMPLE_PER_COMPONENT * k));
    let sample = points.rows().subset(&at);
    let sample = Centered::new(sample.rows(), points.origin());
    for round in 0..MOST_ROUNDS {
        let labels: Array1<i32> = at.iter().map(|&i| fit.assignments[i]).collect();
        let proposals = Proposals::find(sample, params, &fit.model, labels)?;
        let total = proposals.moves.len();
        let mut tried = Vec::with_capacity(total);
        for (index, &of) in proposals.moves.iter().enumerate() {
            on_event(SearchEvent::Candidate(Candidate { round, index, total }));
            let model = || {
                let start = proposals.apply(sample, params, &fit.model, of)?;
                let run = em::run(sample, params, start, TRIED_ITERATIONS, |_, _| ())?;
                Ok((criterion(sample.rows(), &run.model, params.keep), run.model))
            };
            tried.extend(unless_collapsed(model())?);
        }
        // Of equally good moves the more promising one comes first, since this sort is stable.
        tried.sort_by(|a: &(f64, GaussianMixture), b| b.0.total_cmp(&a.0));
        let mut better = None;
        for (_, model) in tried.into_iter().take(CONFIRMED) {
            let confirmed = || {
                let labels = Some(fit.assignments.to_vec());
                let start = Start { model, labels };
                let run = em::run(points, params, start, params.max_iter, |iteration, details| {
                    on_event(SearchEvent::Iteration(fit.iterations + iteration, details));
                })?;
                let mut new = finish(points.rows(), run, params.keep, fit.start);
                new.iterations += fit.iterations;
                new.rounds = fit.rounds + 1;
                Ok(new)
            };
            if let Some(new) = unless_collapsed(confirmed())?
                && new.criterion > fit.criterion + params.tol
            {
                better = Some(new);
                break;
            }
        }
        match better {
            Some(new) => fit = new,
            None => break,
        }
    }
    Ok(fit)
}

/// Turns the error of a mixture that collapsed into `None`.
fn unless_collapsed<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(Error::NotPositiveDefinite { .. }) => Ok(None),
        other => other.map(Some),
    }
}

/// Computes the criterion by which `keep` compares mixtures; higher is better.
pub(super) fn criterion<F: Scalar>(points: Rows<F>, model: &GaussianMixture, keep: Keep) -> f64 {
    match keep {
        Keep::Likelihood => model.assign(points, None).log_likelihood,
        Keep::Information { uncertainty_weight } => {
            information(points, model).weighted(uncertainty_weight)
        }
    }
}

/// Returns at most `count` of the indices `0..n`, evenly spaced.
fn evenly_spaced(n: usize, count: usize) -> Vec<usize> {
    let count = n.min(count);
    (0..count).map(|at| (at as u128 * n as u128 / count as u128) as usize).collect()
}

/// The moves of a round, most promising first, and what they are made of.
struct Proposals {
    moves: Vec<Move>,
    /// Component of each point of the sample.
    labels: Array1<i32>,
    /// For each component that can be split the indices of its points, and which half each is in.
    halves: Vec<Option<(Vec<usize>, Array1<i32>)>>,
}

impl Proposals {
    /// Estimates the gain of every move from the points of each component, by their `labels`.
    ///
    /// # Errors
    ///
    /// Fails as k-means does.
    fn find<F: Scalar>(
        sample: Centered<F>,
        params: &GmmParams,
        model: &GaussianMixture,
        labels: Array1<i32>,
    ) -> Result<Self, Error> {
        let mut members = vec![Vec::new(); params.k];
        labels.iter().enumerate().for_each(|(i, &c)| members[c as usize].push(i));
        let total = weight(sample.rows());
        let (mut gains, mut halves) = (Vec::new(), Vec::new());
        for members in &members {
            match split(sample, params, members)? {
                Some((gain, labels)) => {
                    gains.push(Some(gain / total));
                    halves.push(Some((members.clone(), labels)));
                }
                None => {
                    gains.push(None);
                    halves.push(None);
                }
            }
        }
        let mut losses = Vec::new();
        for [i, j] in pairs(params.k) {
            let mut both = [&members[i][..], &members[j][..]].concat();
            both.sort_unstable();
            // Two components without a point are merged at no loss.
            let loss = if both.is_empty() {
                Some(0.0)
            } else {
                let subset = sample.rows().subset(&both);
                let pair = Part { subset: &subset, origin: sample.origin(), params };
                unless_collapsed(model.select(&[i, j]).and_then(|two| pair.gain_over_one(&two)))?
            };
            losses.extend(loss.map(|loss| ([i, j], loss / total)));
        }
        Ok(Self { moves: moves(losses, &gains, TRIED), labels, halves })
    }

    /// Makes the mixture that a move begins with, from the labels of its points.
    ///
    /// # Errors
    ///
    /// [`Error::NotPositiveDefinite`].
    fn apply<F: Scalar>(
        &self,
        sample: Centered<F>,
        params: &GmmParams,
        model: &GaussianMixture,
        of: Move,
    ) -> Result<Start, Error> {
        let Move { merged: [kept, freed], split, .. } = of;
        let mut labels = self.labels.clone();
        labels.iter_mut().filter(|c| **c as usize == freed).for_each(|c| *c = kept as i32);
        if let Some((members, halves)) = &self.halves[split] {
            let second = members.iter().zip(halves).filter(|(_, half)| **half == 1);
            second.for_each(|(&i, _)| labels[i] = freed as i32);
        }
        from_labels(sample, params, model.means(), &labels)
    }
}

/// Splits the points `members` into two components: the gain times their weight, and which half
/// each is in. Returns `None` if they cannot be split.
///
/// # Errors
///
/// Fails as k-means does.
fn split<F: Scalar>(
    sample: Centered<F>,
    params: &GmmParams,
    members: &[usize],
) -> Result<Option<(f64, Array1<i32>)>, Error> {
    if members.len() < 2 {
        return Ok(None);
    }
    let subset = sample.rows().subset(members);
    let rows = subset.rows();
    let two_means = KMeansParams {
        k: 2,
        starts: 3,
        max_iter: 100,
        tol: 1e-4,
        seed: params.seed,
        ..KMeansParams::default()
    };
    let halves = kmeans::fit_typed(rows.typed(), &two_means, &mut |_| ())?;
    if halves.sizes.contains(&0) {
        return Ok(None);
    }
    let two = GmmParams { k: 2, ..params.clone() };
    let part = Part { subset: &subset, origin: sample.origin(), params: &two };
    let fitted = || {
        let points = Centered::new(rows, sample.origin());
        let start = from_labels(points, &two, halves.model.centroids(), &halves.assignments)?;
        let run = em::run(points, &two, start, SPLIT_ITERATIONS, |_, _| ())?;
        Ok((part.gain_over_one(&run.model)?, run.model.labels(rows)))
    };
    unless_collapsed(fitted())
}

/// The points of one or two components.
struct Part<'a, F> {
    subset: &'a Subset<F>,
    origin: &'a [f64],
    params: &'a GmmParams,
}

impl<F: Scalar> Part<'_, F> {
    /// Computes by how much the criterion of the mixture `two` is above that of one component,
    /// times the weight of the points.
    ///
    /// # Errors
    ///
    /// [`Error::NotPositiveDefinite`].
    fn gain_over_one(&self, two: &GaussianMixture) -> Result<f64, Error> {
        let rows = self.subset.rows();
        let of_one = match self.params.keep {
            // One component is certain and tells nothing.
            Keep::Information { .. } => 0.0,
            Keep::Likelihood => {
                let params = GmmParams { k: 1, ..self.params.clone() };
                let points = Centered::new(rows, self.origin);
                let labels = Array1::zeros(rows.n());
                let centers = ndarray::Array2::zeros((1, rows.d()));
                let one = from_labels(points, &params, &centers, &labels)?.model;
                criterion(rows, &one, self.params.keep)
            }
        };
        Ok(weight(rows) * (criterion(rows, two, self.params.keep) - of_one))
    }
}

/// Returns the sum of the weights of points.
fn weight<F: Scalar>(points: Rows<F>) -> f64 {
    points.weights().map_or(points.n() as f64, |weights| weights.iter().sum())
}
