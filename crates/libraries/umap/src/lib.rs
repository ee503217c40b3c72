//! Exact neighbor graphs and UMAP embeddings: arrays in, arrays out.
//!
//! UMAP (McInnes, Healy and Melville, *UMAP: Uniform Manifold Approximation and Projection for
//! Dimension Reduction*, 2018) embeds points in few dimensions, in four steps:
//!
//! 1. [`neighbors()`] finds the exact nearest neighbors of each point.
//! 2. [`fuzzy_graph`] turns distances to neighbors into edge weights of a fuzzy graph.
//! 3. An initial embedding comes from the graph (Laplacian eigenmaps) or from principal
//!    components, see [`Init`].
//! 4. Stochastic gradient descent moves the points: sampled edges attract their ends, and random
//!    negative samples repel.
//!
//! [`fit`] does all of them; [`Umap::transform`] embeds new points among those of a model. The
//! same seed gives the same bytes, whatever the number of threads.
//!
//! ```
//! use umap::{Params, fit};
//! use ndarray::Array2;
//!
//! let value = |(i, j)| (i % 2 * 10) as f32 + ((i * 7 + j * 3) % 11) as f32 * 0.1;
//! let points = Array2::from_shape_fn((200, 5), value);
//! let params = Params { dims: 2, neighbors: 10, ..Params::default() };
//! let umap = fit(points.view(), &params, &mut |_| ())?;
//! assert_eq!(umap.embedding.dim(), (200, 2));
//! # Ok::<(), umap::Error>(())
//! ```

mod aligned_rows;
mod checks;
mod curve;
mod distinct;
mod error;
mod fit;
mod frame;
mod graph;
mod init;
mod layout;
mod metric;
mod model;
mod mutual_neighbors;
mod neighbors;
mod params;
mod scale;
mod space;
mod spectral;

pub use curve::Curve;
pub use error::{Error, Result};
pub use fit::{fit, fuzzy_graph, neighbors};
pub use frame::{Frame, Narrowed};
pub use graph::Graph;
pub use metric::Metric;
pub use model::Umap;
pub use neighbors::Neighbors;
pub use params::{Connectivity, Init, Params, Progress};
