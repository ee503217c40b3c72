//! The two partitions that a table compares, with noise as a group.

use crate::Contingency;

impl Contingency {
    /// Returns both partitions on an equal footing, with noise as one more group.
    pub(crate) fn joint(&self) -> Joint<'_> {
        let mut group_sizes = self.cluster_sizes();
        let noise: u64 = self.noise().iter().sum();
        if noise > 0 {
            group_sizes.push(noise);
        }
        Joint { table: self, class_sizes: self.class_sizes(), group_sizes, n: self.n() }
    }
}

/// Two partitions of the same points, as scikit-learn sees them.
///
/// Noise is a group like any other. No row and no column is empty.
pub(crate) struct Joint<'a> {
    table: &'a Contingency,
    /// Row sums, (classes,).
    pub(crate) class_sizes: Vec<u64>,
    /// Column sums, (groups,).
    pub(crate) group_sizes: Vec<u64>,
    /// Number of points.
    pub(crate) n: u64,
}

impl Joint<'_> {
    /// Lists the cells with points: class, group and count. Noise is the last group.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        let last = self.table.clusters().len();
        self.table.noise().iter().enumerate().flat_map(move |(row, &noise)| {
            let noise = (noise > 0).then_some((last, noise));
            self.table.row(row).chain(noise).map(move |(group, count)| (row, group, count))
        })
    }

    /// Returns whether the partitions are equal but for the names of their groups.
    pub(crate) fn same_partition(&self) -> bool {
        // No row or column is empty, so as many filled cells as rows (columns) means exactly one in
        // each.
        let noise = self.table.noise().iter().filter(|&&count| count > 0).count();
        let filled = self.table.nonzero_cells() + noise;
        (self.class_sizes.len(), self.group_sizes.len()) == (filled, filled)
    }
}
