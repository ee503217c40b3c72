//! Reads and writes the models of the programs: the one place that knows their formats.
//!
//! | module | model | cargo feature |
//! | --- | --- | --- |
//! | [`kmeans`] | centroids of `cluster-kmeans` | `clustering` |
//! | [`gmm`] | Gaussian mixture of `cluster-gmm` | `clustering` |
//! | [`mod@hdbscan`] | clustering of `cluster-hdbscan` | `hdbscan` |
//! | [`mod@scattering`] | scattering features of `encode-scattering` | `scattering` |
//! | [`mod@umap`] | embedding of `embed-umap` | `umap` |
//! | [`mod@pca`] | principal components of `encode-pca` | `pca` |
//! | [`neighbors`] | nearest neighbors of `embed-umap` | `umap` |
//! | [`consensus`] | cluster maps of `consensus` | `consensus` |
//! | [`weights`] | weights of `train-ae` | `weights` |
//!
//! All but the weights are `.npz` archives of NumPy arrays. Their modules hold the names, shapes
//! and dtypes of one format, a `write` that adds the model to the [`artifact::Outputs`] of a run,
//! and a `read` that gives the model back together with the [`artifact::FileRecord`] for the
//! provenance. Readers convert any integer or float dtype to `f64` and check every shape and value:
//! a file that a program did not write is refused with one line that says what was expected and
//! found.
//!
//! Each value has an array of its own, and the array `format_version` tells the version of the
//! format. Readers take files without it, which other programs write (`numpy.savez`) and this
//! project wrote before 0.1.0, and refuse files of a newer version.
//!
//! The module [`points`] (feature `clustering`) reads what both clustering programs take: points
//! and their weights; the module [`mod@neighborhoods`] (feature `neighborhoods`) reads points and
//! their neighbors, or finds these. A program turns on the features of its own models only, so that
//! it does not compile the other libraries.
//!
//! # Example
//! ```
//! use artifact::{Outputs, Provenance};
//! use clustering::kmeans::KMeans;
//! use ndarray::array;
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("model.npz");
//! let model = KMeans::new(array![[0.0, 1.0], [2.0, 3.0]])?;
//! let mut outputs = Outputs::new();
//! model_io::kmeans::write(&mut outputs, &path, &model)?;
//! outputs.commit(Provenance { stage: "example".into(), ..Provenance::default() })?;
//!
//! let (found, record) = model_io::kmeans::read(&path)?;
//! assert_eq!(found.centroids(), model.centroids());
//! assert_eq!(record.sha256.len(), 64);
//! # Ok::<(), anyhow::Error>(())
//! ```

#![deny(missing_docs)]

#[cfg(feature = "consensus")]
pub mod consensus;
#[cfg(feature = "npz")]
mod fields;
#[cfg(feature = "clustering")]
pub mod gmm;
#[cfg(feature = "hdbscan")]
pub mod hdbscan;
#[cfg(feature = "clustering")]
pub mod kmeans;
#[cfg(feature = "neighborhoods")]
pub mod neighborhoods;
#[cfg(feature = "umap")]
pub mod neighbors;
#[cfg(feature = "pca")]
pub mod pca;
#[cfg(feature = "clustering")]
pub mod points;
#[cfg(feature = "scattering")]
pub mod scattering;
#[cfg(feature = "umap")]
pub mod umap;
#[cfg(feature = "weights")]
pub mod weights;

// The macro `on_points` names both crates wherever it is used.
#[cfg(feature = "clustering")]
#[doc(hidden)]
pub use artifact;
#[cfg(feature = "clustering")]
#[doc(hidden)]
pub use clustering;
