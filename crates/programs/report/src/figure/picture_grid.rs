//! Draws rows of images.

use anyhow::Context;
use askama::Template;

use crate::clusters::{Cluster, Clusters};
use crate::figure::confusion::MAX_CLASSES;
use crate::inputs::{Inputs, System};
use crate::pictures::Pictures;
use crate::text::{text_width, truncate};

/// Most images shown of each class, and most pairs of reconstructions.
const SHOWN: usize = 12;

/// Most members of each kind in the figure of clusters.
const SHOWN_OF_A_KIND: usize = 8;

/// An image with its description.
pub struct Picture {
    /// Data URL of the image.
    pub data_url: String,
    /// Describes what the image shows.
    pub text: String,
}

/// A row of images.
pub struct PictureRow {
    /// Name before the images.
    pub name: String,
    /// Second line below the name.
    pub more: String,
    /// Images; empty places separate parts.
    pub pictures: Vec<Option<Picture>>,
}

/// Rows of images as an SVG file.
#[derive(Template)]
#[template(path = "figures/picture-grid.svg")]
pub struct PictureGrid {
    title: String,
    note: String,
    rows: Vec<PictureRow>,
    /// Width and height of an image on the drawing.
    side: (f64, f64),
    /// Distance from row to row.
    step: f64,
    /// Left edge of the images.
    left: f64,
    /// Width and height of the drawing.
    size: (f64, f64),
    /// Columns before which a gap is left.
    gaps: Vec<usize>,
    /// Headings of the columns and their positions.
    heads: Vec<(f64, String)>,
}

impl PictureGrid {
    /// Width of an image on the drawing.
    const SIDE: f64 = 40.0;

    /// Lays out `rows` under a title; images have the proportions of `like`.
    pub fn new(title: &str, note: &str, rows: Vec<PictureRow>, like: Option<&Pictures>) -> Self {
        let ratio = like.map_or(1.0, |like| like.height as f64 / like.width as f64);
        let columns = rows.iter().map(|row| row.pictures.len()).max().unwrap_or_default();
        let side = (Self::SIDE, Self::SIDE * ratio);
        let longest =
            rows.iter().flat_map(|row| [&row.name, &row.more]).map(|text| text_width(text)).max();
        let left = 18.0 + 6.4 * longest.unwrap_or_default() as f64;
        let title = truncate(title);
        let words = 24.0 + 10.0 * text_width(&title) as f64 + 7.0 * text_width(note) as f64;
        let step = (side.1 + 6.0).max(36.0);
        let width = (left + (side.0 + 2.0) * columns as f64 + 12.0).max(words);
        let size = (width, 70.0 + step * rows.len() as f64);
        Self { title, note: note.into(), rows, side, step, left, size, gaps: vec![], heads: vec![] }
    }

    /// Puts headings over groups of columns, with gaps between the groups.
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

    /// Returns the left edge of column `at`.
    fn x(&self, at: &usize) -> f64 {
        let gaps = self.gaps.iter().filter(|gap| *gap <= at).count();
        self.left + (self.side.0 + 2.0) * *at as f64 + 10.0 * gaps as f64
    }

    /// Returns the upper edge of row `at`.
    fn y(&self, at: &usize) -> f64 {
        62.0 + self.step * *at as f64
    }
}

