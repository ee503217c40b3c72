//! The table every score is computed from.

use ndarray::{Array2, ArrayView1};

use crate::Error;

/// The assignment of a point that belongs to no cluster, as HDBSCAN writes it.
pub(crate) const NOISE: i64 = -1;

/// How many points of each class lie in each cluster.
///
/// Rows are the classes and columns the clusters that occur, both in ascending order of id. Noise
/// is not a column: it is counted [apart](Contingency::noise). Only cells with points are stored,
/// so that the table takes memory in proportion to the points at most, however many classes and
/// clusters there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contingency {
    classes: Vec<i64>,
    clusters: Vec<i64>,
    /// Where the cells of each row begin in `columns` and `counts`, (classes + 1,).
    starts: Vec<usize>,
    /// Column of each cell, ascending within a row.
    columns: Vec<u32>,
    /// Points of each cell, at least 1.
    counts: Vec<u64>,
    noise: Vec<u64>,
    n: u64,
}

impl Contingency {
    /// Counts `labels` (n,) against `assignments` (n,).
    ///
    /// Labels are 0 or more. Assignments are 0 or more, or -1 for noise. Ids need not be
    /// consecutive and may be as large as `i64` allows.
    ///
    /// # Errors
    ///
    /// If the lengths differ, there are no points or more than 2^32 - 1, or an id is out of range.
    ///
    /// Tested by hand, and through the scores against scikit-learn.
    pub fn new(labels: ArrayView1<i64>, assignments: ArrayView1<i64>) -> Result<Self, Error> {
        check(labels, assignments)?;
        let (classes, rows) = number(labels)?;
        let (clusters, columns) = number(assignments)?;

        // A counting sort puts the columns of the points of one class side by side.
        let mut starts = vec![0_usize; classes.len() + 1];
        rows.iter().for_each(|&row| starts[row as usize + 1] += 1);
        (1..starts.len()).for_each(|row| starts[row] += starts[row - 1]);
        let mut places = starts.clone();
        let mut members = vec![0_u32; rows.len()];
        for (&row, column) in rows.iter().zip(columns) {
            members[places[row as usize]] = column;
            places[row as usize] += 1;
        }
        drop(rows);

        let mut table = Self {
            starts: vec![0],
            columns: Vec::new(),
            counts: Vec::new(),
            noise: vec![0; classes.len()],
            n: members.len() as u64,
            classes,
            clusters,
        };
        let mut tally = vec![0_u64; table.clusters.len() + 1];
        let mut touched = Vec::new();
        for row in 0..table.classes.len() {
            for &column in &members[starts[row]..starts[row + 1]] {
                if tally[column as usize] == 0 {
                    touched.push(column);
                }
                tally[column as usize] += 1;
            }
            touched.sort_unstable();
            for column in touched.drain(..) {
                let count = std::mem::take(&mut tally[column as usize]);
                if column as usize == table.clusters.len() {
                    table.noise[row] = count;
                } else {
                    table.columns.push(column);
                    table.counts.push(count);
                }
            }
            table.starts.push(table.columns.len());
        }
        Ok(table)
    }

    /// The table of `counts` (classes, clusters), with ids from 0 and no noise.
    #[cfg(test)]
    pub(crate) fn from_dense(counts: &Array2<u64>) -> Self {
        let (classes, clusters) = counts.dim();
        let mut table = Self {
            classes: (0..classes as i64).collect(),
            clusters: (0..clusters as i64).collect(),
            starts: vec![0],
            columns: Vec::new(),
            counts: Vec::new(),
            noise: vec![0; classes],
            n: counts.sum(),
        };
        for row in counts.outer_iter() {
            for (column, &count) in row.iter().enumerate().filter(|&(_, &count)| count > 0) {
                table.columns.push(column as u32);
                table.counts.push(count);
            }
            table.starts.push(table.columns.len());
        }
        table
    }

