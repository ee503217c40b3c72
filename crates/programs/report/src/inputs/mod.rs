//! Reads all files that the page shows, and checks that they belong together.

mod checks;
pub mod systems;
pub mod tables;

use std::path::Path;

use anyhow::bail;
use artifact::{FileRecord, Points, read_ids, read_points};
use model_io::weights::Layers;
use ndarray::Array1;
use score_io::{Losses, Published, ScoreFiles, read_classes, read_published};

use crate::args::Args;
use crate::autoencoder::read_layers;
use crate::image_file::{read_if_drawable, read_pictures};
use crate::pictures::Pictures;
use crate::text::drawable;

use checks::{keep_record, row_count_mismatch};
use systems::read_systems;
use tables::Tables;

pub use systems::{CertaintySource, System};

/// Contents of all files named on the command line.
pub struct Inputs {
    /// Scores of the systems, if any were given.
    pub scores: Option<ScoreFiles>,
    /// Published figures, shown beside the scores.
    pub published: Published,
    /// Systems with assignments, in the order of the command line.
    pub systems: Vec<System>,
    /// Images that were clustered, if they can be drawn.
    pub images: Option<Pictures>,
    /// The same images with larger sides, if tiles are wanted of images that have them.
    pub larger: Option<Pictures>,
    /// Number of rows in the file of images, whether or not they can be drawn.
    pub image_rows: Option<usize>,
    /// Class of each image, (n,).
    pub labels: Option<Array1<i64>>,
    /// Names of the classes, by id.
    pub class_names: Option<Vec<String>>,
    /// Names, near duplicates, outliers and numbers of groups.
    pub tables: Tables,
    /// Coordinates of each point for the map, (n, d).
    pub map: Option<Points>,
    /// Layers of the autoencoder.
    pub layers: Option<Layers>,
    /// Losses of its training.
    pub losses: Option<Losses>,
    /// Originals and reconstructions of the autoencoder.
    pub reconstructions: Option<(Pictures, Pictures)>,
    /// Records of all files read, for the provenance.
    pub records: Vec<FileRecord>,
}

impl Inputs {
    /// Reads all files named in `args`.
    ///
    /// # Errors
    /// Fails if a file cannot be read or does not belong to the others.
    pub fn read(args: &Args) -> anyhow::Result<Self> {
        let mut records = Vec::new();
        let scores =
            (!args.scores.is_empty()).then(|| ScoreFiles::read(&args.scores)).transpose()?;
        records.extend(scores.iter().flat_map(|scores| scores.records.clone()));
        let published =
            args.reference.as_deref().map(|path| keep_record(read_published(path), &mut records));
        let systems = read_systems(args, &mut records)?;
        let read = |path: &Path| read_if_drawable(path, args.tiles.is_some());
        let (drawn, image_rows) = match args.images.as_deref().map(read).transpose()? {
            Some((drawn, record, n)) => {
                records.push(record);
                (drawn, Some(n))
            }
            None => (None, None),
        };
        let (images, larger) = drawn.map(|drawn| (drawn.images, drawn.larger)).unzip();
        let labels = args
            .labels
            .as_deref()
            .map(|path| keep_record(read_labels(path), &mut records))
            .transpose()?;
        let named = args
            .classes
            .as_deref()
            .map(|path| keep_record(read_classes(path), &mut records))
            .transpose()?
            .map(|names| names.iter().map(|name| drawable(name)).collect::<Vec<_>>());
        let tables = Tables::read(args, &mut records)?;
        let map = args
            .map
            .as_deref()
            .map(|path| keep_record(read_map(path), &mut records))
            .transpose()?;
        let layers = args
            .weights
            .as_deref()
            .map(|path| keep_record(read_layers(path), &mut records))
            .transpose()?;
        let losses = args
            .losses
            .as_deref()
            .map(|path| keep_record(Losses::read(path), &mut records))
            .transpose()?;
        let reconstructions = match (&args.originals, &args.reconstructions) {
            (Some(originals), Some(made)) => {
                let first = keep_record(read_pictures(originals), &mut records)?;
                let second = keep_record(read_pictures(made), &mut records)?;
                if first.len() != second.len() {
                    bail!(row_count_mismatch(made, second.len(), originals, first.len()));
                }
                if (first.sides, first.channels) != (second.sides, second.channels) {
                    bail!(
                        "{}: expected images of the same sides and channels as those of {}, found \
                         others; give what was made of these",
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
                "{}: expected a name for every label, found {} names for labels up to {most}; \
                 give the classes of this \
                 data set, or leave --classes out",
                path.display(),
                names.len()
            );
        }
        let class_names = named.or_else(|| {
            let names = scores.as_ref()?.class_names.as_ref()?;
            Some(names.iter().map(|name| drawable(name)).collect())
        });
        let inputs = Self {
            scores,
            published: published.transpose()?.unwrap_or_default(),
            systems,
            images,
            larger: larger.flatten(),
            image_rows,
            labels,
            class_names,
            tables,
            map,
            layers,
            losses,
            reconstructions,
            records,
        };
        inputs.check(args)?;
        Ok(inputs)
    }

    /// Checks that every file with a row for each point has the same number of rows.
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
        lengths.extend(args.names.as_deref().zip(self.tables.names.as_ref().map(Vec::len)));
        self.tables.check(args, self.n())?;
        let Some((first, n)) = lengths.first().copied() else { return Ok(()) };
        match lengths.into_iter().find(|(_, length)| *length != n) {
            Some((path, found)) => bail!(row_count_mismatch(path, found, first, n)),
            None => Ok(()),
        }
    }

    /// Returns the number of points, 0 if no file has any.
    pub fn n(&self) -> usize {
        let systems = self.systems.first().map(|system| system.assignments.len());
        systems.or(self.image_rows).or(self.labels.as_ref().map(Array1::len)).unwrap_or_default()
    }

    /// Returns the images in the largest size that was kept.
    pub fn tile_images(&self) -> Option<&Pictures> {
        self.larger.as_ref().or(self.images.as_ref())
    }

    /// Returns the name of a class, or `class ID` if it has none.
    pub fn class_name(&self, id: i64) -> String {
        let names = self.class_names.as_deref().unwrap_or_default();
        let name = usize::try_from(id).ok().and_then(|id| names.get(id));
        name.cloned().unwrap_or_else(|| format!("class {id}"))
    }

    /// Returns the name of point `row`, or `image ROW` or `point ROW` if it has none.
    pub fn row_name(&self, row: usize) -> String {
        match (&self.tables.names, &self.images) {
            (Some(names), _) => names[row].clone(),
            (None, Some(_)) => format!("image {row}"),
            (None, None) => format!("point {row}"),
        }
    }

    /// Returns the class name of point `row`, if labels were given.
    pub fn class_of(&self, row: usize) -> Option<String> {
        Some(self.class_name(*self.labels.as_ref()?.get(row)?))
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

fn read_map(path: &Path) -> anyhow::Result<(Points, FileRecord)> {
    let (points, record) = read_points(path)?;
    if points.dim().1 < 2 {
        bail!(
            "{}: expected points of at least two dimensions, found one; give an embedding, \
             latents or images",
            path.display()
        );
    }
    Ok((points, record))
}