/// Takes the first images of each class, or of all without labels; `None` without images.
///
/// # Errors
/// Fails only if memory runs out.
pub fn sample_rows(inputs: &Inputs) -> anyhow::Result<Option<Vec<PictureRow>>> {
    let Some(images) = &inputs.images else { return Ok(None) };
    let picture = |row: usize| -> anyhow::Result<Option<Picture>> {
        Ok(Some(Picture { data_url: images.data_url(row)?, text: describe(inputs, row) }))
    };
    let Some(labels) = &inputs.labels else {
        let pictures = (0..images.len().min(SHOWN)).map(picture).collect::<anyhow::Result<_>>()?;
        return Ok(Some(vec![PictureRow {
            name: "the first".into(),
            more: String::new(),
            pictures,
        }]));
    };
    let mut classes: Vec<i64> = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes.truncate(MAX_CLASSES);
    let row = |class: i64| -> anyhow::Result<PictureRow> {
        let members = || labels.iter().enumerate().filter(|(_, label)| **label == class);
        let pictures =
            members().take(SHOWN).map(|(row, _)| picture(row)).collect::<anyhow::Result<_>>()?;
        let more = format!("{} images", members().count());
        Ok(PictureRow { name: truncate(&inputs.class_name(class)), more, pictures })
    };
    classes.into_iter().map(row).collect::<anyhow::Result<_>>().map(Some)
}

/// Takes the first originals and their reconstructions; `None` without any.
///
/// # Errors
/// Fails only if memory runs out.
pub fn reconstruction_rows(inputs: &Inputs) -> anyhow::Result<Option<Vec<PictureRow>>> {
    let Some((originals, made)) = &inputs.reconstructions else { return Ok(None) };
    let row = |name: &str, images: &Pictures| -> anyhow::Result<PictureRow> {
        let picture = |row: usize| -> anyhow::Result<Option<Picture>> {
            Ok(Some(Picture { data_url: images.data_url(row)?, text: format!("{name} {row}") }))
        };
        let pictures = (0..images.len().min(SHOWN)).map(picture).collect::<anyhow::Result<_>>()?;
        Ok(PictureRow { name: name.into(), more: String::new(), pictures })
    };
    Ok(Some(vec![row("original", originals)?, row("reconstruction", made)?]))
}

/// Describes image `row` by its class and number.
fn describe(inputs: &Inputs, row: usize) -> String {
    match inputs.class_of(row) {
        Some(class) => format!("{class}, image {row}"),
        None => format!("image {row}"),
    }
}

/// Draws the mean and the members of each cluster shown of `system`.
///
/// # Errors
/// Fails only if memory runs out.
pub fn cluster_grid(
    inputs: &Inputs,
    system: &System,
    clusters: &Clusters,
) -> anyhow::Result<PictureGrid> {
    let images = inputs.images.as_ref().context("checked by the caller")?;
    let kinds = |cluster: &Cluster| {
        let least_certain: Vec<usize> = cluster.least_certain.iter().map(|(row, _)| *row).collect();
        [cluster.nearest.clone(), cluster.random.clone(), least_certain].map(|mut rows| {
            rows.truncate(SHOWN_OF_A_KIND);
            rows
        })
    };
    let widest = |kind: usize| {
        clusters.shown.iter().map(|cluster| kinds(cluster)[kind].len()).max().unwrap_or(0)
    };
    let widths = [widest(0), widest(1), widest(2)];
    let mut rows = Vec::new();
    for cluster in &clusters.shown {
        let mean = images.mean(&cluster.members);
        let mut pictures = vec![Some(Picture {
            data_url: images.encode_data_url(mean.as_slice().into())?,
            text: format!("mean of cluster {}", cluster.id),
        })];
        for (members, width) in kinds(cluster).into_iter().zip(widths) {
            let count = members.len();
            for row in members {
                pictures.push(Some(Picture {
                    data_url: images.data_url(row)?,
                    text: describe(inputs, row),
                }));
            }
            // A cluster may have fewer members than there are columns for them.
            pictures.extend((count..width).map(|_| None));
        }
        let more = format!("{} images", cluster.size);
        rows.push(PictureRow { name: format!("cluster {}", cluster.id), more, pictures });
    }
    let [nearest, random, least_certain] = widths;
    let parts = [
        ("mean", 1),
        ("nearest to it", nearest),
        ("at random", random),
        ("least certain", least_certain),
    ];
    let note = format!("{} clusters of {} images", clusters.sizes.len(), system.assignments.len());
    Ok(PictureGrid::new(&system.name, &note, rows, Some(images)).parts(&parts))
}
