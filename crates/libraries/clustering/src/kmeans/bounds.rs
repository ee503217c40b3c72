//! The assignment step with bounds, which tell for which points no centroid came nearer.

use std::ops::Range;

use kernels::simd::{Isa, Kernel, dispatch};
use kernels::{Float, ROWS_AHEAD, prefetch};
use ndarray::{Array1, Array2, ArrayView1, Axis, s};
use rayon::prelude::*;

use super::bounded_chunk::{AssignmentStep, Chunk, Workspace};
use super::centers::{Centers, MANY_FEATURES};
use super::centroid_groups::CentroidGroups;
use super::exact_centers::ExactCenters;
use super::outward_rounding::{OutwardRounding, larger};
use super::point_stats::PointStats;
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::{Scalar, Work};

/// Active points that are collected before they are compared with groups. The more there are, the
/// more points share a group that was fetched from memory.
const ACTIVE_POINTS: usize = 1024;

/// Fewest centroids that are worth a task of their own.
const MIN_CENTROIDS_PER_TASK: usize = 32;

/// Up to this many centroids, comparing codes is faster than measuring the own centroid first.
const FEW_CENTERS: usize = 16;

/// Bounds on the distances of a run of points to the centroids of one start.
///
/// The centroids are in t groups. Each point has an upper bound on the distance to its own
/// centroid, and for each group a lower bound on the distance to the other centroids in it. When
/// centroids move, the bounds move with them. While the upper bound stays below a lower one, no
/// centroid of that group can have come nearer, and nothing is computed.
///
/// One group is Hamerly's algorithm (*Making k-means even faster*, SDM 2010); one group per
/// centroid is Elkan's (*Using the triangle inequality to accelerate k-means*, ICML 2003) without
/// its distances between centroids; numbers in between are Yinyang k-means (Ding et al., ICML
/// 2015).
///
/// The bounds are inflated by the largest rounding error, so the labels equal those of
/// [`super::assign::nearest`]. Where scores are too close to tell, both ask [`ExactCenters`].
pub(super) struct Bounds<W> {
    /// The points that the bounds are for.
    rows: Range<usize>,
    groups: CentroidGroups,
    /// Whether codes prune distances first, if the points have any.
    use_projection: bool,
    /// Upper bounds, shape `(rows,)`.
    upper: Vec<W>,
    /// Lower bounds, shape `(rows, t)`.
    lower: Vec<W>,
    /// The centroids that the bounds are for, in the order of groups.
    centroids: Option<Array2<f64>>,
}

impl<W: Work> Bounds<W> {
    /// Makes bounds that tell nothing yet about the points in `rows`.
    pub(super) fn new(rows: Range<usize>, groups: CentroidGroups, use_projection: bool) -> Self {
        let lower = vec![W::ZERO; rows.len() * groups.len()];
        let upper = vec![W::INFINITY; rows.len()];
        Self { rows, groups, use_projection, upper, lower, centroids: None }
    }

    /// Returns the groups of centroids.
    pub(super) fn groups(&self) -> &CentroidGroups {
        &self.groups
    }

    /// Returns the distances that an assignment without bounds computes.
    pub(super) fn all_distances(&self) -> u64 {
        self.rows.len() as u64 * self.groups.order().len() as u64
    }

    /// Returns the bytes of bounds per point.
    pub(super) fn bytes_per_point(groups: usize) -> usize {
        (groups + 1) * size_of::<W>()
    }

