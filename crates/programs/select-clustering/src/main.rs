//! The program `select-clustering`: keeps the clustering that is best on several embeddings.
//!
//! It reads embeddings and candidates, and writes the assignments and the mixtures of one of them.

mod args;
mod candidates;

use std::path::{Display, PathBuf};
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
    let mut inputs = Vec::new();
    let embeddings = read_embeddings(&args, &mut inputs)?;
    let clusterings = candidates::read(&files, embeddings[0].dim().0, &mut inputs)?;
    // All mixtures have the same type, which the widest embedding decides.
    let widest = embeddings.iter().map(Points::dim).max_by_key(|dim| dim.1);
    let params = args.params(widest.context("there is at least one embedding")?, clusterings[0].k);

    let mut kept: Option<(usize, Vec<GmmFit>)> = None;
    let mut candidates: Vec<Candidate> = Vec::new();
    let steps = clusterings.len() * embeddings.len();
    let progress = Progress::new("mixtures", steps as u64);
    let mut refused = Vec::new();
    for (at, clustering) in clusterings.iter().enumerate() {
        let file = files[at].display();
        let step = |on: usize| {
            progress.set((at * embeddings.len() + on) as u64, &file.to_string());
        };
        let fits = match fit_all(&args.points, &embeddings, clustering, &params, &step) {
            Ok(fits) => fits,
            Err((path, error)) => {
                let collapsed = matches!(error, clustering::Error::NotPositiveDefinite { .. });
                let error = anyhow::Error::new(error).context(format!("{file} on {path}"));
                if !collapsed {
                    return Err(error);
                }
                refused.push(error);
                candidates.push(Candidate::without_mixtures(embeddings.len()));
                continue;
            }
        };
        let candidate = Candidate::of(&fits);
        progress.line(&format!("{file}: {}", candidate.text()));
        let best = kept.as_ref().map(|(best, _)| candidates[*best].mean);
        if best.is_none_or(|best| candidate.mean > best) {
            kept = Some((at, fits));
        }
        candidates.push(candidate);
    }
    drop(progress);
    let Some((at, fits)) = kept else {
        return Err(refused.pop().context("there is at least one candidate")?);
    };
    for error in &refused {
        cli::warn(&format!("{error:#}; it is left out"));
    }
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
    stage.finish(outputs, parameters(&params), inputs, result, &text)
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

/// Fits a mixture to each embedding, starting from a candidate.
///
/// Calls `on_embedding` with the index of each. Gives the first file on whose points there is no
/// mixture, and why.
fn fit_all<'a>(
    files: &'a [PathBuf],
    embeddings: &[Points],
    clustering: &Clustering,
    params: &GmmParams,
    on_embedding: &dyn Fn(usize),
) -> Result<Vec<GmmFit>, (Display<'a>, clustering::Error)> {
    let fit = |(at, (points, file)): (usize, (&Points, &'a PathBuf))| {
        on_embedding(at);
        fit(points, clustering, params).map_err(|error| (file.display(), error))
    };
    embeddings.iter().zip(files).enumerate().map(fit).collect()
}

/// Fits a mixture to one embedding, starting from a candidate.
fn fit(
    points: &Points,
    clustering: &Clustering,
    params: &GmmParams,
) -> Result<GmmFit, clustering::Error> {
    let params = GmmParams { init: clustering.init(), ..params.clone() };
    on_points!(points, points => clustering::gmm::fit(points, &params, &mut |_| {}))
}

/// Gives the parameters for the provenance.
fn parameters(params: &GmmParams) -> Value {
    let mut parameters = json!({
        "k": params.k, "max_iter": params.max_iter, "tol": params.tol,
        "covariance": params.covariance_type.as_str(), "reg_covar": params.reg_covar,
        "keep": params.keep.as_str(),
    });
    if let Keep::Information { uncertainty_weight } = params.keep {
        parameters["uncertainty_weight"] = uncertainty_weight.into();
    }
    parameters
}
