//! What a fit tells while it runs, and its parameters for the provenance.

use cli::Starts;
use clustering::kmeans::{self, Init, KMeansParams};
use serde_json::{Value, json};

/// Gives the parameters for the provenance.
pub fn parameters(params: &KMeansParams, starts: usize) -> Value {
    json!({
        "k": params.k, "starts": starts, "max_iter": params.max_iter, "tol": params.tol,
        "search": params.search.to_string(), "seed": params.seed,
        "init": match &params.init {
            Init::KMeansPlusPlus => "k-means++",
            Init::Random => "random",
            Init::Centroids(_) => "centroids",
        },
        "algorithm": params.algorithm.as_str(),
    })
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
