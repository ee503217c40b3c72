//! Loops that several array libraries share.
//!
//! This crate is below `clustering`, `metrics`, `pca` and `umap`, and depends on none of them. The
//! functions are small and inlined, so that they are compiled for the instruction set of the loop
//! that calls them.
//!
//! - [`squared_distance`] and its kin sum in one fixed order.
//! - [`orthonormalize`] and [`orthonormalize_f32`] are the Gram-Schmidt process, for many rows and
//!   for few; [`subspace_iteration`] finds leading eigenvectors with either.
//! - [`prefetch`] and [`prefetch_line`] load values into the cache before they are needed;
//!   constants such as [`ROWS_AHEAD`] say how far ahead.

#![deny(missing_docs)]

mod distance;
mod orthonormalize;
mod prefetch;
pub mod simd;
mod subspace;

pub use distance::{
    centered_squared_distance, centered_squared_length, squared_distance, squared_distance_f32,
    squared_distance_within,
};
pub use orthonormalize::{orthonormalize, orthonormalize_f32};
pub use prefetch::{
    CACHE_LINE, ROWS_AHEAD, SHORT_ROWS_AHEAD, TILE_ROWS_AHEAD, prefetch, prefetch_line,
};
pub use subspace::{random_rows, subspace_iteration};
