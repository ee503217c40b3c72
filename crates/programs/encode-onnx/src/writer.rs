//! Writes features block by block.

use std::path::Path;

use artifact::{BlockWriter, Outputs};
use ndarray::Array2;

/// The file of features, while it is written.
pub struct Writer<'a> {
    path: &'a Path,
    /// Shape (n, d).
    shape: [usize; 2],
    outputs: Outputs,
    /// The file, which begins with the first block, so that refused images leave not even a folder,
    /// and the first row of features, as long as all others are the same.
    begun: Option<(BlockWriter, Option<Vec<f32>>)>,
}

impl<'a> Writer<'a> {
    /// Prepares to write features of `shape` (n, d) to `path`.
    pub fn new(path: &'a Path, shape: [usize; 2]) -> Self {
        Self { path, shape, outputs: Outputs::new(), begun: None }
    }

    /// Writes the features of the next images.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, features: &Array2<f32>) -> anyhow::Result<()> {
        let (file, same) = match &mut self.begun {
            Some(begun) => begun,
            None => {
                let file = self.outputs.begin_blocks(self.path, &self.shape)?;
                self.begun.insert((file, Some(features.row(0).to_vec())))
            }
        };
        if let Some(first) = same.as_deref()
            && features.rows().into_iter().any(|row| row.iter().ne(first))
        {
            *same = None;
        }
        Ok(file.write(features.view())?)
    }

    /// Whether all rows so far are the same.
    pub fn constant(&self) -> bool {
        self.begun.as_ref().is_some_and(|(_, same)| same.is_some())
    }

    /// Gives the complete file among the outputs.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> anyhow::Result<Outputs> {
        if let Some((file, _)) = self.begun {
            self.outputs.blocks(file)?;
        }
        Ok(self.outputs)
    }
}
