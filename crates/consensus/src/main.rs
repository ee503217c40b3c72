//! `consensus`: assignments of several runs in, one assignment out, or how much they agree. No label is read.

mod similarity;
mod vote;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Outputs, read_ids};
use ndarray::Array1;
use serde_json::json;
use similarity::Similarity;
use stage::{Count, Stage};

/// Combines assignments of the same points, from any tools and with any numbers of clusters, into one, and says how much
/// the runs agree: the share of them that put a point where the whole does. The clusters of each run are matched with those
/// of the run that is most like all others (with as many of them one to one, else each with that it shares most points with),
/// every run votes on every point, and the outcome takes that run's place until no point moves.
/// Without --out it only says how much the runs agree. Labels are never read.
#[derive(argh::FromArgs)]
#[argh(
    help_triggers("-h", "--help"),
    example = "cluster-gmm --points a.npy --out run-a.npy\ncluster-gmm --points b.npy --out run-b.npy\ncluster-kmeans --points a.npy --out run-c.npy\nconsensus --assignments run-a.npy run-b.npy run-c.npy\nconsensus --assignments run-a.npy run-b.npy run-c.npy --out assignments.npy --agreement agreement.npy\nevaluate --assignments assignments.npy --labels data/train-labels.npy --out scores.json"
)]
struct Args {
    /// cluster ids of one run: .npy, integers, (n,), -1 for noise, which does not vote; further runs follow, with or without
    /// the option's name
    #[argh(option, arg_name = "file")]
    assignments: Vec<PathBuf>,
    /// assignments to write: .npy, i4, (n,), values 0..k-1, or -1 where no run has a cluster; without it nothing
    /// is voted on or written, and only the agreement of the runs is shown
    #[argh(option, arg_name = "file")]
    out: Option<PathBuf>,
    /// share of the runs that agree with the outcome to write: .npy, f4, (n,), 0..=1
    #[argh(option, arg_name = "file")]
    agreement: Option<PathBuf>,
    /// number of clusters, which at least one run must have (default that of most runs, the smallest of equals)
    #[argh(option, arg_name = "n")]
    k: Option<Count>,
    /// threads; they change no result (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
    /// further runs
    #[argh(positional, arg_name = "file")]
    more: Vec<PathBuf>,
}

fn main() -> ExitCode {
    stage::main("consensus", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    let files: Vec<PathBuf> = args.assignments.into_iter().chain(args.more).collect();
    if files.len() < 2 {
        return Err(stage::usage("give the --assignments of at least two runs"));
    }
    if args.out.is_none() && (args.agreement.is_some() || args.k.is_some()) {
        return Err(stage::usage("--agreement and --k go with --out"));
    }
    stage::Files::new()
        .reads("--assignments", &files)
        .writes("--out", &args.out)
        .writes("--agreement", &args.agreement)
        .check()?;
    stage.set_threads(args.threads)?;
    let (runs, inputs) = read(&files)?;
    let runs = runs.iter().map(|ids| vote::Run::new(ids.view())).collect::<Vec<_>>();
    let similarity = Similarity::of(&runs).with_context(|| files[0].display().to_string())?;
    let (ari, nmi) = (similarity.mean_ari(), similarity.mean_nmi());
    let alike = format!("{} runs, pairwise ARI {ari:.4}, NMI {nmi:.4} on average", runs.len());
    let Some(out) = &args.out else {
        let result = json!({ "runs": runs.len(), "mean_pairwise_ari": ari, "mean_pairwise_nmi": nmi });
        return stage.finish(Outputs::new(), json!({}), inputs, result, &format!("{alike}\n"));
    };
    let k = match args.k {
        Some(k) => k.0,
        None => vote::usual_k(&runs),
    };
    let Some(medoid) = similarity.medoid(|run| runs[run].k() == k) else {
        let found: Vec<String> = runs.iter().map(|run| run.k().to_string()).collect();
        anyhow::bail!(
            "{}: expected a run with {k} clusters among those given, found runs with {}; give one, or another --k",
            files[0].display(),
            found.join(", ")
        );
    };
    let outcome = vote::consensus(&runs, medoid)?;

    let mut outputs = Outputs::new();
    if let Some(path) = &args.agreement {
        outputs.npy(path, &outcome.agreement)?;
    }
    outputs.npy(out, &outcome.assignments)?;
    let agreement =
        outcome.agreement.iter().map(|&x| f64::from(x)).sum::<f64>() / outcome.agreement.len() as f64;
    let result = json!({
        "sizes": outcome.sizes, "rounds": outcome.rounds, "medoid": inputs[medoid].path, "mean_agreement": agreement,
        "mean_pairwise_ari": ari, "mean_pairwise_nmi": nmi,
    });
    let text = format!(
        "{alike}; mean agreement {agreement:.4} after {} rounds\n\n{}",
        outcome.rounds,
        stage::share_table("cluster", &outcome.sizes)
    );
    stage.finish(outputs, json!({ "k": k }), inputs, result, &text)
}

/// Runs on the same points.
fn read(files: &[PathBuf]) -> anyhow::Result<(Vec<Array1<i64>>, Vec<FileRecord>)> {
    let (mut runs, mut inputs) = (Vec::<Array1<i64>>::new(), Vec::new());
    for path in files {
        let (ids, record) = read_ids(path)?;
        if let Some(first) = runs.first() {
            ensure!(
                ids.len() == first.len(),
                "{}: expected {} assignments, as many as in {}, found {}; give runs on the same points",
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
