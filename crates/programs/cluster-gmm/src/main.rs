//! The program `cluster-gmm`: groups points with a Gaussian mixture.
//!
//! It reads points and writes assignments and a mixture; or it reads points and a mixture and
//! writes assignments; or it reads points and writes a table of mixtures, one for each number of
//! components.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use artifact::{Outputs, check_lineage};
use cli::{Stage, Starts};
use clustering::Scalar;
use clustering::gmm::{self, GaussianMixture, GmmFit, GmmParams};
use model_io::on_points;
use model_io::points::Input;
use ndarray::{Array1, Array2};
use serde_json::json;

use crate::args::Args;
use crate::fit_report::{parameters, show};

mod args;
mod fit_report;
mod select;

fn main() -> ExitCode {
    cli::main("cluster-gmm", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    let start = args.init.iter().filter_map(|init| match init {
        args::Start::Npy(path) | args::Start::Model(path) => Some(path),
        _ => None,
    });
    cli::Files::new()
        .reads("--points", [&args.points])
        .reads("--weights", &args.weights)
        .reads("--predict", &args.predict)
        .reads("--init", start)
        .writes("--out", [&args.out])
        .writes("--model", &args.model)
        .writes("--proba", &args.proba)
        .writes("--densities", &args.densities)
        .check()?;
    match (&args.predict, args.select_k) {
        (Some(model), _) => predict(&args, model, stage),
        (None, Some(span)) => select::select(&args, span, stage),
        (None, None) => fit(&args, stage),
    }
}

/// The optional outputs about the points, if they were asked for.
struct Views {
    /// (n, k)
    posterior: Option<Array2<f64>>,
    /// (n,)
    densities: Option<Array1<f64>>,
}

impl Views {
    fn of<F: Scalar>(
        args: &Args,
        model: &GaussianMixture,
        points: clustering::Points<F>,
    ) -> Result<Self, clustering::Error> {
        let posterior =
            args.proba.is_some().then(|| model.predict_proba(points.clone())).transpose()?;
        let densities =
            args.densities.is_some().then(|| model.score_samples(points)).transpose()?;
        Ok(Self { posterior, densities })
    }

    fn write(&self, args: &Args, outputs: &mut Outputs) -> artifact::Result<()> {
        if let (Some(path), Some(posterior)) = (&args.proba, &self.posterior) {
            outputs.npy(path, posterior)?;
        }
        if let (Some(path), Some(densities)) = (&args.densities, &self.densities) {
            outputs.npy(path, densities)?;
        }
        Ok(())
    }
}

fn fit(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (mut params, start) = args.params()?;
    let input = Input::read(&args.points, args.weights.as_deref(), cli::warn)?;
    let k = params.k;
    args.choose_covariance(&mut params, input.points.dim(), k);
    let starts = if start.is_some() { 1 } else { params.starts };

    let shown = Starts::of_fit(starts);
    let mut on_progress = |event: gmm::Progress| show(&shown, params.k, event);
    let fitted = on_points!(&input.points, points => {
        fit_points(args, input.weigh(points), &params, &mut on_progress)
    });
    let (fit, views) = fitted.with_context(|| args.points.display().to_string())?;
    drop(shown);
    if !fit.converged {
        cli::warn_not_converged(params.max_iter);
    }
    let empty = empty(&fit.sizes);
    if !empty.is_empty() {
        cli::warn(&format!(
            "no point is assigned to {}; lower --k, or try another --seed or --init",
            named(&empty)
        ));
    }

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &fit.assignments)?;
    views.write(args, &mut outputs)?;
    if let Some(path) = &args.model {
        model_io::gmm::write(&mut outputs, path, &fit.model)?;
    }
    let mut result = json!({
        "log_likelihood": fit.log_likelihood, "bic": fit.bic, "aic": fit.aic,
        "iterations": fit.iterations, "converged": fit.converged, "sizes": fit.sizes,
        "start": fit.start, "rounds": fit.rounds, "criterion": fit.criterion,
    });
    if let Some(information) = fit.information {
        result["information"] = information.mutual().into();
        result["entropy"] = information.entropy.into();
        result["conditional_entropy"] = information.conditional_entropy.into();
    }
    let inputs = input.records.into_iter().chain(start).collect();
    let text = format!(
        "log-likelihood {:.6} per point, BIC {:.6e}, AIC {:.6e}, {} iterations, \
         converged: {}, {} covariances\n\n{}",
        fit.log_likelihood,
        fit.bic,
        fit.aic,
        fit.iterations,
        fit.converged,
        params.covariance_type,
        cli::share_table("component", &fit.sizes)
    );
    stage.finish(outputs, parameters(&params, starts), inputs, result, &text)
}

fn fit_points<F: Scalar>(
    args: &Args,
    points: clustering::Points<F>,
    params: &GmmParams,
    on_progress: &mut dyn FnMut(gmm::Progress),
) -> Result<(GmmFit, Views), clustering::Error> {
    let fit = gmm::fit(points.clone(), params, on_progress)?;
    let views = Views::of(args, &fit.model, points)?;
    Ok((fit, views))
}

/// Lists the components without a point.
fn empty(sizes: &[usize]) -> Vec<usize> {
    (0..sizes.len()).filter(|&c| sizes[c] == 0).collect()
}

/// Formats the number of components and the first few of them.
fn named(components: &[usize]) -> String {
    /// Most components that are named.
    const MOST: usize = 8;
    let numbers: Vec<String> = components.iter().take(MOST).map(usize::to_string).collect();
    let rest = if components.len() > MOST { ", ..." } else { "" };
    let noun = if components.len() == 1 { "component" } else { "components" };
    let count =
        if components.len() == 1 { String::new() } else { format!("{} ", components.len()) };
    format!("{count}{noun} ({}{rest})", numbers.join(", "))
}

fn predict(args: &Args, model: &Path, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (mixture, model_record) = model_io::gmm::read(model)?;
    let input = Input::read(&args.points, None, cli::warn)?;
    check_lineage(&model_record, &input.records[0])?;
    let assigned = on_points!(&input.points, points => assign(args, &mixture, points));
    let (assignments, log_likelihood, views) =
        assigned.with_context(|| args.points.display().to_string())?;
    let mut sizes = vec![0usize; mixture.weights().len()];
    assignments.iter().for_each(|&component| sizes[component as usize] += 1);

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &assignments)?;
    views.write(args, &mut outputs)?;
    let result = json!({ "log_likelihood": log_likelihood, "sizes": sizes });
    let inputs = input.records.into_iter().chain([model_record]).collect();
    let text = format!(
        "log-likelihood {log_likelihood:.6} per point\n\n{}",
        cli::share_table("component", &sizes)
    );
    stage.finish(outputs, json!({}), inputs, result, &text)
}

/// Gives assignments `(n,)`, the mean log density, and the optional outputs.
fn assign<F: Scalar>(
    args: &Args,
    mixture: &GaussianMixture,
    points: clustering::Points<F>,
) -> Result<(Array1<i32>, f64, Views), clustering::Error> {
    let assignments = mixture.predict(points.clone())?;
    let log_likelihood = mixture.score_samples(points.clone())?.mean().unwrap_or(f64::NAN);
    Ok((assignments, log_likelihood, Views::of(args, mixture, points)?))
}
