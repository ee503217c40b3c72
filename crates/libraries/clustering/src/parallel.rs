//! Fixed division of work, so that results do not depend on the number of threads.
//!
//! Rows are cut into at most [`MAX_CHUNKS`] chunks by rules that know n and the size of a partial
//! result, never the number of threads. One thread works through a chunk, block by block, and the
//! partial results of all chunks are combined in the order of their rows. Floating-point addition
//! is not associative: this fixed order makes 1, 2 and 64 threads agree to the last bit.
//!
//! - A *row* is one point.
//! - A *chunk* is a range of consecutive rows that one thread works through.
//! - A *block* is a range of at most [`BLOCK_ROWS`] rows of a chunk, which fits the cache.

use std::ops::Range;

use rayon::prelude::*;

/// Most rows in a block: with 784 `f32` features (800 kB) it still fits a core's L2 cache.
pub(crate) const BLOCK_ROWS: usize = 256;

/// Most chunks.
///
/// They are enough for the threads of a large machine, and few enough that combining their partial
/// results costs nothing.
const MAX_CHUNKS: usize = 32;

/// Fewest values of points in a chunk of [`pieces`]: less work costs less than starting a task.
const PIECE_VALUES: usize = 40_000;

/// Most memory that all partial results together may take.
const PARTIALS_BYTES: usize = 128 << 20;

/// Cuts `0..n` into chunks of whole blocks (the last may be short).
///
/// Each chunk has a partial result of `partial_bytes`.
pub(crate) fn chunks(n: usize, partial_bytes: usize) -> Vec<Range<usize>> {
    let affordable = PARTIALS_BYTES / partial_bytes.max(1);
    let count = affordable.clamp(1, MAX_CHUNKS);
    let rows = n.div_ceil(count).max(1).next_multiple_of(BLOCK_ROWS);
    (0..n).step_by(rows).map(|start| start..n.min(start + rows)).collect()
}

/// Cuts n points of d features into chunks with enough work for a thread.
///
/// It is for work without partial results, or with small ones.
pub(crate) fn pieces(n: usize, d: usize) -> Vec<Range<usize>> {
    let rows = n.div_ceil(MAX_CHUNKS).max(PIECE_VALUES / d.max(1)).next_multiple_of(BLOCK_ROWS);
    (0..n).step_by(rows).map(|start| start..n.min(start + rows)).collect()
}

/// Cuts the rows of a chunk into blocks; the last may be short.
pub(crate) fn blocks(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(BLOCK_ROWS).map(move |start| start..end.min(start + BLOCK_ROWS))
}

/// Cuts `values`, with `width` values per row, into the parts that belong to `chunks`.
pub(crate) fn split_mut<'a, T>(
    mut values: &'a mut [T],
    chunks: &[Range<usize>],
    width: usize,
) -> Vec<&'a mut [T]> {
    let mut parts = Vec::with_capacity(chunks.len());
    for rows in chunks {
        let (part, rest) = values.split_at_mut(rows.len() * width);
        parts.push(part);
        values = rest;
    }
    parts
}

/// Runs `task` on every item in parallel; the results come in the order of the items.
pub(crate) fn map<P: Send, T: Send>(
    items: impl Iterator<Item = P>,
    task: impl Fn(P) -> T + Sync,
) -> Vec<T> {
    items.collect::<Vec<_>>().into_par_iter().map(&task).collect()
}

/// Runs `task` on every chunk of `0..n` in parallel; the results come in the order of their rows.
pub(crate) fn map_chunks<T: Send>(
    n: usize,
    partial_bytes: usize,
    task: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    chunks(n, partial_bytes).into_par_iter().map(&task).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_every_row_once_in_order() {
        for n in [0, 1, 255, 256, 257, 60_000, 1_000_003] {
            let rows: Vec<usize> = chunks(n, 8).into_iter().flat_map(blocks).flatten().collect();
            assert!(rows.into_iter().eq(0..n), "n = {n}");
            let rows: Vec<usize> = pieces(n, 10).into_iter().flatten().collect();
            assert!(rows.into_iter().eq(0..n), "n = {n}");
        }
    }

    #[test]
    fn partial_results_stay_within_their_budget() {
        for partial_bytes in [0, 1 << 10, 50 << 20, 1 << 40] {
            let count = chunks(1_000_000, partial_bytes).len();
            assert!(
                count == 1 || count * partial_bytes <= PARTIALS_BYTES,
                "{count} chunks of {partial_bytes} bytes"
            );
            assert!(count <= MAX_CHUNKS);
        }
    }
}
