//! Assignments to scores.

use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, Outputs, Points, read_ids, read_points, read_text};
use metrics::{Contingency, Dispersion, Scores, Silhouette};
use ndarray::{Array1, ArrayView1, ArrayView2};
use serde_json::{Map, Value, json};
use stage::Stage;

use crate::{Args, show};

/// Scores every split, writes what comes of it and prints it.
///
/// # Errors
/// Wrong usage; files that cannot be read or do not go together.
pub fn run(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    let Some(out) = &args.out else {
        return Err(stage::usage(
            "give --assignments, --labels or --points, and --out, or score files to compare",
        ));
    };
    check(args)?;
    stage.set_threads(args.threads)?;
    let mut inputs = Vec::new();
    let names = args.classes.as_deref().map(|path| read_classes(path, &mut inputs)).transpose()?;

    let mut splits = Map::new();
    let mut result = Map::new();
    let mut text = String::new();
    for (at, assignments) in args.assignments.iter().enumerate() {
        let name = assignments.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (labels, points) = (args.labels.get(at), args.points.get(at));
        let split =
            Split::score(assignments, labels.map(AsRef::as_ref), points.map(AsRef::as_ref), &mut inputs)?;
        let classes = match (&split.scores, labels) {
            (Some(scores), Some(labels)) => {
                class_names(scores, names.as_deref(), args.classes.as_deref(), labels)?
            }
            _ => Vec::new(),
        };
        text += &show::split(&name, &split, &classes);
        result.insert(name.clone(), split.result());
        if splits.insert(name.clone(), split.json()?).is_some() {
            return Err(stage::usage(format!("two assignments files are called {name}: rename one")));
        }
    }
    let mut json = serde_json::to_string(&json!({ "class_names": names, "splits": splits }))?;
    json.push('\n');
    let mut outputs = Outputs::new();
    outputs.bytes(out, json.as_bytes())?;
    let text = text;
    stage.finish(outputs, json!({}), inputs, Value::Object(result), &text)
}

/// Refuses arguments that do not go together.
fn check(args: &Args) -> anyhow::Result<()> {
    let splits = args.assignments.len();
    let each = |files: usize| files == splits;
    if splits == 0 || !(each(args.labels.len()) || args.labels.is_empty() && !args.points.is_empty()) {
        return Err(stage::usage(
            "give one --labels for each --assignments, in the same order, or --points without any labels",
        ));
    }
    if !args.points.is_empty() && !each(args.points.len()) {
        return Err(stage::usage(
            "give one --points for each --assignments, in the same order, or none at all",
        ));
    }
    if args.classes.is_some() && args.labels.is_empty() {
        return Err(stage::usage("--classes names the classes of --labels: give both or neither"));
    }
    Ok(())
}

/// What is known of the assignments of one split.
pub struct Split {
    /// Number of points, noise included.
    pub n: u64,
    /// Number of clusters, noise not included.
    pub clusters: usize,
    /// Share of points that are noise.
    pub noise_share: f64,
    /// Scores against labels, if there are any.
    pub scores: Option<Scores>,
    /// The scores without labels, if points were given.
    pub internal: Option<Internal>,
}

/// Scores without labels.
pub struct Internal {
    /// The file of points: the space they were measured in.
    pub space: String,
    /// Of a sample, where there are many points.
    pub silhouette: Silhouette,
    /// Of all points.
    pub dispersion: Dispersion,
}

impl Split {
    fn score(
        assignments: &Path,
        labels: Option<&Path>,
        points: Option<&Path>,
        inputs: &mut Vec<FileRecord>,
    ) -> anyhow::Result<Self> {
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
        Ok(Self {
            n: table.n(),
            clusters: table.clusters().len(),
            noise_share: table.noise_share(),
            internal: points.map(measure).transpose()?,
            scores: labels.map(|_| Scores::of(&table)),
        })
    }

    /// Every score, those without labels under `internal`.
    fn json(&self) -> anyhow::Result<Value> {
        let mut json = match &self.scores {
            Some(scores) => serde_json::to_value(scores)?,
            None => json!({ "n": self.n, "clusters": self.clusters, "noise_share": self.noise_share }),
        };
        if let Some(Internal { space, silhouette, dispersion }) = &self.internal {
            let Dispersion { davies_bouldin, calinski_harabasz } = dispersion;
            json["internal"] = json!({
                "space": space, "silhouette": silhouette, "davies_bouldin": davies_bouldin, "calinski_harabasz": calinski_harabasz,
            });
        }
        Ok(json)
    }

    /// The few scores that provenance repeats.
    fn result(&self) -> Value {
        let mut result = match &self.scores {
            Some(scores) => json!({ "purity": scores.purity, "acc": scores.acc, "nmi": scores.nmi }),
            None => json!({}),
        };
        if let Some(internal) = &self.internal {
            result["silhouette"] = json!(internal.silhouette.value);
        }
        result
    }
}

/// Of points of any kind. Their scale is left out: it does not matter here.
fn internal(
    points: &Points,
    assignments: ArrayView1<i64>,
) -> Result<(Silhouette, Dispersion), metrics::Error> {
    fn both<T: Copy + Into<f64>>(
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
