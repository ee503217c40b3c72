//! The metrics that a score file may have.

/// Names of the metrics, and their JSON pointers within a split.
pub const METRICS: [(&str, &str); 15] = [
    ("purity", "/purity"),
    ("acc", "/acc"),
    ("nmi", "/nmi"),
    ("ami", "/ami"),
    ("ari", "/ari"),
    ("homogeneity", "/homogeneity"),
    ("completeness", "/completeness"),
    ("v_measure", "/v_measure"),
    ("fowlkes_mallows", "/fowlkes_mallows"),
    ("majority_accuracy_by_training_map", "/by_training_map/majority_accuracy"),
    ("one_to_one_accuracy_by_training_map", "/by_training_map/one_to_one_accuracy"),
    ("silhouette", "/internal/silhouette/value"),
    ("silhouette_standard_error", "/internal/silhouette/standard_error"),
    ("davies_bouldin", "/internal/davies_bouldin"),
    ("calinski_harabasz", "/internal/calinski_harabasz"),
];

/// Metrics that every split scored against labels has.
pub(crate) const LABEL_SCORES: [&str; 4] = ["purity", "acc", "nmi", "ari"];
