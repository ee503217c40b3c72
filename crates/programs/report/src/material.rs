//! Everything the page is made of, read and checked against one another.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, Points, read_ids, read_numbers, read_points, read_text};
use ndarray::{Array1, Axis};
use score_io::{Published, ScoreFiles, read_published};

use crate::args::{Args, Named};
use crate::autoencoder::{Layers, Losses};
use crate::pictures::Pictures;

/// What was read.
pub struct Material {
    /// Scores of the systems, if there are any.
    pub scores: Option<ScoreFiles>,
    /// Published figures to show beside them.
    pub published: Published,
    /// The systems whose assignments are there, in the order of the command line.
    pub systems: Vec<System>,
    /// The images that were clustered, if they can be drawn.
    pub images: Option<Pictures>,
    /// Rows of their file, whether they can or not.
    pub image_rows: Option<usize>,
    /// Their classes.
    pub labels: Option<Array1<i64>>,
    /// The names of these.
    pub class_names: Option<Vec<String>>,
    /// Where each point lies on the map, (n, d).
    pub map: Option<Points>,
    /// The layers of the autoencoder.
    pub layers: Option<Layers>,
    /// Its losses.
    pub losses: Option<Losses>,
    /// Images and what the autoencoder made of them.
    pub reconstructions: Option<(Pictures, Pictures)>,
    /// All files read.
    pub inputs: Vec<FileRecord>,
}

/// A system with its clusters.
pub struct System {
    /// As it was named.
    pub name: String,
    /// Cluster of each point, -1 for noise, (n,).
    pub assignments: Array1<i64>,
    /// The points in the space they were clustered in.
    pub points: Option<Points>,
    /// How sure each is of its cluster.
    pub certainty: Option<Certainty>,
}

/// How sure points are of their clusters.
pub struct Certainty {
    /// Of each point, 0 to 1.
    pub values: Vec<f64>,
    /// In words: what the values are.
    pub what: &'static str,
}

impl Material {
    /// Reads all files named in `args`.
    ///
    /// # Errors
    /// Files that cannot be read or do not go together.
    pub fn read(args: &Args) -> anyhow::Result<Self> {
        let mut inputs = Vec::new();
        let scores = (!args.scores.is_empty()).then(|| ScoreFiles::read(&args.scores)).transpose()?;
        inputs.extend(scores.iter().flat_map(|scores| scores.records.clone()));
        let published = args.reference.as_deref().map(|path| kept(read_published(path), &mut inputs));
        let systems = read_systems(args, &mut inputs)?;
        let images = args.images.as_deref().map(Pictures::read_if_drawable).transpose()?;
        let (images, image_rows) = match images {
            Some((images, record, n)) => {
                inputs.push(record);
                (images, Some(n))
            }
            None => (None, None),
        };
        let labels = args.labels.as_deref().map(|path| kept(read_labels(path), &mut inputs)).transpose()?;
        let named = args.classes.as_deref().map(|path| kept(read_classes(path), &mut inputs)).transpose()?;
        let map = args.map.as_deref().map(|path| kept(read_map(path), &mut inputs)).transpose()?;
        let layers = args.weights.as_deref().map(|path| kept(Layers::read(path), &mut inputs)).transpose()?;
        let losses = args.losses.as_deref().map(|path| kept(Losses::read(path), &mut inputs)).transpose()?;
        let reconstructions = match (&args.originals, &args.reconstructions) {
            (Some(originals), Some(made)) => {
                let first = kept(Pictures::read(originals), &mut inputs)?;
                let second = kept(Pictures::read(made), &mut inputs)?;
                if first.len() != second.len() {
                    bail!(different(made, second.len(), originals, first.len()));
                }
                if first.sides != second.sides {
                    bail!(
                        "{}: expected images of the same sides as those of {}, found others; give what was made of these",
                        made.display(),
                        originals.display()
                    );
                }
                Some((first, second))
            }
            (None, None) => None,
            _ => {
                return Err(cli::usage(
                    "--originals and --reconstructions go together: give both or neither",
                ));
            }
        };
        if let (Some(names), Some(path), Some(labels)) = (&named, &args.classes, &labels) {
            let most = labels.iter().copied().max().unwrap_or_default();
            anyhow::ensure!(
                usize::try_from(most).is_ok_and(|most| most < names.len()),
                "{}: expected a name for every label, found {} names for labels up to {most}; give the classes of this \
                 data set, or leave --classes out",
                path.display(),
                names.len()
            );
        }
        let class_names = named.or_else(|| {
            let names = scores.as_ref()?.class_names.as_ref()?;
            Some(names.iter().map(|name| drawable(name)).collect())
        });
        let material = Self {
            scores,
            published: published.transpose()?.unwrap_or_default(),
            systems,
            images,
            image_rows,
            labels,
            class_names,
            map,
            layers,
            losses,
            reconstructions,
            inputs,
        };
        material.check(args)?;
        Ok(material)
    }

