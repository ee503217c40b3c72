//! Encodes what the script of the page reads: groups, certainty, names, thumbnails, places.

use serde::Serialize;

use crate::cards::{Card, cards};
use crate::clusters::Clusters;
use crate::encode::base64;
use crate::inputs::{CertaintySource, Inputs, System};
use crate::map::{Groups, Map, shown_rows};
use crate::thumbnails::Thumbnails;
use crate::tiles::{TileLink, tile_order};

/// Longest side of images whose pixels are shown as squares when they are enlarged.
const PIXELATED_SIDE: usize = 40;

/// Largest number of characters that a name may share with the one before it.
const MAX_SHARED: usize = 90;

/// Data that the script reads. Numbers are little-endian, in base64; a point is an index into
/// `rows`.
#[derive(Serialize)]
pub struct PageData {
    /// Number of points in the files.
    n: usize,
    /// Number of points on the page.
    count: usize,
    /// Rows of the points as `u32`, if not all are shown.
    rows: Option<String>,
    /// `image` or `vector`.
    noun: &'static str,
    pixelated: bool,
    names: Option<String>,
    classes: Option<Grouping>,
    systems: Vec<SystemData>,
    duplicates: Vec<Vec<usize>>,
    outliers: Vec<usize>,
    sprite: Option<Thumbnails>,
    /// Larger images in a folder beside the page, which may be missing.
    pub tiles: Option<TileLink>,
    /// Horizontal places on the map as `u16`, to the right.
    x: Option<String>,
    /// Vertical places on the map as `u16`, upwards.
    y: Option<String>,
}

/// A grouping of the points.
#[derive(Serialize)]
struct Grouping {
    name: String,
    names: Vec<String>,
    sizes: Vec<usize>,
    /// Bytes of a group number.
    bytes: usize,
    /// Group of each point; the largest number stands for noise.
    of: String,
}

#[derive(Serialize)]
struct SystemData {
    #[serde(flatten)]
    groups: Grouping,
    /// Ids of the groups.
    ids: Vec<i64>,
    /// Identifies the assignments.
    key: String,
    /// Certainty of each point as `u8`, where 255 is 1.
    certainty: Option<String>,
    /// Whether certainty is a share, which is printed in percent.
    percent: bool,
    /// Explains certainty.
    about: &'static str,
    /// Share of the members that are nearer to the center, as `u8`, where 255 is all.
    distances: Option<String>,
    /// Cards of the groups; empty for the main system, whose cards are in the page.
    cards: Vec<CardData>,
}

#[derive(Serialize)]
struct CardData {
    id: i64,
    sure: String,
    classes: String,
    marks: String,
    rows: Vec<(&'static str, Vec<usize>)>,
}

impl PageData {
    /// Encodes everything; `clusters` are those of the systems, of which the last is the main one.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn new(inputs: &Inputs, clusters: &[Clusters], map: Option<&Map>) -> anyhow::Result<Self> {
        let n = inputs.n();
        let rows = shown_rows(n);
        let index = |row: &usize| rows.binary_search(row).ok();
        let indices = |all: &[usize]| all.iter().filter_map(index).collect::<Vec<usize>>();
        let words = |values: &Vec<u16>| base64_of(values.iter().flat_map(|x| x.to_le_bytes()));
        let last = inputs.systems.len().saturating_sub(1);
        let mut systems = Vec::new();
        for (at, (system, clusters)) in inputs.systems.iter().zip(clusters).enumerate() {
            let cards =
                if at == last { Vec::new() } else { cards(inputs, system, clusters, false)? };
            systems.push(SystemData::new(system, clusters, &rows, cards, &indices));
        }
        let images = inputs.images.as_ref();
        let tables = &inputs.tables;
        let names = tables.names.as_ref().map(|names| rows.iter().map(|&row| &*names[row]));
        let duplicates = tables.duplicates.iter().flatten().map(|group| indices(group));
        let outliers: Vec<usize> =
            tables.outliers.iter().flatten().map(|outlier| outlier.row).collect();
        Ok(Self {
            n,
            count: rows.len(),
            rows: (rows.len() < n)
                .then(|| base64_of(rows.iter().flat_map(|&row| (row as u32).to_le_bytes()))),
            noun: if images.is_some() { "image" } else { "vector" },
            pixelated: images.is_some_and(|images| images.longest_side() <= PIXELATED_SIDE),
            names: names.map(front_coded),
            classes: Groups::of_classes(inputs, &rows).map(Grouping::new),
            systems,
            duplicates: duplicates.filter(|group| group.len() > 1).collect(),
            outliers: indices(&outliers),
            sprite: images.map(|images| Thumbnails::encode(images, &rows)).transpose()?,
            tiles: None,
            x: map.map(|map| words(&map.x)),
            y: map.map(|map| words(&map.y)),
        })
    }
}

