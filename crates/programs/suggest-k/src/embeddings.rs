//! Reads the embeddings, or the rows of them that are looked at.

use std::path::PathBuf;

use anyhow::ensure;
use artifact::{FileRecord, Points, read_points};
use ndarray::{Array2, Axis};
use rand::SeedableRng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::args::Args;

/// Most points that are looked at, unless the user says otherwise.
const ROWS: usize = 3_000;

/// Reads the embeddings in `files`, all of the same points, and draws the same rows of each.
///
/// Gives the rows, the records of the files, and how many points there are.
pub fn read(
    args: &Args,
    files: &[PathBuf],
) -> anyhow::Result<(Vec<Array2<f64>>, Vec<FileRecord>, usize)> {
    let (mut embeddings, mut records) = (Vec::new(), Vec::new());
    let mut first = None;
    let mut rows = Vec::new();
    for path in files {
        let (points, record) = read_points(path)?;
        points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
        let n = points.dim().0;
        let expected = *first.get_or_insert(n);
        ensure!(
            n == expected,
            "{}: expected {expected} points, as many as in {}, found {n}; \
             give embeddings of the same points",
            path.display(),
            files[0].display()
        );
        if embeddings.is_empty() {
            rows = draw(n, args.rows.map_or(ROWS, |rows| rows.0), args.seed.unwrap_or(0));
        }
        embeddings.push(take(&points, &rows));
        records.push(record);
    }
    Ok((embeddings, records, first.unwrap_or(0)))
}

/// Draws `most` of n rows, ascending; all of them if there are no more.
fn draw(n: usize, most: usize, seed: u64) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut rows = index::sample(&mut rng, n, most).into_vec();
    rows.sort_unstable();
    rows
}

/// Takes some rows, in f64.
fn take(points: &Points, rows: &[usize]) -> Array2<f64> {
    match points {
        Points::U8 { values, scale } => {
            values.select(Axis(0), rows).mapv(|value| f64::from(value) * scale)
        }
        Points::F32(values) => values.select(Axis(0), rows).mapv(f64::from),
        Points::F64(values) => values.select(Axis(0), rows),
    }
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn rows_are_drawn_once_each_in_order() {
        assert_eq!(draw(5, 9, 0), [0, 1, 2, 3, 4]);
        let drawn = draw(1000, 100, 7);
        assert_eq!(drawn.len(), 100);
        assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
        assert_ne!(drawn, draw(1000, 100, 8));
    }
}