    /// Assigns its points to the nearest of `centroids` `(k, d)`, given as differences from the
    /// origin. On entry `labels` `(n,)` holds the labels of the call before; those of other points
    /// stay. Returns the number of computed distances.
    pub(super) fn assign<F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        stats: &PointStats<W>,
        centroids: &Array2<f64>,
        labels: &mut [u32],
    ) -> u64 {
        let ordered = centroids.select(Axis(0), self.groups.order());
        let exact = ExactCenters::new(stats.frame.origin(), ordered.clone());
        self.assign_ordered(points, stats, ordered, &exact, labels)
    }

    /// Assigns the points for the last time: to the centroids `(k, d)` of a model, in its values.
    pub(super) fn finish<F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        stats: &PointStats<W>,
        centroids: &Array2<f64>,
        labels: &mut [u32],
    ) -> u64 {
        let ordered = centroids.select(Axis(0), self.groups.order()) / points.scale();
        let exact = ExactCenters::new(&vec![0.0; points.d()], ordered.clone());
        let ordered = ordered - Array1::from(stats.frame.origin().to_vec());
        // More distances count as ties now than when the bounds were made.
        let centers = Centers::new(&stats.frame, ordered.view());
        let rounding = OutwardRounding::new(centers.score_tolerance(&exact, stats.longest));
        for upper in &mut self.upper {
            *upper = rounding.inflate(*upper);
        }
        self.assign_ordered(points, stats, ordered, &exact, labels)
    }

    /// Does the work of [`Bounds::assign`] for the centroids `ordered` `(k, d)`, in the order of
    /// groups; `exact` holds the same centroids.
    fn assign_ordered<F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        stats: &PointStats<W>,
        ordered: Array2<f64>,
        exact: &ExactCenters,
        labels: &mut [u32],
    ) -> u64 {
        let Self { rows, groups, use_projection, upper, lower, centroids: before } = self;
        let labels = &mut labels[rows.clone()];
        let centers = Centers::new(&stats.frame, ordered.view());
        let moves: Vec<f64> = match before {
            Some(before) => moves(before, &ordered, stats.frame.unit()),
            None => vec![0.0; centers.len()],
        };
        let projection = stats.projection.as_ref().filter(|_| *use_projection);
        let codes = projection.map(|projection| {
            let unit = stats.frame.unit();
            let codes = |group| projection.codes(unit, ordered.slice(s![groups.range(group), ..]));
            (projection, (0..groups.len()).map(codes).collect())
        });
        let step = AssignmentStep {
            points,
            norms: &stats.norms,
            centers: &centers,
            exact,
            groups,
            projection: codes,
            rounding: OutwardRounding::new(centers.score_tolerance(exact, stats.longest)),
            known: before.is_some(),
            group_moves: groups.largest(&moves).into_iter().map(OutwardRounding::up).collect(),
            moves: (0..moves.len())
                .map(|label| OutwardRounding::up(moves[groups.position(label as u32)]))
                .collect(),
        };
        let chunks = pieces(labels.len(), points.d());
        let parts = split_mut(labels, &chunks, 1)
            .into_iter()
            .zip(split_mut(upper, &chunks, 1))
            .zip(split_mut(lower, &chunks, groups.len()));
        let distances = map(chunks.iter().zip(parts), |(chunk, ((labels, upper), lower))| {
            dispatch(Chunk { step: &step, first: rows.start + chunk.start, labels, upper, lower })
        });
        self.centroids = Some(ordered);
        distances.iter().sum()
    }
}

/// Computes the distance between each row of `a` and that of `b`, in `unit`, rounded up.
fn moves(a: &Array2<f64>, b: &Array2<f64>, unit: f64) -> Vec<f64> {
    let distance = |(a, b): (ArrayView1<f64>, ArrayView1<f64>)| {
        let squares = a.iter().zip(b).map(|(a, b)| ((a - b) * unit).powi(2));
        // The factor 1 + 1e-10 covers the rounding of sums of any practical number of features.
        squares.sum::<f64>().sqrt() * (1.0 + 1e-10)
    };
    let rows = a.axis_iter(Axis(0)).into_par_iter().zip(b.axis_iter(Axis(0)));
    rows.with_min_len(MIN_CENTROIDS_PER_TASK).map(distance).collect()
}

