//! The program `suggest-k`: suggests a number of clusters, from several embeddings.
//!
//! It reads embeddings of the same points, and writes a table and one number.

mod args;
mod embeddings;
mod fits;
mod score;

use std::process::ExitCode;

use anyhow::Context;
use artifact::Outputs;
use cli::{Span, Stage};
use serde_json::json;

use crate::args::Args;
use crate::score::{Row, Suggestion};

fn main() -> ExitCode {
    cli::main("suggest-k", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    let files = args.all_points();
    cli::Files::new()
        .reads("--points", &files)
        .writes("--out", [&args.out])
        .writes("--suggestion", &args.suggestion)
        .check()?;
    stage.set_threads(args.threads)?;
    let (embeddings, inputs, n) = embeddings::read(&args, &files)?;
    let numbers = args.numbers(&files[0], embeddings[0].nrows())?;
    let rows = fits::score_all(&args, &embeddings, numbers)?;
    let found = Suggestion::of(&rows).context("every mixture collapses; give a smaller --k")?;

    let mut outputs = Outputs::new();
    outputs.bytes(&args.out, csv(&rows, &found).as_bytes())?;
    if let Some(path) = &args.suggestion {
        outputs.bytes(path, format!("{}\n", found.row.k).as_bytes())?;
    }
    let result = json!({
        "k": found.row.k, "as_good": found.ties, "next": found.runners_up,
        "score": found.row.score(), "structure": found.structure(),
        "agreement": found.row.agreement, "silhouette": found.row.silhouette,
    });
    let text = format!("{}\n\n{}", sentence(&found, n, &embeddings), table(&rows));
    stage.finish(outputs, parameters(&args, numbers, embeddings[0].dim()), inputs, result, &text)
}

/// Says what is suggested, and how sure that is.
fn sentence(found: &Suggestion, n: usize, embeddings: &[ndarray::Array2<f64>]) -> String {
    let list =
        |numbers: &[usize]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut text = format!("suggested k = {}", found.row.k);
    if !found.ties.is_empty() {
        text += &format!("; as good: {}", list(&found.ties));
    }
    if !found.runners_up.is_empty() {
        text += &format!("; next: {}", list(&found.runners_up));
    }
    text += &format!(
        "\nstructure: {} (agreement {:.3}, silhouette {:.3})",
        found.structure(),
        found.row.agreement,
        found.row.silhouette
    );
    let looked_at = embeddings[0].nrows();
    if looked_at < n {
        text += &format!(", seen on {looked_at} of {n} points");
    }
    text
}

const COLUMNS: [&str; 7] =
    ["k", "score", "agreement", "silhouette", "davies_bouldin", "criterion", "suggested"];

/// Formats a line for each number of clusters, floats with all their digits.
fn csv(rows: &[Row], found: &Suggestion) -> String {
    let line = |row: &Row| {
        let suggested = match row.k {
            k if k == found.row.k => "yes",
            k if found.ties.contains(&k) => "as good",
            _ => "no",
        };
        let mut line = vec![row.k.to_string()];
        line.extend(numbers(row).map(|number| number.to_string()));
        line.push(suggested.to_owned());
        line
    };
    cli::csv(&COLUMNS, rows.iter().map(line))
}

/// Formats the same for a reader.
fn table(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let mut line = vec![row.k.to_string()];
        line.extend(numbers(row).map(|number| format!("{number:.3}")));
        line
    };
    cli::table(&COLUMNS[..6], rows.iter().map(line))
}

/// Gives the numbers of a row, in the order of the columns.
fn numbers(row: &Row) -> [f64; 5] {
    [row.score(), row.agreement, row.silhouette, row.davies_bouldin, row.criterion]
}

/// Gives the parameters for the provenance.
fn parameters(args: &Args, numbers: Span, dim: (usize, usize)) -> serde_json::Value {
    let params = args.params(numbers.last, dim, numbers.last);
    json!({
        "k": [numbers.first, numbers.last], "rows": dim.0, "starts": params.starts,
        "search": params.search.to_string(), "keep": params.keep.as_str(),
        "uncertainty_weight": args.uncertainty_weight(),
        "covariance": params.covariance_type.as_str(), "seed": params.seed,
    })
}
