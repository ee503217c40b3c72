//! Gaussian mixtures: [`fit`] finds k Gaussians under which the points are most likely.

mod centered;
mod cholesky;
mod covariance;
mod density;
mod em;
mod evaluate;
mod information;
mod init;
mod maths;
mod model;
mod moments;
mod panel;
mod posterior;
mod scatter;
mod select;
mod triangle;

use ndarray::{Array1, Array2};

use self::centered::{Centered, origin};
pub use self::covariance::{CovarianceType, Covariances};
use self::evaluate::Scores;
use self::information::information;
pub use self::model::GaussianMixture;
pub use self::select::{Candidate, lowest_bic, select_k};
use crate::check::{check_centres, check_count, check_k, check_not_negative};
use crate::points::{Points, Rows, sizes};
use crate::{Error, Scalar};

/// How to fit a mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct GmmParams {
    /// Number of components (default 10).
    pub k: usize,
    /// Number of starts, each from scratch, of which one is kept (default 1).
    pub starts: usize,
    /// Which of the starts is kept (default the likeliest).
    pub keep: Keep,
    /// Most iterations of one start (default 300).
    pub max_iter: usize,
    /// A start has converged when the mean log-likelihood per point changes by less than this, in nats
    /// (default 1e-5).
    pub tol: f64,
    /// How many free parameters the covariances have (default full).
    pub covariance_type: CovarianceType,
    /// Added to every variance, in squared units of the points, so that no covariance collapses (default
    /// 1e-6).
    pub reg_covar: f64,
    /// Where a start begins (default k-means).
    pub init: Init,
    /// Seed of every random choice (default 0).
    pub seed: u64,
}

impl Default for GmmParams {
    fn default() -> Self {
        Self {
            k: 10,
            starts: 1,
            keep: Keep::Likelihood,
            max_iter: 300,
            tol: 1e-5,
            covariance_type: CovarianceType::Full,
            reg_covar: 1e-6,
            init: Init::KMeans,
            seed: 0,
        }
    }
}

/// Which start is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// The one with the highest likelihood.
    #[default]
    Likelihood,
    /// The one whose components tell most about the points: with the highest mutual information between point and component
    /// (Bridle, Heading and MacKay, *Unsupervised classifiers, mutual information and phantom targets*, NIPS 1991; Krause, Perona
    /// and Gomes, *Discriminative clustering by regularized information maximization*, NIPS 2010). Where clusters are no Gaussians, one that
    /// swallows several and leaves little for the others can be likelier than one for each; this prefers components that are clear
    /// and of about the same size. It takes `n * k` `f64` for a while.
    Information,
}

/// Where a start begins: with the M step on these responsibilities, or with a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// All of a point to its cluster in one start of k-means.
    KMeans,
    /// Random numbers, the same share for every component on average.
    Random,
    /// All of a point to the nearest of these means, shape `(k, d)`. There is one start, whatever `starts`
    /// says.
    Means(Array2<f64>),
    /// No M step: with this mixture, of the same k, d and covariance type, so that fitting can go on where it ended. There is
    /// one start, whatever `starts` says.
    Model(GaussianMixture),
}

/// What a fit tells while it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// One iteration is done.
    Iteration(IterationReport),
    /// One start has ended.
    Start(StartReport),
}

/// One iteration is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationReport {
    /// Which start, from 0.
    pub start: usize,
    /// How many starts there are.
    pub starts: usize,
    /// Which iteration of this start, from 1.
    pub iteration: usize,
    /// Mean log-likelihood per point, in nats, under the parameters the iteration began with.
    pub log_likelihood: f64,
    /// By how much that grew since the iteration before; infinite in the first.
    pub change: f64,
}

/// One start has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartReport {
    /// Which start, from 0.
    pub start: usize,
    /// How many there are.
    pub starts: usize,
    /// Mean log-likelihood per point, in nats, under the final parameters.
    pub log_likelihood: f64,
    /// Iterations it took.
    pub iterations: usize,
    /// Whether it ended before `max_iter` made it.
    pub converged: bool,
    /// Mutual information of point and component, in nats, in `0..=ln k`; with [`Keep::Information`] alone.
    pub information: Option<f64>,
}

/// The start that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct GmmFit {
    /// The mixture.
    pub model: GaussianMixture,
    /// Most probable component of each point, shape `(n,)`: what `model.predict` says of the same points.
    pub assignments: Array1<i32>,
    /// Mean log-likelihood per point under `model`, in nats; weighted where the points are.
    pub log_likelihood: f64,
    /// Bayesian information criterion (Schwarz 1978), lower is better: `p ln n - 2 n log_likelihood`, with p the
    /// [`GaussianMixture::n_parameters`] and n the number of points, or their total weight.
    pub bic: f64,
    /// Akaike's information criterion (1974), lower is better: `2 p - 2 n log_likelihood`.
    pub aic: f64,
    /// Iterations of this start.
    pub iterations: usize,
    /// Whether this start converged. Not converging is a result, not an error.
    pub converged: bool,
    /// Points in each component, those of weight 0 among them, shape `(k,)`.
    pub sizes: Vec<usize>,
    /// Which start this is, from 0; the first of equally good ones.
    pub start: usize,
    /// Mutual information of point and component, in nats, in `0..=ln k`; with [`Keep::Information`] alone.
    pub information: Option<f64>,
}

