//! Option `--select-k`: a table of fits, one for each number of components.

use anyhow::Context;
use artifact::Outputs;
use cli::{Progress, Span, Stage};
use clustering::gmm::{self, Candidate, lowest_bic};
use model_io::on_points;
use model_io::points::Input;
use serde_json::json;

use crate::args::Args;
use crate::fit_report::{parameters, show};

pub fn select(args: &Args, span: Span, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (params, _) = args.params()?;
    let input = Input::read(&args.points, args.weights.as_deref(), cli::warn)?;

    let Span { first, last } = span;
    let progress = Progress::new("starts", ((last - first + 1) * params.starts) as u64);
    let mut on_progress = |k: usize, event: &gmm::Progress| {
        show(&progress, event, ((k - first) * params.starts) as u64, &format!("k = {k}, "));
    };
    let fitted = on_points!(&input.points, points => {
        gmm::select_k(input.weigh(points), &params, first..=last, &mut on_progress)
    });
    let candidates = fitted.with_context(|| args.points.display().to_string())?;
    drop(progress);
    let cut_short = candidates.iter().filter(|candidate| !candidate.fit.converged).count();
    if cut_short > 0 {
        let (all, max_iter) = (candidates.len(), params.max_iter);
        cli::warn(&format!(
            "{cut_short} of {all} fits not converged after {max_iter} iterations; \
             raise --max-iter or --tol"
        ));
    }
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
    parameters["k"] = json!([first, last]);
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
    let line = |Candidate { k, n_parameters, fit }: &Candidate| {
        format!(
            "{k},{},{n_parameters},{},{},{},{}\n",
            fit.log_likelihood, fit.bic, fit.aic, fit.iterations, fit.converged
        )
    };
    let lines: String = candidates.iter().map(line).collect();
    format!("{}\n{lines}", COLUMNS.join(","))
}
