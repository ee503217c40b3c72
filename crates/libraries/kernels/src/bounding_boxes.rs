//! Blocks of points that are near one another, and their axis-aligned bounding boxes.

use multiversion::multiversion;
use ndarray::Array2;

use crate::simd::LANES;

/// Sizes of blocks of points and of groups of queries.
#[derive(Clone, Copy)]
pub struct Sizes {
    /// Queries of a group.
    pub queries: usize,
    /// Points of a block.
    pub points: usize,
}

/// Orders the rows of `values` `(n, m + 1)` so that those of a block, or group, are near another.
///
/// Rows are split in half by the widest of the first m features, and the halves again, as in a k-d
/// tree.
///
/// ```
/// use kernels::{Sizes, spatial_order};
/// use ndarray::array;
///
/// let values = array![[9.0, 0.0], [1.0, 0.0], [8.0, 0.0], [2.0, 0.0]];
/// let order = spatial_order(&values, Sizes { queries: 2, points: 2 });
/// assert!(order[..2].contains(&1) && order[..2].contains(&3));
/// ```
pub fn spatial_order(values: &Array2<f32>, sizes: Sizes) -> Vec<usize> {
    fn split(values: &Array2<f32>, ids: &mut [usize], sizes: Sizes) {
        let unit = if ids.len() > sizes.points { sizes.points } else { sizes.queries };
        if ids.len() <= unit {
            return;
        }
        let widest = BoundingBox::of(values, ids).widest();
        let middle = unit * (ids.len().div_ceil(unit) / 2);
        let by_value = |&a: &usize, &b: &usize| {
            values[[a, widest]].total_cmp(&values[[b, widest]]).then(a.cmp(&b))
        };
        ids.select_nth_unstable_by(middle, by_value);
        let (low, high) = ids.split_at_mut(middle);
        rayon::join(|| split(values, low, sizes), || split(values, high, sizes));
    }
    let mut ids: Vec<usize> = (0..values.nrows()).collect();
    split(values, &mut ids, sizes);
    ids
}

/// The bounding box of some points: their range in each feature.
pub struct BoundingBox {
    low: Vec<f32>,
    high: Vec<f32>,
}

impl BoundingBox {
    /// Finds the box of the rows `ids` of `values` `(n, m + 1)`, without the last feature.
    ///
    /// ```
    /// use kernels::BoundingBox;
    /// use ndarray::array;
    ///
    /// let bounds = BoundingBox::of(&array![[1.0, 0.0], [3.0, 0.0]], &[0, 1]);
    /// assert_eq!(bounds.gap_to(&[5.0]), 4.0);
    /// ```
    pub fn of(values: &Array2<f32>, ids: &[usize]) -> Self {
        let m = values.ncols() - 1;
        let (mut low, mut high) = (vec![f32::INFINITY; m], vec![f32::NEG_INFINITY; m]);
        for &id in ids {
            for ((low, high), &x) in low.iter_mut().zip(&mut high).zip(values.row(id)) {
                (*low, *high) = (low.min(x), high.max(x));
            }
        }
        Self { low, high }
    }

    /// Finds the feature in which the box is widest.
    fn widest(&self) -> usize {
        let widths = self.low.iter().zip(&self.high).map(|(low, high)| high - low);
        widths.enumerate().fold((0, 0.0), |most, next| if next.1 > most.1 { next } else { most }).0
    }

    /// Computes the squared distance between two boxes, 0 if they overlap.
    ///
    /// ```
    /// use kernels::BoundingBox;
    /// use ndarray::array;
    ///
    /// let values = array![[1.0, 0.0], [3.0, 0.0]];
    /// let (a, b) = (BoundingBox::of(&values, &[0]), BoundingBox::of(&values, &[1]));
    /// assert_eq!(a.gap(&b), 4.0);
    /// ```
    pub fn gap(&self, other: &Self) -> f32 {
        let own = self.low.iter().zip(&self.high);
        own.zip(other.low.iter().zip(&other.high))
            .map(|((low, high), (other_low, other_high))| {
                (low - other_high).max(other_low - high).max(0.0).powi(2)
            })
            .sum()
    }

    /// Computes the squared distance between the middles of two boxes.
    ///
    /// ```
    /// use kernels::BoundingBox;
    /// use ndarray::array;
    ///
    /// let values = array![[1.0, 0.0], [3.0, 0.0]];
    /// let (a, b) = (BoundingBox::of(&values, &[0]), BoundingBox::of(&values, &[0, 1]));
    /// assert_eq!(a.between_middles(&b), 1.0);
    /// ```
    pub fn between_middles(&self, other: &Self) -> f32 {
        let own = self.low.iter().zip(&self.high);
        own.zip(other.low.iter().zip(&other.high))
            .map(|((low, high), (other_low, other_high))| {
                (0.5 * (low + high - other_low - other_high)).powi(2)
            })
            .sum()
    }

    /// Computes the squared distance from `point` to the box, 0 if it lies within.
    ///
    /// Features of `point` beyond those of the box are ignored.
    ///
    /// ```
    /// use kernels::BoundingBox;
    /// use ndarray::array;
    ///
    /// let bounds = BoundingBox::of(&array![[1.0, 0.0], [3.0, 0.0]], &[0, 1]);
    /// assert_eq!(bounds.gap_to(&[2.0, 100.0]), 0.0);
    /// ```
    pub fn gap_to(&self, point: &[f32]) -> f32 {
        gap_to(&self.low, &self.high, &point[..self.low.len()])
    }
}

/// Computes the squared distance from `point` to the box from `low` to `high`.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn gap_to(low: &[f32], high: &[f32], point: &[f32]) -> f32 {
    let squared = |low: f32, high: f32, x: f32| {
        let (below, above) = (low - x, x - high);
        // Not `max`, which has to handle NaN.
        let gap = if below > above { below } else { above };
        let gap = if gap > 0.0 { gap } else { 0.0 };
        gap * gap
    };
    let ((low, low_tail), (high, high_tail)) =
        (low.as_chunks::<LANES>(), high.as_chunks::<LANES>());
    let (point, point_tail) = point.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for ((low, high), point) in low.iter().zip(high).zip(point) {
        for l in 0..LANES {
            sums[l] += squared(low[l], high[l], point[l]);
        }
    }
    let tail = low_tail.iter().zip(high_tail).zip(point_tail);
    tail.fold(sums.iter().sum(), |sum, ((&low, &high), &x)| sum + squared(low, high, x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_the_way_to_the_nearest_corner_or_side() {
        for m in [1, 5, 16, 37] {
            let values = Array2::from_shape_fn((2, m + 1), |(i, _)| i as f32);
            let bounds = BoundingBox::of(&values, &[0, 1]);
            assert_eq!(bounds.gap_to(&vec![0.5; m]), 0.0);
            // Within the box, or above or below it; the value after the m features is ignored.
            let point: Vec<f32> =
                (0..=m).map(|j| if j % 2 == 1 { 0.25 } else { 3.0 - j as f32 * 3.0 }).collect();
            let expected: f32 =
                point[..m].iter().map(|&x| (x - 1.0).max(-x).max(0.0).powi(2)).sum();
            assert!((bounds.gap_to(&point) / expected - 1.0).abs() < 1e-6, "{m}");
        }
    }
}
