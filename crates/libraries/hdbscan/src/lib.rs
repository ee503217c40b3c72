//! HDBSCAN: clusters of any number and density, with noise. Arrays in, arrays out.
//!
//! # The algorithm
//!
//! HDBSCAN* (Campello, Moulavi and Sander, *Density-Based Clustering Based on Hierarchical Density
//! Estimates*, 2013) finds regions that are denser than what is between them. How many there are
//! need not be known, and points in no such region are noise. It has five steps:
//!
//! 1. **Core distances.** That of a point is the distance to its `min_samples`-th nearest point,
//!    itself the first. It is small where points are dense. The neighbors are those of [`umap`],
//!    exact, or given.
//! 2. **Mutual reachability.** Two points are as far apart as the largest of their distance and
//!    their core distances, so sparse points are far from all others.
//! 3. **Hierarchy.** Single linkage by mutual reachability: the minimum spanning tree
//!    ([`minimum_spanning_tree`]), whose edges join clusters, the shortest first.
//! 4. **Condensed tree** (McInnes and Healy, *Accelerated Hierarchical Density Based Clustering*,
//!    2017). From the root down, a split counts only if both sides have `min_cluster_size` points;
//!    else points leave their cluster. Distances are counted by their inverse, lambda.
//! 5. **Selection.** The stability of a cluster is the sum over its points of the span of lambda in
//!    which they belong to it. Of clusters within one another those of the largest total stability
//!    are selected ([`Selection::Eom`]), or the leaves of the tree ([`Selection::Leaf`]). The
//!    probability of a point is the lambda at which it leaves its cluster, as a share of the lambda
//!    at which the last point does.
//!
//! # Why it is fast, and still exact
//!
//! All but the spanning tree takes next to no time. The tree grows as in Borůvka's algorithm: each
//! component takes the shortest edge that leaves it. The nearest neighbors of its points mostly
//! tell which one that is, because no other point is nearer than the last of them. Only components
//! for which they do not are compared with all others, in blocks of near points and by matrix
//! products that bound distances ([`umap::blocks`]). Ties are broken by the index of points, so
//! there is one minimum spanning tree, whatever finds it: the same points and parameters give the
//! same bytes, with any number of threads and any number of neighbors.
//!
//! None of the crates hdbscan 0.12, petal-clustering 0.14 and hdbscan-rs 0.6 takes neighbors that
//! are known already. The last one, which is made for speed, took four times as long as this crate
//! for 60,000 points of 10 features, and longer for 10,000 points of 500 features than this crate
//! for 60,000.
//!
//! # Variants
//!
//! - [`Params::cluster_selection_epsilon`] keeps clusters whole that split below a distance.
//! - [`Params::allow_single_cluster`] and [`Params::max_cluster_size`] bound what is selected.
//! - `Metric::Cosine` of [`umap`] compares directions. Points of zeros have none: they are at
//!   distance 0 from one another, and at 1 from all others.
//! - [`Hdbscan::predict`] assigns new points to the clusters that are there.
//!
//! # Where it differs from scikit-learn
//!
//! Where several edges are equally long, clusters may join in another order, and a point between
//! two clusters may be in the other one. In scikit-learn that depends on the order of the points.
//! Its alpha divides also the core distances if the metric is cosine; here it never does.
//!
//! # A walk through an example
//!
//! ```
//! use hdbscan::{Params, Progress, fit};
//! use ndarray::Array2;
//!
//! // Two groups, of which one is ten times as dense, and ten points far apart from all others.
//! let scatter = |i: usize, j: usize| ((i * (j + 3) * 7919 + j * 31) % 997) as f32 / 997.0;
//! let points = Array2::from_shape_fn((210, 2), |(i, j)| match i {
//!     0..100 => scatter(i, j),
//!     100..200 => 30.0 + 10.0 * scatter(i, j),
//!     _ => 1000.0 * (i - 199) as f32,
//! });
//! let params = Params { min_cluster_size: 15, min_samples: Some(5), ..Params::default() };
//! let mut edges = 0;
//! let fit = fit(points.view(), None, &params, &mut |progress| {
//!     if let Progress::Tree { done, .. } = progress {
//!         edges = done;
//!     }
//! })?;
//! assert_eq!(edges, 209);
//! assert_eq!(fit.model.k(), 2);
//! assert!((200..210).all(|i| fit.labels[i] == -1));
//!
//! // New points get the label of the group that they lie in.
//! let new = fit.model.predict(points.view())?;
//! assert_eq!(new.labels, fit.labels);
//! # Ok::<(), hdbscan::Error>(())
//! ```

#![deny(missing_docs)]

mod blocks;
mod components;
mod condensed;
mod edge;
mod error;
mod exact;
mod fit;
mod hierarchy;
mod model;
mod neighborhoods;
mod params;
mod parts;
mod progress;
mod select;
mod space;
mod tree;
mod value;

pub use condensed::{Cluster, CondensedTree};
pub use error::{Error, Result};
pub use fit::{HdbscanFit, TreeEdge, fit, minimum_spanning_tree};
pub use model::{Hdbscan, Prediction};
pub use params::{Params, Selection};
pub use parts::Parts;
pub use progress::Progress;
pub use umap::{Metric, Neighbors};
pub use value::Value;
