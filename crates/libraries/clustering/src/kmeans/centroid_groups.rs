//! Groups of centroids that share a bound.

use std::ops::Range;

/// A partition of `0..k` into groups, each a range of [`CentroidGroups::order`].
#[derive(Clone)]
pub(super) struct CentroidGroups {
    /// The centroids, group by group, in increasing order within each group.
    order: Vec<usize>,
    /// Position in `order` where each group begins, and k.
    starts: Vec<usize>,
    /// Position in `order` and group of each centroid.
    places: Vec<(usize, usize)>,
}

impl CentroidGroups {
    /// Puts all k centroids into one group.
    pub(super) fn one(k: usize) -> Self {
        Self::new(&vec![0; k], 1)
    }

    /// Puts each of k centroids into a group of its own.
    pub(super) fn each(k: usize) -> Self {
        Self::new(&(0..k).collect::<Vec<_>>(), k)
    }

    /// Makes groups from `labels` `(k,)` with values in `0..count`. Empty groups are left out.
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

    /// Returns the number of groups.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Returns the centroids, group by group.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    /// Returns the range of [`CentroidGroups::order`] that is a group.
    pub(super) fn range(&self, group: usize) -> Range<usize> {
        self.starts[group]..self.starts[group + 1]
    }

    /// Returns the position of a centroid in [`CentroidGroups::order`].
    #[inline(always)]
    pub(super) fn position(&self, centroid: u32) -> usize {
        self.places[centroid as usize].0
    }

    /// Returns the group of a centroid.
    #[inline(always)]
    pub(super) fn group_of(&self, centroid: u32) -> usize {
        self.places[centroid as usize].1
    }

    /// Returns the largest value of each group. `values` `(k,)` are in the order of
    /// [`CentroidGroups::order`].
    pub(super) fn largest(&self, values: &[f64]) -> Vec<f64> {
        (0..self.len())
            .map(|group| values[self.range(group)].iter().copied().fold(0.0, f64::max))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_centroid_is_in_one_place() {
        let groups = CentroidGroups::new(&[2, 0, 2, 4], 5);
        assert_eq!(groups.order(), [1, 0, 2, 3]);
        assert_eq!(
            (0..groups.len()).map(|group| groups.range(group)).collect::<Vec<_>>(),
            [0..1, 1..3, 3..4]
        );
        assert_eq!(
            (0..4).map(|c| (groups.position(c), groups.group_of(c))).collect::<Vec<_>>(),
            [(1, 1), (0, 0), (2, 1), (3, 2)]
        );
        assert_eq!(groups.largest(&[1.0, 2.0, 3.0, 0.5]), [1.0, 3.0, 0.5]);
        assert_eq!((CentroidGroups::one(3).len(), CentroidGroups::each(3).len()), (1, 3));
    }
}
