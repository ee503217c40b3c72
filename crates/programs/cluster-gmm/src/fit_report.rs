//! What a fit tells while it runs, and its parameters for the provenance.

use cli::Starts;
use clustering::gmm::{self, GmmParams, Init, Keep};
use serde_json::{Value, json};

/// Gives the parameters for the provenance.
pub fn parameters(params: &GmmParams, starts: usize) -> Value {
    let keep = if params.keep == Keep::Information { "information" } else { "likelihood" };
    json!({
        "k": params.k, "starts": starts, "keep": keep,
        "max_iter": params.max_iter, "tol": params.tol, "seed": params.seed,
        "covariance": params.covariance_type.as_str(), "reg_covar": params.reg_covar,
        "init": match &params.init {
            Init::KMeans => "kmeans",
            Init::Random => "random",
            Init::Means(_) => "means",
            Init::Model(_) => "model",
        },
    })
}

/// Shows `event` of a fit with `k` components.
pub fn show(starts: &Starts, k: usize, event: gmm::Progress) {
    match event {
        gmm::Progress::Iteration(report) => {
            let (iteration, log_likelihood) = (report.iteration, report.details.log_likelihood);
            let text = format!("iteration {iteration} log-likelihood {log_likelihood:.6}");
            starts.iteration(k, report.start, &text);
        }
        gmm::Progress::Start(report) => {
            let mut found = format!("log-likelihood {:.6}", report.details.log_likelihood);
            if let Some(nats) = report.details.information {
                found += &format!(", information {nats:.6}");
            }
            starts.end(k, report.start, &found, report.iterations, report.converged);
        }
    }
}
