//! Images and numbers in rows and columns.

use anyhow::{Context, bail};
use askama::Template;
use score_io::Scored;
use serde::Deserialize;
use serde_json::Value;

use crate::clusters::{Cluster, Clusters};
use crate::figure::{drawn, text_width};
use crate::material::{Material, System};
use crate::pictures::Pictures;

/// Images of each class, and pairs of reconstructions, that are shown.
const SHOWN: usize = 12;

/// Classes of which samples, or a confusion matrix, are shown.
pub const MOST_CLASSES: usize = 50;

/// Members of each kind in the figure of clusters.
const SHOWN_OF_A_KIND: usize = 8;

/// An image with its description.
pub struct Picture {
    /// The file, as an address.
    pub address: String,
    /// What it shows.
    pub text: String,
}

/// Images beside one another.
pub struct PictureRow {
    /// Written before them.
    pub name: String,
    /// A second line below the name.
    pub more: String,
    /// The images; places between parts may be empty.
    pub pictures: Vec<Option<Picture>>,
}

/// Rows of images, as a file.
#[derive(Template)]
#[template(path = "figures/sheet.svg")]
pub struct Sheet {
    title: String,
    note: String,
    rows: Vec<PictureRow>,
    /// Sides of an image on the drawing.
    side: (f64, f64),
    /// From row to row.
    step: f64,
    /// Where the images begin.
    left: f64,
    /// Of the drawing.
    size: (f64, f64),
    /// Columns after which a gap is left.
    gaps: Vec<usize>,
    /// What stands above the columns, and where.
    heads: Vec<(f64, String)>,
}

impl Sheet {
    /// Width of an image on the drawing.
    const SIDE: f64 = 40.0;

    /// Rows under a title, of images whose sides are as those of `like`.
    pub fn new(title: &str, note: &str, rows: Vec<PictureRow>, like: Option<&Pictures>) -> Self {
        let ratio = like.map_or(1.0, |like| like.height as f64 / like.width as f64);
        let columns = rows.iter().map(|row| row.pictures.len()).max().unwrap_or_default();
        let side = (Self::SIDE, Self::SIDE * ratio);
        let longest = rows.iter().flat_map(|row| [&row.name, &row.more]).map(|text| text_width(text)).max();
        let left = 18.0 + 6.4 * longest.unwrap_or_default() as f64;
        let title = drawn(title);
        let words = 24.0 + 10.0 * text_width(&title) as f64 + 7.0 * text_width(note) as f64;
        let step = (side.1 + 6.0).max(36.0);
        let width = (left + (side.0 + 2.0) * columns as f64 + 12.0).max(words);
        let size = (width, 70.0 + step * rows.len() as f64);
        Self { title, note: note.into(), rows, side, step, left, size, gaps: vec![], heads: vec![] }
    }

    /// Puts `counts` columns under each of `heads`, with gaps between them.
    fn parts(mut self, heads: &[(&str, usize)]) -> Self {
        let mut start = 0;
        for (head, count) in heads.iter().filter(|(_, count)| *count > 0) {
            if start > 0 {
                self.gaps.push(start);
                self.size.0 += 10.0;
            }
            self.heads.push((self.x(&start), (*head).to_owned()));
            start += count;
        }
        self
    }

    /// Where column `at` begins.
    fn x(&self, at: &usize) -> f64 {
        let gaps = self.gaps.iter().filter(|gap| *gap <= at).count();
        self.left + (self.side.0 + 2.0) * *at as f64 + 10.0 * gaps as f64
    }

    /// Where row `at` begins.
    fn y(&self, at: &usize) -> f64 {
        62.0 + self.step * *at as f64
    }
}