    /// One row a point in every file that has points.
    fn check(&self, args: &Args) -> anyhow::Result<()> {
        let mut lengths: Vec<(&Path, usize)> = Vec::new();
        lengths.extend(
            args.assignments
                .iter()
                .zip(&self.systems)
                .map(|(named, system)| (named.path.as_path(), system.assignments.len())),
        );
        lengths.extend(args.images.as_deref().zip(self.image_rows));
        lengths.extend(args.labels.as_deref().zip(self.labels.as_ref().map(Array1::len)));
        lengths.extend(args.map.as_deref().zip(self.map.as_ref().map(|map| map.dim().0)));
        let Some((first, n)) = lengths.first().copied() else { return Ok(()) };
        match lengths.into_iter().find(|(_, length)| *length != n) {
            Some((path, found)) => bail!(different(path, found, first, n)),
            None => Ok(()),
        }
    }

    /// Number of points; 0 where no file has any.
    pub fn n(&self) -> usize {
        let systems = self.systems.first().map(|system| system.assignments.len());
        systems.or(self.image_rows).or(self.labels.as_ref().map(Array1::len)).unwrap_or_default()
    }

    /// The name of a class, its id where it has none.
    pub fn class_name(&self, id: i64) -> String {
        let names = self.class_names.as_deref().unwrap_or_default();
        let name = usize::try_from(id).ok().and_then(|id| names.get(id));
        name.cloned().unwrap_or_else(|| format!("class {id}"))
    }

    /// The class of point `row` in words, where it is known.
    pub fn class_of(&self, row: usize) -> Option<String> {
        Some(self.class_name(*self.labels.as_ref()?.get(row)?))
    }
}

/// What a reader gave, with its record put to the others.
fn kept<T, E: Into<anyhow::Error>>(
    read: Result<(T, FileRecord), E>,
    inputs: &mut Vec<FileRecord>,
) -> anyhow::Result<T> {
    let (value, record) = read.map_err(Into::into)?;
    inputs.push(record);
    Ok(value)
}

/// Two files that should have a row for each point.
fn different(path: &Path, found: usize, other: &Path, expected: usize) -> String {
    format!(
        "{}: expected {expected} rows, one for each of {}, found {found}; give files of the same points",
        path.display(),
        other.display()
    )
}

fn read_systems(args: &Args, inputs: &mut Vec<FileRecord>) -> anyhow::Result<Vec<System>> {
    let points = by_name("--points", &args.points, args)?;
    let certainty = by_name("--certainty", &args.certainty, args)?;
    by_name("--assignments", &args.assignments, args)?;
    let mut systems = Vec::new();
    for Named { name, path } in &args.assignments {
        let assignments = kept(read_assignments(path), inputs)?;
        let n = assignments.len();
        let of = |path: &Path, found: usize| different(path, found, &args.assignments[systems.len()].path, n);
        let points = match points.get(name.as_str()) {
            Some(path) => {
                let points = kept(read_points(path), inputs)?;
                anyhow::ensure!(points.dim().0 == n, of(path, points.dim().0));
                Some(points)
            }
            None => None,
        };
        let certainty = match certainty.get(name.as_str()) {
            Some(path) => {
                let certainty = kept(Certainty::read(path), inputs)?;
                anyhow::ensure!(certainty.values.len() == n, of(path, certainty.values.len()));
                Some(certainty)
            }
            None => None,
        };
        systems.push(System { name: name.clone(), assignments, points, certainty });
    }
    Ok(systems)
}

