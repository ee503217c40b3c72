//! Tells rows that are like nothing seen before by their nearest neighbors.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use artifact::{FileRecord, Npz};
use ndarray::{Array2, Ix2};

/// Share of the points seen that are nearer to one another than an unfamiliar row is to any.
const QUANTILE: f64 = 0.99;

/// Distances of rows to the nearest point seen before, and the largest that is usual.
pub struct Familiarity {
    /// Distance of each row, infinite if it has no neighbor.
    pub nearest: Vec<f64>,
    /// Distance above which a row is unfamiliar.
    limit: f64,
}

impl Familiarity {
    /// Reads the neighbors of `rows` rows among the points seen, and of these among one another.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no neighbors; neighbors of another number of rows.
    pub fn read(new: &Path, seen: &Path, rows: usize) -> anyhow::Result<(Self, [FileRecord; 2])> {
        let (of_new, new_record) = distances(new)?;
        let (of_seen, seen_record) = distances(seen)?;
        ensure!(
            of_new.nrows() == rows,
            "{}: expected neighbors of {rows} rows, one for each of the assignments, found {}; \
             give those of the same rows",
            new.display(),
            of_new.nrows()
        );
        // Each point is its own first neighbor.
        ensure!(
            of_seen.ncols() > 1,
            "{}: expected at least 2 neighbors of each point, itself the first, found {}; \
             find more",
            seen.display(),
            of_seen.ncols()
        );
        let of_seen = of_seen.column(1).to_vec().into_iter();
        let Some(limit) = quantile(of_seen.filter(|distance| distance.is_finite()).collect())
        else {
            bail!("{}: expected distances, found none that is finite", seen.display());
        };
        let nearest = of_new.column(0).to_vec();
        Ok((Self { nearest, limit }, [new_record, seen_record]))
    }

    /// Whether a row is farther from everything seen than is usual.
    pub fn is_unfamiliar(&self, row: usize) -> bool {
        self.nearest[row] > self.limit
    }
}

/// Reads the distances of a file of neighbors, nearest first.
fn distances(path: &Path) -> anyhow::Result<(Array2<f64>, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let array = archive.array("distances")?;
    let shape = array.shape().to_vec();
    let distances = array.into_dimensionality::<Ix2>().ok().filter(|array| array.ncols() > 0);
    let distances = distances.with_context(|| {
        format!(
            "{}: expected distances of shape (n, k), found {shape:?}; give neighbors of embed-umap",
            path.display()
        )
    })?;
    Ok((distances, record))
}

/// Gives the [`QUANTILE`] of `values`; `None` if there are none.
fn quantile(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(values[(QUANTILE * last as f64).ceil() as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_hundred_is_farther_than_the_limit() {
        let limit = quantile((0..1000).rev().map(f64::from).collect());
        assert_eq!(limit, Some(990.0));
        assert_eq!(quantile(vec![3.0]), Some(3.0));
        assert_eq!(quantile(Vec::new()), None);
    }
}