impl<F: Scalar> Kernel for Chunk<'_, F> {
    type Output = u64;

    #[inline(always)]
    fn run<I: Isa>(mut self) -> u64 {
        let AssignmentStep { points, groups, projection, known, .. } = self.step;
        let mut work = Workspace::new(groups.len());
        let n = self.labels.len();
        // With few features the own centroid alone costs a point as much as all do; with few codes,
        // too.
        let few =
            groups.len() == 1 && projection.is_some() && self.step.centers.len() <= FEW_CENTERS;
        let tighten = *known && points.d() >= MANY_FEATURES && !few;
        let (mut suspects, mut distances) = (Vec::new(), 0);
        for first in (0..n).step_by(ACTIVE_POINTS) {
            let rows = first..n.min(first + ACTIVE_POINTS);
            suspects.clear();
            if *known {
                self.drift(rows, &mut suspects);
            } else {
                suspects.extend(rows);
            }
            for (at, &i) in suspects.iter().enumerate() {
                let mut score = F::Work::INFINITY;
                if tighten {
                    // Memory answers before the point is looked at.
                    if let Some(&coming) = suspects.get(at + ROWS_AHEAD) {
                        prefetch(points.row(self.first + coming));
                    }
                    distances += 1;
                    score = self.measure_own::<I>(i);
                    if self.lower(i).iter().all(|&lower| self.upper[i] < lower) {
                        continue;
                    }
                }
                work.active.push(i);
                work.scores.push(score);
                if work.active.len() == ACTIVE_POINTS {
                    distances += self.assign_active::<I>(&mut work);
                }
            }
        }
        distances + self.assign_active::<I>(&mut work)
    }
}

impl<F: Scalar> Chunk<'_, F> {
    /// Assigns the active points, and leaves none active. Returns the number of computed distances.
    #[inline(always)]
    fn assign_active<I: Isa>(&mut self, work: &mut Workspace<F::Work>) -> u64 {
        let distances = match &self.step.projection {
            Some((projection, codes)) => self.assign_pruned::<I>(work, projection, codes),
            None if self.groups() == 1 => self.assign_exact_one_group::<I>(work),
            None => self.assign_exact::<I>(work),
        };
        work.active.clear();
        work.scores.clear();
        distances
    }

    /// Moves the bounds of the points in `rows` with the centers. Adds the points that another
    /// centroid may now be nearest to to `suspects`.
    #[inline(always)]
    fn drift(&mut self, rows: Range<usize>, suspects: &mut Vec<usize>) {
        let t = self.groups();
        let AssignmentStep { rounding, moves, group_moves, .. } = self.step;
        let labels = &self.labels[rows.clone()];
        let upper = &mut self.upper[rows.clone()];
        let lower = &mut self.lower[rows.start * t..rows.end * t];
        for (upper, &label) in upper.iter_mut().zip(labels) {
            *upper = (*upper + moves[label as usize]) * rounding.more;
        }
        let mut found = 0;
        suspects.resize(rows.len(), 0);
        let mut push = |i: usize, suspect: bool| {
            suspects[found] = i;
            found += usize::from(suspect);
        };
        if let &[moved] = group_moves.as_slice() {
            for lower in lower.iter_mut() {
                *lower = larger(*lower - moved, F::Work::ZERO) * rounding.less;
            }
            rows.zip(upper).zip(lower).for_each(|((i, upper), lower)| push(i, *upper >= *lower));
        } else {
            for ((i, upper), lower) in rows.zip(upper).zip(lower.chunks_exact_mut(t)) {
                let mut nearest = F::Work::INFINITY;
                for (lower, &moved) in lower.iter_mut().zip(group_moves) {
                    *lower = larger(*lower - moved, F::Work::ZERO) * rounding.less;
                    nearest = if *lower < nearest { *lower } else { nearest };
                }
                push(i, *upper >= nearest);
            }
        }
        suspects.truncate(found);
    }
}
