//! Puts the page together from everything that was read.

use artifact::lineage::key_values;
use askama::Template;
use model_io::weights::Layers;
use score_io::Losses;

use crate::args::Args;
use crate::assets::{SCRIPT, STYLE};
use crate::clusters::{Budget, Clusters};
use crate::data::{PageData, tile_rows};
use crate::figure::{
    Dots, Lines, PictureRow, Scatter, SuggestionChart, reconstruction_rows, sample_rows,
};
use crate::groups::GroupsView;
use crate::inputs::Inputs;
use crate::made::Made;
use crate::map::Map;
use crate::scores::{COLUMNS, Results, RunRow, published, results, run_rows};
use crate::system::{SystemView, system_views};
use crate::text::{drawable, grouped};
use crate::tiles::TileLink;

/// The page as HTML.
#[derive(Template)]
#[template(path = "page.html")]
pub struct Page<'a> {
    title: String,
    version: &'static str,
    style: String,
    script: String,
    data: PageData,
    /// Rows of the images in the order of their tiles, if there are to be tiles.
    pub tile_rows: Vec<usize>,
    /// The groups of the main system, if there are assignments.
    groups: Option<GroupsView>,
    missing: Vec<String>,
    results: Vec<Results>,
    several_runs: bool,
    published: bool,
    columns: usize,
    dots: Option<Dots>,
    runs: Vec<RunRow>,
    suggestion: Option<SuggestionChart>,
    /// Heading of the part of images and the autoencoder, if it has any contents.
    data_heading: Option<&'static str>,
    samples: Option<Vec<PictureRow>>,
    layers: Option<LayerTable>,
    lines: Option<Lines>,
    losses: Option<&'a Losses>,
    pairs: Option<Vec<PictureRow>>,
    map: Option<MapView>,
    systems: Vec<SystemView>,
    made: Made,
}

struct LayerTable {
    rows: Vec<[String; 3]>,
    parameters: usize,
    settings: String,
}

struct MapView {
    note: String,
    picture: Scatter,
}

impl<'a> Page<'a> {
    /// Puts the page together.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn new(inputs: &'a Inputs, args: &Args) -> anyhow::Result<Self> {
        let budget = Budget::of_cards(inputs);
        let clusters: Vec<Clusters> = inputs
            .systems
            .iter()
            .map(|system| Clusters::select(system, budget, args.seed))
            .collect();
        let systems = system_views(inputs, &clusters);
        let rows = inputs.scores.as_ref().map_or(&[][..], |scores| &scores.rows);
        let several_runs = rows.iter().any(|row| row.runs.len() > 1);
        let map = inputs.map.as_ref().map(Map::new);
        let samples = sample_rows(inputs)?;
        let pairs = reconstruction_rows(inputs)?;
        let trained = inputs.layers.is_some() || inputs.losses.is_some() || pairs.is_some();
        let with_published = rows.iter().any(|row| published(inputs, row).is_some());
        Ok(Self {
            title: drawable(&args.title),
            version: env!("CARGO_PKG_VERSION"),
            style: STYLE.concat(),
            script: SCRIPT.concat(),
            data: PageData::new(inputs, &clusters, map.as_ref())?,
            tile_rows: args.tiles.iter().flat_map(|_| tile_rows(inputs, &clusters)).collect(),
            groups: clusters.last().map(|last| GroupsView::new(inputs, last)).transpose()?,
            missing: missing(inputs),
            results: results(inputs, rows, &systems),
            several_runs,
            published: with_published,
            columns: 1 + COLUMNS.len() + usize::from(several_runs) + usize::from(with_published),
            dots: several_runs.then(|| inputs.scores.as_ref().and_then(Dots::new)).flatten(),
            runs: if several_runs { run_rows(rows) } else { Vec::new() },
            suggestion: inputs.tables.suggestion.as_deref().and_then(SuggestionChart::new),
            data_heading: data_heading(samples.is_some(), trained),
            samples,
            layers: inputs.layers.as_ref().map(layer_table),
            lines: inputs.losses.as_ref().map(Lines::new),
            losses: inputs.losses.as_ref(),
            pairs,
            map: map.map(|map| map_view(&map, inputs)).transpose()?,
            systems,
            made: Made::new(&inputs.records, args),
        })
    }

    /// Makes the page look for tiles.
    pub fn link_tiles(&mut self, link: TileLink) {
        self.data.tiles = Some(link);
    }

    /// Tells whether the page has a card with the id `target`.
    fn has_card(&self, target: &str) -> bool {
        let of = |found: fn(&GroupsView) -> bool| self.groups.as_ref().is_some_and(found);
        match target {
            "duplicates" => of(|view| view.duplicates.is_some()),
            _ => of(|view| view.outliers.is_some()),
        }
    }

    /// Tells whether there is anything to compare.
    fn compares(&self) -> bool {
        let groupings = self.data.groupings();
        groupings > 1 || self.systems.iter().any(|system| !system.splits.is_empty())
    }
}

/// Names the part of images and the autoencoder by what there is.
fn data_heading(samples: bool, trained: bool) -> Option<&'static str> {
    match (samples, trained) {
        (true, true) => Some("Images and autoencoder"),
        (true, false) => Some("Images"),
        (false, true) => Some("Autoencoder"),
        (false, false) => None,
    }
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
    say(inputs.systems.is_empty(), "No assignments (--assignments): groups are not shown.");
    say(
        inputs.image_rows.is_none(),
        "No images (--images): groups are shown by names or row numbers.",
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

fn map_view(map: &Map, inputs: &Inputs) -> anyhow::Result<MapView> {
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
    Ok(MapView { note: format!("{shown}, {how}"), picture: Scatter::new(map, inputs, last)? })
}
