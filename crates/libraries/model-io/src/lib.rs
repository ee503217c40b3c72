//! Reads and writes the models of the programs: the one place that knows their formats.
//!
//! Every model is an `.npz` archive of NumPy arrays. Each module below holds the names, shapes and
//! dtypes of one format, a `write` that adds the model to the [`artifact::Outputs`] of a run, and a
//! `read` that gives the model back together with the [`artifact::FileRecord`] for the provenance.
//! Readers convert any integer or float dtype to `f64` and check every shape and value: a file
//! that a program did not write is refused with one line that says what was expected and found.
//!
//! | module | model | cargo feature |
//! | --- | --- | --- |
//! | `kmeans` | centroids of `cluster-kmeans` | `clustering` |
//! | `gmm` | Gaussian mixture of `cluster-gmm` | `clustering` |
//! | `scattering` | scattering features of `encode-scattering` | `scattering` |
//! | `umap` | embedding of `embed-umap` | `umap` |
//! | [`consensus`] | cluster maps of `consensus` | always there |
//!
//! The module `points` (feature `clustering`) reads what both clustering programs take: points and
//! their weights. A program turns on the features of its own models only, so that it does not
//! compile the other libraries.

pub mod consensus;
#[cfg(feature = "clustering")]
pub mod gmm;
#[cfg(feature = "clustering")]
pub mod kmeans;
#[cfg(feature = "clustering")]
pub mod points;
#[cfg(feature = "scattering")]
pub mod scattering;
#[cfg(feature = "umap")]
pub mod umap;

// The macro `on_points` names both crates wherever it is used.
#[doc(hidden)]
pub use artifact;
#[cfg(feature = "clustering")]
#[doc(hidden)]
pub use clustering;
