//! Bounds that are kept only while they save more than they cost.

use ndarray::Array2;

use super::bounds::Bounds;
use super::centroid_groups::CentroidGroups;
use super::cluster_sums::UNASSIGNED;
use super::point_stats::PointStats;
use crate::points::Rows;
use crate::{Scalar, Work};

/// Points that are tried with codes before all are.
const PROBE: usize = 512;

/// Time of a distance that codes leave, which is computed alone, relative to one of a matrix
/// product.
const PRUNED_COST: u64 = 6;

/// Time to load a point for a matrix product, in distances of the product.
const LOAD_COST: u64 = 10;

/// One point in this many tries groups of centroids, if it is open whether these pay.
const TRIAL_SHARE: usize = 64;

/// Fewest points of a trial.
const MIN_TRIAL: usize = 256;

/// Time of a distance to a centroid of a group, where few points share the group, relative to one
/// that all points share.
const GROUP_COST: f64 = 2.5;

/// Groups are taken once they would have saved the time of half a full assignment. To begin with
/// them costs more, so a few iterations of which they save little do not decide.
const MIN_SAVED: f64 = 0.5;

/// The bounds of all points of a start.
///
/// If neither codes nor groups save enough, one bound per point is kept, which costs next to
/// nothing. What decides are counts of distances, never times, so that every run does the same.
/// The choice changes no label.
pub(super) struct AdaptiveBounds<W> {
    /// The bounds of all points, or of all but those of the trial.
    bounds: Bounds<W>,
    /// Bounds for groups of centroids that the first points try, as long as others keep one each.
    trial: Option<Bounds<W>>,
    /// Time that groups would have saved so far, in full assignments.
    saved: f64,
}

impl<W: Work> AdaptiveBounds<W> {
    /// Keeps these bounds of all points, whatever they save.
    pub(super) fn settled(bounds: Bounds<W>) -> Self {
        Self { bounds, trial: None, saved: 0.0 }
    }

    /// Chooses between codes, one bound per point, and a trial of `groups`.
    pub(super) fn choose<F: Scalar<Work = W>>(
        points: Rows<F>,
        stats: &PointStats<W>,
        centroids: &Array2<f64>,
        groups: CentroidGroups,
    ) -> Self {
        let n = points.n();
        if stats.projection.is_some() {
            let mut probe = Bounds::new(0..n.min(PROBE), groups.clone(), true);
            let distances = probe.assign(points, stats, centroids, &mut vec![UNASSIGNED; n]);
            // Each point is measured to its own centroid, however few others codes leave.
            let (rows, all) = (n.min(PROBE) as u64, probe.all_distances());
            if distances.saturating_sub(rows) * PRUNED_COST <= all + LOAD_COST * rows {
                return Self::settled(Bounds::new(0..n, groups, true));
            }
        }
        let tried = (n / TRIAL_SHARE).max(MIN_TRIAL);
        if groups.len() == 1 || tried >= n {
            return Self::settled(Bounds::new(0..n, groups, false));
        }
        let one = CentroidGroups::one(centroids.nrows());
        Self {
            bounds: Bounds::new(tried..n, one, false),
            trial: Some(Bounds::new(0..tried, groups, false)),
            saved: 0.0,
        }
    }

    /// Does the work of [`Bounds::assign`] for all points.
    pub(super) fn assign<F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        stats: &PointStats<W>,
        centroids: &Array2<f64>,
        labels: &mut [u32],
    ) -> u64 {
        let distances = self.bounds.assign(points, stats, centroids, labels);
        let Some(trial) = &mut self.trial else { return distances };
        let tried = trial.assign(points, stats, centroids, labels);
        let share =
            |distances: u64, bounds: &Bounds<W>| distances as f64 / bounds.all_distances() as f64;
        let saved = share(distances, &self.bounds) - GROUP_COST * share(tried, trial);
        self.saved = (self.saved + saved).max(0.0);
        if self.saved > MIN_SAVED {
            self.bounds = Bounds::new(0..points.n(), trial.groups().clone(), false);
            self.trial = None;
        }
        distances + tried
    }

    /// Does the work of [`Bounds::finish`] for all points.
    pub(super) fn finish<F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        stats: &PointStats<W>,
        centroids: &Array2<f64>,
        labels: &mut [u32],
    ) -> u64 {
        let tried = self.trial.as_mut().map(|trial| trial.finish(points, stats, centroids, labels));
        tried.unwrap_or(0) + self.bounds.finish(points, stats, centroids, labels)
    }
}
