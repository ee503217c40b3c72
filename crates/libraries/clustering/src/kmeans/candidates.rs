//! Distances of all points to the candidates of k-means++.

use kernels::centered_squared_distance;
use ndarray::Array2;

use super::centers::Centers;
use super::codes::CenterCodes;
use super::frame::gather_centered;
use super::point_stats::PointStats;
use super::projection::Projection;
use crate::points::Rows;
use crate::{Scalar, Work};

/// A squared distance below this many times its possible error is recomputed from differences.
const MIN_RELIABLE_RATIO: f64 = 64.0;

/// Errors of a squared distance by which the distances between candidates and chosen points are
/// made smaller, so that rounding rules out no pair that matters.
const CHOSEN_ERRORS: f64 = 4.0;

/// Receives the distances of points to candidates.
pub(super) trait Visitor<W> {
    /// Receives the squared `distances` of `points` to a candidate, given by its position.
    fn visit(&mut self, candidate: usize, points: Ids, distances: &[W]);
}

/// Indices of points.
#[derive(Clone, Copy)]
pub(super) enum Ids<'a> {
    /// Consecutive points from this one on.
    From(usize),
    /// These points, in ascending order.
    List(&'a [usize]),
}

impl Ids<'_> {
    /// Returns the index of the point at a position.
    #[inline(always)]
    pub(super) fn get(self, at: usize) -> usize {
        match self {
            Self::From(first) => first + at,
            Self::List(ids) => ids[at],
        }
    }
}

/// The candidates, prepared for measuring all points against them.
pub(super) struct CandidateSet<'a, F: Scalar> {
    /// All points.
    pub(super) points: Rows<'a, F>,
    /// Squared length of each point, shape `(n,)`.
    pub(super) norms: &'a [F::Work],
    /// The candidates as centers.
    pub(super) centers: Centers<F::Work>,
    /// The candidates as differences from the origin in the unit of distances, shape `(candidates,
    /// d)`.
    pub(super) exact: Array2<f64>,
    /// A squared distance below this share of the squared length of its point is recomputed.
    pub(super) coarse: F::Work,
    /// Most that a squared distance differs from the exact one.
    pub(super) error: f64,
    /// The projection with the codes of the points, and the codes of the candidates.
    pub(super) projection: Option<(&'a Projection, CenterCodes)>,
    /// A quarter of the squared distance of each candidate to each chosen point, less the rounding
    /// error: shape `(candidates, chosen)`. By the triangle inequality a point is no nearer to the
    /// candidate if its squared distance to its chosen point is at most this.
    pub(super) quarter_squared: Vec<Vec<F::Work>>,
}

impl<'a, F: Scalar> CandidateSet<'a, F> {
    /// Prepares the points at `indices` as candidates. The points of `chosen` have been chosen
    /// before.
    pub(super) fn new(
        points: Rows<'a, F>,
        stats: &'a PointStats<F::Work>,
        indices: &[usize],
        chosen: &Centers<F::Work>,
    ) -> Self {
        let frame = &stats.frame;
        let rows = gather_centered(points, frame.origin(), indices);
        let centers = Centers::new(frame, rows.view());
        let codes =
            |projection: &'a Projection| (projection, projection.codes(frame.unit(), rows.view()));
        let projection = stats.projection.as_ref().map(codes);
        let error = centers.error(stats.longest);
        let quarter_squared = (0..indices.len()).map(|candidate| {
            let squared = centers.squared_distances(candidate, chosen);
            squared
                .into_iter()
                .map(|squared| F::Work::narrow(0.25 * squared - CHOSEN_ERRORS * error))
                .collect()
        });
        let (quarter_squared, exact) = (quarter_squared.collect(), rows * frame.unit());
        // The relative error of a squared distance: a candidate that is near a point is about as
        // long.
        let coarse = F::Work::narrow(MIN_RELIABLE_RATIO * centers.error_of(1.0, 1.0));
        Self {
            points,
            norms: &stats.norms,
            centers,
            exact,
            coarse,
            error,
            quarter_squared,
            projection,
        }
    }

    /// Recomputes from differences the squared distances that lost most of their digits: those of
    /// points near the candidate and far from the origin.
    #[inline(always)]
    pub(super) fn recompute_inexact(
        &self,
        candidate: usize,
        points: Ids,
        norms: &[F::Work],
        squared: &mut [F::Work],
    ) {
        let Self { centers, exact, coarse, .. } = self;
        let (origin, unit) = (centers.frame.origin(), centers.frame.unit());
        let center = exact.row(candidate).to_slice().expect("candidates are in C order");
        for (at, (squared, &norm)) in squared.iter_mut().zip(norms).enumerate() {
            if *squared < norm * *coarse {
                let point = self.points.row(points.get(at));
                *squared = F::Work::narrow(centered_squared_distance(point, origin, unit, center));
            }
        }
    }
}
