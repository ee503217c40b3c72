//! What a fit tells while it runs, and its parameters for the provenance.

use std::fmt;

use cli::Starts;
use clustering::kmeans::{self, Init, KMeansParams, Metric};
use serde_json::{Value, json};

/// Sum that a fit or a prediction minimizes, with what the provenance tells of it.
pub struct Objective {
    /// Sum of squared distances.
    inertia: f64,
    /// Weighted mean of the cosines of points and centroids, with the metric cosine.
    mean_cosine: Option<f64>,
}

impl Objective {
    /// Takes the inertia by `metric` of points whose weights sum to `weight`.
    pub fn new(inertia: f64, metric: Metric, weight: f64) -> Self {
        // Of unit vectors the squared distance is 2 (1 - cosine).
        let cosine = (metric == Metric::Cosine).then(|| 1.0 - inertia / (2.0 * weight));
        Self { inertia, mean_cosine: cosine }
    }

    /// Adds the mean cosine to `result`, if there is one.
    pub fn add_to(&self, result: &mut Value) {
        if let Some(cosine) = self.mean_cosine {
            result["mean_cosine"] = json!(cosine);
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "inertia {:.6e}", self.inertia)?;
        self.mean_cosine.map_or(Ok(()), |cosine| write!(f, ", mean cosine {cosine:.6}"))
    }
}

/// Adds the metric to the `parameters` for the provenance, if it is not the default.
pub fn add_metric(parameters: &mut Value, metric: Metric) {
    if metric != Metric::default() {
        parameters["metric"] = json!(metric.to_string());
    }
}

/// Gives the parameters for the provenance.
pub fn parameters(params: &KMeansParams, starts: usize) -> Value {
    let mut parameters = json!({
        "k": params.k, "starts": starts, "max_iter": params.max_iter, "tol": params.tol,
        "search": params.search.to_string(), "seed": params.seed,
        "init": match &params.init {
            Init::KMeansPlusPlus => "k-means++",
            Init::Random => "random",
            Init::Centroids(_) => "centroids",
        },
        "algorithm": params.algorithm.as_str(),
    });
    add_metric(&mut parameters, params.metric);
    parameters
}

/// Shows `event` of a fit with `k` clusters.
pub fn show(starts: &Starts, k: usize, event: kmeans::Progress) {
    match event {
        kmeans::Progress::Iteration(report) => {
            let (iteration, details) = (report.iteration, report.details);
            let (inertia, moved) = (details.inertia, details.moved);
            let text = format!("iteration {iteration}, inertia {inertia:.6e}, {moved} moved");
            starts.iteration(k, report.start, &text);
        }
        kmeans::Progress::Candidate(report) => {
            starts.iteration(k, report.start, &report.candidate.to_string());
        }
        kmeans::Progress::Start(report) => {
            let mut found = format!("inertia {:.6e}", report.details.inertia);
            if report.details.rounds > 0 {
                found += &format!(", {} moves", report.details.rounds);
            }
            starts.end(k, report.start, &found, report.iterations, report.converged);
        }
    }
}
