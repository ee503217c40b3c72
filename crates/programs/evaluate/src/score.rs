//! Assignments to scores.

use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, Outputs, Points, read_ids, read_points, read_text};
use cli::Stage;
use metrics::{ClassMap, Contingency, Dispersion, Scores, Silhouette};
use ndarray::{Array1, ArrayView1, ArrayView2};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{Args, show};

/// Scores every split, writes what comes of it and prints it.
///
/// # Errors
/// Wrong usage; files that cannot be read or do not go together.
pub fn run(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    let Some(out) = &args.out else {
        return Err(cli::usage(
            "give --assignments, --labels or --points, and --out, or score files to compare",
        ));
    };
    check(args)?;
    stage.set_threads(args.threads)?;
    let mut inputs = Vec::new();
    let names = args.classes.as_deref().map(|path| read_classes(path, &mut inputs)).transpose()?;

    // Written split by split: the tables of many clusters are large, and a JSON tree would be many
    // times as large.
    let mut json = format!("{{\"class_names\":{},\"splits\":{{", serde_json::to_string(&names)?).into_bytes();
    let mut result = Map::new();
    let mut text = String::new();
    let mut training: Option<Training> = None;
    for (at, assignments) in args.assignments.iter().enumerate() {
        let name = assignments.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (labels, points) = (args.labels.get(at), args.points.get(at));
        let (split, maps) = Split::score(
            assignments,
            labels.map(AsRef::as_ref),
            points.map(AsRef::as_ref),
            training.as_ref(),
            &mut inputs,
        )?;
        let classes = match (split.scores(), labels) {
            (Some(scores), Some(labels)) => {
                class_names(scores, names.as_deref(), args.classes.as_deref(), labels)?
            }
            _ => Vec::new(),
        };
        text += &show::split(&name, &split, &classes);
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
            training = maps.map(|(majority, one_to_one)| Training { split: name, majority, one_to_one });
        }
    }
    json.extend_from_slice(b"}}\n");
    let mut outputs = Outputs::new();
    outputs.bytes(out, &json)?;
    stage.finish(outputs, json!({}), inputs, Value::Object(result), &text)
}

/// Refuses arguments that do not go together.
fn check(args: &Args) -> anyhow::Result<()> {
    let splits = args.assignments.len();
    let each = |files: usize| files == splits;
    if splits == 0 || !(each(args.labels.len()) || args.labels.is_empty() && !args.points.is_empty()) {
        return Err(cli::usage(
            "give one --labels for each --assignments, in the same order, or --points without any labels",
        ));
    }
    if !args.points.is_empty() && !each(args.points.len()) {
        return Err(cli::usage(
            "give one --points for each --assignments, in the same order, or none at all",
        ));
    }
    if args.classes.is_some() && args.labels.is_empty() {
        return Err(cli::usage("--classes names the classes of --labels: give both or neither"));
    }
    Ok(())
}

/// The classes that clusters stand for on the first split.
struct Training {
    /// Its name.
    split: String,
    majority: ClassMap,
    one_to_one: ClassMap,
}

/// The scores of one split, as they are written.
#[derive(Serialize)]
pub struct Split {
    /// Scores against labels, or where there are none what is known without.
    #[serde(flatten)]
    pub known: Known,
    /// Scores of the other splits under the maps of the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_training_map: Option<ByTrainingMap>,
    /// The scores without labels, if points were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal: Option<Internal>,
}

/// What is known of the assignments of one split.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Known {
    /// Against labels.
    Scores(Box<Scores>),
    /// Without labels.
    Counts {
        /// Number of points, noise included.
        n: u64,
        /// Number of clusters, noise not included.
        clusters: usize,
        /// Share of points that are noise.
        noise_share: f64,
    },
}

/// Accuracy under maps from clusters to classes that were found on another split.
///
/// Purity and ACC find a map on the very split they score, so they do not see whether a cluster's
/// id means the same on both.
#[derive(Serialize)]
pub struct ByTrainingMap {
    /// The split the maps were found on.
    pub training_split: String,
    /// Share of points whose class is the most frequent one of their cluster there.
    pub majority_accuracy: f64,
    /// Share of points whose class is that of their cluster under the best one-to-one map there.
    pub one_to_one_accuracy: f64,
}

