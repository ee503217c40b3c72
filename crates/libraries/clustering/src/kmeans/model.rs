//! The fitted model: centroids, and what they say about points.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};

use super::assign::nearest;
use super::centres::Centres;
use super::distance::squared_distance;
use super::exact::Exact;
use super::frame::Frame;
use crate::check::{check_matrix, in_order};
use crate::parallel::map_chunks;
use crate::points::{Points, Rows};
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Error, Scalar};

/// k centroids; a point belongs to the nearest one.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    centroids: Array2<f64>,
}

impl KMeans {
    /// A model from centroids of shape `(k, d)` in any memory layout, for example from a file.
    ///
    /// Errors: [`Error::Empty`], [`Error::NonFinite`].
    pub fn new(centroids: Array2<f64>) -> Result<Self, Error> {
        check_matrix("centroids", centroids.view())?;
        Ok(Self { centroids: in_order(centroids) })
    }

    /// A model from the centroids that a fit of finite points ended with.
    pub(super) fn from_finite(centroids: Array2<f64>) -> Self {
        Self { centroids }
    }

    /// The centroids, shape `(k, d)`.
    pub fn centroids(&self) -> &Array2<f64> {
        &self.centroids
    }

    /// Assigns each point of `points` `(n, d)` to its nearest centroid: shape `(n,)`, values in `0..k`, the
    /// lowest index on ties.
    ///
    /// What is decided depends on the point and the model alone: f32 tells which centroids may be the
    /// nearest, differences in f64 decide between those. Distances that differ by no more than the
    /// rounding of the centroids accounts for are ties. On the points of a fit this gives the fit's
    /// assignments.
    ///
    /// Errors: [`Error::Features`] when d is not the model's, [`Error::NonFinite`] and the others of bad points.
    pub fn predict<'a, F: Scalar>(&self, points: impl Into<Points<'a, F>>) -> Result<Array1<i32>, Error> {
        let points = points.into();
        let array = points.in_order();
        let points = Rows::new(&points, &array)?;
        self.check_features(points)?;
        Ok(F::nearest(self, points))
    }

    /// Sum over the points of their weight times the squared distance to the centroid of their `assignments` `(n,)`,
    /// by differences in f64.
    ///
    /// Errors: as [`KMeans::predict`]; [`Error::Shape`] when there is not one assignment per point;
    /// [`Error::Parameter`] for an assignment outside `0..k`.
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
        Ok(self.sum_of_squares(points, assignments))
    }

    pub(super) fn check_features<F: Scalar>(&self, points: Rows<F>) -> Result<(), Error> {
        let (expected, found) = (self.centroids.ncols(), points.d());
        if expected != found {
            return Err(Error::Features { expected, found });
        }
        Ok(())
    }

    /// [`KMeans::predict`] on checked points.
    pub(crate) fn assign<F: Scalar>(&self, points: Rows<F>) -> Array1<i32> {
        let mut labels = vec![0; points.n()];
        let values = &self.centroids / points.scale();
        let frame = Arc::new(Frame::of_model(values.view()));
        let (centres, exact) = of_model(points, &frame, self.centroids.view());
        nearest(points, &centres, &exact, None, &mut labels);
        labels.into_iter().map(|label| label as i32).collect()
    }

    /// [`KMeans::inertia`] on checked points.
    pub(super) fn sum_of_squares<F: Scalar>(&self, points: Rows<F>, assignments: &Array1<i32>) -> f64 {
        let values = &self.centroids / points.scale();
        sum_of_squares(points, &vec![0.0; points.d()], &values, assignments)
    }
}

/// [`KMeans::inertia`] of centroids `(k, d)` that are measured from `origin` `(d,)` in the values of points.
pub(super) fn sum_of_squares<F: Scalar>(
    points: Rows<F>,
    origin: &[f64],
    centroids: &Array2<f64>,
    assignments: &Array1<i32>,
) -> f64 {
    const USUAL: Range<f64> = 1e-280..1e300;
    let sum_in = |unit: f64| {
        let centroids = &(centroids * unit);
        let sums = map_chunks(points.n(), 0, |rows| {
            dispatch(SumOfSquares { points, rows, assignments, centroids, origin, unit })
        });
        sums.iter().sum::<f64>() * (points.scale() / unit).powi(2)
    };
    let sum = sum_in(1.0);
    if USUAL.contains(&sum) {
        return sum;
    }
    // It may be as it is, or squares may have overflowed or vanished.
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

/// The centroids `(k, d)` of a model, made ready to be compared with `points` in `frame`.
pub(super) fn of_model<F: Scalar>(
    points: Rows<F>,
    frame: &Arc<Frame<F::Work>>,
    centroids: ArrayView2<f64>,
) -> (Centres<F::Work>, Exact) {
    let values = &centroids / points.scale();
    let origin = Array1::from(frame.origin().to_vec());
    let centres = Centres::new(frame, (&values - &origin).view());
    // What the model has of its centroids, not their differences from an origin, decides.
    (centres, Exact::new(&vec![0.0; points.d()], values))
}

struct SumOfSquares<'a, F> {
    points: Rows<'a, F>,
    rows: Range<usize>,
    assignments: &'a Array1<i32>,
    /// In the unit.
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
        // A loop: what a closure calls would be compiled for no vectors.
        for (point, i) in points.iter(rows.clone()).zip(rows) {
            let centroid = centroids.row(assignments[i] as usize);
            let centroid = centroid.to_slice().expect("centroids are in C order");
            sum += points.weight(i) * squared_distance(point, origin, unit, centroid);
        }
        sum
    }
}
