//! The program `cluster-kmeans`: groups points with k-means.
//!
//! It reads points and writes assignments and centroids; or it reads points and centroids and
//! writes assignments; or it reads points and writes a table, one line for each number of clusters.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use artifact::{Outputs, check_lineage};
use cli::{Progress, Stage, Starts};
use clustering::Scalar;
use clustering::kmeans::{self, BatchReport, Init, IterationDetails, IterationReport, KMeans};
use model_io::on_points;
use model_io::points::Input;
use ndarray::Array1;
use serde_json::json;

use crate::args::Args;
use crate::fit_report::{Objective, add_metric, parameters, show};

mod args;
mod distances;
mod fit_report;
mod minibatch;
mod select;

fn main() -> ExitCode {
    cli::main("cluster-kmeans", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    let centroids = args.init.iter().filter_map(|init| match init {
        args::Start::File(path) => Some(path),
        _ => None,
    });
    cli::Files::new()
        .reads("--points", [&args.points])
        .reads("--weights", &args.weights)
        .reads("--predict", &args.predict)
        .reads("--init", centroids)
        .writes("--out", [&args.out])
        .writes("--model", &args.model)
        .writes("--distances", &args.distances)
        .writes("--trace", &args.trace)
        .check()?;
    match (&args.predict, args.select_k) {
        (Some(model), _) => predict(&args, model, stage),
        (None, Some(span)) => select::select(&args, span, stage),
        (None, None) if args.minibatch() => fit_batches(&args, stage),
        (None, None) => fit(&args, stage),
    }
}

fn fit(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (params, centroids) = args.params()?;
    let input = Input::read(&args.points, args.weights.as_deref(), cli::warn)?;

    let starts = if centroids.is_some() { 1 } else { params.starts };
    let shown = Starts::of_fit(starts);
    let mut trace = args.trace.is_some().then(Vec::new);
    let mut on_progress = |event: kmeans::Progress| {
        show(&shown, params.k, event);
        if let (Some(trace), kmeans::Progress::Iteration(report)) = (&mut trace, event) {
            trace.push(report);
        }
    };
    let fit = on_points!(&input.points, points => {
        kmeans::fit(input.weigh(points), &params, &mut on_progress)
    });
    let fit = fit.with_context(|| args.points.display().to_string())?;
    drop(shown);
    if !fit.converged {
        cli::warn_not_converged(params.max_iter);
    }
    warn_empty(&fit.sizes);

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &fit.assignments)?;
    if let Some(path) = &args.model {
        model_io::kmeans::write(&mut outputs, path, &fit.model)?;
    }
    if let Some(path) = &args.distances {
        let written = distances::write(&mut outputs, path, &fit.model, &input.points);
        written.with_context(|| args.points.display().to_string())?;
    }
    if let (Some(path), Some(trace)) = (&args.trace, &trace) {
        outputs.bytes(path, trace_csv(trace).as_bytes())?;
    }
    let mut result = json!({
        "inertia": fit.inertia, "iterations": fit.iterations, "converged": fit.converged,
        "sizes": fit.sizes, "start": fit.start, "rounds": fit.rounds, "distances": fit.distances,
    });
    let weight = input.weights.as_ref().map_or(fit.assignments.len() as f64, |w| w.iter().sum());
    let objective = Objective::new(fit.inertia, params.metric, weight);
    objective.add_to(&mut result);
    let inputs = input.records.into_iter().chain(centroids).collect();
    let text = format!(
        "{objective}, {} iterations, converged: {}\n\n{}",
        fit.iterations,
        fit.converged,
        cli::share_table("cluster", &fit.sizes)
    );
    stage.finish(outputs, parameters(&params, starts), inputs, result, &text)
}

