//! Reads how certain the cluster of each point is.

use std::path::Path;

use anyhow::{bail, ensure};
use artifact::{FileRecord, read_numbers};
use ndarray::{Array1, Array2, ArrayView1, Ix1, Ix2};

/// How far above 1 a certainty may lie: sums of responsibilities in f4 are rounded.
const ROUNDING: f64 = 1e-6;

/// The share that each point's cluster has in it.
pub enum Certainty {
    /// Share of the runs that agree, (n,).
    Agreement(Array1<f64>),
    /// Responsibilities, (n, k); column c is cluster c.
    Responsibilities(Array2<f64>),
}

impl Certainty {
    /// Reads agreement or responsibilities of the points with these `assignments`.
    ///
    /// # Errors
    /// A file that cannot be read; another number of rows; numbers outside of 0 to 1; a cluster
    /// without responsibilities.
    pub fn read(path: &Path, assignments: ArrayView1<i64>) -> anyhow::Result<(Self, FileRecord)> {
        let expected = "numbers from 0 to 1: agreement (n,) or responsibilities (n, k)";
        let file = path.display();
        let (numbers, record) = read_numbers(path, expected)?;
        let found = record.shape.clone();
        if let Some((at, value)) =
            numbers.iter().enumerate().find(|(_, value)| !(0.0..=1.0 + ROUNDING).contains(*value))
        {
            let row = at / (numbers.len() / found[0]);
            bail!("{file}: expected {expected}, found {value} in row {row}; give one of these");
        }
        let n = assignments.len();
        ensure!(
            found.first() == Some(&n),
            "{file}: expected {n} rows, one for each of the assignments, found shape {found:?}; \
             give files of the same points"
        );
        if numbers.ndim() == 1 {
            return Ok((Self::Agreement(numbers.into_dimensionality::<Ix1>()?), record));
        }
        ensure!(
            numbers.ndim() == 2,
            "{file}: expected {expected}, found shape {found:?}; give one of these"
        );
        let shares = numbers.into_dimensionality::<Ix2>()?;
        let most = assignments.iter().copied().max().unwrap_or(-1);
        ensure!(
            most < shares.ncols() as i64,
            "{file}: expected responsibilities of cluster {most}, found {} columns; \
             give those of the same mixture as the assignments",
            shares.ncols()
        );
        Ok((Self::Responsibilities(shares), record))
    }

    /// Gives the share of the cluster `own` in the point `row`.
    pub fn share(&self, row: usize, own: usize) -> f64 {
        match self {
            Self::Agreement(agreement) => agreement[row].min(1.0),
            Self::Responsibilities(shares) => shares[[row, own]].min(1.0),
        }
    }

    /// Gives the cluster with the highest responsibility but for `own`, the first of equals.
    ///
    /// `None` without responsibilities, or without another cluster.
    pub fn second(&self, row: usize, own: Option<usize>) -> Option<i64> {
        let Self::Responsibilities(shares) = self else { return None };
        let mut best: Option<(usize, f64)> = None;
        for (cluster, &share) in shares.row(row).iter().enumerate() {
            if Some(cluster) != own && best.is_none_or(|(_, most)| share > most) {
                best = Some((cluster, share));
            }
        }
        best.map(|(cluster, _)| cluster as i64)
    }

    /// Whether the next best cluster of a point is known.
    pub fn has_second(&self) -> bool {
        matches!(self, Self::Responsibilities(_))
    }
}
