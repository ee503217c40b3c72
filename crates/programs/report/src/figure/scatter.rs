//! Draws the map as a picture.

use askama::Template;

use crate::encode::{color_png, png_data_url};
use crate::inputs::Inputs;
use crate::map::{Groups, MAX_NAMED_GROUPS, Map};
use crate::text::truncate;

/// Ten colors that people with color blindness can tell apart, on white and on black.
///
/// Petroff 2021, *Accessible Color Sequences for Data Visualization*. The script of the page has
/// the same.
pub const COLORS: [[u8; 3]; 10] = [
    [0x3f, 0x90, 0xda],
    [0xff, 0xa9, 0x0e],
    [0xbd, 0x1f, 0x01],
    [0x94, 0xa4, 0xa2],
    [0x83, 0x2d, 0xb6],
    [0xa9, 0x6b, 0x59],
    [0xe7, 0x63, 0x00],
    [0xb9, 0xac, 0x70],
    [0x71, 0x75, 0x81],
    [0x92, 0xda, 0xdd],
];

/// Color of noise.
const GRAY: [u8; 3] = [0xb0, 0xb0, 0xb0];

/// Opacity of a point.
const OPACITY: f64 = 0.55;

/// Below this number of points, each is drawn larger.
const FEW: usize = 5000;

/// A name on the map.
pub struct Name {
    x: f64,
    y: f64,
    text: String,
}

/// A line of the legend.
pub struct Entry {
    y: f64,
    color: String,
    text: String,
}

/// The map as an SVG file.
#[derive(Template)]
#[template(path = "figures/map.svg")]
pub struct Scatter {
    title: String,
    note: String,
    picture: String,
    names: Vec<Name>,
    legend: Vec<Entry>,
    height: f64,
}

impl Scatter {
    /// Side of the picture in pixels; half as much on the drawing.
    const SIDE: usize = 1040;

    /// Most lines of the legend.
    const ENTRIES: usize = 24;

    /// Draws the points of `map` by the clusters of `system`, else by classes, else in one color.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn new(map: &Map, inputs: &Inputs, system: Option<&str>) -> anyhow::Result<Self> {
        let groups = map.groups(inputs);
        let groups = match system {
            Some(system) => groups.into_iter().find(|groups| groups.name == system),
            None => groups.into_iter().next(),
        };
        let half = |at: u16| 20.0 + f64::from(at) / 65535.0 * 500.0;
        let (mut names, mut legend) = (Vec::new(), Vec::new());
        if let Some(groups) = &groups {
            for (at, name) in groups.names.iter().enumerate() {
                let named = groups.names.len() <= MAX_NAMED_GROUPS;
                if let Some((x, y)) = named.then(|| map.median_position(groups, at)).flatten() {
                    names.push(Name {
                        x: half(x),
                        y: 540.0 - half(y) + 54.0,
                        text: truncate(name),
                    });
                }
                let color = COLORS[at % COLORS.len()];
                legend.push(Entry {
                    y: 66.0 + 22.0 * at as f64,
                    color: format!("#{:02x}{:02x}{:02x}", color[0], color[1], color[2]),
                    text: format!("{}: {}", truncate(name), groups.sizes[at]),
                });
            }
            legend.truncate(Self::ENTRIES);
            let noise = groups.point_groups.iter().filter(|of| of.is_none()).count();
            if noise > 0 {
                let color = format!("#{:02x}{:02x}{:02x}", GRAY[0], GRAY[1], GRAY[2]);
                let y = 66.0 + 22.0 * legend.len() as f64;
                legend.push(Entry { y, color, text: format!("noise: {noise}") });
            }
        }
        let shown =
            if map.rows.len() < map.n { format!("{} of ", map.rows.len()) } else { String::new() };
        let how = if map.dims == 2 {
            String::new()
        } else {
            format!(", first two principal components of {}", map.dims)
        };
        Ok(Self {
            title: groups
                .as_ref()
                .map_or("All points".into(), |groups| format!("All points by {}", groups.name)),
            note: format!("{shown}{} points{how}", map.n),
            picture: png_data_url(&picture(map, groups.as_ref(), Self::SIDE)?),
            names,
            height: 602f64.max(70.0 + 22.0 * legend.len() as f64),
            legend,
        })
    }
}

/// Draws a square of `side` pixels as PNG, white where no point is.
///
/// # Errors
/// Fails only if memory runs out.
fn picture(map: &Map, groups: Option<&Groups>, side: usize) -> anyhow::Result<Vec<u8>> {
    let mut levels = vec![[255.0f64; 3]; side * side];
    let size = if map.rows.len() < FEW { 6 } else { 2 };
    let edge = side as f64 * 20.0 / 540.0;
    let place = |at: u16| (edge + f64::from(at) / 65535.0 * (side as f64 - 2.0 * edge)) as usize;
    for (at, (&x, &y)) in map.x.iter().zip(&map.y).enumerate() {
        let color = match groups {
            Some(groups) => {
                groups.point_groups[at].map_or(GRAY, |group| COLORS[group % COLORS.len()])
            }
            None => COLORS[0],
        };
        let (left, top) = (place(x), side - 1 - place(y));
        for y in top..(top + size).min(side) {
            for x in left..(left + size).min(side) {
                let below = &mut levels[y * side + x];
                below
                    .iter_mut()
                    .zip(color)
                    .for_each(|(level, new)| *level += OPACITY * (f64::from(new) - *level));
            }
        }
    }
    let rgba: Vec<u8> =
        levels.iter().flat_map(|rgb| [rgb[0] as u8, rgb[1] as u8, rgb[2] as u8, 255]).collect();
    color_png(&rgba, side, side)
}
