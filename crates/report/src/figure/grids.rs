//! Images and numbers in rows and columns.

use anyhow::Context;
use askama::Template;
use serde_json::Value;

use crate::clusters::Clusters;
use crate::material::{Material, System};
use crate::pictures::Pictures;

/// Images of each class, and pairs of reconstructions, that are shown.
const SHOWN: usize = 12;

/// Classes of which samples are shown.
const MOST_CLASSES: usize = 40;

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
    /// The images.
    pub pictures: Vec<Picture>,
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
        let longest =
            rows.iter().flat_map(|row| [&row.name, &row.more]).map(|text| text.chars().count()).max();
        let left = 18.0 + 6.4 * longest.unwrap_or_default() as f64;
        let size = (left + (side.0 + 2.0) * columns as f64 + 12.0, 70.0 + (side.1 + 6.0) * rows.len() as f64);
        Self { title: title.into(), note: note.into(), rows, side, left, size, gaps: vec![], heads: vec![] }
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
        62.0 + (self.side.1 + 6.0) * *at as f64
    }
}

/// The first images of each class, or of all where no classes are known; `None` without images.
///
/// # Errors
/// None that memory does not make.
pub fn sample_rows(material: &Material) -> anyhow::Result<Option<Vec<PictureRow>>> {
    let Some(images) = &material.images else { return Ok(None) };
    let picture = |row: usize| -> anyhow::Result<Picture> {
        Ok(Picture { address: images.address(row)?, text: describe(material, row) })
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
        Ok(PictureRow { name: material.class_name(class), more, pictures })
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
        let picture = |row: usize| -> anyhow::Result<Picture> {
            Ok(Picture { address: images.address(row)?, text: format!("{name} {row}") })
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
    let mut rows = Vec::new();
    let most = |count: usize| count.min(8);
    for cluster in &clusters.shown {
        let mean = images.mean(&cluster.members);
        let mut pictures = vec![Picture {
            address: images.address_of(mean.as_slice().into())?,
            text: format!("mean of cluster {}", cluster.id),
        }];
        let doubtful: Vec<usize> = cluster.doubtful.iter().map(|(row, _)| *row).collect();
        for members in [&cluster.nearest, &cluster.random, &doubtful] {
            for &row in &members[..most(members.len())] {
                pictures.push(Picture { address: images.address(row)?, text: describe(material, row) });
            }
        }
        let more = format!("{} images", cluster.size);
        rows.push(PictureRow { name: format!("cluster {}", cluster.id), more, pictures });
    }
    // A cluster may have fewer members than its neighbours have columns, so the columns are those of the largest.
    let widest = |members: &dyn Fn(&crate::clusters::Cluster) -> usize| {
        clusters.shown.iter().map(members).max().map_or(0, most)
    };
    let parts = [
        ("mean", 1),
        ("nearest to it", widest(&|cluster| cluster.nearest.len())),
        ("at random", widest(&|cluster| cluster.random.len())),
        ("most doubtful", widest(&|cluster| cluster.doubtful.len())),
    ];
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
    /// No scores of it; scores without labels.
    pub fn of(material: &Material, system: Option<&str>) -> anyhow::Result<Self> {
        let needs = || stage::usage("this figure needs --scores against labels of the system");
        let scores = material.scores.as_ref().ok_or_else(needs)?;
        let name = system.or(material.systems.last().map(|system| system.name.as_str()));
        let rows = scores.rows.iter().filter(|row| row.position == 0);
        let mut rows = rows.filter(|row| name.is_none_or(|name| row.system == name));
        let row = rows.next_back().ok_or_else(needs)?;
        let run = &row.runs[0];
        let confusion = counts(run.json.pointer("/one_to_one/confusion")).ok_or_else(needs)?;
        let classes: Vec<String> = class_ids(&run.json).map(|id| material.class_name(id)).collect();
        let longest = classes.iter().map(|class| class.chars().count()).max().unwrap_or_default() as f64;
        let (left, top) = (20.0 + 6.6 * longest, 62.0 + 4.8 * longest);
        let k = confusion.len() as f64;
        Ok(Self {
            title: format!("{}, {}", row.system, row.split),
            note: format!(
                "one-to-one map, ACC {:.4}; rows: true class, columns: predicted",
                run.score("acc").unwrap_or_default()
            ),
            classes,
            rows: confusion.into_iter().map(cells).collect(),
            left,
            top,
            size: (left + Self::CELL.0 * k + 40.0, top + Self::CELL.1 * k + 14.0),
        })
    }

    fn x(&self, at: &usize) -> f64 {
        self.left + Self::CELL.0 * *at as f64
    }

    fn y(&self, at: &usize) -> f64 {
        self.top + Self::CELL.1 * *at as f64
    }
}

/// A row of counts with their shares of it.
pub fn cells(row: Vec<u64>) -> Vec<Cell> {
    let sum = row.iter().sum::<u64>().max(1) as f64;
    row.into_iter().map(|count| Cell { count, share: count as f64 / sum }).collect()
}

/// Ids of the classes of a split.
pub fn class_ids(split: &Value) -> impl Iterator<Item = i64> {
    split["class_ids"].as_array().into_iter().flatten().filter_map(Value::as_i64)
}

/// A matrix of counts.
pub fn counts(matrix: Option<&Value>) -> Option<Vec<Vec<u64>>> {
    serde_json::from_value(matrix?.clone()).ok()
}
