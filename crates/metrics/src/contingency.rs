//! The table every score is computed from.

use std::collections::HashMap;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate};

use crate::Error;

/// The assignment of a point that belongs to no cluster, as HDBSCAN writes it.
pub(crate) const NOISE: i64 = -1;

/// Largest number of classes times clusters that [`Contingency::new`] accepts: 128 MiB of counts.
///
/// A table beyond it is a mistake far more often than a wish, so it is refused before memory is taken for it.
pub const MAX_CELLS: usize = 1 << 24;

/// How many points of each class lie in each cluster.
///
/// Rows are the classes and columns the clusters that occur, both in ascending order of id. Noise is not a
/// column: it is counted [apart](Contingency::noise).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contingency {
    counts: Array2<u64>,
    classes: Vec<i64>,
    clusters: Vec<i64>,
    noise: Vec<u64>,
    n: u64,
}

impl Contingency {
    /// Counts `labels` (n,) against `assignments` (n,), in one pass.
    ///
    /// Labels are 0 or more. Assignments are 0 or more, or -1 for noise. Ids need not be consecutive and may
    /// be as large as `i64` allows.
    ///
    /// # Errors
    ///
    /// If the lengths differ, there are no points, an id is out of range, or the table would exceed
    /// [`MAX_CELLS`].
    ///
    /// Tested by hand, and through the scores against scikit-learn.
    pub fn new(labels: ArrayView1<i64>, assignments: ArrayView1<i64>) -> Result<Self, Error> {
        let tally = tally(labels, assignments)?;

        let classes = distinct(tally.keys().map(|&(class, _)| class));
        let clusters =
            distinct(tally.keys().map(|&(_, cluster)| cluster).filter(|&cluster| cluster != NOISE));
        if classes.len().saturating_mul(clusters.len()) > MAX_CELLS {
            return Err(Error::TooManyCells { classes: classes.len(), clusters: clusters.len() });
        }

        let mut counts = Array2::zeros((classes.len(), clusters.len()));
        let mut noise = vec![0; classes.len()];
        for (&(class, cluster), &count) in &tally {
            let row = classes.binary_search(&class).expect("the row ids were collected from these keys");
            match clusters.binary_search(&cluster) {
                Ok(column) => counts[[row, column]] = count,
                Err(_) => noise[row] = count, // the one id that was left out of the columns
            }
        }
        Ok(Self { counts, classes, clusters, noise, n: labels.len() as u64 })
    }

    /// The counts, (classes, clusters). Noise is not in them.
    pub fn counts(&self) -> ArrayView2<'_, u64> {
        self.counts.view()
    }

    /// The distinct label ids, ascending: what the rows stand for.
    pub fn classes(&self) -> &[i64] {
        &self.classes
    }

    /// The distinct cluster ids, ascending and without noise: what the columns stand for.
    pub fn clusters(&self) -> &[i64] {
        &self.clusters
    }

    /// Number of noise points per class, (classes,).
    pub fn noise(&self) -> &[u64] {
        &self.noise
    }

    /// Number of points, noise included.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The share of points that are noise, in 0..=1.
    pub fn noise_share(&self) -> f64 {
        self.share(self.noise.iter().sum())
    }

    /// `points` as a share of all points, noise included.
    pub(crate) fn share(&self, points: u64) -> f64 {
        points as f64 / self.n as f64
    }

    /// Both groupings on an equal footing, noise being one more group.
    pub(crate) fn joint(&self) -> Joint {
        let mut counts = self.counts.clone();
        if self.noise.iter().any(|&count| count > 0) {
            let noise = Array1::from(self.noise.clone()).insert_axis(Axis(1));
            counts = concatenate![Axis(1), counts, noise];
        }
        let class_sizes = counts.sum_axis(Axis(1)).to_vec();
        let group_sizes = counts.sum_axis(Axis(0)).to_vec();
        Joint { counts, class_sizes, group_sizes, n: self.n }
    }
}

/// Two partitions of the same points, as scikit-learn sees them: the group of noise is a group like any
/// other.
///
/// No row and no column is empty.
pub(crate) struct Joint {
    /// (classes, groups).
    pub(crate) counts: Array2<u64>,
    /// Row sums, (classes,).
    pub(crate) class_sizes: Vec<u64>,
    /// Column sums, (groups,).
    pub(crate) group_sizes: Vec<u64>,
    /// Number of points.
    pub(crate) n: u64,
}

