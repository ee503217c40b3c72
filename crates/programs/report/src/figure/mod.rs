//! Figures as SVG: inline in the page, which colours them, or files of their own, also as PNG.

mod charts;
mod file;
mod fonts;
mod grids;
mod scatter;

use std::str::FromStr;

use anyhow::bail;

use crate::clusters::{Clusters, Room};
use crate::material::{Material, System};

pub use charts::{Bars, Dots, Lines};
pub use file::png;
pub use grids::{
    Cell, Confusion, MOST_CLASSES, Matrix, Picture, PictureRow, Sheet, describe, reconstruction_rows,
    sample_rows,
};
pub use scatter::Scatter;

/// What can be drawn alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureName {
    /// ACC of every run.
    Runs,
    /// Images of each class.
    Samples,
    /// Losses by epoch.
    Losses,
    /// Images and what the autoencoder makes of them.
    Reconstructions,
    /// Points in two dimensions.
    Map,
    /// Classes against predicted classes, one to one.
    Confusion,
    /// Number of points in each cluster.
    Sizes,
    /// Centres and members of clusters.
    Clusters,
}

impl FromStr for FigureName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "runs" => Self::Runs,
            "samples" => Self::Samples,
            "losses" => Self::Losses,
            "reconstructions" => Self::Reconstructions,
            "map" => Self::Map,
            "confusion" => Self::Confusion,
            "sizes" => Self::Sizes,
            "clusters" => Self::Clusters,
            other => {
                return Err(format!(
                    "expected runs, samples, losses, reconstructions, map, confusion, sizes or clusters, found {other}"
                ));
            }
        })
    }
}

/// Letters of a name that are drawn; a title has them all.
const LETTERS: usize = 40;

/// A name as it is drawn.
pub fn drawn(name: &str) -> String {
    match name.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// The width of a text in letters of usual width; Chinese, Japanese and Korean ones count as two.
///
/// The ranges are those that Unicode's Annex 11 (East Asian Width) calls wide, to the block.
pub fn text_width(text: &str) -> usize {
    let wide = |letter: char| {
        matches!(
            u32::from(letter),
            0x1100..=0x115f | 0x2e80..=0xa4cf | 0xa960..=0xa97f | 0xac00..=0xd7a3 | 0xf900..=0xfaff
                | 0xfe30..=0xfe4f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1f64f
                | 0x1f680..=0x1f6ff | 0x1f900..=0x1faff | 0x20000..=0x3fffd
        )
    };
    text.chars().map(|letter| if wide(letter) { 2 } else { 1 }).sum()
}

/// Draws `name` as an SVG file, where it is a system's that of `system` or of the last.
///
/// # Errors
/// A figure of what was not given; a system that there is not.
pub fn draw(
    name: FigureName,
    material: &Material,
    system: Option<&str>,
    seed: u64,
) -> anyhow::Result<String> {
    use askama::Template;
    let missing = |option: &str| cli::usage(format!("this figure needs {option}"));
    let of_a_system =
        matches!(name, FigureName::Map | FigureName::Confusion | FigureName::Sizes | FigureName::Clusters);
    if system.is_some() && !of_a_system {
        return Err(cli::usage("--system goes with the figures map, confusion, sizes and clusters"));
    }
    Ok(match name {
        FigureName::Runs => {
            let scores = material.scores.as_ref().ok_or_else(|| missing("--scores"))?;
            Dots::of(scores).ok_or_else(|| missing("--scores against labels"))?.alone().render()?
        }
        FigureName::Losses => {
            Lines::of(material.losses.as_ref().ok_or_else(|| missing("--losses"))?).alone().render()?
        }
        FigureName::Samples => {
            let rows = sample_rows(material)?;
            let rows = rows.ok_or_else(|| missing("--images"))?;
            Sheet::new(
                if material.labels.is_some() { "Images of each class" } else { "Images" },
                "the first in the file",
                rows,
                material.images.as_ref(),
            )
            .render()?
        }
        FigureName::Reconstructions => {
            let rows = reconstruction_rows(material)?;
            let rows = rows.ok_or_else(|| missing("--originals and --reconstructions"))?;
            let size = material.reconstructions.as_ref().map(|(originals, _)| originals);
            Sheet::new("Originals and reconstructions", "", rows, size).render()?
        }
        FigureName::Map => {
            let points = material.map.as_ref().ok_or_else(|| missing("--map"))?;
            let map = crate::map::Map::of(points);
            let name = match system {
                Some(_) => Some(chosen(material, system)?.name.clone()),
                None => material.systems.last().map(|system| system.name.clone()),
            };
            Scatter::of(&map, material, name.as_deref())?.render()?
        }
        FigureName::Confusion => Matrix::of(material, system)?.render()?,
        FigureName::Sizes => {
            let system = chosen(material, system)?;
            Bars::of(&system.name, &Clusters::of(system, Room::of(material), seed)).alone().render()?
        }
        FigureName::Clusters => {
            if material.images.is_none() {
                return Err(missing("--images"));
            }
            let system = chosen(material, system)?;
            let clusters = Clusters::of(system, Room::of(material), seed);
            if clusters.shown.is_empty() {
                bail!(
                    "{}: expected points in clusters, found noise alone; give other assignments",
                    system.name
                );
            }
            grids::cluster_sheet(material, system, &clusters)?.render()?
        }
    })
}

/// The system that is asked for, or the last.
fn chosen<'a>(material: &'a Material, name: Option<&str>) -> anyhow::Result<&'a System> {
    let found = match name {
        Some(name) => material.systems.iter().find(|system| system.name == name),
        None => material.systems.last(),
    };
    match (found, name) {
        (Some(system), _) => Ok(system),
        (None, Some(name)) => bail!(cli::usage(format!("there are no --assignments of {name}"))),
        (None, None) => bail!(cli::usage("this figure needs --assignments")),
    }
}
