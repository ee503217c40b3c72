//! The program `consensus`: combines assignments of several runs into one, without labels.
//!
//! It reads assignments and writes one assignment, or prints how much the runs agree.

mod similarity;
mod vote;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Outputs, read_ids};
use cli::{Count, Stage};
use model_io::consensus::{self, Model};
use ndarray::Array1;
use serde_json::json;
use similarity::Similarity;
use vote::Run;

/// Combines assignments of the same points into one by a vote of the runs.
///
/// The runs may come from any tool and have any number of clusters. The clusters of each run are
/// matched with those of the run most like all others: one to one where the numbers of clusters are
/// equal, and each of the rest to the cluster with which it shares most points. Every run votes on
/// every point, and the outcome is matched and voted on again until no point moves. A cluster that
/// most runs have, but not the reference run, is added unless --k is given. --model also writes the
/// cluster of the outcome that each cluster of each run stands for, and --predict applies it to
/// assignments of new points by the same runs. Without --out, only prints how far the runs agree.
/// Labels are never read.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "cluster-gmm --points a.npy --out run-a.npy\n\
        cluster-gmm --points b.npy --out run-b.npy\n\
        cluster-kmeans --points a.npy --out run-c.npy\n\
        consensus --assignments run-a.npy run-b.npy run-c.npy\n\
        consensus --assignments run-a.npy run-b.npy run-c.npy --out assignments.npy \
        --agreement agreement.npy --model model.npz\n\
        consensus --assignments new-a.npy new-b.npy new-c.npy --predict model.npz \
        --out new-assignments.npy\n\
        evaluate --assignments assignments.npy --labels data/train-labels.npy --out scores.json"
)]
struct Args {
    /// cluster ids of one run: .npy, integers, (n,); -1 is noise and does not vote; further runs
    /// follow, with or without the option's name
    #[argh(option, arg_name = "file")]
    assignments: Vec<PathBuf>,
    /// assignments to write: .npy, i4, (n,), values 0..k-1, or -1 for points that are noise in at
    /// least half of the runs; without it, print the agreement of the runs and write nothing
    #[argh(option, arg_name = "file")]
    out: Option<PathBuf>,
    /// agreement to write: .npy, f4, (n,), the share of the runs that agree with the outcome, 0 to
    /// 1
    #[argh(option, arg_name = "file")]
    agreement: Option<PathBuf>,
    /// number of clusters; at least one run must have it (default the number that most runs have,
    /// the smallest of equals, and clusters that most runs have where the reference run has noise)
    #[argh(option, arg_name = "n")]
    k: Option<Count>,
    /// model to write: .npz, the cluster of the outcome for each cluster of each run
    #[argh(option, arg_name = "file")]
    model: Option<PathBuf>,
    /// model of a former consensus: assign new points by it; give the runs in the same order; an id
    /// that the model lacks does not vote
    #[argh(option, arg_name = "file")]
    predict: Option<PathBuf>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
    /// further runs
    #[argh(positional, arg_name = "file")]
    more: Vec<PathBuf>,
}

