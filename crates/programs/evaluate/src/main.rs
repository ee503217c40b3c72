//! `evaluate`: scores assignments against labels, and by their points alone.
//!
//! The first program of the pipeline that reads labels.

mod args;
mod compare;
mod format;
mod print;
mod score;
mod silhouette_vs_acc;
mod split;

use std::process::ExitCode;

use cli::Stage;

use crate::args::Args;

fn main() -> ExitCode {
    cli::main("evaluate", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    if args.scores.is_empty() {
        if args.reference.is_some() {
            return Err(cli::usage("--reference goes with score files to compare"));
        }
        if args.each {
            return Err(cli::usage("--each goes with score files to compare"));
        }
        if args.format.is_some() {
            return Err(cli::usage("--format goes with score files to compare"));
        }
        cli::Files::new()
            .reads("--assignments", &args.assignments)
            .reads("--labels", &args.labels)
            .reads("--points", &args.points)
            .reads("--classes", &args.classes)
            .writes("--out", &args.out)
            .writes("--silhouettes", &args.silhouettes)
            .check()?;
        return score::run(&args, stage);
    }
    let scoring = [&args.assignments, &args.labels, &args.points, &args.silhouettes]
        .iter()
        .any(|files| !files.is_empty());
    if scoring || args.out.is_some() || args.classes.is_some() {
        return Err(cli::usage(
            "give either assignments to score or score files to compare, not both",
        ));
    }
    compare::run(
        &args.scores,
        args.reference.as_deref(),
        args.each,
        args.format.unwrap_or_default(),
        stage,
    )
}