    /// The cells with points: row, column and count, row by row with ascending columns.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        (0..self.classes.len())
            .flat_map(move |row| self.row(row).map(move |(column, count)| (row, column, count)))
    }

    /// Number of cells with points.
    pub fn nonzero_cells(&self) -> usize {
        self.counts.len()
    }

    /// Column and count of the cells of a row that have points, with ascending columns.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
        let cells = self.starts[row]..self.starts[row + 1];
        let columns = self.columns[cells.clone()].iter().map(|&column| column as usize);
        columns.zip(self.counts[cells].iter().copied())
    }

    /// Number of points in row `row` and column `column`.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn count(&self, row: usize, column: usize) -> u64 {
        let cells = self.starts[row]..self.starts[row + 1];
        let found = self.columns[cells.clone()].binary_search_by_key(&column, |&column| column as usize);
        found.map_or(0, |place| self.counts[cells.start + place])
    }

    /// All counts, (classes, clusters), without noise: for tables small enough to be read.
    pub fn to_dense(&self) -> Array2<u64> {
        let mut counts = Array2::zeros((self.classes.len(), self.clusters.len()));
        self.cells().for_each(|(row, column, count)| counts[[row, column]] = count);
        counts
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

    /// Number of points per class, noise included, (classes,).
    pub fn class_sizes(&self) -> Vec<u64> {
        let clustered = |row| self.counts[self.starts[row]..self.starts[row + 1]].iter().sum::<u64>();
        self.noise.iter().enumerate().map(|(row, noise)| noise + clustered(row)).collect()
    }

    /// Number of points per cluster, (clusters,).
    pub fn cluster_sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.clusters.len()];
        self.cells().for_each(|(_, column, count)| sizes[column] += count);
        sizes
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
    pub(crate) fn joint(&self) -> Joint<'_> {
        let mut group_sizes = self.cluster_sizes();
        let noise: u64 = self.noise.iter().sum();
        if noise > 0 {
            group_sizes.push(noise);
        }
        Joint { table: self, class_sizes: self.class_sizes(), group_sizes, n: self.n }
    }
}

/// Two partitions of the same points, as scikit-learn sees them: the group of noise is a group like any
/// other.
///
/// No row and no column is empty.
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
    /// The cells with points: class, group and count. Noise is the last group.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        let last = self.table.clusters.len();
        self.table.noise.iter().enumerate().flat_map(move |(row, &noise)| {
            let noise = (noise > 0).then_some((last, noise));
            self.table.row(row).chain(noise).map(move |(group, count)| (row, group, count))
        })
    }

    /// Whether the two partitions are one and the same but for the names of their groups.
    pub(crate) fn same_partition(&self) -> bool {
        // No row or column is empty, so as many filled cells as rows (columns) means exactly one in each.
        let noise = self.table.noise.iter().filter(|&&count| count > 0).count();
        let filled = self.table.nonzero_cells() + noise;
        (self.class_sizes.len(), self.group_sizes.len()) == (filled, filled)
    }
}

/// Refuses lengths and ids that cannot be counted.
fn check(labels: ArrayView1<i64>, assignments: ArrayView1<i64>) -> Result<(), Error> {
    if labels.len() != assignments.len() {
        return Err(Error::Lengths { labels: labels.len(), assignments: assignments.len() });
    }
    if labels.is_empty() {
        return Err(Error::Empty);
    }
    for (row, (&label, &assignment)) in labels.iter().zip(assignments).enumerate() {
        if label < 0 {
            return Err(Error::NegativeLabel { row, value: label });
        }
        check_assignment(row, assignment)?;
    }
    Ok(())
}

/// Refuses assignments that are neither a cluster nor noise.
///
/// # Errors
///
/// The first assignment below -1.
///
/// ```
/// use metrics::{Error, check_assignments};
/// use ndarray::array;
///
/// assert!(check_assignments(array![0, 7, -1].view()).is_ok());
/// let refused = check_assignments(array![0, -2].view());
/// assert_eq!(refused, Err(Error::BadAssignment { row: 1, value: -2 }));
/// ```
pub fn check_assignments(assignments: ArrayView1<i64>) -> Result<(), Error> {
    assignments.iter().enumerate().try_for_each(|(row, &id)| check_assignment(row, id))
}

fn check_assignment(row: usize, assignment: i64) -> Result<(), Error> {
    if assignment < NOISE { Err(Error::BadAssignment { row, value: assignment }) } else { Ok(()) }
}

