//! Parameters of an embedding.

use crate::metric::Metric;

/// Which pairs of neighbors become edges of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Connectivity {
    /// Keeps an edge if either point is among the other's nearest neighbors.
    #[default]
    Union,
    /// Takes neighbors along paths of mutual nearest neighbors.
    ///
    /// Clusters come to lie farther apart (Dalmia and Sia, *Clustering with UMAP: why and how
    /// connectivity matters*, 2021).
    Mutual,
}

/// Where the layout starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Init {
    /// Laplacian eigenmaps of the graph, or [`Init::Pca`] if the graph is not connected.
    #[default]
    Spectral,
    /// Principal components of the points.
    Pca,
}

/// Parameters of [`fit`](crate::fit()), with umap-learn's names and, unless noted, its defaults.
///
/// ```
/// use umap::Params;
///
/// let params = Params { dims: 2, ..Params::default() };
/// assert_eq!((params.dims, params.neighbors), (2, 20));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Dimensions of the embedding, at most 64 (default 10; umap-learn's 2 is for pictures).
    pub dims: usize,
    /// Neighbors of a point, itself included as in umap-learn (default 20, umap-learn's 15).
    pub neighbors: usize,
    /// Effective least distance between embedded points (default 0, umap-learn's 0.1).
    pub min_dist: f64,
    /// Distances between points (default Euclidean).
    pub metric: Metric,
    /// Which pairs of neighbors become edges (default union).
    pub connectivity: Connectivity,
    /// Where the layout starts (default spectral).
    pub init: Init,
    /// Epochs of gradient descent; if not given, 500 for up to 10,000 points, 200 for more.
    pub epochs: Option<usize>,
    /// Seed of every random choice (default 0).
    pub seed: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            dims: 10,
            neighbors: 20,
            min_dist: 0.0,
            metric: Metric::Euclidean,
            connectivity: Connectivity::Union,
            init: Init::Spectral,
            epochs: None,
            seed: 0,
        }
    }
}
