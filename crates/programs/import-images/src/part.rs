//! One set of images with the names and classes of its rows: all, the training or the test set.

use std::path::Path;

use artifact::{Outputs, RowWriter};
use names::escape;
use ndarray::Array1;

use crate::recipe::{Recipe, Row};

/// Files of a set, where they are to be written.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// Images.
    pub images: &'a Path,
    /// Names of the rows.
    pub names: &'a Path,
    /// Labels.
    pub labels: Option<&'a Path>,
}

/// A set that is being written.
pub struct Part<'a> {
    files: Files<'a>,
    images: RowWriter,
    names: csv::Writer<Vec<u8>>,
    /// Class of each row, an index of classes that the caller knows.
    classes: Vec<usize>,
    rows: usize,
}

impl<'a> Part<'a> {
    /// Begins a set of about `expected` rows.
    ///
    /// # Errors
    /// The images cannot be written.
    pub fn begin(
        outputs: &Outputs,
        files: Files<'a>,
        recipe: &Recipe,
        expected: usize,
    ) -> anyhow::Result<Self> {
        let shape = recipe.row_shape();
        let images = outputs.begin_rows(files.images, &shape, expected)?;
        let mut names = csv::Writer::from_writer(Vec::new());
        names.write_record(["row", "file", "width", "height"].iter().chain(
            match files.labels {
                Some(_) => ["class", "duplicate_of"].iter(),
                None => ["duplicate_of"].iter(),
            },
        ))?;
        Ok(Self { files, images, names, classes: Vec::new(), rows: 0 })
    }

    /// Gives the number of rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds the row of the file `name`; `class` is its number and name.
    ///
    /// # Errors
    /// The images cannot be written.
    pub fn add(
        &mut self,
        name: &Path,
        row: &Row,
        class: Option<(usize, &Path)>,
        duplicate_of: Option<&Path>,
    ) -> anyhow::Result<()> {
        self.images.write(&row.values)?;
        let numbers = [self.rows.to_string(), row.width.to_string(), row.height.to_string()];
        let [number, width, height] = numbers;
        let mut record = vec![number, escape(name), width, height];
        if self.files.labels.is_some() {
            record.push(class.map(|(_, class)| escape(class)).unwrap_or_default());
        }
        record.push(duplicate_of.map(escape).unwrap_or_default());
        self.names.write_record(record)?;
        self.classes.extend(class.map(|(number, _)| number));
        self.rows += 1;
        Ok(())
    }

    /// Completes the set; `label` gives the label of a class.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(self, outputs: &mut Outputs, label: impl Fn(usize) -> i64) -> anyhow::Result<()> {
        outputs.rows(self.images)?;
        outputs.bytes(self.files.names, &self.names.into_inner()?)?;
        if let Some(path) = self.files.labels {
            let labels: Array1<i64> = self.classes.iter().map(|&class| label(class)).collect();
            outputs.npy(path, &labels)?;
        }
        Ok(())
    }
}
