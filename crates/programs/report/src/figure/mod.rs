//! Draws figures as SVG, inline in the page or as files, which can become PNG or PDF.

mod charts;
mod confusion;
mod file;
mod fonts;
mod pdf;
mod picture_grid;
mod scatter;
mod suggestion;

use anyhow::bail;

use crate::args::FigureName;
use crate::clusters::{Budget, Clusters};
use crate::inputs::{Inputs, System};

pub use charts::{Bars, Dots, Lines};
pub use confusion::{Cell, Confusion, MAX_CLASSES, Matrix};
pub use file::Drawing;
pub use picture_grid::{Picture, PictureGrid, PictureRow, reconstruction_rows, sample_rows};
pub use scatter::Scatter;
pub use suggestion::SuggestionChart;

/// Draws the figure `name` as an SVG file, of `system` or else of the last system.
///
/// # Errors
/// Fails if an input that the figure needs is missing, or the system does not exist.
pub fn draw(
    name: FigureName,
    inputs: &Inputs,
    system: Option<&str>,
    seed: u64,
) -> anyhow::Result<String> {
    use askama::Template;
    let missing = |option: &str| cli::usage(format!("this figure needs {option}"));
    let of_a_system = matches!(
        name,
        FigureName::Map | FigureName::Confusion | FigureName::Sizes | FigureName::Clusters
    );
    if system.is_some() && !of_a_system {
        return Err(cli::usage(
            "--system goes with the figures map, confusion, sizes and clusters",
        ));
    }
    Ok(match name {
        FigureName::Runs => {
            let scores = inputs.scores.as_ref().ok_or_else(|| missing("--scores"))?;
            Dots::new(scores)
                .ok_or_else(|| missing("--scores against labels"))?
                .into_standalone()
                .render()?
        }
        FigureName::Losses => {
            Lines::new(inputs.losses.as_ref().ok_or_else(|| missing("--losses"))?)
                .into_standalone()
                .render()?
        }
        FigureName::Samples => {
            let rows = sample_rows(inputs)?;
            let rows = rows.ok_or_else(|| missing("--images"))?;
            PictureGrid::new(
                if inputs.labels.is_some() { "Images of each class" } else { "Images" },
                "the first in the file",
                rows,
                inputs.images.as_ref(),
            )
            .render()?
        }
        FigureName::Reconstructions => {
            let rows = reconstruction_rows(inputs)?;
            let rows = rows.ok_or_else(|| missing("--originals and --reconstructions"))?;
            let size = inputs.reconstructions.as_ref().map(|(originals, _)| originals);
            PictureGrid::new("Originals and reconstructions", "", rows, size).render()?
        }
        FigureName::Map => {
            let points = inputs.map.as_ref().ok_or_else(|| missing("--map"))?;
            let map = crate::map::Map::new(points);
            let name = match system {
                Some(_) => Some(chosen(inputs, system)?.name.clone()),
                None => inputs.systems.last().map(|system| system.name.clone()),
            };
            Scatter::new(&map, inputs, name.as_deref())?.render()?
        }
        FigureName::Confusion => Matrix::new(inputs, system)?.render()?,
        FigureName::Sizes => {
            let system = chosen(inputs, system)?;
            Bars::new(&system.name, &Clusters::select(system, Budget::new(inputs), seed))
                .into_standalone()
                .render()?
        }
        FigureName::Clusters => {
            if inputs.images.is_none() {
                return Err(missing("--images"));
            }
            let system = chosen(inputs, system)?;
            let clusters = Clusters::select(system, Budget::new(inputs), seed);
            if clusters.shown.is_empty() {
                bail!(
                    "{}: expected points in clusters, found noise alone; give other assignments",
                    system.name
                );
            }
            picture_grid::cluster_grid(inputs, system, &clusters)?.render()?
        }
    })
}

/// Returns the system called `name`, or the last one.
fn chosen<'a>(inputs: &'a Inputs, name: Option<&str>) -> anyhow::Result<&'a System> {
    let found = match name {
        Some(name) => inputs.systems.iter().find(|system| system.name == name),
        None => inputs.systems.last(),
    };
    match (found, name) {
        (Some(system), _) => Ok(system),
        (None, Some(name)) => bail!(cli::usage(format!("there are no --assignments of {name}"))),
        (None, None) => bail!(cli::usage("this figure needs --assignments")),
    }
}
