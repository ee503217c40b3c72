//! What a fit tells while it runs, and its parameters for the provenance.

use cli::Progress;
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

/// Shows `event` of a fit that comes after `done` other starts; `which` names the fit.
pub fn show(progress: &Progress, event: &gmm::Progress, done: u64, which: &str) {
    match event {
        gmm::Progress::Iteration(report) => {
            let (iteration, log_likelihood) = (report.iteration, report.log_likelihood);
            let message =
                format!("{which}iteration {iteration} log-likelihood {log_likelihood:.6}");
            progress.set(done + report.start as u64, &message);
        }
        gmm::Progress::Start(report) => {
            let ended = if report.converged { "" } else { ", not converged" };
            let information = report
                .information
                .map(|nats| format!(", information {nats:.6}"))
                .unwrap_or_default();
            progress.line(&format!(
                "{which}start {}/{}: log-likelihood {:.6}{information} after {} iterations{ended}",
                report.start + 1,
                report.starts,
                report.log_likelihood,
                report.iterations
            ));
        }
    }
}
