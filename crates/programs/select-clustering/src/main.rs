//! The program `select-clustering`: keeps the clustering that is best on several embeddings.
//!
//! It reads embeddings and candidates, and writes the assignments and the mixtures of one of them.

mod args;
mod candidates;

use std::process::ExitCode;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Outputs, Points, read_points};
use cli::{Progress, Stage};
use clustering::gmm::{GmmFit, GmmParams, Keep};
use model_io::on_points;
use serde_json::{Value, json};

use crate::args::Args;
use crate::candidates::{Candidate, Clustering};

fn main() -> ExitCode {
    cli::main("select-clustering", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    let files = args.all_candidates();
    cli::Files::new()
        .reads("--points", &args.points)
        .reads("--candidates", &files)
        .writes("--out", &args.out)
        .writes("--model", &args.model)
        .writes("--table", &args.table)
        .check()?;
    stage.set_threads(args.threads)?;
    let params = args.params();
    let mut inputs = Vec::new();
    let embeddings = read_embeddings(&args, &mut inputs)?;
    let clusterings = candidates::read(&files, embeddings[0].dim().0, &mut inputs)?;

    let mut kept: Option<(usize, Vec<GmmFit>)> = None;
    let mut candidates: Vec<Candidate> = Vec::new();
    let steps = clusterings.len() * embeddings.len();
    let progress = Progress::new("mixtures", steps as u64);
    for (at, clustering) in clusterings.iter().enumerate() {
        let mut fits = Vec::with_capacity(embeddings.len());
        for (points, path) in embeddings.iter().zip(&args.points) {
            let file = files[at].display();
            progress.set((at * embeddings.len() + fits.len()) as u64, &file.to_string());
            let fit = fit(points, clustering, &params)
                .with_context(|| format!("{file} on {}", path.display()))?;
            fits.push(fit);
        }
        let candidate = Candidate::of(&fits);
        progress.line(&format!("{}: {}", files[at].display(), candidate.text()));
        let best = kept.as_ref().map(|(best, _)| candidates[*best].mean);
        if best.is_none_or(|best| candidate.mean > best) {
            kept = Some((at, fits));
        }
        candidates.push(candidate);
    }
    drop(progress);
    let (at, fits) = kept.context("there is at least one candidate")?;
    for (fit, path) in fits.iter().zip(&args.points) {
        if !fit.converged {
            cli::warn(&format!("{}, on the kept candidate:", path.display()));
            cli::warn_not_converged(params.max_iter);
        }
    }

    // The output that is added first is renamed last: if it exists, so does everything.
    let mut outputs = Outputs::new();
    for (path, fit) in args.out.iter().zip(&fits) {
        outputs.npy(path, &fit.assignments)?;
    }
    for (path, fit) in args.model.iter().zip(&fits) {
        model_io::gmm::write(&mut outputs, path, &fit.model)?;
    }
    if let Some(path) = &args.table {
        outputs.bytes(path, candidates::csv(&files, &candidates, at).as_bytes())?;
    }
    let result = json!({
        "kept": files[at].display().to_string(), "criterion": candidates[at].mean,
        "criteria": candidates[at].criteria, "candidates": candidates.len(),
        "sizes": fits[0].sizes,
    });
    let text = format!(
        "kept {}: {} on average over {} embeddings\n\n{}",
        files[at].display(),
        candidates[at].text(),
        embeddings.len(),
        cli::share_table("component", &fits[0].sizes)
    );
    stage.finish(outputs, parameters(&params, clusterings[at].k), inputs, result, &text)
}

/// Reads all embeddings, which must be of the same points.
fn read_embeddings(args: &Args, inputs: &mut Vec<FileRecord>) -> anyhow::Result<Vec<Points>> {
    let mut embeddings: Vec<Points> = Vec::new();
    for path in &args.points {
        let (points, record) = read_points(path)?;
        points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
        if let Some(first) = embeddings.first() {
            let (expected, found) = (first.dim().0, points.dim().0);
            ensure!(
                expected == found,
                "{}: expected {expected} points, as many as in {}, found {found}; \
                 give embeddings of the same points",
                path.display(),
                args.points[0].display()
            );
        }
        embeddings.push(points);
        inputs.push(record);
    }
    Ok(embeddings)
}

/// Fits a mixture to one embedding, starting from a candidate.
fn fit(
    points: &Points,
    clustering: &Clustering,
    params: &GmmParams,
) -> Result<GmmFit, clustering::Error> {
    let params = GmmParams { k: clustering.k, init: clustering.init(), ..params.clone() };
    on_points!(points, points => clustering::gmm::fit(points, &params, &mut |_| {}))
}

/// Gives the parameters for the provenance.
fn parameters(params: &GmmParams, k: usize) -> Value {
    let mut parameters = json!({
        "k": k, "max_iter": params.max_iter, "tol": params.tol,
        "covariance": params.covariance_type.as_str(), "reg_covar": params.reg_covar,
        "keep": params.keep.as_str(),
    });
    if let Keep::Information { uncertainty_weight } = params.keep {
        parameters["uncertainty_weight"] = uncertainty_weight.into();
    }
    parameters
}