/// Files by their systems, each of which has assignments and no two files of a kind.
fn by_name<'a>(option: &str, files: &'a [Named], args: &Args) -> anyhow::Result<BTreeMap<&'a str, &'a Path>> {
    let mut found = BTreeMap::new();
    for Named { name, path } in files {
        if !args.assignments.iter().any(|named| named.name == *name) {
            return Err(cli::usage(format!("{option} {name}=...: there are no --assignments of {name}")));
        }
        if found.insert(name.as_str(), path.as_path()).is_some() {
            return Err(cli::usage(format!("two {option} of {name}: give each a name of its own")));
        }
    }
    Ok(found)
}

impl Certainty {
    fn read(path: &Path) -> anyhow::Result<(Self, FileRecord)> {
        let expected = "numbers from 0 to 1: posteriors (n, k) or agreements (n,)";
        let (numbers, record) = read_numbers(path, expected)?;
        let (values, what) = match numbers.ndim() {
            1 => (numbers.into_raw_vec_and_offset().0, "agreement of the runs"),
            2 => {
                let largest = numbers.map_axis(Axis(1), |row| row.fold(f64::NEG_INFINITY, |a, &b| a.max(b)));
                (largest.into_raw_vec_and_offset().0, "posterior probability")
            }
            dimensions => bail!(
                "{}: expected {expected}, found {dimensions} dimensions; give one of these",
                path.display()
            ),
        };
        match values.iter().position(|value| !(0.0..=1.0 + 1e-6).contains(value)) {
            Some(row) => bail!(
                "{}: expected {expected}, found {} in row {row}; give one of these",
                path.display(),
                values[row]
            ),
            None => Ok((Self { values, what }, record)),
        }
    }
}

fn read_assignments(path: &Path) -> anyhow::Result<(Array1<i64>, FileRecord)> {
    let (ids, record) = read_ids(path)?;
    match ids.iter().position(|&id| id < -1) {
        Some(row) => bail!(
            "{}: expected clusters from 0, or -1 for noise, found {} in row {row}; number the clusters from 0",
            path.display(),
            ids[row]
        ),
        None => Ok((ids, record)),
    }
}

fn read_labels(path: &Path) -> anyhow::Result<(Array1<i64>, FileRecord)> {
    let (ids, record) = read_ids(path)?;
    match ids.iter().position(|&id| id < 0) {
        Some(row) => bail!(
            "{}: expected classes from 0, found {} in row {row}; number the classes from 0",
            path.display(),
            ids[row]
        ),
        None => Ok((ids, record)),
    }
}

fn read_classes(path: &Path) -> anyhow::Result<(Vec<String>, FileRecord)> {
    let (bytes, record) = read_text(path)?;
    let names: Vec<String> = serde_json::from_slice(&bytes).with_context(|| {
        format!("{}: expected a JSON list of class names such as [\"cat\", \"dog\"]", path.display())
    })?;
    Ok((names.iter().map(|name| drawable(name)).collect(), record))
}

/// A text without the letters that no page and no drawing may have.
pub fn drawable(text: &str) -> String {
    let forbidden = |letter: char| letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.replace(forbidden, "\u{fffd}")
}

fn read_map(path: &Path) -> anyhow::Result<(Points, FileRecord)> {
    let (points, record) = read_points(path)?;
    if points.dim().1 < 2 {
        bail!(
            "{}: expected points of at least two dimensions, found one; give an embedding, latents or images",
            path.display()
        );
    }
    Ok((points, record))
}
