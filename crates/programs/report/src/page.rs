//! Puts the page together from everything that was read.

use artifact::lineage::{Lineage, key_values};
use askama::Template;
use model_io::weights::Layers;
use score_io::{Losses, RunSummary, ScoreRow};

use crate::figure::{Dots, Lines, PictureRow, Scatter, reconstruction_rows, sample_rows};
use crate::inputs::Inputs;
use crate::map::{Map, MapData};
use crate::system::{SystemView, system_views};

/// The page as HTML.
#[derive(Template)]
#[template(path = "page.html")]
pub struct Page<'a> {
    title: &'a str,
    version: &'static str,
    lead: String,
    missing: Vec<String>,
    results: Vec<Results>,
    several_runs: bool,
    published: bool,
    columns: usize,
    dots: Option<Dots>,
    runs: Vec<RunRow>,
    /// Heading of the section of images and the autoencoder, if it has any contents.
    data_heading: Option<&'static str>,
    samples: Option<Vec<PictureRow>>,
    layers: Option<LayerTable>,
    lines: Option<Lines>,
    losses: Option<&'a Losses>,
    pairs: Option<Vec<PictureRow>>,
    map: Option<MapView>,
    systems: Vec<SystemView>,
    lineage: Lineage,
}

/// Scores of all systems on one split.
struct Results {
    split: String,
    rows: Vec<ResultRow>,
}

struct ResultRow {
    system: String,
    /// Number of the section of the system, if there is one.
    target: Option<usize>,
    runs: usize,
    cells: Vec<Score>,
    published: Option<String>,
}

/// A formatted score, and whether it is the best of its column.
struct Score {
    value: Option<f64>,
    mean: String,
    deviation: String,
    best: bool,
}

/// Metrics of the columns, as score files name them.
const COLUMNS: [&str; 6] = ["purity", "acc", "nmi", "ami", "ari", "silhouette"];

/// Column of the silhouette, which has no best: it is measured in different spaces.
const SILHOUETTE: usize = 5;

struct RunRow {
    system: String,
    split: String,
    n: usize,
    metric: &'static str,
    spread: [String; 4],
}

struct LayerTable {
    rows: Vec<[String; 3]>,
    parameters: usize,
    settings: String,
}

struct MapView {
    data: MapData,
    note: String,
    picture: Scatter,
}

impl<'a> Page<'a> {
    /// Puts the page together.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn new(inputs: &'a Inputs, title: &'a str, seed: u64) -> anyhow::Result<Self> {
        let systems = system_views(inputs, seed)?;
        let rows = inputs.scores.as_ref().map_or(&[][..], |scores| &scores.rows);
        let several_runs = rows.iter().any(|row| row.runs.len() > 1);
        let map = inputs.map.as_ref().map(|points| map_view(points, inputs)).transpose()?;
        let samples = sample_rows(inputs)?;
        let pairs = reconstruction_rows(inputs)?;
        let trained = inputs.layers.is_some() || inputs.losses.is_some() || pairs.is_some();
        let with_published = rows.iter().any(|row| published(inputs, row).is_some());
        Ok(Self {
            title,
            version: env!("CARGO_PKG_VERSION"),
            lead: lead(inputs, &systems),
            missing: missing(inputs),
            results: results(inputs, rows, &systems),
            several_runs,
            published: with_published,
            columns: 1 + COLUMNS.len() + usize::from(several_runs) + usize::from(with_published),
            dots: several_runs.then(|| inputs.scores.as_ref().and_then(Dots::new)).flatten(),
            runs: if several_runs { run_rows(rows) } else { Vec::new() },
            data_heading: data_heading(samples.is_some(), trained),
            samples,
            layers: inputs.layers.as_ref().map(layer_table),
            lines: inputs.losses.as_ref().map(Lines::new),
            losses: inputs.losses.as_ref(),
            pairs,
            map,
            systems,
            lineage: Lineage::trace(&inputs.records),
        })
    }
}

/// Names the section of images and the autoencoder by what there is.
fn data_heading(samples: bool, trained: bool) -> Option<&'static str> {
    match (samples, trained) {
        (true, true) => Some("Images and autoencoder"),
        (true, false) => Some("Images"),
        (false, true) => Some("Autoencoder"),
        (false, false) => None,
    }
}

/// Describes what the page is about, in a sentence.
fn lead(inputs: &Inputs, systems: &[SystemView]) -> String {
    let names = match systems.len() {
        1 => "1 system".to_owned(),
        count => format!("{count} systems"),
    };
    match inputs.n() {
        0 => format!("{names}, by their scores alone."),
        n if inputs.images.is_some() => {
            format!("{} images, sorted into clusters without labels by {names}.", grouped(n))
        }
        n => format!("{} points, sorted into clusters without labels by {names}.", grouped(n)),
    }
}

/// Formats a number with commas between thousands.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| str::from_utf8(part).ok()).collect();
    parts.join(",")
}

