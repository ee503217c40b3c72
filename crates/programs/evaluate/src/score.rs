//! Scores assignments and writes the score file.

use std::path::Path;

use anyhow::bail;
use artifact::Outputs;
use cli::Stage;
use metrics::Scores;
use score_io::read_classes;
use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::print;
use crate::split::{Split, Training};

/// Scores every split, writes the score file and prints it.
///
/// # Errors
/// Fails on wrong usage, and if a file cannot be read or does not belong to the others.
pub fn run(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    let Some(out) = &args.out else {
        return Err(cli::usage(
            "give --assignments, --labels or --points, and --out, or score files to compare",
        ));
    };
    check(args)?;
    stage.set_threads(args.threads)?;
    let mut inputs = Vec::new();
    let classes = args.classes.as_deref().map(read_classes).transpose()?;
    let (names, record) = classes.unzip();
    inputs.extend(record);

    // The JSON is written split by split: a tree of it would be many times as large as the tables.
    let mut json =
        format!("{{\"class_names\":{},\"splits\":{{", serde_json::to_string(&names)?).into_bytes();
    let mut result = Map::new();
    let mut text = String::new();
    let mut training: Option<Training> = None;
    let mut outputs = Outputs::new();
    for (at, assignments) in args.assignments.iter().enumerate() {
        let name = assignments.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (labels, points) = (args.labels.get(at), args.points.get(at));
        let (split, maps) = Split::score(
            assignments,
            labels.map(AsRef::as_ref),
            points.map(AsRef::as_ref),
            !args.silhouettes.is_empty(),
            training.as_ref(),
            &mut inputs,
        )?;
        let each = split.internal.as_ref().and_then(|internal| internal.each.as_ref());
        if let (Some(path), Some(each)) = (args.silhouettes.get(at), each) {
            outputs.npy(path, each)?;
        }
        let classes = match (split.scores(), labels) {
            (Some(scores), Some(labels)) => {
                class_names(scores, names.as_deref(), args.classes.as_deref(), labels)?
            }
            _ => Vec::new(),
        };
        text += &print::split_text(&name, &split, &classes);
        if result.insert(name.clone(), split.result()).is_some() {
            return Err(cli::usage(format!("two assignments files are called {name}: rename one")));
        }
        if at > 0 {
            json.push(b',');
        }
        serde_json::to_writer(&mut json, &name)?;
        json.push(b':');
        serde_json::to_writer(&mut json, &split)?;
        if training.is_none() {
            training =
                maps.map(|(majority, one_to_one)| Training { split: name, majority, one_to_one });
        }
    }
    json.extend_from_slice(b"}}\n");
    outputs.bytes(out, &json)?;
    stage.finish(outputs, json!({}), inputs, Value::Object(result), &text)
}

/// Checks that the arguments go together.
fn check(args: &Args) -> anyhow::Result<()> {
    let splits = args.assignments.len();
    let each = |files: usize| files == splits;
    if splits == 0
        || !(each(args.labels.len()) || args.labels.is_empty() && !args.points.is_empty())
    {
        return Err(cli::usage(
            "give one --labels for each --assignments, in the same order, or --points without any \
             labels",
        ));
    }
    if !args.points.is_empty() && !each(args.points.len()) {
        return Err(cli::usage(
            "give one --points for each --assignments, in the same order, or none at all",
        ));
    }
    if !args.silhouettes.is_empty() && args.silhouettes.len() != args.points.len() {
        return Err(cli::usage(
            "give one --silhouettes for each --points, in the same order, or none at all",
        ));
    }
    if args.classes.is_some() && args.labels.is_empty() {
        return Err(cli::usage("--classes names the classes of --labels: give both or neither"));
    }
    Ok(())
}

/// Returns the name of each class that occurs, or its id without names.
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
            "{}: expected a name for every label in {}, found {} names for labels up to {}; give \
             the classes of \
             this data set, or leave --classes out",
            classes.display(),
            labels.display(),
            names.len(),
            scores.class_ids.iter().max().copied().unwrap_or_default()
        ),
    }
}