/// Fits with minibatch: the points stay in their file.
fn fit_batches(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let params = args.minibatch_params();
    let progress = Progress::new("batches", 0);
    let mut on_progress = |report: &BatchReport, most: usize| {
        progress.set_length(most as u64);
        progress.set(report.batch as u64, &format!("inertia {:.6e} per point", report.smoothed));
    };
    let outcome = minibatch::fit(&args.points, &params, &mut on_progress)?;
    drop(progress);
    let minibatch::Outcome {
        model,
        assignments,
        inertia,
        iterations,
        converged,
        sizes,
        coincident_starts,
        file,
    } = outcome;
    if coincident_starts > 0 {
        let k = params.k;
        cli::warn(&format!(
            "{coincident_starts} of {k} starting centroids repeat another: \
             among the rows of the first \
             sample fewer than {k} are distinct; lower --k, remove duplicate rows or raise --batch"
        ));
    }
    warn_empty(&sizes);
    if !converged {
        let passes = params.max_iter;
        cli::warn(&format!("still improving after {passes} passes; raise --max-iter"));
    }

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &assignments)?;
    if let Some(path) = &args.model {
        model_io::kmeans::write(&mut outputs, path, &model)?;
    }
    if let Some(path) = &args.distances {
        let written = distances::write_of_file(&mut outputs, path, &model, &file);
        written.with_context(|| args.points.display().to_string())?;
    }
    let mut parameters = json!({
        "k": params.k, "starts": params.starts, "max_iter": params.max_iter, "seed": params.seed,
        "init": if params.init == Init::Random { "random" } else { "k-means++" },
        "algorithm": "minibatch", "batch": params.batch,
    });
    add_metric(&mut parameters, params.metric);
    let mut result = json!({
        "inertia": inertia, "iterations": iterations, "converged": converged, "sizes": sizes,
    });
    let objective = Objective::new(inertia, params.metric, assignments.len() as f64);
    objective.add_to(&mut result);
    let text = format!(
        "{objective}, {iterations} batches, converged: {converged}\n\n{}",
        cli::share_table("cluster", &sizes)
    );
    stage.finish(outputs, parameters, vec![file.record().clone()], result, &text)
}

/// Formats one line for each iteration, floats with all their digits; starts count from 1.
fn trace_csv(trace: &[IterationReport]) -> String {
    let row = |report: &IterationReport| {
        let IterationReport { start, iteration, details, .. } = report;
        let IterationDetails { inertia, moved, distances } = details;
        vec![
            (start + 1).to_string(),
            iteration.to_string(),
            inertia.to_string(),
            moved.to_string(),
            distances.to_string(),
        ]
    };
    let head = ["start", "iteration", "inertia", "moved", "distances"];
    cli::csv(&head, trace.iter().map(row))
}

fn predict(args: &Args, model: &Path, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (kmeans, model_record) = model_io::kmeans::read(model)?;
    let input = Input::read(&args.points, None, cli::warn)?;
    check_lineage(&model_record, &input.records[0])?;
    let assigned = on_points!(&input.points, points => assign(&kmeans, points));
    let (assignments, inertia) = assigned.with_context(|| args.points.display().to_string())?;
    let mut sizes = vec![0usize; kmeans.centroids().nrows()];
    assignments.iter().for_each(|&cluster| sizes[cluster as usize] += 1);

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &assignments)?;
    if let Some(path) = &args.distances {
        let written = distances::write(&mut outputs, path, &kmeans, &input.points);
        written.with_context(|| args.points.display().to_string())?;
    }
    let mut result = json!({ "inertia": inertia, "sizes": sizes });
    let objective = Objective::new(inertia, kmeans.metric(), assignments.len() as f64);
    objective.add_to(&mut result);
    let inputs = input.records.into_iter().chain([model_record]).collect();
    let text = format!("{objective}\n\n{}", cli::share_table("cluster", &sizes));
    stage.finish(outputs, json!({}), inputs, result, &text)
}

fn assign<F: Scalar>(
    kmeans: &KMeans,
    points: clustering::Points<F>,
) -> Result<(Array1<i32>, f64), clustering::Error> {
    let assignments = kmeans.predict(points.clone())?;
    let inertia = kmeans.inertia(points, &assignments)?;
    Ok((assignments, inertia))
}

fn warn_empty(sizes: &[usize]) {
    let empty = sizes.iter().filter(|&&size| size == 0).count();
    if empty > 0 {
        cli::warn(&format!("{empty} of {} clusters are empty; lower --k", sizes.len()));
    }
}
