//! Loops that several array libraries share.
//!
//! Array libraries depend on this crate, which depends on no other of the
//! workspace. Functions for the inside of loops are inlined, so that they are compiled for the
//! instruction set of the loop that calls them. Two functions that seem to do the same differ in
//! the order of their operations, and thus in the last bits; their documentation says how.
//!
//! - [`squared_distance`] and its kin sum in one fixed order.
//! - [`orthonormalize`] and [`orthonormalize_f32`] are the Gram-Schmidt process, for many rows and
//!   for few; [`subspace_iteration`] finds leading eigenvectors with either.
//! - [`tile`] is the innermost loop of all products of rows with panels of points. [`multiply`]
//!   computes them with it for [`panels`] in [`AlignedRows`];
//!   [`spatial_order`] puts points that are near one another into blocks, and [`BoundingBox`] tells
//!   how far apart blocks are.
//! - [`prefetch`] and [`prefetch_line`] load values into the cache before they are needed;
//!   constants such as [`ROWS_AHEAD`] say how far ahead.
//!
//! # Loops for several instruction sets
//!
//! A program runs on any x86-64 processor and uses the vectors that it has. There are two ways to
//! get there, and what the loop needs decides which one it takes:
//!
//! - The attribute of the crate [multiversion](https://docs.rs/multiversion) is for a loop in safe
//!   Rust that the compiler vectorizes as it stands. It compiles one function several times.
//!   The products here, `hdbscan`, `umap`, `metrics` and the optimizer of `autoencoder` use it.
//! - [`simd`] is for loops over lanes whose shape depends on the instruction set, in any function
//!   that they call, or that use an instruction by its name. `clustering` uses it.
//!
//! Neither does the work of the other. Functions called from one with the attribute cannot ask for
//! the instruction set, which [`simd::Isa`] tells all of them. A [`simd::Kernel`] gets its
//! arguments in a struct, so the compiler no longer knows that slices in it do not overlap; the
//! loop of `umap`'s layout would get up to 40% more instructions. And multiversion 0.9 takes
//! AVX-512 only on processors that have all extensions of Ice Lake, while [`simd::dispatch`] takes
//! it on the first ones that had AVX-512, too.

#![deny(missing_docs)]

mod aligned_rows;
mod bounding_boxes;
mod distance;
mod orthonormalize;
mod prefetch;
mod products;
pub mod simd;
mod subspace;
mod tile;

pub use aligned_rows::AlignedRows;
pub use bounding_boxes::{BoundingBox, Sizes, spatial_order};
pub use distance::{
    centered_squared_distance, centered_squared_length, squared_distance, squared_distance_f32,
    squared_distance_within,
};
pub use orthonormalize::{orthonormalize, orthonormalize_f32};
pub use prefetch::{CACHE_LINE, ROWS_AHEAD, SHORT_ROWS_AHEAD, prefetch, prefetch_line};
pub use products::{multiply, panels};
pub use simd::LANES;
pub use subspace::{random_rows, subspace_iteration};
pub use tile::{Float, tile};
