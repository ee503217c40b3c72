//! `evaluate`: assignments and labels in, scores out. The first program of the pipeline that reads labels.

mod compare;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use artifact::{FileRecord, Outputs, read_bytes, read_ids};
use metrics::{Contingency, Scores};
use serde_json::{Map, Value, json};
use stage::Stage;

/// Scores assignments against labels: purity (majority vote, which some reports call accuracy), ACC (best one-to-one
/// map, Hungarian), NMI, AMI, ARI, confusion matrices and per-class recall. Assignment -1 is noise: wrong in purity and
/// ACC, a group of its own in NMI, AMI and ARI. Given score files instead, prints them side by side;
/// files of one name are runs of one system and are averaged.
#[derive(argh::FromArgs)]
#[argh(
    help_triggers("-h", "--help"),
    example = "cluster-kmeans --points latents.npy --out assignments.npy\nevaluate --assignments assignments.npy --labels data/train-labels.npy --classes data/classes.json --out scores.json\nevaluate scores.json others.json\nevaluate --each seed-*/scores.json"
)]
struct Args {
    /// cluster ids: .npy, integers, (n,); repeat it, with its labels, for each split
    #[argh(option, arg_name = "file")]
    assignments: Vec<PathBuf>,
    /// class ids of the same points: .npy, integers from 0, (n,)
    #[argh(option, arg_name = "file")]
    labels: Vec<PathBuf>,
    /// scores to write: .json, one entry a split, named after its assignments file
    #[argh(option, arg_name = "file")]
    out: Option<PathBuf>,
    /// names of the classes: a JSON list in the order of the ids
    #[argh(option, arg_name = "file")]
    classes: Option<PathBuf>,
    /// published figures to print beside the scores compared: JSON, system, split, purity
    #[argh(option, arg_name = "file")]
    reference: Option<PathBuf>,
    /// beside means, show every run and the smallest and largest score of each system
    #[argh(switch)]
    each: bool,
    /// score files written before, to be compared
    #[argh(positional, arg_name = "scores")]
    scores: Vec<PathBuf>,
}

fn main() -> ExitCode {
    stage::main("evaluate", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    if args.scores.is_empty() {
        if args.reference.is_some() {
            return Err(stage::usage("--reference goes with score files to compare"));
        }
        if args.each {
            return Err(stage::usage("--each goes with score files to compare"));
        }
        return score(&args, stage);
    }
    if !args.assignments.is_empty() || !args.labels.is_empty() || args.out.is_some() || args.classes.is_some()
    {
        return Err(stage::usage("give either assignments to score or score files to compare, not both"));
    }
    stage::print(&compare::table(&args.scores, args.reference.as_deref(), args.each)?)
}

fn score(args: &Args, stage: &Stage) -> anyhow::Result<()> {
    let Some(out) = &args.out else {
        return Err(stage::usage("give --assignments, --labels and --out, or score files to compare"));
    };
    if args.assignments.is_empty() || args.assignments.len() != args.labels.len() {
        return Err(stage::usage("give one --labels for each --assignments, in the same order"));
    }
    let mut inputs = Vec::new();
    let names = args.classes.as_deref().map(|path| read_classes(path, &mut inputs)).transpose()?;

    let mut splits = Map::new();
    let mut result = Map::new();
    let mut text = String::new();
    for (assignments, labels) in args.assignments.iter().zip(&args.labels) {
        let split = assignments.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let scores = score_split(assignments, labels, &mut inputs)?;
        let names = class_names(&scores, names.as_deref(), args.classes.as_deref(), labels)?;
        text += &show::split(&split, &scores, &names);
        result
            .insert(split.clone(), json!({ "purity": scores.purity, "acc": scores.acc, "nmi": scores.nmi }));
        if splits.insert(split.clone(), serde_json::to_value(&scores)?).is_some() {
            return Err(stage::usage(format!("two assignments files are called {split}: rename one")));
        }
    }
    let mut json = serde_json::to_string(&json!({ "class_names": names, "splits": splits }))?;
    json.push('\n');
    let mut outputs = Outputs::new();
    outputs.bytes(out, json.as_bytes())?;
    outputs.commit(stage.provenance(json!({}), inputs, Value::Object(result)))?;
    stage::print(&text)
}

fn score_split(assignments: &Path, labels: &Path, inputs: &mut Vec<FileRecord>) -> anyhow::Result<Scores> {
    let (assigned, assigned_record) = read_ids(assignments)?;
    let (known, known_record) = read_ids(labels)?;
    inputs.extend([assigned_record, known_record]);
    let contingency = Contingency::new(known.view(), assigned.view())
        .with_context(|| format!("{} against {}", assignments.display(), labels.display()))?;
    Ok(Scores::of(&contingency))
}

fn read_classes(path: &Path, inputs: &mut Vec<FileRecord>) -> anyhow::Result<Vec<String>> {
    let (bytes, record) = read_bytes(path)?;
    inputs.push(record);
    serde_json::from_slice(&bytes).with_context(|| {
        format!("{}: expected a JSON list of class names such as [\"cat\", \"dog\"]", path.display())
    })
}

/// The name of each class that occurs; its id where no names are given.
fn class_names(
    scores: &Scores,
    names: Option<&[String]>,
    classes: Option<&Path>,
    labels: &Path,
) -> anyhow::Result<Vec<String>> {
    let (Some(names), Some(classes)) = (names, classes) else {
        return Ok(scores.class_ids.iter().map(ToString::to_string).collect());
    };
    let name = |&id: &i64| usize::try_from(id).ok().and_then(|id| names.get(id)).cloned();
    match scores.class_ids.iter().map(name).collect() {
        Some(names) => Ok(names),
        None => bail!(
            "{}: expected a name for every label in {}, found {} names for labels up to {}; give the classes of \
             this data set, or leave --classes out",
            classes.display(),
            labels.display(),
            names.len(),
            scores.class_ids.iter().max().copied().unwrap_or_default()
        ),
    }
}