/// Fits a mixture to `points`, shape `(n, d)`, by expectation maximisation (Dempster, Laird and
/// Rubin 1977), in f64 whatever the points are. A point counts as often as its weight says; those
/// of weight 0 are left out, and get their labels from the mixture that the others give.
/// `on_progress` is called after every iteration and every start.
///
/// The result has the same bytes for any number of threads. Memory beyond the points: one `i32` and
/// one `f64` per point (with [`Init::Random`] k `f64`), at most about 128 MB of sums, or one set of
/// covariances if that is more, and a copy of the points where some have weight 0.
///
/// Points that are all moved by the same distance, where no value is rounded, have the same
/// assignments, weights and covariances to the last bit, from the same start.
///
/// Tested against scikit-learn 1.9 `GaussianMixture`: from the same start, all four covariance types have the
/// same parameters to 1e-6 after 1, 5 and 20 iterations. linfa-clustering's mixture agrees on the converged
/// likelihood.
///
/// Errors: [`Error::TooFewPoints`], [`Error::Empty`], [`Error::NonFinite`] (points or given means),
/// [`Error::Parameter`], [`Error::Shape`] (given means), [`Error::Magnitude`] (from k-means),
/// [`Error::NotPositiveDefinite`] when a component collapses, [`Error::TooFewWeighted`] where fewer
/// points than components have a weight.
pub fn fit<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    params: &GmmParams,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<GmmFit, Error> {
    let points = points.into();
    params.check(points.dim())?;
    let array = points.in_order();
    let all = Rows::new(&points, &array)?;
    let Some(weighted) = all.of_positive_weight(params.k)? else {
        return F::fit_mixture(all, params, on_progress);
    };
    let mut fit = F::fit_mixture(weighted.rows(all), params, on_progress)?;
    fit.assignments = fit.model.labels(all);
    fit.sizes = sizes(&fit.assignments, params.k);
    Ok(fit)
}

/// [`fit`] on checked points. Called through [`Scalar`], which compiles it once.
pub(crate) fn fit_rows<F: Scalar>(
    points: Rows<F>,
    params: &GmmParams,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<GmmFit, Error> {
    let starts = params.starts();
    let origin = origin(points).to_vec();
    let centered = Centered::new(points, &origin);

    let mut best: Option<GmmFit> = None;
    for start in 0..starts {
        let run = em::run(centered, params, start, |iteration, log_likelihood, change| {
            on_progress(&Progress::Iteration(IterationReport {
                start,
                starts,
                iteration,
                log_likelihood,
                change,
            }));
        })?;
        let mut fit = finish(points, run, start);
        if params.keep == Keep::Information {
            fit.information = Some(information(points, &fit.model));
        }
        on_progress(&Progress::Start(fit.report(starts)));
        if best.as_ref().is_none_or(|best| fit.merit() > best.merit()) {
            best = Some(fit);
        }
    }
    Ok(best.expect("there is at least one start, and every start ends"))
}

/// Assignments, likelihood and sizes that belong to the final parameters.
fn finish<F: Scalar>(points: Rows<F>, run: em::Run, start: usize) -> GmmFit {
    let em::Run { model, iterations, converged } = run;
    let Scores { labels, log_likelihood } = model.assign(points);
    let assignments = Array1::from(labels);
    let sizes = sizes(&assignments, model.weights().len());
    let n: f64 = points.weights().map_or(points.n() as f64, |weights| weights.iter().sum());
    let (p, fit) = (model.n_parameters() as f64, -2.0 * n * log_likelihood);
    let (bic, aic) = (fit + p * n.ln(), fit + 2.0 * p);
    let information = None;
    GmmFit { model, assignments, log_likelihood, bic, aic, iterations, converged, sizes, start, information }
}

impl GmmFit {
    fn report(&self, starts: usize) -> StartReport {
        let Self { start, log_likelihood, iterations, converged, information, .. } = *self;
        StartReport { start, starts, log_likelihood, iterations, converged, information }
    }

    /// What the best start has most of.
    fn merit(&self) -> f64 {
        self.information.unwrap_or(self.log_likelihood)
    }
}

impl GmmParams {
    fn starts(&self) -> usize {
        match self.init {
            Init::Means(_) | Init::Model(_) => 1,
            Init::KMeans | Init::Random => self.starts,
        }
    }

    fn check(&self, (n, d): (usize, usize)) -> Result<(), Error> {
        check_k(n, self.k)?;
        check_count("starts", self.starts)?;
        check_count("max_iter", self.max_iter)?;
        check_not_negative("tol", self.tol)?;
        check_not_negative("reg_covar", self.reg_covar)?;
        match &self.init {
            Init::Means(means) => check_centres("starting means", means.view(), (self.k, d)),
            Init::Model(model) => self.check_model(model, d),
            Init::KMeans | Init::Random => Ok(()),
        }
    }

    fn check_model(&self, model: &GaussianMixture, d: usize) -> Result<(), Error> {
        check_centres("means of the starting model", model.means().view(), (self.k, d))?;
        let (expected, found) = (self.covariance_type, model.covariance_type());
        if expected != found {
            return Err(Error::CovarianceType { expected: expected.as_str(), found: found.as_str() });
        }
        Ok(())
    }
}
