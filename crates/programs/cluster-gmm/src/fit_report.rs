//! What a fit tells while it runs, and its parameters for the provenance.

use cli::Starts;
use clustering::gmm::{self, GmmParams, Init, Keep};
use serde_json::{Value, json};

/// Gives the parameters for the provenance.
pub fn parameters(params: &GmmParams, starts: usize) -> Value {
    let mut parameters = json!({
        "k": params.k, "starts": starts, "keep": params.keep.as_str(),
        "search": params.search.to_string(),
        "max_iter": params.max_iter, "tol": params.tol, "seed": params.seed,
        "covariance": params.covariance_type.as_str(), "reg_covar": params.reg_covar,
        "init": match &params.init {
            Init::KMeans => "kmeans",
            Init::Random => "random",
            Init::Means(_) => "means",
            Init::Assignments(_) => "assignments",
            Init::Model(_) => "model",
        },
    });
    if let Keep::Information { uncertainty_weight } = params.keep {
        parameters["uncertainty_weight"] = uncertainty_weight.into();
    }
    parameters
}

/// Shows `event` of a fit with `k` components.
pub fn show(starts: &Starts, k: usize, event: gmm::Progress) {
    match event {
        gmm::Progress::Iteration(report) => {
            let (iteration, log_likelihood) = (report.iteration, report.details.log_likelihood);
            let text = format!("iteration {iteration} log-likelihood {log_likelihood:.6}");
            starts.iteration(k, report.start, &text);
        }
        gmm::Progress::Candidate(report) => {
            starts.iteration(k, report.start, &report.candidate.to_string());
        }
        gmm::Progress::Start(report) => {
            let mut found = format!("log-likelihood {:.6}", report.details.log_likelihood);
            if let Some(information) = report.details.information {
                found += &format!(
                    ", information {:.6} (entropy {:.6}, uncertainty {:.6})",
                    information.mutual(),
                    information.entropy,
                    information.conditional_entropy
                );
            }
            if report.details.rounds > 0 {
                found += &format!(", {} moves", report.details.rounds);
            }
            starts.end(k, report.start, &found, report.iterations, report.converged);
        }
    }
}
