//! Mini-batch k-means: the points come a batch at a time, and need not fit into memory.

use ndarray::Array2;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::model::sum_of_squares;
use super::spread::Spread;
use super::sums::{Sums, Totals, UNASSIGNED};
use super::update::Centroids;
use super::{Algorithm, Init, KMeans, KMeansParams, init};
use crate::check::check_count;
use crate::points::{Points, Rows};
use crate::{Error, Scalar, rng};

/// How to fit k-means by batches. The defaults are those of scikit-learn's `MiniBatchKMeans`.
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBatchParams {
    /// Number of clusters (default 10).
    pub k: usize,
    /// Points in a batch (default 1024). It should be far fewer than all: batches that are all points lower the inertia ever
    /// more slowly and do not converge.
    pub batch: usize,
    /// Sets of starting centroids; the one with the lowest inertia on the first sample is kept (default 3).
    pub starts: usize,
    /// Most passes over the data, in numbers of points: [`MiniBatchParams::most_batches`] (default 100).
    pub max_iter: usize,
    /// The fit has converged after this many batches in a row that have not lowered the smoothed inertia (default 10).
    pub max_no_improvement: usize,
    /// A centroid that has received less than this share of what the one with the most has, by weight, is put on a point
    /// of the batch; 0 leaves all where they are (default 0.01). At most 1.
    pub reassignment_ratio: f64,
    /// Where the fit begins (default k-means++).
    pub init: Init,
    /// Seed of every random choice (default 0).
    pub seed: u64,
}

impl Default for MiniBatchParams {
    fn default() -> Self {
        Self {
            k: 10,
            batch: 1024,
            starts: 3,
            max_iter: 100,
            max_no_improvement: 10,
            reassignment_ratio: 0.01,
            init: Init::KMeansPlusPlus,
            seed: 0,
        }
    }
}

impl MiniBatchParams {
    /// How many of n points the first sample should have: three batches, at least three for each cluster, at most all.
    pub fn sample_size(&self, n: usize) -> usize {
        self.batch.max(self.k).saturating_mul(3).min(n)
    }

    /// How many batches `max_iter` passes over n points are, at least 1.
    pub fn most_batches(&self, n: usize) -> usize {
        let points = self.max_iter as u128 * n as u128;
        let batches = points / self.batch.clamp(1, n.max(1)) as u128;
        usize::try_from(batches).unwrap_or(usize::MAX).max(1)
    }

    fn check(&self, n: usize) -> Result<(), Error> {
        for (name, count) in [
            ("n", n),
            ("batch", self.batch),
            ("starts", self.starts),
            ("max_iter", self.max_iter),
            ("max_no_improvement", self.max_no_improvement),
        ] {
            check_count(name, count)?;
        }
        let ratio = self.reassignment_ratio;
        if !(0.0..=1.0).contains(&ratio) {
            let found = ratio.to_string();
            return Err(Error::Parameter { name: "reassignment_ratio", expected: "between 0 and 1", found });
        }
        Ok(())
    }

    /// What [`super::fit`] would be asked for the same starting centroids.
    fn starting(&self) -> KMeansParams {
        let Self { k, starts, ref init, seed, .. } = *self;
        let algorithm = Algorithm::Lloyd;
        KMeansParams { k, starts, init: init.clone(), seed, algorithm, ..KMeansParams::default() }
    }
}

/// Random rows of n, for batches of points that are read as they are needed.
///
/// The rows of one draw are different from one another; each draw is independent of those before, so nothing is kept that
/// grows with n, and a pass over the data is one in number only.
#[derive(Debug, Clone)]
pub struct RandomRows {
    n: usize,
    rng: Xoshiro256PlusPlus,
}

impl RandomRows {
    /// Rows in `0..n`.
    pub fn new(n: usize, seed: u64) -> Self {
        Self { n, rng: rng::apart(seed, 1) }
    }

    /// `count` rows, or all n if there are no more, in increasing order.
    pub fn draw(&mut self, count: usize) -> Vec<usize> {
        let mut rows = index::sample(&mut self.rng, self.n, count.min(self.n)).into_vec();
        rows.sort_unstable();
        rows
    }
}

/// What one batch has done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchReport {
    /// Which batch, from 1.
    pub batch: usize,
    /// Mean over the batch, by weight, of the squared distance to the nearest of the centroids before it.
    pub inertia: f64,
    /// The exponentially weighted mean of this over the batches so far, without the first.
    pub smoothed: f64,
    /// Centroids that were put on a point of the batch.
    pub reassigned: usize,
    /// Whether the smoothed inertia has stopped falling: no more batches are needed. They may still be given.
    pub converged: bool,
}

