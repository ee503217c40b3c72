//! Rows that start at cache lines.

use std::ops::{Deref, DerefMut};

use crate::prefetch::CACHE_LINE;

/// Rows of `W` values, the first of which starts a cache line.
///
/// If `W` is a power of two, no row lies on more cache lines than it has to.
///
/// ```
/// let mut rows = kernels::AlignedRows::<4>::zeros(2);
/// rows[1] = [1.0, 2.0, 3.0, 4.0];
/// assert_eq!(rows.as_flattened()[4..6], [1.0, 2.0]);
/// ```
pub struct AlignedRows<const W: usize> {
    values: Vec<f32>,
    /// Index of the first value, which starts a cache line.
    first: usize,
    count: usize,
}

impl<const W: usize> AlignedRows<W> {
    /// Makes `count` rows of 0.
    ///
    /// ```
    /// assert_eq!(kernels::AlignedRows::<4>::zeros(3).len(), 3);
    /// ```
    pub fn zeros(count: usize) -> Self {
        let spare = CACHE_LINE / size_of::<f32>() - 1;
        let values = vec![0.0; count * W + spare];
        // The alignment may be unknown, which costs speed alone.
        let first = values.as_ptr().align_offset(CACHE_LINE).min(spare);
        Self { values, first, count }
    }
}

impl<const W: usize> Deref for AlignedRows<W> {
    type Target = [[f32; W]];

    fn deref(&self) -> &[[f32; W]] {
        self.values[self.first..self.first + self.count * W].as_chunks().0
    }
}

impl<const W: usize> DerefMut for AlignedRows<W> {
    fn deref_mut(&mut self) -> &mut [[f32; W]] {
        self.values[self.first..self.first + self.count * W].as_chunks_mut().0
    }
}

impl<const W: usize> FromIterator<[f32; W]> for AlignedRows<W> {
    fn from_iter<I: IntoIterator<Item = [f32; W]>>(rows: I) -> Self {
        let rows: Vec<[f32; W]> = rows.into_iter().collect();
        let mut to = Self::zeros(rows.len());
        to.copy_from_slice(&rows);
        to
    }
}

impl<const W: usize> Clone for AlignedRows<W> {
    fn clone(&self) -> Self {
        self.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_start_with_a_line_and_hold_what_they_are_given() {
        fn check<const W: usize>() {
            for count in [0, 1, 7, 3000] {
                let rows: AlignedRows<W> =
                    (0..count).map(|i| std::array::from_fn(|l| (i * W + l) as f32)).collect();
                for rows in [rows.clone(), rows] {
                    assert_eq!(rows.as_ptr().addr() % CACHE_LINE, 0, "{count} rows of {W}");
                    assert_eq!(rows.len(), count);
                    assert!(rows.as_flattened().iter().enumerate().all(|(at, &x)| x == at as f32));
                }
            }
        }
        check::<2>();
        check::<16>();
        check::<24>();
    }
}
