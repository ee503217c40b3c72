//! The fitted model: centroids, prediction and inertia.

use std::ops::Range;
use std::sync::Arc;

use kernels::centered_squared_distance;
use kernels::simd::{Isa, Kernel, dispatch};
use ndarray::{Array1, Array2, ArrayView2};

use super::assign::nearest;
use super::centers::Centers;
use super::exact_centers::ExactCenters;
use super::frame::Frame;
use super::metric::{Metric, compared};
use super::unit_length::unit_centroids;
use crate::check::{check_matrix, in_order};
use crate::parallel::map_chunks;
use crate::points::{Points, Rows, TypedRows, for_type};
use crate::{Error, Scalar};

/// A k-means model: k centroids and a metric. A point belongs to the nearest centroid.
///
/// [`fit`](super::fit()) and [`MiniBatch`](super::MiniBatch) make models, and [`KMeans::new`] takes
/// the centroids of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    centroids: Array2<f64>,
    metric: Metric,
}

impl KMeans {
    /// Makes a model of Euclidean distances from centroids `(k, d)`, for example from a file.
    ///
    /// The centroids may have any memory layout.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::NonFinite`].
    ///
    /// # Examples
    ///
    /// ```
    /// use clustering::kmeans::KMeans;
    /// use ndarray::array;
    ///
    /// let model = KMeans::new(array![[0.0, 0.0], [9.0, 0.0]])?;
    /// assert_eq!(model.centroids().dim(), (2, 2));
    /// # Ok::<(), clustering::Error>(())
    /// ```
    pub fn new(centroids: Array2<f64>) -> Result<Self, Error> {
        Self::with_metric(centroids, Metric::Euclidean)
    }

    /// Makes a model of `metric` from centroids `(k, d)` in any memory layout.
    ///
    /// For [`Metric::Cosine`] the centroids are scaled to unit length. Those that have it but for
    /// rounding stay as they are.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::NonFinite`]; [`Error::NoDirection`] for the cosine of a centroid
    /// of zeros alone.
    ///
    /// # Examples
    ///
    /// ```
    /// use clustering::kmeans::{KMeans, Metric};
    /// use ndarray::array;
    ///
    /// let model = KMeans::with_metric(array![[5.0, 0.0], [0.0, 2.0]], Metric::Cosine)?;
    /// assert_eq!(model.centroids(), array![[1.0, 0.0], [0.0, 1.0]]);
    /// assert_eq!(model.predict(&array![[0.1, 0.01], [7.0, 8.0]])?, array![0, 1]);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    pub fn with_metric(centroids: Array2<f64>, metric: Metric) -> Result<Self, Error> {
        check_matrix("centroids", centroids.view())?;
        let centroids = match metric {
            Metric::Euclidean => in_order(centroids),
            Metric::Cosine => unit_centroids(centroids, "centroids")?,
        };
        Ok(Self { centroids, metric })
    }

    /// Makes a model from the centroids of a fit by `metric`, which are finite and in C order.
    pub(super) fn from_fit(centroids: Array2<f64>, metric: Metric) -> Self {
        Self { centroids, metric }
    }

    /// Returns the centroids, shape `(k, d)`. [`KMeans::new`] has an example.
    pub fn centroids(&self) -> &Array2<f64> {
        &self.centroids
    }

    /// Returns the metric. [`KMeans::with_metric`] has an example of one.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Assigns each point of `points` `(n, d)` to its nearest centroid.
    ///
    /// The result has shape `(n,)` and values in `0..k`, the lowest index on ties. It depends on
    /// the point and the model alone: f32 tells which centroids may be the nearest, and differences
    /// in f64 decide between those. Distances that differ by no more than the rounding of the
    /// centroids are ties. On the points of a fit the result equals the assignments of the fit. A
    /// model with [`Metric::Cosine`] scales the points to unit length.
    ///
    /// # Errors
    ///
    /// [`Error::Features`] if d is not that of the model, [`Error::NonFinite`] and the other errors
    /// of bad points; of a model with [`Metric::Cosine`] [`Error::NoDirection`].
    ///
    /// # Examples
    ///
    /// ```
    /// use clustering::kmeans::KMeans;
    /// use ndarray::array;
    ///
    /// let model = KMeans::new(array![[0.0, 0.0], [9.0, 0.0]])?;
    /// let labels = model.predict(&array![[1.0, 0.0], [8.0, 1.0]])?;
    /// assert_eq!(labels, array![0, 1]);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    pub fn predict<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
    ) -> Result<Array1<i32>, Error> {
        let points = points.into();
        let array = points.in_order();
        let points = Rows::new(&points, &array)?;
        self.check_features(points)?;
        let values = self.metric.values(points)?;
        Ok(self.assign_typed(compared(points, &values)))
    }

    /// Computes the inertia of `points` under `assignments` `(n,)`.
    ///
    /// The inertia is the sum over the points of their weight times the squared distance to the
    /// centroid of their cluster, from differences in f64. With [`Metric::Cosine`] points and
    /// centroids have unit length, and the square is 2 (1 - cosine).
    ///
    /// # Errors
    ///
    /// Those of [`KMeans::predict`]; [`Error::Shape`] if there is not one assignment per point;
    /// [`Error::Parameter`] for an assignment outside `0..k`.
    ///
    /// # Examples
    ///
    /// ```
    /// use clustering::kmeans::KMeans;
    /// use ndarray::array;
    ///
    /// let model = KMeans::new(array![[0.0, 0.0], [9.0, 0.0]])?;
    /// let points = array![[1.0, 0.0], [8.0, 1.0]];
    /// assert_eq!(model.inertia(&points, &array![0, 1])?, 3.0);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    pub fn inertia<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
        assignments: &Array1<i32>,
    ) -> Result<f64, Error> {
        let points = points.into();
        let array = points.in_order();
        let points = Rows::new(&points, &array)?;
        self.check_features(points)?;
        if assignments.len() != points.n() {
            let (expected, found) = (vec![points.n()], vec![assignments.len()]);
            return Err(Error::Shape { what: "assignments", expected, found });
        }
        let k = self.centroids.nrows();
        if let Some(label) = assignments.iter().find(|label| !(0..k as i32).contains(label)) {
            let found = format!("{label} with k = {k}");
            return Err(Error::Parameter { name: "assignments", expected: "in 0..k", found });
        }
        let values = self.metric.values(points)?;
        Ok(for_type!(compared(points, &values), points => {
            self.sum_of_squares(points, assignments)
        }))
    }

    /// Checks that the points have the features of the model.
    pub(super) fn check_features<F: Scalar>(&self, points: Rows<F>) -> Result<(), Error> {
        let (expected, found) = (self.centroids.ncols(), points.d());
        if expected != found {
            return Err(Error::Features { expected, found });
        }
        Ok(())
    }

    /// Runs [`KMeans::assign`], which is compiled here once for each type of points.
    ///
    /// The points are as the metric compares them.
    pub(crate) fn assign_typed(&self, points: TypedRows) -> Array1<i32> {
        for_type!(points, points => self.assign(points))
    }

    /// Assigns checked points: see [`KMeans::predict`].
    pub(super) fn assign<F: Scalar>(&self, points: Rows<F>) -> Array1<i32> {
        let mut labels = vec![0; points.n()];
        let values = &self.centroids / points.scale();
        let frame = Arc::new(Frame::for_model(values.view()));
        let (centers, exact) = prepare_model(points, &frame, self.centroids.view());
        nearest(points, &centers, &exact, None, &mut labels);
        labels.into_iter().map(|label| label as i32).collect()
    }

    /// Computes the inertia of checked points: see [`KMeans::inertia`].
    pub(super) fn sum_of_squares<F: Scalar>(
        &self,
        points: Rows<F>,
        assignments: &Array1<i32>,
    ) -> f64 {
        let values = &self.centroids / points.scale();
        sum_of_squares(points, &vec![0.0; points.d()], &values, assignments)
    }
}