/// Lists the parts that are missing and the options that would add them.
fn missing(inputs: &Inputs) -> Vec<String> {
    let mut missing = Vec::new();
    let mut say = |lacks: bool, text: &str| {
        if lacks {
            missing.push(text.to_owned());
        }
    };
    say(
        inputs.scores.is_none(),
        "No scores (--scores): there are no results and no confusion matrices.",
    );
    say(inputs.systems.is_empty(), "No assignments (--assignments): clusters are not shown.");
    say(
        inputs.image_rows.is_none(),
        "No images (--images): neither samples nor members of clusters are shown.",
    );
    say(
        inputs.image_rows.is_some() && inputs.images.is_none(),
        "The rows of --images make no square and have no sides (n, height, width): they are not \
         drawn.",
    );
    say(inputs.labels.is_none(), "No labels (--labels): true classes are not shown beside images.");
    say(inputs.map.is_none(), "No places of the points (--map): there is no map.");
    say(
        inputs.layers.is_none(),
        "No weights (--weights): the layers of the autoencoder are not listed.",
    );
    say(inputs.losses.is_none(), "No losses (--losses): there is no curve of training.");
    say(
        inputs.reconstructions.is_none(),
        "No reconstructions (--originals, --reconstructions): what the autoencoder keeps is not \
         shown.",
    );
    for system in &inputs.systems {
        if system.points.is_none() {
            missing.push(format!(
                "No points of {0} (--points {0}=...): its nearest members are not shown, and \
                 the least certain ones only with --certainty.",
                system.name
            ));
        }
    }
    missing
}

fn published(inputs: &Inputs, row: &ScoreRow) -> Option<String> {
    let figure = inputs.published.get(&(row.system.clone(), row.split.clone()))?;
    Some(format!("{figure:.4}"))
}

fn results(inputs: &Inputs, rows: &[ScoreRow], systems: &[SystemView]) -> Vec<Results> {
    let mut results: Vec<Results> = Vec::new();
    for row in rows {
        let cells = COLUMNS.map(|metric| match row.summary(metric) {
            Some(RunSummary { mean, deviation, .. }) => Score {
                value: Some(mean),
                mean: format!("{mean:.4}"),
                deviation: deviation
                    .map(|deviation| format!("± {deviation:.4}"))
                    .unwrap_or_default(),
                best: false,
            },
            None => {
                Score { value: None, mean: String::new(), deviation: String::new(), best: false }
            }
        });
        let shown = ResultRow {
            system: row.system.clone(),
            target: systems.iter().position(|system| system.name == row.system),
            runs: row.runs.len(),
            cells: cells.into(),
            published: published(inputs, row),
        };
        match results.iter_mut().find(|results| results.split == row.split) {
            Some(results) => results.rows.push(shown),
            None => results.push(Results { split: row.split.clone(), rows: vec![shown] }),
        }
    }
    for results in results.iter_mut().filter(|results| results.rows.len() > 1) {
        for column in 0..SILHOUETTE {
            let values = results.rows.iter().filter_map(|row| row.cells[column].value);
            let best = values.max_by(f64::total_cmp);
            for row in &mut results.rows {
                let cell = &mut row.cells[column];
                cell.best = cell.value.is_some() && cell.value == best;
            }
        }
    }
    results
}

fn run_rows(rows: &[ScoreRow]) -> Vec<RunRow> {
    let metrics = ["purity", "acc", "nmi", "ari"];
    let all = rows.iter().flat_map(|row| metrics.map(|metric| (row, metric)));
    all.filter_map(|(row, metric)| {
        let RunSummary { n, mean, deviation, low, high } = row.summary(metric)?;
        let spread = [Some(mean), deviation, Some(low), Some(high)]
            .map(|value| value.map(|value| format!("{value:.4}")).unwrap_or_default());
        Some(RunRow { system: row.system.clone(), split: row.split.clone(), n, metric, spread })
    })
    .collect()
}

fn layer_table(layers: &Layers) -> LayerTable {
    let sides =
        |shape: &[usize]| shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ");
    // Metadata of `train-ae` is a JSON object; other programs write plain text.
    let settings = layers.settings.iter().map(|(name, value)| match serde_json::from_str(value) {
        Ok(object @ serde_json::Value::Object(_)) => key_values(&object),
        _ => format!("{name}={value}"),
    });
    let settings: Vec<String> = settings.collect();
    LayerTable {
        rows: layers
            .layers
            .iter()
            .map(|layer| [layer.name.clone(), sides(&layer.shape), layer.parameters.to_string()])
            .collect(),
        parameters: layers.parameters(),
        settings: settings.join(" "),
    }
}

fn map_view(points: &artifact::Points, inputs: &Inputs) -> anyhow::Result<MapView> {
    let map = Map::new(points);
    let how = match map.dims {
        2 => "in two dimensions".to_owned(),
        dims => format!("along the first two principal components of {dims} dimensions"),
    };
    let shown = match map.rows.len() {
        shown if shown < map.n => {
            format!("An even sample of {} of the {} points", grouped(shown), grouped(map.n))
        }
        all => format!("All {} points", grouped(all)),
    };
    let last = inputs.systems.last().map(|system| system.name.as_str());
    Ok(MapView {
        data: MapData::new(&map, inputs)?,
        note: format!("{shown}, {how}"),
        picture: Scatter::new(&map, inputs, last)?,
    })
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 60_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "60,000", "1,234,567"]
        );
    }
}