impl Joint {
    /// Whether the two partitions are one and the same but for the names of their groups.
    pub(crate) fn same_partition(&self) -> bool {
        // No row or column is empty, so as many filled cells as rows (columns) means exactly one in each.
        let filled = self.counts.iter().filter(|&&count| count > 0).count();
        self.counts.dim() == (filled, filled)
    }
}

/// Number of points per pair (label, assignment), after checking every id.
fn tally(labels: ArrayView1<i64>, assignments: ArrayView1<i64>) -> Result<HashMap<(i64, i64), u64>, Error> {
    if labels.len() != assignments.len() {
        return Err(Error::Lengths { labels: labels.len(), assignments: assignments.len() });
    }
    if labels.is_empty() {
        return Err(Error::Empty);
    }
    let mut tally = HashMap::new();
    for (row, (&label, &assignment)) in labels.iter().zip(assignments).enumerate() {
        if label < 0 {
            return Err(Error::NegativeLabel { row, value: label });
        }
        check_assignment(row, assignment)?;
        *tally.entry((label, assignment)).or_insert(0) += 1;
    }
    Ok(tally)
}

/// Refuses what is neither a cluster nor noise.
pub(crate) fn check_assignment(row: usize, assignment: i64) -> Result<(), Error> {
    if assignment < NOISE { Err(Error::BadAssignment { row, value: assignment }) } else { Ok(()) }
}

/// The distinct ids, ascending.
pub(crate) fn distinct(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array, s};

    use super::*;

    #[test]
    fn counts_classes_against_clusters_with_noise_apart() {
        let labels = array![2, 0, 2, 0, 9, 2];
        let assignments = array![5, 1, 5, -1, -1, 1];
        let table = Contingency::new(labels.view(), assignments.view()).unwrap();
        assert_eq!(table.classes(), [0, 2, 9]);
        assert_eq!(table.clusters(), [1, 5]);
        assert_eq!(table.counts(), array![[1, 0], [1, 2], [0, 0]]);
        assert_eq!(table.noise(), [1, 0, 1]);
        assert_eq!(table.n(), 6);
        assert_eq!(table.noise_share(), 2.0 / 6.0);
    }

    #[test]
    fn ids_may_be_as_large_as_the_type() {
        let ids = array![i64::MAX, 0, i64::MAX];
        let table = Contingency::new(ids.view(), ids.view()).unwrap();
        assert_eq!(table.classes(), [0, i64::MAX]);
        assert_eq!(table.counts(), array![[1, 0], [0, 2]]);
    }

    #[test]
    fn a_strided_view_is_read_in_its_own_order() {
        let labels = array![0, 8, 1, 8, 0];
        let assignments = array![3, 2, 2];
        let table = Contingency::new(labels.slice(s![..;2]), assignments.view()).unwrap();
        assert_eq!(table.counts(), array![[1, 1], [1, 0]]);
    }

    #[test]
    fn noise_alone_leaves_no_column() {
        let table = Contingency::new(array![0, 1].view(), array![-1, -1].view()).unwrap();
        assert_eq!(table.counts().dim(), (2, 0));
        assert_eq!(table.noise(), [1, 1]);
        assert_eq!(table.joint().counts, array![[1], [1]]);
    }

    #[test]
    fn bad_input_is_refused_with_its_place() {
        let refusal = |labels: Array1<i64>, assignments: Array1<i64>| {
            Contingency::new(labels.view(), assignments.view()).unwrap_err()
        };
        assert_eq!(refusal(array![0, 1], array![0]), Error::Lengths { labels: 2, assignments: 1 });
        assert_eq!(refusal(array![], array![]), Error::Empty);
        assert_eq!(refusal(array![0, -1], array![0, 0]), Error::NegativeLabel { row: 1, value: -1 });
        assert_eq!(refusal(array![0, 0, 0], array![0, -1, -2]), Error::BadAssignment { row: 2, value: -2 });
    }

    #[test]
    fn row_numbers_instead_of_ids_are_refused_before_memory_is_taken() {
        let rows = Array1::from_iter(0..5000);
        let error = Contingency::new(rows.view(), rows.view()).unwrap_err();
        assert_eq!(error, Error::TooManyCells { classes: 5000, clusters: 5000 });
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}
