//! What a fit tells while it runs, and its parameters for the provenance.

use cli::Progress;
use clustering::kmeans::{self, Init, IterationReport, KMeansParams, StartReport};
use serde_json::{Value, json};

/// Gives the parameters for the provenance.
pub fn parameters(params: &KMeansParams, starts: usize) -> Value {
    json!({
        "k": params.k, "starts": starts, "max_iter": params.max_iter, "tol": params.tol,
        "seed": params.seed,
        "init": match &params.init {
            Init::KMeansPlusPlus => "k-means++",
            Init::Random => "random",
            Init::Centroids(_) => "centroids",
        },
        "algorithm": params.algorithm.as_str(),
    })
}

/// Shows `event` of a fit that comes after `done` other starts; `which` names the fit.
pub fn show(progress: &Progress, event: &kmeans::Progress, done: u64, which: &str) {
    match event {
        kmeans::Progress::Iteration(report) => {
            let IterationReport { start, iteration, inertia, moved, .. } = report;
            let message =
                format!("{which}iteration {iteration}, inertia {inertia:.6e}, {moved} moved");
            progress.set(done + *start as u64, &message);
        }
        kmeans::Progress::Start(report) => {
            let StartReport { start, starts, inertia, iterations, converged } = report;
            let ended = if *converged { "" } else { ", not converged" };
            let start = start + 1;
            progress.line(&format!(
                "{which}start {start}/{starts}: inertia {inertia:.6e} after \
             {iterations} iterations{ended}"
            ));
            progress.set(done + start as u64, "");
        }
    }
}
