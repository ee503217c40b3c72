//! Edges, and the order in which they enter the tree.

/// An edge between two rows, the lower one first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Edge {
    /// Square of the mutual reachability distance.
    pub(crate) weight: f32,
    pub(crate) low: u32,
    pub(crate) high: u32,
}

impl Edge {
    /// Stands for no edge: comes after all others.
    pub(crate) const NONE: Self = Self { weight: f32::INFINITY, low: u32::MAX, high: u32::MAX };

    /// Makes the edge between rows `a` and `b`.
    #[inline(always)]
    pub(crate) fn new(weight: f32, a: u32, b: u32) -> Self {
        Self { weight, low: a.min(b), high: a.max(b) }
    }

    /// Whether this is an edge.
    #[inline(always)]
    pub(crate) fn is_some(self) -> bool {
        self.low != u32::MAX
    }

    /// Orders edges by weight, then by their lower row, then by the higher one.
    ///
    /// No two edges are equal in this order, so that there is one minimum spanning tree.
    #[inline(always)]
    pub(crate) fn key(self) -> (u32, u32, u32) {
        // Bits of floats of at least 0 ascend with their values.
        (self.weight.to_bits(), self.low, self.high)
    }

    /// Returns the edge that comes first.
    #[inline(always)]
    pub(crate) fn first(self, other: Self) -> Self {
        if other.key() < self.key() { other } else { self }
    }
}
