//! The order of points in expectation maximization: those of one component together.
//!
//! A SIMD block of points that belong to one component needs hardly any other: their densities are
//! negligible for all of its points. In the order of the file nearly every block has points of
//! every component.

use std::ops::Range;

use crate::parallel::BLOCK_ROWS;

/// Fewest rows that are put into order together.
const WINDOW: usize = 32 * BLOCK_ROWS;

/// Rows for each component, if these are more: enough for several SIMD blocks of each.
const WINDOW_PER_COMPONENT: usize = 2 * BLOCK_ROWS;

/// Cuts the rows of a chunk into ranges that are put into order one by one; the last may be short.
///
/// Reading rows in another order than that of memory is cheap as long as they are in a cache.
pub(super) fn windows(rows: Range<usize>, k: usize) -> impl Iterator<Item = Range<usize>> {
    let (end, length) = (rows.end, WINDOW.max(k.saturating_mul(WINDOW_PER_COMPONENT)));
    rows.step_by(length).map(move |start| start..end.min(start.saturating_add(length)))
}

/// Returns the indices `rows`, component by component of their `labels` `(n,)`, -1 last.
///
/// Rows of one component stay in order, and so do all of them without labels.
pub(super) fn in_order_of_labels(
    rows: Range<usize>,
    labels: Option<&[i32]>,
    k: usize,
) -> Vec<usize> {
    let Some(labels) = labels else { return rows.collect() };
    let bucket = |i: usize| usize::try_from(labels[i]).unwrap_or(k);
    let mut next = vec![0; k + 2];
    rows.clone().for_each(|i| next[bucket(i) + 1] += 1);
    for c in 1..next.len() {
        next[c] += next[c - 1];
    }
    let mut order = vec![0; rows.len()];
    for i in rows {
        let place = &mut next[bucket(i)];
        order[*place] = i;
        *place += 1;
    }
    order
}

/// Returns the label of the point in the middle, which is that of most of the points `rows` if they
/// are in the order of their labels; 0 in place of -1.
pub(super) fn nearest_of_most(rows: &[usize], labels: Option<&[i32]>) -> Option<usize> {
    labels.map(|labels| usize::try_from(labels[rows[rows.len() / 2]]).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_component_come_together_and_in_order() {
        let labels = [2, -1, 0, 2, 0, 1, -1];
        assert_eq!(in_order_of_labels(1..7, Some(&labels), 4), [2, 4, 5, 3, 1, 6]);
        assert_eq!(in_order_of_labels(1..4, None, 4), [1, 2, 3]);
    }

    #[test]
    fn windows_cover_every_row_once_in_order() {
        for (n, k) in [(0, 1), (100, 3), (20_000, 1), (20_000, 1000), (5, usize::MAX)] {
            assert!(windows(3..3 + n, k).flatten().eq(3..3 + n), "{n} rows, k = {k}");
        }
    }
}