/// The first images of each class, or of all where no classes are known; `None` without images.
///
/// # Errors
/// None that memory does not make.
pub fn sample_rows(material: &Material) -> anyhow::Result<Option<Vec<PictureRow>>> {
    let Some(images) = &material.images else { return Ok(None) };
    let picture = |row: usize| -> anyhow::Result<Option<Picture>> {
        Ok(Some(Picture { address: images.address(row)?, text: describe(material, row) }))
    };
    let Some(labels) = &material.labels else {
        let pictures = (0..images.len().min(SHOWN)).map(picture).collect::<anyhow::Result<_>>()?;
        return Ok(Some(vec![PictureRow { name: "the first".into(), more: String::new(), pictures }]));
    };
    let mut classes: Vec<i64> = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes.truncate(MOST_CLASSES);
    let row = |class: i64| -> anyhow::Result<PictureRow> {
        let members = || labels.iter().enumerate().filter(|(_, label)| **label == class);
        let pictures = members().take(SHOWN).map(|(row, _)| picture(row)).collect::<anyhow::Result<_>>()?;
        let more = format!("{} images", members().count());
        Ok(PictureRow { name: drawn(&material.class_name(class)), more, pictures })
    };
    classes.into_iter().map(row).collect::<anyhow::Result<_>>().map(Some)
}

/// The first images of the file and below them what was made of them; `None` without.
///
/// # Errors
/// None that memory does not make.
pub fn reconstruction_rows(material: &Material) -> anyhow::Result<Option<Vec<PictureRow>>> {
    let Some((originals, made)) = &material.reconstructions else { return Ok(None) };
    let row = |name: &str, images: &Pictures| -> anyhow::Result<PictureRow> {
        let picture = |row: usize| -> anyhow::Result<Option<Picture>> {
            Ok(Some(Picture { address: images.address(row)?, text: format!("{name} {row}") }))
        };
        let pictures = (0..images.len().min(SHOWN)).map(picture).collect::<anyhow::Result<_>>()?;
        Ok(PictureRow { name: name.into(), more: String::new(), pictures })
    };
    Ok(Some(vec![row("original", originals)?, row("reconstruction", made)?]))
}

/// Image `row` in words.
pub fn describe(material: &Material, row: usize) -> String {
    match material.class_of(row) {
        Some(class) => format!("{class}, image {row}"),
        None => format!("image {row}"),
    }
}

/// Centre and members of each cluster that is shown of `system`, as a file.
///
/// # Errors
/// None that memory does not make.
pub fn cluster_sheet(material: &Material, system: &System, clusters: &Clusters) -> anyhow::Result<Sheet> {
    let images = material.images.as_ref().context("checked by the caller")?;
    let kinds = |cluster: &Cluster| {
        let doubtful: Vec<usize> = cluster.doubtful.iter().map(|(row, _)| *row).collect();
        [cluster.nearest.clone(), cluster.random.clone(), doubtful].map(|mut rows| {
            rows.truncate(SHOWN_OF_A_KIND);
            rows
        })
    };
    let widest =
        |kind: usize| clusters.shown.iter().map(|cluster| kinds(cluster)[kind].len()).max().unwrap_or(0);
    let widths = [widest(0), widest(1), widest(2)];
    let mut rows = Vec::new();
    for cluster in &clusters.shown {
        let mean = images.mean(&cluster.members);
        let mut pictures = vec![Some(Picture {
            address: images.address_of(mean.as_slice().into())?,
            text: format!("mean of cluster {}", cluster.id),
        })];
        for (members, width) in kinds(cluster).into_iter().zip(widths) {
            let count = members.len();
            for row in members {
                pictures.push(Some(Picture { address: images.address(row)?, text: describe(material, row) }));
            }
            // A cluster may have fewer members than there are columns for them.
            pictures.extend((count..width).map(|_| None));
        }
        let more = format!("{} images", cluster.size);
        rows.push(PictureRow { name: format!("cluster {}", cluster.id), more, pictures });
    }
    let [nearest, random, doubtful] = widths;
    let parts = [("mean", 1), ("nearest to it", nearest), ("at random", random), ("most doubtful", doubtful)];
    let note = format!("{} clusters of {} images", clusters.sizes.len(), system.assignments.len());
    Ok(Sheet::new(&system.name, &note, rows, Some(images)).parts(&parts))
}

/// A cell of a confusion matrix.
pub struct Cell {
    /// Number of points.
    pub count: u64,
    /// As a share of the true class.
    pub share: f64,
}

/// A confusion matrix as a file.
#[derive(Template)]
#[template(path = "figures/matrix.svg")]
pub struct Matrix {
    title: String,
    note: String,
    classes: Vec<String>,
    /// What the columns are, the last of them none where points are in no class.
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    left: f64,
    top: f64,
    size: (f64, f64),
}

impl Matrix {
    /// Sides of a cell.
    const CELL: (f64, f64) = (46.0, 26.0);

