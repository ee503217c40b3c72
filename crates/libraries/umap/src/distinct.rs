//! Equal rows: which they are, and which points each distinct row stands for.

use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;

/// The points of each distinct row, in compressed sparse rows.
pub(crate) struct Copies {
    /// Where the points of each row start, and where those of the last end.
    starts: Vec<usize>,
    /// The points of the first row, then those of the second, and so on; ascending in each row.
    points: Vec<u32>,
}

impl Copies {
    /// Groups points by their row; `None` is a point without a row.
    pub(crate) fn of(row_of: &[Option<u32>], rows: usize) -> Self {
        let mut starts = vec![0; rows + 1];
        row_of.iter().flatten().for_each(|&row| starts[row as usize + 1] += 1);
        (0..rows).for_each(|row| starts[row + 1] += starts[row]);
        let mut at = starts.clone();
        let mut points = vec![0; starts[rows]];
        for (i, row) in row_of.iter().enumerate() {
            if let &Some(row) = row {
                points[at[row as usize]] = i as u32;
                at[row as usize] += 1;
            }
        }
        Self { starts, points }
    }

    /// The points of a row, ascending.
    pub(crate) fn of_row(&self, row: usize) -> &[u32] {
        &self.points[self.starts[row]..self.starts[row + 1]]
    }
}

/// Finds for each row of `points` the first row that is equal to it; 0 and -0 are equal.
pub(crate) fn first_equal(points: ArrayView2<f32>) -> Vec<u32> {
    let mut hashes: Vec<(u64, u32)> = (0..points.nrows() as u32)
        .into_par_iter()
        .map(|i| (hash_values(points.row(i as usize)), i))
        .collect();
    hashes.par_sort_unstable();
    let mut first: Vec<u32> = (0..points.nrows() as u32).collect();
    for same in hashes.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        // Different rows with one hash are next to impossible, so this list has one entry.
        let mut distinct: Vec<u32> = Vec::new();
        for &(_, i) in same {
            match distinct
                .iter()
                .find(|&&other| points.row(other as usize) == points.row(i as usize))
            {
                Some(&other) => first[i as usize] = other,
                None => distinct.push(i),
            }
        }
    }
    first
}

/// Hashes the values of a row by multiplying and folding; 0 and -0 count as equal.
pub(crate) fn hash_values(row: ArrayView1<f32>) -> u64 {
    row.iter().fold(0x9e37_79b9_7f4a_7c15, |hash: u64, &x| {
        let bits = u64::from((x + 0.0).to_bits());
        let product = u128::from(hash ^ bits) * 0xa076_1d64_78bd_642f_u128;
        (product >> 64) as u64 ^ product as u64 ^ hash.rotate_left(23)
    })
}