fn main() -> ExitCode {
    cli::main("consensus", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    let files: Vec<PathBuf> = args.assignments.into_iter().chain(args.more).collect();
    if files.len() < 2 {
        return Err(cli::usage("give the --assignments of at least two runs"));
    }
    let others =
        [args.agreement.is_some(), args.k.is_some(), args.model.is_some(), args.predict.is_some()];
    if args.out.is_none() && others.contains(&true) {
        return Err(cli::usage("--agreement, --k, --model and --predict go with --out"));
    }
    if args.predict.is_some() && (args.k.is_some() || args.model.is_some()) {
        return Err(cli::usage("--predict applies a model: leave out --k and --model"));
    }
    cli::Files::new()
        .reads("--assignments", &files)
        .reads("--predict", &args.predict)
        .writes("--out", &args.out)
        .writes("--agreement", &args.agreement)
        .writes("--model", &args.model)
        .check()?;
    stage.set_threads(args.threads)?;
    let (runs, inputs) = read(&files)?;
    if let (Some(model), Some(out)) = (&args.predict, &args.out) {
        return predict(&files, &runs, inputs, model, out, args.agreement.as_deref(), stage);
    }
    let runs = runs.iter().map(|ids| Run::new(ids.view())).collect::<Vec<_>>();
    let similarity = Similarity::of(&runs).with_context(|| files[0].display().to_string())?;
    let (ari, nmi) = (similarity.mean_ari(), similarity.mean_nmi());
    let alike = format!("{} runs, pairwise ARI {ari:.4}, NMI {nmi:.4} on average", runs.len());
    let Some(out) = &args.out else {
        let result =
            json!({ "runs": runs.len(), "mean_pairwise_ari": ari, "mean_pairwise_nmi": nmi });
        return stage.finish(Outputs::new(), json!({}), inputs, result, &format!("{alike}\n"));
    };
    let k = match args.k {
        Some(k) => k.0,
        None => vote::usual_k(&runs),
    };
    let Some(medoid) = similarity.medoid(|run| runs[run].k() == k) else {
        let found: Vec<String> = runs.iter().map(|run| run.k().to_string()).collect();
        anyhow::bail!(
            "{}: expected a run with {k} clusters among those given, \
             found runs with {}; give one, or another --k",
            files[0].display(),
            found.join(", ")
        );
    };
    let outcome = vote::consensus(&runs, medoid, args.k.is_none())?;

    // The output that is added first is renamed last: if the assignments exist, so does everything.
    let mut outputs = Outputs::new();
    outputs.npy(out, &outcome.assignments)?;
    if let Some(path) = &args.agreement {
        outputs.npy(path, &outcome.agreement)?;
    }
    if let Some(path) = &args.model {
        let known = runs.iter().map(|run| run.known().to_vec()).collect();
        let model = Model::new(known, outcome.maps.clone(), &files)?;
        consensus::write(&mut outputs, path, &model)?;
    }
    let agreement = mean(&outcome.agreement);
    let result = json!({
        "sizes": outcome.sizes, "rounds": outcome.rounds, "medoid": inputs[medoid].path,
        "mean_agreement": agreement, "mean_pairwise_ari": ari, "mean_pairwise_nmi": nmi,
    });
    let text = format!(
        "{alike}; mean agreement {agreement:.4} after {} rounds\n\n{}",
        outcome.rounds,
        cli::share_table("cluster", &outcome.sizes)
    );
    stage.finish(outputs, json!({ "k": outcome.maps.k }), inputs, result, &text)
}

/// Assigns new points by the model at `path`.
fn predict(
    files: &[PathBuf],
    runs: &[Array1<i64>],
    mut inputs: Vec<FileRecord>,
    path: &Path,
    out: &Path,
    agreement: Option<&Path>,
    stage: &Stage,
) -> anyhow::Result<()> {
    let (model, record) = consensus::read(path)?;
    inputs.push(record);
    let expected = model.known().len();
    ensure!(
        runs.len() == expected,
        "{}: expected the --assignments of {expected} runs, as the model was made of, found {}; \
         give those runs in the same order",
        path.display(),
        runs.len()
    );
    let mut unknown = Vec::new();
    let mut numbered = Vec::new();
    for ((ids, known), file) in runs.iter().zip(model.known()).zip(files) {
        let (run, unmatched) = Run::numbered(ids.view(), known);
        // The runs may be in another order, or of another clustering.
        ensure!(
            unmatched < ids.len(),
            "{}: expected cluster ids that {} knows of this run, found none; \
             give the runs in the order they \
             were given in when it was made",
            file.display(),
            path.display()
        );
        if unmatched > 0 {
            cli::warn(&format!(
                "{}: {unmatched} of {} points are in clusters that {} does not know \
             of this run: it does not \
                 vote on them",
                file.display(),
                ids.len(),
                path.display()
            ));
        }
        unknown.push(unmatched);
        numbered.push(run);
    }
    let (assignments, shares, sizes) = vote::apply(model.maps(), &numbered);
    let mut outputs = Outputs::new();
    outputs.npy(out, &assignments)?;
    if let Some(path) = agreement {
        outputs.npy(path, &shares)?;
    }
    let mean = mean(&shares);
    let result =
        json!({ "sizes": sizes, "mean_agreement": mean, "points_of_unknown_ids": unknown });
    let text = format!(
        "{} runs by {}; mean agreement {mean:.4}\n\n{}",
        runs.len(),
        path.display(),
        cli::share_table("cluster", &sizes)
    );
    stage.finish(outputs, json!({ "k": model.maps().k }), inputs, result, &text)
}

fn mean(shares: &Array1<f32>) -> f64 {
    shares.iter().map(|&share| f64::from(share)).sum::<f64>() / shares.len() as f64
}

/// Reads runs on the same points.
fn read(files: &[PathBuf]) -> anyhow::Result<(Vec<Array1<i64>>, Vec<FileRecord>)> {
    let (mut runs, mut inputs) = (Vec::<Array1<i64>>::new(), Vec::new());
    for path in files {
        let (ids, record) = read_ids(path)?;
        metrics::check_assignments(ids.view()).with_context(|| path.display().to_string())?;
        if let Some(first) = runs.first() {
            ensure!(
                ids.len() == first.len(),
                "{}: expected {} assignments, as many as in {}, found {}; \
             give runs on the same points",
                path.display(),
                first.len(),
                files[0].display(),
                ids.len()
            );
        }
        runs.push(ids);
        inputs.push(record);
    }
    Ok((runs, inputs))
}
