//! Mini-batch k-means: points come in batches and need not fit into memory.

mod means_to_model;
mod params;
mod random_rows;
mod report;
mod smoothed_inertia;

use ndarray::Array2;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use self::means_to_model::model_of;
pub use self::params::MiniBatchParams;
pub use self::random_rows::RandomRows;
pub use self::report::BatchReport;
use self::smoothed_inertia::SmoothedInertia;
use super::cluster_sums::{ClusterSums, Totals, UNASSIGNED};
use super::frame::gather_centered;
use super::metric::compared;
use super::model::{KMeans, sum_of_squares};
use super::params::{Init, KMeansParams};
use super::point_stats::PointStats;
use super::starting_centroids::starting_centroids;
use crate::points::{Points, Rows, for_type};
use crate::{Error, Scalar, rng};

/// Points per cluster between two reassignments of centroids, as in scikit-learn.
const POINTS_PER_REASSIGNMENT: usize = 10;

/// A fit of k-means by batches that the caller brings.
///
/// Sculley, *Web-scale k-means clustering*, WWW 2010: every centroid is the running weighted mean
/// of the points that have been assigned to it. As in `MiniBatchKMeans` of scikit-learn, centroids
/// that receive few points are moved to points of a batch, and the fit has converged when an
/// exponentially weighted mean of the inertia of the batches stops falling.
///
/// With [`Metric::Cosine`](super::Metric::Cosine) a centroid has the direction of the running mean
/// of the points, which are scaled to unit length.
///
/// The model has the same bytes for any number of threads. Memory beyond the batch: about 50 k d
/// bytes and a few MB.
///
/// Tested against scikit-learn 1.9 `MiniBatchKMeans.partial_fit`: from the same centroids and
/// batches, weighted or not, the same centroids to 1e-12. Tested against [`super::fit()`]: its
/// inertia is within 1 % of the best of ten starts on groups that are apart, and within 10 % on
/// groups that are not.
///
/// # Examples
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
    /// Origin of the centroids, shape `(d,)`, in the unit of models. Sums of points far from 0
    /// would lose the digits in which these differ.
    origin: Vec<f64>,
    /// Differences of the running means from the origin, shape `(k, d)`, in the unit of models.
    differences: Array2<f64>,
    /// Weight that each centroid has received, shape `(k,)`.
    weights: Vec<f64>,
    rng: Xoshiro256PlusPlus,
    batches: usize,
    /// Number of points since centroids were last reassigned.
    points_since_reassignment: usize,
    trend: SmoothedInertia,
}