/// k-means in the making, from batches that the caller brings.
///
/// Sculley, *Web-scale k-means clustering*, WWW 2010: every centroid is the running mean, by weight, of the points that
/// have been assigned to it. As scikit-learn's `MiniBatchKMeans` does: centroids that receive next to nothing are put on
/// points of a batch, and the fit has converged when an exponentially weighted mean of the batches' inertia stops falling.
///
/// The model has the same bytes for any number of threads. Memory beyond the batch: about 50 k d bytes and a few MB.
///
/// Tested against scikit-learn 1.9 `MiniBatchKMeans.partial_fit`: from the same centroids and batches, weighted or not, the
/// same centroids to 1e-12; and against [`super::fit`]: its inertia is within 1 % of the best of ten starts on groups that
/// are apart, within 10 % on those that are not.
///
/// ```
/// use clustering::kmeans::{MiniBatch, MiniBatchParams, RandomRows};
/// use ndarray::{Array2, Axis};
///
/// // Two groups; in earnest the rows would come from a file.
/// let points = Array2::from_shape_fn((1000, 2), |(i, j)| (100 * (i % 2) + (i + j) % 7) as f64);
/// let params = MiniBatchParams { k: 2, batch: 64, ..MiniBatchParams::default() };
/// let (n, mut rows) = (points.nrows(), RandomRows::new(points.nrows(), params.seed));
/// let sample = points.select(Axis(0), &rows.draw(params.sample_size(n)));
/// let mut fit = MiniBatch::new(&sample, n, params.clone())?;
/// for _ in 0..params.most_batches(n) {
///     if fit.update(&points.select(Axis(0), &rows.draw(params.batch)))?.converged {
///         break;
///     }
/// }
/// assert_eq!(fit.model().predict(&points)?.iter().sum::<i32>(), 500);
/// # Ok::<(), clustering::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MiniBatch {
    params: MiniBatchParams,
    n: usize,
    model: KMeans,
    /// What centroids are measured from, shape `(d,)`, and their differences from it, shape `(k, d)`, in
    /// the unit of models: sums of points far from 0 would lose the digits in which these differ.
    origin: Vec<f64>,
    differences: Array2<f64>,
    /// What each centroid has received, shape `(k,)`.
    weights: Vec<f64>,
    rng: Xoshiro256PlusPlus,
    batches: usize,
    /// Points since centroids were last reassigned.
    since: usize,
    trend: Trend,
}

