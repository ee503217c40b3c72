//! Parameters of a clustering.

use umap::Metric;

use crate::error::{Error, Result};

/// How clusters are selected from the condensed tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selection {
    /// The clusters of the largest stability, none within another (excess of mass).
    #[default]
    Eom,
    /// The leaves of the tree: many small clusters of like density.
    Leaf,
}

impl Selection {
    /// Returns the name, as scikit-learn has it.
    ///
    /// ```
    /// assert_eq!(hdbscan::Selection::Eom.as_str(), "eom");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eom => "eom",
            Self::Leaf => "leaf",
        }
    }
}

/// Parameters of [`fit`](crate::fit()), with scikit-learn's names and defaults.
///
/// ```
/// use hdbscan::Params;
///
/// let params = Params { min_cluster_size: 25, ..Params::default() };
/// assert_eq!((params.min_samples, params.alpha), (None, 1.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Fewest points of a cluster, at least 2 (default 5).
    pub min_cluster_size: usize,
    /// Points within the core distance of a point, itself included (default `min_cluster_size`).
    pub min_samples: Option<usize>,
    /// Clusters that part at a distance below this are not split (default 0).
    pub cluster_selection_epsilon: f64,
    /// Most points of a cluster that [`Selection::Eom`] takes (default no limit).
    pub max_cluster_size: Option<usize>,
    /// Distances are divided by this before they are compared with core distances (default 1).
    pub alpha: f64,
    /// How clusters are selected (default excess of mass).
    pub selection: Selection,
    /// Whether all points may be one cluster (default false).
    pub allow_single_cluster: bool,
    /// Distances between points (default Euclidean).
    pub metric: Metric,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            min_cluster_size: 5,
            min_samples: None,
            cluster_selection_epsilon: 0.0,
            max_cluster_size: None,
            alpha: 1.0,
            selection: Selection::Eom,
            allow_single_cluster: false,
            metric: Metric::Euclidean,
        }
    }
}

impl Params {
    /// Returns the points within the core distance of a point, the default filled in.
    ///
    /// ```
    /// assert_eq!(hdbscan::Params::default().min_samples(), 5);
    /// ```
    pub fn min_samples(&self) -> usize {
        self.min_samples.unwrap_or(self.min_cluster_size)
    }

    /// Checks every parameter for `n` points of `d` features.
    pub(crate) fn check(&self, n: usize, d: usize) -> Result<()> {
        let refuse = |expected: &str, found: String, hint| {
            Err(Error::Parameter { expected: expected.into(), found, hint })
        };
        if d == 0 {
            return refuse("points of at least one feature", "none".into(), "give another array");
        }
        if n < 2 {
            return refuse("at least 2 points", n.to_string(), "give more points");
        }
        if self.min_cluster_size < 2 {
            let found = self.min_cluster_size.to_string();
            return refuse("a min_cluster_size of at least 2", found, "ask for larger clusters");
        }
        if self.min_samples() == 0 {
            return refuse("min_samples of at least 1", "0".into(), "ask for more");
        }
        if self.min_samples() > n {
            let expected =
                format!("at least as many points as min_samples, {}", self.min_samples());
            return refuse(&expected, n.to_string(), "give more points, or lower min_samples");
        }
        let epsilon = self.cluster_selection_epsilon;
        if !(epsilon.is_finite() && epsilon >= 0.0) {
            let hint = "take 0 for none";
            return refuse("a cluster_selection_epsilon of at least 0", epsilon.to_string(), hint);
        }
        if self.max_cluster_size == Some(0) {
            return refuse("a max_cluster_size of at least 1", "0".into(), "leave it out for none");
        }
        if !(self.alpha.is_finite() && self.alpha > 0.0) {
            return refuse("an alpha above 0", self.alpha.to_string(), "take 1");
        }
        Ok(())
    }
}