    /// Of `system`, or the last, on its first split, under the one-to-one map.
    ///
    /// # Errors
    /// No scores of it; scores without labels; more than [`MOST_CLASSES`] classes.
    pub fn of(material: &Material, system: Option<&str>) -> anyhow::Result<Self> {
        let needs = || cli::usage("this figure needs --scores against labels of the system");
        let scores = material.scores.as_ref().ok_or_else(needs)?;
        let name = system.or(material.systems.last().map(|system| system.name.as_str()));
        let rows = scores.rows.iter().filter(|row| row.position == 0);
        let mut rows = rows.filter(|row| name.is_none_or(|name| row.system == name));
        let row = rows.next_back().ok_or_else(needs)?;
        let run = &row.runs[0];
        // The matrix of many classes is not even in the file.
        let classes = run.json.get("class_ids").and_then(Value::as_array).map_or(0, Vec::len);
        if classes > MOST_CLASSES {
            bail!(
                "{}: expected {MOST_CLASSES} classes at most to draw, found {classes}; read them in the file",
                run.file
            );
        }
        let confusion = Confusion::of(run, "one_to_one").ok_or_else(needs)?;
        let classes: Vec<String> =
            confusion.class_ids.iter().map(|&id| drawn(&material.class_name(id))).collect();
        let mut columns = classes.clone();
        if confusion.some_unassigned() {
            columns.push("none".into());
        }
        let cells = (0..classes.len()).map(|row| {
            let mut cells = confusion.cells(row);
            cells.truncate(columns.len());
            cells
        });
        let longest = classes.iter().map(|class| text_width(class)).max().unwrap_or_default() as f64;
        let title = drawn(&format!("{}, {}", row.system, row.split));
        let note = format!(
            "one-to-one map, ACC {:.4}; rows: true class, columns: predicted",
            run.score("acc").unwrap_or_default()
        );
        let (left, top) = (20.0 + 6.6 * longest, 62.0 + 4.8 * longest);
        let width = left + Self::CELL.0 * columns.len() as f64 + 20.0 + 4.8 * longest;
        Ok(Self {
            rows: cells.collect(),
            left,
            top,
            size: (
                width.max(24.0 + 7.0 * note.len() as f64),
                top + Self::CELL.1 * classes.len() as f64 + 14.0,
            ),
            title,
            note,
            classes,
            columns,
        })
    }

    fn x(&self, at: &usize) -> f64 {
        self.left + Self::CELL.0 * *at as f64
    }

    fn y(&self, at: &usize) -> f64 {
        self.top + Self::CELL.1 * *at as f64
    }
}

/// Classes against predicted classes, as a score file has them.
#[derive(Deserialize)]
pub struct Confusion {
    /// Ids of the classes.
    #[serde(skip)]
    pub class_ids: Vec<i64>,
    confusion: Vec<Vec<u64>>,
    /// Points of each class that are in none.
    pub unassigned: Vec<u64>,
    /// Of each class.
    pub recall: Vec<f64>,
    /// Of each class, where anything is predicted to be it.
    pub precision: Vec<Option<f64>>,
}

impl Confusion {
    /// That of a run under a map, where there is one and all its parts are of one size.
    pub fn of(run: &Scored, map: &str) -> Option<Self> {
        let mut found: Self = serde_json::from_value(run.json.get(map)?.clone()).ok()?;
        found.class_ids = serde_json::from_value(run.json.get("class_ids")?.clone()).ok()?;
        let k = found.class_ids.len();
        let lengths =
            [found.confusion.len(), found.unassigned.len(), found.recall.len(), found.precision.len()];
        let whole = lengths == [k; 4] && found.confusion.iter().all(|row| row.len() == k);
        whole.then_some(found)
    }

    /// Whether some points are predicted to be in no class.
    pub fn some_unassigned(&self) -> bool {
        self.unassigned.iter().any(|&count| count > 0)
    }

    /// A row of counts, that of points in no class last, with their shares of the true class.
    pub fn cells(&self, row: usize) -> Vec<Cell> {
        let counts = || self.confusion[row].iter().chain([&self.unassigned[row]]);
        let sum = counts().map(|&count| count as f64).sum::<f64>().max(1.0);
        counts().map(|&count| Cell { count, share: count as f64 / sum }).collect()
    }
}