impl MiniBatch {
    /// Chooses starting centroids on `sample` `(m, d)`: [`MiniBatchParams::sample_size`] random points, say. `n` is how
    /// many points there are in all; for a stream without end, how many the smoothed inertia should remember.
    ///
    /// Errors: [`Error::TooFewPoints`] when m < k, [`Error::Empty`], [`Error::NonFinite`] (sample or given centroids),
    /// [`Error::SampleWeights`], [`Error::Magnitude`], [`Error::Parameter`], [`Error::Shape`] (given centroids, weights).
    pub fn new<'a, F: Scalar>(
        sample: impl Into<Points<'a, F>>,
        n: usize,
        params: MiniBatchParams,
    ) -> Result<Self, Error> {
        let sample = sample.into();
        params.check(n)?;
        let starting = params.starting();
        starting.check(sample.dim())?;
        let array = sample.in_order();
        let points = Rows::new(&sample, &array)?;
        let weighted = points.of_positive_weight(params.k)?;
        let points = weighted.as_ref().map_or(points, |weighted| weighted.rows(points));
        let given = match &starting.init {
            Init::Centroids(centroids) => Some(centroids),
            Init::KMeansPlusPlus | Init::Random => None,
        };
        let spread = Spread::of(points, given)?;
        let origin: Vec<f64> = spread.frame.origin().iter().map(|s| s * points.scale()).collect();
        let starts = (0..starting.starts()).map(|start| {
            let (centroids, _) = init::starting_centroids(points, &spread, &starting, start);
            let differences = &centroids * points.scale();
            let model = model_of(&origin, &differences);
            let assignments = F::nearest(&model, points);
            let from = spread.frame.origin();
            (sum_of_squares(points, from, &centroids, &assignments), model, differences)
        });
        let (_, model, differences) = starts
            .reduce(|best, new| if new.0 < best.0 { new } else { best })
            .expect("there is at least one start");
        let (weights, rng) = (vec![0.0; params.k], rng::apart(params.seed, 2));
        let trend = Trend::default();
        Ok(Self { params, n, model, origin, differences, weights, rng, batches: 0, since: 0, trend })
    }

    /// Takes in a batch `(m, d)`. Points of weight 0 are as good as absent. After an error nothing has changed.
    ///
    /// Errors: [`Error::Features`] when d is not the sample's, [`Error::Empty`], [`Error::NonFinite`],
    /// [`Error::SampleWeights`] (a batch needs one that is not 0), [`Error::Shape`], [`Error::Magnitude`].
    pub fn update<'a, F: Scalar>(&mut self, batch: impl Into<Points<'a, F>>) -> Result<BatchReport, Error> {
        let batch = batch.into();
        let array = batch.in_order();
        let points = Rows::new(&batch, &array)?;
        if points.n() == 0 {
            return Err(Error::Empty { what: "a batch", shape: vec![0, points.d()] });
        }
        self.model.check_features(points)?;
        let weighted = points.of_positive_weight(1)?;
        let points = weighted.as_ref().map_or(points, |weighted| weighted.rows(points));
        let assignments = F::nearest(&self.model, points);
        let sum = self.model.sum_of_squares(points, &assignments);
        if !sum.is_finite() {
            return Err(Error::Magnitude { spread: sum });
        }
        let labels: Vec<u32> = assignments.iter().map(|&label| label as u32).collect();
        let origin: Vec<f64> = self.origin.iter().map(|s| s / points.scale()).collect();
        let mut sums = Sums::new(points, &origin, self.params.k);
        sums.follow(points, &vec![UNASSIGNED; points.n()], &labels);
        let totals = sums.totals();

        let inertia = sum / totals.weights.iter().sum::<f64>();
        let may_reassign = self.may_reassign(points.n());
        self.follow(&totals, points.scale());
        let reassigned = if may_reassign { self.reassign(&origin, points) } else { 0 };
        self.model = model_of(&self.origin, &self.differences);

        self.batches += 1;
        // The first inertia is that of the starting centroids, which says nothing of how batches help.
        let stale = if self.batches == 1 { 0 } else { self.trend.add(inertia, self.share(points.n())) };
        let smoothed = self.trend.smoothed.unwrap_or(inertia);
        let converged = stale >= self.params.max_no_improvement;
        Ok(BatchReport { batch: self.batches, inertia, smoothed, reassigned, converged })
    }

    /// The centroids so far.
    pub fn model(&self) -> &KMeans {
        &self.model
    }

    /// The centroids so far, without a copy.
    pub fn into_model(self) -> KMeans {
        self.model
    }

    /// Moves the centroids to the means of all they have received.
    fn follow(&mut self, totals: &Totals, scale: f64) {
        let rows = self.differences.outer_iter_mut().zip(totals.sums.outer_iter());
        let weights = self.weights.iter_mut().zip(&totals.weights);
        for ((mut centroid, sum), (weight, &new)) in rows.zip(weights).filter(|(_, (_, new))| **new > 0.0) {
            let total = *weight + new;
            centroid.zip_mut_with(&sum, |c, &sum| *c = (*c * *weight + sum * scale) / total);
            *weight = total;
        }
    }

    /// Whether centroids may be reassigned with a batch of this many points: when ten times k have come since the last
    /// time, and whenever one has received nothing.
    fn may_reassign(&mut self, points: usize) -> bool {
        self.since = self.since.saturating_add(points);
        let may = self.weights.contains(&0.0) || self.since >= self.params.k.saturating_mul(10);
        if may {
            self.since = 0;
        }
        may
    }

    /// Puts the centroids that have received next to nothing, at most half as many as there are points, on different
    /// of `points`. They go on as if they had received as much as the least of the others. Returns how many.
    /// `origin` is that of the centroids in the values of points.
    fn reassign<F: Scalar>(&mut self, origin: &[f64], points: Rows<F>) -> usize {
        let most = self.weights.iter().fold(0.0, |most: f64, &weight| most.max(weight));
        let poor = |weight: f64| weight < self.params.reassignment_ratio * most;
        let mut order: Vec<usize> = (0..self.weights.len()).collect();
        order.sort_by(|&a, &b| self.weights[a].total_cmp(&self.weights[b]));
        let count = order.iter().take_while(|&&j| poor(self.weights[j])).count().min(points.n() / 2);
        if count == 0 {
            return 0;
        }
        // Not all are poor: one has the most.
        let least = self.weights[order[count]];
        let chosen = index::sample(&mut self.rng, points.n(), count);
        for (&j, i) in order[..count].iter().zip(chosen.iter()) {
            let differences = init::gather(points, origin, &[i]) * points.scale();
            self.differences.row_mut(j).assign(&differences.row(0));
            self.weights[j] = least;
        }
        count
    }

    /// How much a batch of this many points counts in the smoothed inertia.
    fn share(&self, points: usize) -> f64 {
        (2.0 * points as f64 / (self.n as f64 + 1.0)).min(1.0)
    }
}

/// The model of centroids `(k, d)` that are given by their differences from `origin` `(d,)`.
fn model_of(origin: &[f64], differences: &Array2<f64>) -> KMeans {
    KMeans::from_finite(Centroids::new(differences.clone()).in_models(origin, 1.0))
}

/// An exponentially weighted mean, and whether it still falls.
#[derive(Debug, Clone, Default)]
struct Trend {
    smoothed: Option<f64>,
    lowest: Option<f64>,
    stale: usize,
}

impl Trend {
    /// Takes in a value that counts as much as `share`; returns how many in a row have not lowered the mean.
    fn add(&mut self, value: f64, share: f64) -> usize {
        let smoothed = self.smoothed.map_or(value, |mean| mean * (1.0 - share) + value * share);
        self.smoothed = Some(smoothed);
        if self.lowest.is_none_or(|lowest| smoothed < lowest) {
            self.lowest = Some(smoothed);
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        self.stale
    }
}
