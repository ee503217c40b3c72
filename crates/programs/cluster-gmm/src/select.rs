//! Option `--select-k`: a table of fits, one for each number of components.

use anyhow::Context;
use artifact::Outputs;
use cli::{Span, Stage, Starts};
use clustering::gmm::{self, Candidate, lowest_bic};
use model_io::on_points;
use model_io::points::Input;
use serde_json::json;

use crate::args::Args;
use crate::fit_report::{parameters, show};

pub fn select(args: &Args, span: Span, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (mut params, _) = args.params()?;
    let input = Input::read(&args.points, args.weights.as_deref(), cli::warn)?;
    // Mixtures of different types are no match, so all have that of the most components.
    args.choose_covariance(&mut params, input.points.dim(), span.last);

    let shown = Starts::of_span(span, params.starts);
    let mut on_progress = |event: gmm::Progress| show(&shown, event.k(), event);
    let fitted = on_points!(&input.points, points => {
        gmm::select_k(input.weigh(points), &params, span.numbers(), &mut on_progress)
    });
    let candidates = fitted.with_context(|| args.points.display().to_string())?;
    drop(shown);
    let converged: Vec<bool> = candidates.iter().map(|candidate| candidate.fit.converged).collect();
    cli::warn_fits_not_converged(&converged, params.max_iter);
    let with_empty: Vec<String> = candidates
        .iter()
        .filter(|candidate| candidate.fit.sizes.contains(&0))
        .map(|candidate| candidate.k.to_string())
        .collect();
    if !with_empty.is_empty() {
        let k = with_empty.join(", ");
        cli::warn(&format!("no point is assigned to some components of the fits with k = {k}"));
    }
    let best = lowest_bic(&candidates).context("no fit")?;

    let mut outputs = Outputs::new();
    outputs.bytes(&args.out, csv(&candidates).as_bytes())?;
    let mut parameters = parameters(&params, params.starts);
    parameters["k"] = json!([span.first, span.last]);
    let result = json!({ "k": best.k, "bic": best.fit.bic });
    let row = |candidate: &Candidate| {
        let fit = &candidate.fit;
        let numbers = [fit.log_likelihood, fit.bic, fit.aic].map(|value| format!("{value:.6}"));
        let [log_likelihood, bic, aic] = numbers;
        let (parameters, iterations) =
            (candidate.n_parameters.to_string(), fit.iterations.to_string());
        let k = candidate.k.to_string();
        vec![k, log_likelihood, parameters, bic, aic, iterations, fit.converged.to_string()]
    };
    let table = cli::table(&COLUMNS, candidates.iter().map(row));
    let text = format!("lowest BIC: k = {}\n\n{table}", best.k);
    stage.finish(outputs, parameters, input.records, result, &text)
}

const COLUMNS: [&str; 7] =
    ["k", "log_likelihood", "parameters", "bic", "aic", "iterations", "converged"];

/// Formats one line for each number of components, floats with all their digits.
fn csv(candidates: &[Candidate]) -> String {
    let row = |Candidate { k, n_parameters, fit }: &Candidate| {
        vec![
            k.to_string(),
            fit.log_likelihood.to_string(),
            n_parameters.to_string(),
            fit.bic.to_string(),
            fit.aic.to_string(),
            fit.iterations.to_string(),
            fit.converged.to_string(),
        ]
    };
    cli::csv(&COLUMNS, candidates.iter().map(row))
}