/// Lists the rows of the points of the page in the order of their tiles.
pub fn tile_rows(inputs: &Inputs, clusters: &[Clusters]) -> Vec<usize> {
    let rows = shown_rows(inputs.n());
    let Some((system, clusters)) = inputs.systems.last().zip(clusters.last()) else {
        return rows;
    };
    let groups = Groups::of_system(system, &rows, |id| id.to_string()).point_groups;
    let nearer = nearer_levels(system, clusters, &rows);
    tile_order(&groups, nearer.as_deref()).into_iter().map(|at| rows[at]).collect()
}

impl PageData {
    /// Returns the number of groupings: systems, and classes if there are labels.
    pub fn groupings(&self) -> usize {
        self.systems.len() + usize::from(self.classes.is_some())
    }
}

impl Grouping {
    fn new(groups: Groups) -> Self {
        let bytes = match groups.names.len() {
            0..0xff => 1,
            0xff..0xffff => 2,
            _ => 4,
        };
        // Noise is the largest number that fits into the bytes.
        let code =
            |of: &Option<usize>| of.and_then(|of| u32::try_from(of).ok()).unwrap_or(u32::MAX);
        let of = groups.point_groups.iter();
        let of = base64_of(of.flat_map(|of| code(of).to_le_bytes().into_iter().take(bytes)));
        let Groups { name, names, sizes, .. } = groups;
        Self { name, names, sizes, bytes, of }
    }
}

impl SystemData {
    fn new(
        system: &System,
        clusters: &Clusters,
        rows: &[usize],
        cards: Vec<Card>,
        indices: &impl Fn(&[usize]) -> Vec<usize>,
    ) -> Self {
        let groups = Groups::of_system(system, rows, |id| format!("Group {id}"));
        let source = clusters.certainty_source;
        let card = |card: Card| CardData {
            id: card.id,
            sure: card.sure,
            classes: card.classes,
            marks: card.marks,
            rows: card
                .rows
                .into_iter()
                .map(|row| {
                    let members: Vec<usize> = row.members.iter().map(|one| one.row).collect();
                    (row.head, indices(&members))
                })
                .collect(),
        };
        Self {
            groups: Grouping::new(groups),
            ids: clusters.sizes.iter().map(|(id, _)| *id).collect(),
            key: system.sha256.chars().take(16).collect(),
            certainty: clusters.certainty.as_ref().map(|all| base64(&levels(all, rows))),
            percent: source.is_some_and(|source| source != CertaintySource::Margin),
            about: source.map_or("", CertaintySource::explanation),
            distances: nearer_levels(system, clusters, rows).map(|levels| base64(&levels)),
            cards: cards.into_iter().map(card).collect(),
        }
    }
}

/// Encodes the shares of the points `rows`, where 255 is 1.
fn levels(shares: &[f64], rows: &[usize]) -> Vec<u8> {
    rows.iter().map(|&row| (255.0 * shares[row].clamp(0.0, 1.0)).round() as u8).collect()
}

/// Encodes how near the points `rows` are to the centers of their clusters, if that is known.
fn nearer_levels(system: &System, clusters: &Clusters, rows: &[usize]) -> Option<Vec<u8>> {
    let distances = clusters.distances.as_ref()?;
    Some(levels(&shares_nearer(distances, system), rows))
}

/// Computes for each point the share of the members of its cluster that are nearer to the center.
fn shares_nearer(distances: &[f64], system: &System) -> Vec<f64> {
    let ids = &system.assignments;
    let mut order: Vec<usize> = (0..distances.len()).collect();
    order.sort_by(|&a, &b| ids[a].cmp(&ids[b]).then(distances[a].total_cmp(&distances[b])));
    let mut shares = vec![0.0; distances.len()];
    for members in order.chunk_by(|&a, &b| ids[a] == ids[b]) {
        for (place, &row) in members.iter().enumerate() {
            shares[row] = place as f64 / members.len() as f64;
        }
    }
    shares
}

fn base64_of(bytes: impl Iterator<Item = u8>) -> String {
    base64(&bytes.collect::<Vec<u8>>())
}

/// Joins names by line feeds, each without what it has in common with the one before it.
///
/// The first character of a line is a space plus the number of UTF-16 units in common. Names of
/// files in a folder share most of their letters, so that this halves their size.
fn front_coded<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut last = "";
    for (at, name) in names.enumerate() {
        let same = last.chars().zip(name.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a);
        let (mut units, mut bytes) = (0, 0);
        for letter in same {
            if units + letter.len_utf16() > MAX_SHARED {
                break;
            }
            units += letter.len_utf16();
            bytes += letter.len_utf8();
        }
        if at > 0 {
            text.push('\n');
        }
        text.push(char::from(b' ' + units as u8));
        text.push_str(&name[bytes..]);
        last = name;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_what_differs() {
        let names = ["a/1.png", "a/12.png", "b", "😀1", "😀2"];
        assert_eq!(front_coded(names.into_iter()), " a/1.png\n#2.png\n b\n 😀1\n\"2");
        let long = "x".repeat(200);
        let coded = front_coded([&*long, &*long].into_iter());
        assert_eq!(coded.len(), 201 + 1 + 1 + 200 - MAX_SHARED);
    }
}
