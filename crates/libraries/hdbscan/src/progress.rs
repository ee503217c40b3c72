//! How far a clustering is.

/// How far [`fit`](crate::fit()) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The search for neighbors, which comes first unless they are given.
    Neighbors {
        /// Distinct points whose neighbors are known.
        done: usize,
        /// Number of distinct points.
        total: usize,
    },
    /// The minimum spanning tree.
    Tree {
        /// Edges that have been found.
        done: usize,
        /// Number of edges.
        total: usize,
    },
}
