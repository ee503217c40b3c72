//! Equal rows.

use std::hash::{DefaultHasher, Hash, Hasher};

use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;

/// Groups equal rows of `points` `(n, d)`: each group ascends, and groups stand by their first row.
///
/// 0 and -0 are equal.
pub(crate) fn equal_rows(points: ArrayView2<f32>) -> Vec<Vec<usize>> {
    let mut hashes: Vec<(u64, usize)> =
        (0..points.nrows()).into_par_iter().map(|i| (hash(points.row(i)), i)).collect();
    hashes.par_sort_unstable();
    let mut groups: Vec<Vec<usize>> = Vec::with_capacity(points.nrows());
    for same in hashes.chunk_by(|a, b| a.0 == b.0) {
        let begin = groups.len();
        for &(_, row) in same {
            // Different rows hardly ever have one hash, so there is mostly one group to look at.
            let group =
                groups[begin..].iter_mut().find(|group| points.row(group[0]) == points.row(row));
            match group {
                Some(group) => group.push(row),
                None => groups.push(vec![row]),
            }
        }
    }
    groups.par_sort_unstable();
    groups
}

fn hash(row: ArrayView1<f32>) -> u64 {
    let mut hasher = DefaultHasher::new();
    // -0 + 0 is 0.
    row.iter().for_each(|&x| (x + 0.0).to_bits().hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn equal_rows_are_grouped_in_the_order_of_the_first() {
        let points = array![[1.0, 0.0], [2.0, 2.0], [1.0, -0.0], [0.5, 0.0], [2.0, 2.0]];
        assert_eq!(equal_rows(points.view()), [vec![0, 2], vec![1, 4], vec![3]]);
        assert!(equal_rows(ndarray::Array2::zeros((0, 3)).view()).is_empty());
    }
}
