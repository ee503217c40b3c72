//! Option `--select-k`: a table of fits, one for each number of clusters.

use anyhow::Context;
use artifact::Outputs;
use cli::{Progress, Span, Stage};
use clustering::kmeans::{self, Candidate};
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
    let mut on_progress = |k: usize, event: &kmeans::Progress| {
        show(&progress, event, ((k - first) * params.starts) as u64, &format!("k = {k}, "));
    };
    let fitted = on_points!(&input.points, points => {
        kmeans::select_k(input.weigh(points), &params, first..=last, &mut on_progress)
    });
    let selection = fitted.with_context(|| args.points.display().to_string())?;
    drop(progress);
    let candidates = &selection.candidates;
    let cut_short = candidates.iter().filter(|candidate| !candidate.fit.converged).count();
    if cut_short > 0 {
        let (all, max_iter) = (candidates.len(), params.max_iter);
        cli::warn(&format!(
            "{cut_short} of {all} fits not converged after {max_iter} iterations; \
             raise --max-iter or --tol"
        ));
    }

    let mut outputs = Outputs::new();
    outputs.bytes(&args.out, csv(candidates).as_bytes())?;
    let mut parameters = parameters(&params, params.starts);
    parameters["k"] = json!([first, last]);
    let result = json!({ "elbow": selection.elbow, "silhouette": selection.silhouette });
    let row = |candidate: &Candidate| {
        let Candidate { k, fit, silhouette, silhouette_standard_error } = candidate;
        let mut silhouette = silhouette.map_or(String::new(), |value| format!("{value:.4}"));
        if let Some(error) = silhouette_standard_error.filter(|&error| error > 0.0) {
            silhouette += &format!(" +- {error:.4}");
        }
        let (iterations, converged) = (fit.iterations.to_string(), fit.converged.to_string());
        vec![k.to_string(), format!("{:.6e}", fit.inertia), silhouette, iterations, converged]
    };
    let table = cli::table(&COLUMNS, candidates.iter().map(row));
    let named = |k: Option<usize>| k.map_or("none".into(), |k| format!("k = {k}"));
    let text = format!(
        "elbow of the inertia: {}, highest silhouette: {}\n\n{table}",
        named(selection.elbow),
        named(selection.silhouette)
    );
    stage.finish(outputs, parameters, input.records, result, &text)
}

const COLUMNS: [&str; 5] = ["k", "inertia", "silhouette", "iterations", "converged"];

/// Formats one line for each number of clusters, floats with all their digits.
///
/// The silhouette of a single cluster is empty, and so is its standard error, which is 0 if all
/// points are scored.
fn csv(candidates: &[Candidate]) -> String {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let line = |candidate: &Candidate| {
        let Candidate { k, fit, silhouette, silhouette_standard_error } = candidate;
        let (silhouette, error) = (number(*silhouette), number(*silhouette_standard_error));
        format!("{k},{},{silhouette},{},{},{error}\n", fit.inertia, fit.iterations, fit.converged)
    };
    let lines: String = candidates.iter().map(line).collect();
    format!("{},silhouette_standard_error\n{lines}", COLUMNS.join(","))
}
