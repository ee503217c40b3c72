//! Option `--select-k`: a table of fits, one for each number of clusters.

use anyhow::Context;
use artifact::Outputs;
use cli::{Span, Stage, Starts};
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

    let shown = Starts::of_span(span, params.starts);
    let mut on_progress = |event: kmeans::Progress| show(&shown, event.k(), event);
    let fitted = on_points!(&input.points, points => {
        kmeans::select_k(input.weigh(points), &params, span.numbers(), &mut on_progress)
    });
    let selection = fitted.with_context(|| args.points.display().to_string())?;
    drop(shown);
    let candidates = &selection.candidates;
    let converged: Vec<bool> = candidates.iter().map(|candidate| candidate.fit.converged).collect();
    cli::warn_fits_not_converged(&converged, params.max_iter);

    let mut outputs = Outputs::new();
    outputs.bytes(&args.out, csv(candidates).as_bytes())?;
    let mut parameters = parameters(&params, params.starts);
    parameters["k"] = json!([span.first, span.last]);
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
    let row = |candidate: &Candidate| {
        let Candidate { k, fit, silhouette, silhouette_standard_error } = candidate;
        vec![
            k.to_string(),
            fit.inertia.to_string(),
            number(*silhouette),
            fit.iterations.to_string(),
            fit.converged.to_string(),
            number(*silhouette_standard_error),
        ]
    };
    let head = [COLUMNS.as_slice(), &["silhouette_standard_error"]].concat();
    cli::csv(&head, candidates.iter().map(row))
}