/// Computes the inertia of points with centroids `(k, d)` that are measured from `origin` `(d,)`,
/// in the values of points.
pub(super) fn sum_of_squares<F: Scalar>(
    points: Rows<F>,
    origin: &[f64],
    centroids: &Array2<f64>,
    assignments: &Array1<i32>,
) -> f64 {
    /// Sums in this range keep all their digits.
    const SAFE_SUMS: Range<f64> = 1e-280..1e300;
    let sum_in = |unit: f64| {
        let centroids = &(centroids * unit);
        let sums = map_chunks(points.n(), 0, |rows| {
            dispatch(SumOfSquares { points, rows, assignments, centroids, origin, unit })
        });
        sums.iter().sum::<f64>() * (points.scale() / unit).powi(2)
    };
    let sum = sum_in(1.0);
    if SAFE_SUMS.contains(&sum) {
        return sum;
    }
    // The sum may be right, or squares may have overflowed or vanished: choose a unit by the
    // largest difference.
    let chunks = map_chunks(points.n(), 0, |rows| {
        let mut largest: f64 = 0.0;
        for (point, i) in points.iter(rows.clone()).zip(rows) {
            let centroid = centroids.row(assignments[i] as usize);
            for ((&x, s), c) in point.iter().zip(origin).zip(centroid) {
                largest = largest.max((x.into() - s - c).abs());
            }
        }
        largest
    });
    match chunks.into_iter().fold(0.0, f64::max) {
        0.0 => 0.0,
        largest => sum_in((-largest.log2().floor().clamp(-1000.0, 1000.0)).exp2()),
    }
}

/// Prepares the centroids `(k, d)` of a model for comparing them with `points` in `frame`.
pub(super) fn prepare_model<F: Scalar>(
    points: Rows<F>,
    frame: &Arc<Frame<F::Work>>,
    centroids: ArrayView2<f64>,
) -> (Centers<F::Work>, ExactCenters) {
    let values = &centroids / points.scale();
    let origin = Array1::from(frame.origin().to_vec());
    let centers = Centers::new(frame, (&values - &origin).view());
    // The centroids as the model holds them decide, not their differences from an origin.
    (centers, ExactCenters::new(&vec![0.0; points.d()], values))
}

/// Sums the weighted squared distances of a run of points.
struct SumOfSquares<'a, F> {
    points: Rows<'a, F>,
    rows: Range<usize>,
    assignments: &'a Array1<i32>,
    /// The centroids, in the unit.
    centroids: &'a Array2<f64>,
    origin: &'a [f64],
    unit: f64,
}

impl<F: Scalar> Kernel for SumOfSquares<'_, F> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self) -> f64 {
        let Self { points, rows, assignments, centroids, origin, unit } = self;
        let mut sum = 0.0;
        // This is a loop, because a closure would be compiled without SIMD vectors.
        for (point, i) in points.iter(rows.clone()).zip(rows) {
            let centroid = centroids.row(assignments[i] as usize);
            let centroid = centroid.to_slice().expect("centroids are in C order");
            sum += points.weight(i) * centered_squared_distance(point, origin, unit, centroid);
        }
        sum
    }
}
