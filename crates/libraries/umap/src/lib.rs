//! Exact neighbor graphs and UMAP embeddings: arrays in, arrays out.
//!
//! # The algorithm
//!
//! UMAP (McInnes, Healy and Melville, *UMAP: Uniform Manifold Approximation and Projection for
//! Dimension Reduction*, 2018) places points in few dimensions so that neighbors stay neighbors. It
//! has four steps:
//!
//! 1. **Neighbors.** [`neighbors()`] finds the nearest neighbors of each point. They are exact
//!    here, where umap-learn takes approximate ones.
//! 2. **Fuzzy graph.** The membership of a neighbor at distance d is `exp(-(d - ρ) / σ)`, where ρ
//!    is the distance of the nearest neighbor, and σ makes the memberships of a point sum up to
//!    `log2` of the number of neighbors (algorithms 2 and 3 of the paper). So each point has its
//!    own unit of length. Two points see one another with memberships p and q; the edge between
//!    them has the weight `p + q - p q`. [`fuzzy_graph`] returns this graph.
//! 3. **Start.** The points begin at the leading eigenvectors of the graph's Laplacian (Laplacian
//!    eigenmaps, Belkin and Niyogi 2003), which keep the large structure; or, if the graph is not
//!    connected, at their principal components. See [`Init`].
//! 4. **Layout.** In the embedding, points at distance x are joined with the weight
//!    `1 / (1 + a x^(2 b))`, see [`Curve`]. Stochastic gradient descent on the cross entropy
//!    between these weights and those of the graph moves the points: edges are sampled in
//!    proportion to their weight and attract their ends, and random other points, the negative
//!    samples, repel them (algorithm 5).
//!
//! [`fit()`] does all of them, and [`Umap::transform`] finds the places of new points in an
//! embedding that stays. The same seed gives the same bytes, whatever the number of threads: all
//! points of a step move at once, and see the others where they were before.
//!
//! # Variants
//!
//! - [`Connectivity::Mutual`] joins points along mutual neighbors, so that clusters lie farther
//!   apart.
//! - [`Metric::Cosine`] compares directions only.
//! - [`Frame`] brings points of `f64` to `f32` without losing what tells them apart.
//! - [`distinct_neighbors`], or for very many points [`approximate_neighbors`], finds neighbors
//!   once for several embeddings, and [`fit_with_neighbors`] also takes those of other programs.
//! - [`blocks`] has what other exact searches among points need; the crate `hdbscan` uses it.
//! - Unlike in umap-learn, equal points are one vertex of the graph and lie in one place.
//!
//! # A walk through an example
//!
//! ```
//! use ndarray::{Array2, Axis, concatenate, s};
//! use umap::{Metric, Params, Progress, fit, fuzzy_graph, neighbors};
//!
//! // Two clusters of 100 points in five dimensions, by turns.
//! let scatter = |i: usize, j: usize| ((i * (j + 3) * 7919 + j * 31) % 997) as f32 / 997.0;
//! let value = |(i, j)| (i % 2 * 10) as f32 + scatter(i, j);
//! let points = Array2::from_shape_fn((200, 5), value);
//!
//! // The neighbors of a point are of its own cluster, so the graph falls into components.
//! let params = Params { dims: 2, neighbors: 10, ..Params::default() };
//! let graph = fuzzy_graph(points.view(), &params)?;
//! assert!(graph.components() >= 2);
//!
//! let mut epochs = 0;
//! let fitted = fit(points.view(), &params, &mut |progress| {
//!     if let Progress::Epoch { done, .. } = progress {
//!         epochs = done;
//!     }
//! })?;
//! assert_eq!((fitted.epochs, epochs), (500, 500));
//! assert_eq!(fitted.components, graph.components());
//!
//! // The nearest place to a place belongs to a point of the same cluster.
//! let embedding = fitted.model.embedding();
//! let nearest = neighbors(embedding.view(), 1, Metric::Euclidean)?;
//! assert!((0..200).all(|i| nearest.indices[[i, 0]] as usize % 2 == i % 2));
//!
//! // So does the nearest place to that of a new point.
//! let new = &points.slice(s![..10, ..]) + 0.05;
//! let places = fitted.model.transform(new.view(), 0, &mut |_| ())?;
//! let all = concatenate![Axis(0), places, *embedding];
//! let nearest = neighbors(all.view(), 1, Metric::Euclidean)?;
//! assert!((0..10).all(|i| nearest.indices[[i, 0]] as usize % 2 == i % 2));
//! # Ok::<(), umap::Error>(())
//! ```
//!
//! A clustering of the embedding finds clusters of any shape; principal components that start an
//! embedding come from [`pca`].

#![deny(missing_docs)]

pub mod blocks;
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
mod precomputed;
mod progress;
mod scale;
mod space;
mod spectral;

pub use curve::Curve;
pub use error::{Error, Result};
pub use fit::{UmapFit, fit, fit_with_neighbors, fuzzy_graph, neighbors};
pub use frame::{Frame, Narrowed};
pub use graph::Graph;
pub use metric::Metric;
pub use model::Umap;
pub use neighbors::Neighbors;
pub use params::{Connectivity, Init, Params};
pub use precomputed::{NO_NEIGHBOR, approximate_neighbors, distinct_neighbors, nearest_points};
pub use progress::Progress;
