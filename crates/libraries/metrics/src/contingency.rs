//! The contingency table, from which every score against labels is computed.

use ndarray::{Array2, ArrayView1};

use crate::Error;
use crate::ids::{check_assignment, number};

/// Number of points of each class in each cluster.
///
/// Rows are the classes and columns the clusters that occur, both in ascending order of id. Noise
/// is not a column: it is counted [apart](Contingency::noise). Only cells with points are stored,
/// so that memory grows with the number of points at most, for any number of classes and clusters.
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
    /// [`Error::Lengths`], [`Error::Empty`], [`Error::TooManyPoints`] for 2^32 - 1 points or more,
    /// [`Error::NegativeLabel`] and [`Error::BadAssignment`].
    ///
    /// Tested by hand, and through the scores against scikit-learn.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!((table.classes(), table.clusters()), (&[0, 1][..], &[3, 7][..]));
    /// # Ok::<(), metrics::Error>(())
    /// ```
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

    /// Lists the cells with points: row, column and count, row by row with ascending columns.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// let cells: Vec<_> = table.cells().collect();
    /// assert_eq!(cells, [(0, 0, 1), (0, 1, 2), (1, 0, 2)]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        (0..self.classes.len())
            .flat_map(move |row| self.row(row).map(move |(column, count)| (row, column, count)))
    }

    /// Returns the number of cells with points.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.nonzero_cells(), 3);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn nonzero_cells(&self) -> usize {
        self.counts.len()
    }

    /// Lists the cells with points of a row: column and count, with ascending columns.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
        let cells = self.starts[row]..self.starts[row + 1];
        let columns = self.columns[cells.clone()].iter().map(|&column| column as usize);
        columns.zip(self.counts[cells].iter().copied())
    }

    /// Returns the number of points in row `row` and column `column`.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// // Class 0 is row 0, cluster 7 is column 1.
    /// assert_eq!(table.count(0, 1), 2);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn count(&self, row: usize, column: usize) -> u64 {
        let cells = self.starts[row]..self.starts[row + 1];
        let found =
            self.columns[cells.clone()].binary_search_by_key(&column, |&column| column as usize);
        found.map_or(0, |place| self.counts[cells.start + place])
    }

    /// Returns all counts, (classes, clusters), without noise: for small tables.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.to_dense(), array![[1, 2], [2, 0]]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn to_dense(&self) -> Array2<u64> {
        let mut counts = Array2::zeros((self.classes.len(), self.clusters.len()));
        self.cells().for_each(|(row, column, count)| counts[[row, column]] = count);
        counts
    }

    /// Returns the distinct label ids, ascending: one for each row.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.classes(), [0, 1]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn classes(&self) -> &[i64] {
        &self.classes
    }

    /// Returns the distinct cluster ids, ascending and without noise: one for each column.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.clusters(), [3, 7]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn clusters(&self) -> &[i64] {
        &self.clusters
    }

    /// Returns the number of noise points of each class, (classes,).
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.noise(), [0, 1]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn noise(&self) -> &[u64] {
        &self.noise
    }

    /// Returns the number of points of each class, noise included, (classes,).
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.class_sizes(), [3, 3]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn class_sizes(&self) -> Vec<u64> {
        let clustered =
            |row| self.counts[self.starts[row]..self.starts[row + 1]].iter().sum::<u64>();
        self.noise.iter().enumerate().map(|(row, noise)| noise + clustered(row)).collect()
    }

    /// Returns the number of points of each cluster, (clusters,).
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.cluster_sizes(), [3, 2]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn cluster_sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.clusters.len()];
        self.cells().for_each(|(_, column, count)| sizes[column] += count);
        sizes
    }

    /// Returns the number of points, noise included.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.n(), 6);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Returns the share of points that are noise, in 0..=1.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.noise_share(), 1.0 / 6.0);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn noise_share(&self) -> f64 {
        self.share(self.noise.iter().sum())
    }

    /// Returns `points` as a share of all points, noise included.
    pub(crate) fn share(&self, points: u64) -> f64 {
        points as f64 / self.n as f64
    }
}

/// Checks the lengths and ids.
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
        assert_eq!(
            refusal(array![0, -1], array![0, 0]),
            Error::NegativeLabel { row: 1, value: -1 }
        );
        assert_eq!(
            refusal(array![0, 0, 0], array![0, -1, -2]),
            Error::BadAssignment { row: 2, value: -2 }
        );
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
}