impl MiniBatch {
    /// Chooses starting centroids from `sample` `(m, d)`.
    ///
    /// The sample should hold [`MiniBatchParams::sample_size`] random points. `n` is the number of
    /// all points; for a stream without end, the number of points that the smoothed inertia should
    /// remember. [`MiniBatch`] has an example.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewPoints`] if m < k, [`Error::Empty`], [`Error::NonFinite`] (sample or given
    /// centroids), [`Error::NoDirection`] (likewise), [`Error::SampleWeights`],
    /// [`Error::Magnitude`], [`Error::Parameter`], [`Error::Shape`] (given centroids, weights).
    pub fn new<'a, F: Scalar>(
        sample: impl Into<Points<'a, F>>,
        n: usize,
        params: MiniBatchParams,
    ) -> Result<Self, Error> {
        let sample = sample.into();
        params.check(n)?;
        let starting = params.kmeans_params();
        starting.check(sample.dim())?;
        let array = sample.in_order();
        let points = Rows::new(&sample, &array)?;
        let values = params.metric.values(points)?;
        let starting = starting.compared()?;
        for_type!(compared(points, &values), points => Self::begin(points, n, params, &starting))
    }

    /// Chooses starting centroids from a checked sample, as the metric compares it.
    fn begin<F: Scalar>(
        points: Rows<F>,
        n: usize,
        params: MiniBatchParams,
        starting: &KMeansParams,
    ) -> Result<Self, Error> {
        let weighted = points.of_positive_weight(params.k)?;
        let points = weighted.as_ref().map_or(points, |weighted| weighted.rows());
        let given = match &starting.init {
            Init::Centroids(centroids) => Some(centroids),
            Init::KMeansPlusPlus | Init::Random => None,
        };
        let stats = PointStats::compute(points, given)?;
        let origin: Vec<f64> = stats.frame.origin().iter().map(|s| s * points.scale()).collect();
        let starts = (0..starting.starts()).map(|start| {
            let (centroids, _) = starting_centroids(points, &stats, starting, start);
            let differences = &centroids * points.scale();
            let model = model_of(&origin, &differences, params.metric, None);
            let assignments = model.assign_typed(points.typed());
            let from = stats.frame.origin();
            (sum_of_squares(points, from, &centroids, &assignments), model, differences)
        });
        let (_, model, differences) = starts
            .reduce(|best, new| if new.0 < best.0 { new } else { best })
            .expect("there is at least one start");
        let (weights, rng) = (vec![0.0; params.k], rng::apart(params.seed, 2));
        Ok(Self {
            params,
            n,
            model,
            origin,
            differences,
            weights,
            rng,
            batches: 0,
            points_since_reassignment: 0,
            trend: SmoothedInertia::default(),
        })
    }

    /// Updates the centroids with a batch `(m, d)`.
    ///
    /// Points of weight 0 count as absent. After an error nothing has changed.
    ///
    /// ```
    /// use clustering::kmeans::{Init, MiniBatch, MiniBatchParams};
    /// use ndarray::array;
    ///
    /// let init = Init::Centroids(array![[0.0], [9.0]]);
    /// let params = MiniBatchParams { k: 2, init, ..MiniBatchParams::default() };
    /// let mut fit = MiniBatch::new(&array![[0.0], [9.0]], 4, params)?;
    /// let report = fit.update(&array![[1.0], [3.0], [9.0]])?;
    /// assert_eq!((report.batch, report.inertia), (1, (1.0 + 9.0) / 3.0));
    /// assert_eq!(fit.model().centroids()[[0, 0]], 2.0);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Features`] if d is not that of the sample, [`Error::Empty`], [`Error::NonFinite`],
    /// [`Error::NoDirection`], [`Error::SampleWeights`] (a batch needs a weight above 0),
    /// [`Error::Shape`], [`Error::Magnitude`].
    pub fn update<'a, F: Scalar>(
        &mut self,
        batch: impl Into<Points<'a, F>>,
    ) -> Result<BatchReport, Error> {
        let batch = batch.into();
        let array = batch.in_order();
        let points = Rows::new(&batch, &array)?;
        if points.n() == 0 {
            return Err(Error::Empty { what: "a batch", shape: vec![0, points.d()] });
        }
        self.model.check_features(points)?;
        let values = self.params.metric.values(points)?;
        for_type!(compared(points, &values), points => self.update_rows(points))
    }

    /// Updates the centroids with a checked batch, as the metric compares it.
    fn update_rows<F: Scalar>(&mut self, points: Rows<F>) -> Result<BatchReport, Error> {
        let weighted = points.of_positive_weight(1)?;
        let points = weighted.as_ref().map_or(points, |weighted| weighted.rows());
        let assignments = self.model.assign_typed(points.typed());
        let sum = self.model.sum_of_squares(points, &assignments);
        if !sum.is_finite() {
            return Err(Error::Magnitude { spread: sum });
        }
        let labels: Vec<u32> = assignments.iter().map(|&label| label as u32).collect();
        let origin: Vec<f64> = self.origin.iter().map(|s| s / points.scale()).collect();
        let mut sums = ClusterSums::new(points, &origin, self.params.k);
        sums.move_points(points, &vec![UNASSIGNED; points.n()], &labels);
        let totals = sums.totals();

        let inertia = sum / totals.weights.iter().sum::<f64>();
        let may_reassign = self.may_reassign(points.n());
        self.update_centroids(&totals, points.scale());
        let reassigned = if may_reassign { self.reassign(&origin, points) } else { 0 };
        let before = Some(&self.model);
        self.model = model_of(&self.origin, &self.differences, self.params.metric, before);
        self.batches += 1;
        // The first inertia is that of the starting centroids, which does not tell how batches
        // help.
        let stale =
            if self.batches == 1 { 0 } else { self.trend.add(inertia, self.share(points.n())) };
        let smoothed = self.trend.smoothed.unwrap_or(inertia);
        let converged = stale >= self.params.max_no_improvement;
        Ok(BatchReport { batch: self.batches, inertia, smoothed, reassigned, converged })
    }

    /// Returns the current model. [`MiniBatch`] has an example.
    pub fn model(&self) -> &KMeans {
        &self.model
    }

    /// Returns the final model without a copy.
    ///
    /// ```
    /// use clustering::kmeans::{MiniBatch, MiniBatchParams};
    /// use ndarray::array;
    ///
    /// let sample = array![[0.0], [1.0], [9.0], [10.0]];
    /// let params = MiniBatchParams { k: 2, ..MiniBatchParams::default() };
    /// let model = MiniBatch::new(&sample, 4, params)?.into_model();
    /// assert_eq!(model.centroids().dim(), (2, 1));
    /// # Ok::<(), clustering::Error>(())
    /// ```
    pub fn into_model(self) -> KMeans {
        self.model
    }

    /// Moves the centroids to the means of all points they have received.
    fn update_centroids(&mut self, totals: &Totals, scale: f64) {
        let rows = self.differences.outer_iter_mut().zip(totals.sums.outer_iter());
        let weights = self.weights.iter_mut().zip(&totals.weights);
        for ((mut centroid, sum), (weight, &new)) in
            rows.zip(weights).filter(|(_, (_, new))| **new > 0.0)
        {
            let total = *weight + new;
            centroid.zip_mut_with(&sum, |c, &sum| *c = (*c * *weight + sum * scale) / total);
            *weight = total;
        }
    }

    /// Tells whether centroids may be reassigned with a batch of this many points: if ten times k
    /// points have come since the last time, and whenever a centroid has received nothing.
    fn may_reassign(&mut self, points: usize) -> bool {
        self.points_since_reassignment = self.points_since_reassignment.saturating_add(points);
        let may = self.weights.contains(&0.0)
            || self.points_since_reassignment
                >= self.params.k.saturating_mul(POINTS_PER_REASSIGNMENT);
        if may {
            self.points_since_reassignment = 0;
        }
        may
    }

    /// Moves the centroids that have received next to nothing, at most half as many as there are
    /// points, to different points. Each then counts as much as the least of the others. `origin`
    /// is that of the centroids in the values of points. Returns how many were moved.
    fn reassign<F: Scalar>(&mut self, origin: &[f64], points: Rows<F>) -> usize {
        let most = self.weights.iter().fold(0.0, |most: f64, &weight| most.max(weight));
        let neglected = |weight: f64| weight < self.params.reassignment_ratio * most;
        let mut order: Vec<usize> = (0..self.weights.len()).collect();
        order.sort_by(|&a, &b| self.weights[a].total_cmp(&self.weights[b]));
        let count =
            order.iter().take_while(|&&j| neglected(self.weights[j])).count().min(points.n() / 2);
        if count == 0 {
            return 0;
        }
        // The index is in range, because the centroid with the most weight is not neglected.
        let least = self.weights[order[count]];
        let chosen = index::sample(&mut self.rng, points.n(), count);
        for (&j, i) in order[..count].iter().zip(chosen.iter()) {
            let differences = gather_centered(points, origin, &[i]) * points.scale();
            self.differences.row_mut(j).assign(&differences.row(0));
            self.weights[j] = least;
        }
        count
    }

    /// Returns the weight of a batch of this many points in the smoothed inertia.
    fn share(&self, points: usize) -> f64 {
        (2.0 * points as f64 / (self.n as f64 + 1.0)).min(1.0)
    }
}
