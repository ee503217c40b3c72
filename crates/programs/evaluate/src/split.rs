//! The scores of one split.

use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, Points, read_ids, read_points};
use cli::Progress;
use metrics::{ClassMap, Contingency, Dispersion, Scores, Silhouette, point_silhouettes};
use ndarray::{Array1, ArrayView1, ArrayView2};
use serde::Serialize;
use serde_json::{Value, json};

/// Maps from clusters to classes, found on the first split.
pub struct Training {
    /// Name of that split.
    pub split: String,
    pub majority: ClassMap,
    pub one_to_one: ClassMap,
}

/// Scores of one split, as they are written.
#[derive(Serialize)]
pub struct Split {
    /// Scores against labels, else the counts that need none.
    #[serde(flatten)]
    pub known: Known,
    /// Accuracy under the maps of the first split, for all other splits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_training_map: Option<ByTrainingMap>,
    /// Scores without labels, if points were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal: Option<Internal>,
}

/// Scores or counts of one split.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Known {
    /// Scores against labels.
    Scores(Box<Scores>),
    /// Counts, where there are no labels.
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
/// Purity and ACC find a map on the split they score, so that they do not notice if a cluster's id
/// means something else on both.
#[derive(Serialize)]
pub struct ByTrainingMap {
    /// Split on which the maps were found.
    pub training_split: String,
    /// Share of points whose class is the most frequent one of their cluster there.
    pub majority_accuracy: f64,
    /// Share of points whose class is that of their cluster under the best one-to-one map there.
    pub one_to_one_accuracy: f64,
}

/// Scores without labels.
#[derive(Serialize)]
pub struct Internal {
    /// File of the points, which names the space they were measured in.
    pub space: String,
    /// Silhouette of a sample, if there are many points and no file of silhouettes is to be
    /// written.
    pub silhouette: Silhouette,
    /// Silhouette of each point, (n,), if a file of them is to be written; NaN for noise.
    #[serde(skip)]
    pub each: Option<Array1<f32>>,
    /// Davies-Bouldin and Calinski-Harabasz of all points.
    #[serde(flatten)]
    pub dispersion: Dispersion,
}

impl Split {
    /// Scores one split and returns the maps behind purity and ACC, if there are labels.
    ///
    /// With `each` the silhouette of every point is computed.
    ///
    /// # Errors
    /// Fails if a file cannot be read or the files do not belong together.
    pub fn score(
        assignments: &Path,
        labels: Option<&Path>,
        points: Option<&Path>,
        each: bool,
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
            // Without labels, clusters are counted against a single class.
            None => Array1::zeros(assigned.len()),
        };
        let table =
            Contingency::new(known.view(), assigned.view()).with_context(|| match labels {
                Some(labels) => format!("{} against {}", assignments.display(), labels.display()),
                None => assignments.display().to_string(),
            })?;
        let measure = |points: &Path| -> anyhow::Result<Internal> {
            let (values, record) = read_points(points)?;
            inputs.push(record);
            let space = points.display().to_string();
            let internal = match &values {
                Points::U8 { values, .. } => internal(space, values.view(), assigned.view(), each),
                Points::F32(values) => internal(space, values.view(), assigned.view(), each),
                Points::F64(values) => internal(space, values.view(), assigned.view(), each),
            };
            let internal = internal
                .with_context(|| format!("{} with {}", points.display(), assignments.display()))?;
            if each && internal.silhouette.value.is_none() {
                bail!(
                    "{}: expected at least two clusters with points, found {}: a silhouette \
                     compares with another cluster; leave out --silhouettes",
                    assignments.display(),
                    table.clusters().len()
                );
            }
            Ok(internal)
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

    /// Returns the scores against labels, if there are any.
    pub fn scores(&self) -> Option<&Scores> {
        match &self.known {
            Known::Scores(scores) => Some(scores),
            Known::Counts { .. } => None,
        }
    }

    /// Returns the main scores for the provenance.
    pub fn result(&self) -> Value {
        let mut result = match self.scores() {
            Some(scores) => {
                json!({ "purity": scores.purity, "acc": scores.acc, "nmi": scores.nmi })
            }
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

/// Scores points of any element type; their scale does not matter here.
///
/// With `each` the silhouette of every point is computed.
fn internal<T: Copy + Into<f64> + Sync>(
    space: String,
    points: ArrayView2<T>,
    assignments: ArrayView1<i64>,
    each: bool,
) -> Result<Internal, metrics::Error> {
    let dispersion = Dispersion::of(points, assignments)?;
    if !each {
        let silhouette = Silhouette::of(points, assignments)?;
        return Ok(Internal { space, silhouette, each: None, dispersion });
    }
    let progress = Progress::new("silhouettes", points.nrows() as u64);
    let (silhouette, each) =
        point_silhouettes(points, assignments, &mut |done| progress.advance(done as u64))?;
    let each = Some(each.mapv(|value| value as f32));
    Ok(Internal { space, silhouette, each, dispersion })
}
