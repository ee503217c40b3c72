//! Centroids in groups that share a bound.

use std::ops::Range;

/// A partition of 0..k, each group a run of [`Groups::order`].
pub(super) struct Groups {
    /// The centroids, group by group, in increasing order within each.
    order: Vec<usize>,
    /// Where each group begins in `order`, and k.
    starts: Vec<usize>,
    /// Where each centroid is in `order`, and its group.
    places: Vec<(usize, usize)>,
}

impl Groups {
    /// All k in one group.
    pub(super) fn one(k: usize) -> Self {
        Self::new(&vec![0; k], 1)
    }

    /// Each of k in a group of its own.
    pub(super) fn each(k: usize) -> Self {
        Self::new(&(0..k).collect::<Vec<_>>(), k)
    }

    /// The groups that `labels` `(k,)`, values in `0..count`, describe; empty ones are left out.
    pub(super) fn new(labels: &[usize], count: usize) -> Self {
        let mut order = Vec::with_capacity(labels.len());
        let mut starts = vec![0];
        let mut places = vec![(0, 0); labels.len()];
        for label in 0..count {
            let group = starts.len() - 1;
            for centroid in (0..labels.len()).filter(|&centroid| labels[centroid] == label) {
                places[centroid] = (order.len(), group);
                order.push(centroid);
            }
            if Some(&order.len()) > starts.last() {
                starts.push(order.len());
            }
        }
        Self { order, starts, places }
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The centroids, group by group.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    /// The run of [`Groups::order`] that is a group.
    pub(super) fn range(&self, group: usize) -> Range<usize> {
        self.starts[group]..self.starts[group + 1]
    }

    /// Where a centroid is in [`Groups::order`].
    #[inline(always)]
    pub(super) fn position(&self, centroid: u32) -> usize {
        self.places[centroid as usize].0
    }

    /// The group of a centroid.
    #[inline(always)]
    pub(super) fn of(&self, centroid: u32) -> usize {
        self.places[centroid as usize].1
    }

    /// The largest value of each group, for values `(k,)` in the order of [`Groups::order`].
    pub(super) fn largest(&self, values: &[f64]) -> Vec<f64> {
        (0..self.len()).map(|group| values[self.range(group)].iter().copied().fold(0.0, f64::max)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_centroid_is_in_one_place() {
        let groups = Groups::new(&[2, 0, 2, 4], 5);
        assert_eq!(groups.order(), [1, 0, 2, 3]);
        assert_eq!(
            (0..groups.len()).map(|group| groups.range(group)).collect::<Vec<_>>(),
            [0..1, 1..3, 3..4]
        );
        assert_eq!(
            (0..4).map(|c| (groups.position(c), groups.of(c))).collect::<Vec<_>>(),
            [(1, 1), (0, 0), (2, 1), (3, 2)]
        );
        assert_eq!(groups.largest(&[1.0, 2.0, 3.0, 0.5]), [1.0, 3.0, 0.5]);
        assert_eq!((Groups::one(3).len(), Groups::each(3).len()), (1, 3));
    }
}