/// Numbers ids from 0 in ascending order.
///
/// Returns the distinct ids without noise, and of each point the number of its id; the number of
/// noise is one more than the last.
///
/// # Errors
///
/// More points than a number of 32 bits can count.
pub(crate) fn number(ids: ArrayView1<i64>) -> Result<(Vec<i64>, Vec<u32>), Error> {
    if ids.len() >= u32::MAX as usize {
        return Err(Error::TooManyPoints { found: ids.len() });
    }
    let largest = ids.iter().copied().max().unwrap_or(NOISE);
    // Ids about as small as the number of points are found by a table, others by bisection.
    if usize::try_from(largest).is_ok_and(|largest| largest / 4 <= ids.len() + 256) {
        let mut numbers = vec![u32::MAX; largest as usize + 1];
        ids.iter().filter(|&&id| id != NOISE).for_each(|&id| numbers[id as usize] = 0);
        let mut known = Vec::new();
        for (id, number) in numbers.iter_mut().enumerate().filter(|(_, number)| **number == 0) {
            *number = known.len() as u32;
            known.push(id as i64);
        }
        let noise = known.len() as u32;
        let number = |&id: &i64| if id == NOISE { noise } else { numbers[id as usize] };
        let numbered = ids.iter().map(number).collect();
        return Ok((known, numbered));
    }
    let mut known: Vec<i64> = ids.iter().copied().filter(|&id| id != NOISE).collect();
    known.sort_unstable();
    known.dedup();
    let number = |id: &i64| known.binary_search(id).unwrap_or(known.len()) as u32;
    let numbered = ids.iter().map(number).collect();
    Ok((known, numbered))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array, s};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_classes_against_clusters_with_noise_apart() {
        let labels = array![2, 0, 2, 0, 9, 2];
        let assignments = array![5, 1, 5, -1, -1, 1];
        let table = Contingency::new(labels.view(), assignments.view()).unwrap();
        assert_eq!(table.classes(), [0, 2, 9]);
        assert_eq!(table.clusters(), [1, 5]);
        assert_eq!(table.to_dense(), array![[1, 0], [1, 2], [0, 0]]);
        assert_eq!(table.cells().collect::<Vec<_>>(), [(0, 0, 1), (1, 0, 1), (1, 1, 2)]);
        assert_eq!((table.count(1, 1), table.count(0, 1), table.nonzero_cells()), (2, 0, 3));
        assert_eq!(table.noise(), [1, 0, 1]);
        assert_eq!(table.class_sizes(), [2, 3, 1]);
        assert_eq!(table.cluster_sizes(), [2, 2]);
        assert_eq!(table.n(), 6);
        assert_eq!(table.noise_share(), 2.0 / 6.0);
    }

    #[test]
    fn ids_may_be_as_large_as_the_type() {
        let ids = array![i64::MAX, 0, i64::MAX];
        let table = Contingency::new(ids.view(), ids.view()).unwrap();
        assert_eq!(table.classes(), [0, i64::MAX]);
        assert_eq!(table.to_dense(), array![[1, 0], [0, 2]]);
    }

    #[test]
    fn a_strided_view_is_read_in_its_own_order() {
        let labels = array![0, 8, 1, 8, 0];
        let assignments = array![3, 2, 2];
        let table = Contingency::new(labels.slice(s![..;2]), assignments.view()).unwrap();
        assert_eq!(table.to_dense(), array![[1, 1], [1, 0]]);
    }

    #[test]
    fn noise_alone_leaves_no_column() {
        let table = Contingency::new(array![0, 1].view(), array![-1, -1].view()).unwrap();
        assert_eq!(table.to_dense().dim(), (2, 0));
        assert_eq!(table.noise(), [1, 1]);
        assert_eq!(table.joint().cells().collect::<Vec<_>>(), [(0, 0, 1), (1, 0, 1)]);
        assert_eq!(table.joint().group_sizes, [2]);
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

    /// A dense table of these would take 80 GB.
    #[test]
    fn as_many_classes_and_clusters_as_points_take_as_many_cells() {
        let rows = Array1::from_iter(0..100_000);
        let table = Contingency::new(rows.view(), rows.slice(s![..;-1])).unwrap();
        assert_eq!((table.classes().len(), table.clusters().len()), (100_000, 100_000));
        assert_eq!(table.nonzero_cells(), 100_000);
        assert_eq!(table.count(3, 99_996), 1);
    }

    proptest! {
        #[test]
        fn ids_are_numbered_alike_by_table_and_by_bisection(
            ids in prop::collection::vec(-1..40_i64, 1..60),
        ) {
            let ids = Array1::from(ids);
            // Far apart, so that no table can hold them; noise stays what it is.
            let far = ids.mapv(|id| if id == NOISE { NOISE } else { id << 40 });
            let (known, numbers) = number(ids.view()).unwrap();
            let (known_far, numbers_far) = number(far.view()).unwrap();
            prop_assert_eq!(&numbers, &numbers_far);
            prop_assert_eq!(known.iter().map(|id| id << 40).collect::<Vec<_>>(), known_far);
            for (&id, &number) in ids.iter().zip(&numbers) {
                let found = known.get(number as usize).copied().unwrap_or(NOISE);
                prop_assert_eq!(found, id);
            }
            prop_assert!(known.is_sorted() && known.iter().all(|id| ids.iter().any(|other| other == id)));
        }
    }
}