/// Scores without labels.
#[derive(Serialize)]
pub struct Internal {
    /// The file of points: the space they were measured in.
    pub space: String,
    /// Of a sample, where there are many points.
    pub silhouette: Silhouette,
    /// Of all points.
    #[serde(flatten)]
    pub dispersion: Dispersion,
}

impl Split {
    /// Scores one split. Also gives the maps behind purity and ACC, where there are labels.
    fn score(
        assignments: &Path,
        labels: Option<&Path>,
        points: Option<&Path>,
        training: Option<&Training>,
        inputs: &mut Vec<FileRecord>,
    ) -> anyhow::Result<(Self, Option<(ClassMap, ClassMap)>)> {
        let (assigned, record) = read_ids(assignments)?;
        inputs.push(record);
        let known = match labels {
            Some(labels) => {
                let (known, record) = read_ids(labels)?;
                inputs.push(record);
                known
            }
            // A single class, to count the clusters against.
            None => Array1::zeros(assigned.len()),
        };
        let table = Contingency::new(known.view(), assigned.view()).with_context(|| match labels {
            Some(labels) => format!("{} against {}", assignments.display(), labels.display()),
            None => assignments.display().to_string(),
        })?;
        let measure = |points: &Path| -> anyhow::Result<Internal> {
            let (values, record) = read_points(points)?;
            inputs.push(record);
            let (silhouette, dispersion) = internal(&values, assigned.view())
                .with_context(|| format!("{} with {}", points.display(), assignments.display()))?;
            Ok(Internal { space: points.display().to_string(), silhouette, dispersion })
        };
        let internal = points.map(measure).transpose()?;
        if labels.is_none() {
            let (n, clusters) = (table.n(), table.clusters().len());
            let known = Known::Counts { n, clusters, noise_share: table.noise_share() };
            return Ok((Self { known, by_training_map: None, internal }, None));
        }
        let by_training_map = training.map(|training| ByTrainingMap {
            training_split: training.split.clone(),
            majority_accuracy: table.accuracy(&training.majority),
            one_to_one_accuracy: table.accuracy(&training.one_to_one),
        });
        let scores = Box::new(Scores::of(&table));
        let maps = (scores.majority.map.clone(), scores.one_to_one.map.clone());
        Ok((Self { known: Known::Scores(scores), by_training_map, internal }, Some(maps)))
    }

    /// The scores against labels, if there are any.
    pub fn scores(&self) -> Option<&Scores> {
        match &self.known {
            Known::Scores(scores) => Some(scores),
            Known::Counts { .. } => None,
        }
    }

    /// The few scores that provenance repeats.
    fn result(&self) -> Value {
        let mut result = match self.scores() {
            Some(scores) => json!({ "purity": scores.purity, "acc": scores.acc, "nmi": scores.nmi }),
            None => json!({}),
        };
        if let Some(found) = &self.by_training_map {
            result["by_training_map"] = json!(found);
        }
        if let Some(internal) = &self.internal {
            result["silhouette"] = json!(internal.silhouette.value);
            result["silhouette_standard_error"] = json!(internal.silhouette.standard_error);
        }
        result
    }
}

/// Of points of any kind. Their scale is left out: it does not matter here.
fn internal(
    points: &Points,
    assignments: ArrayView1<i64>,
) -> Result<(Silhouette, Dispersion), metrics::Error> {
    fn both<T: Copy + Into<f64> + Sync>(
        points: ArrayView2<T>,
        assignments: ArrayView1<i64>,
    ) -> Result<(Silhouette, Dispersion), metrics::Error> {
        Ok((Silhouette::of(points, assignments)?, Dispersion::of(points, assignments)?))
    }
    match points {
        Points::U8 { values, .. } => both(values.view(), assignments),
        Points::F32(values) => both(values.view(), assignments),
        Points::F64(values) => both(values.view(), assignments),
    }
}

fn read_classes(path: &Path, inputs: &mut Vec<FileRecord>) -> anyhow::Result<Vec<String>> {
    let (bytes, record) = read_text(path)?;
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
