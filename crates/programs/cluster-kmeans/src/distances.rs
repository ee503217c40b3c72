//! Option `--distances`: the distances of the points to all centroids, written block by block.

use std::path::Path;

use anyhow::ensure;
use artifact::{BlockWriter, Outputs, PointFile, Points};
use cli::Progress;
use clustering::Scalar;
use clustering::kmeans::KMeans;
use ndarray::{ArrayView2, Axis};

/// Distances in a block: 8 MiB in `f64`.
const BLOCK_DISTANCES: usize = 1 << 20;

/// Adds the distances of `points` `(n, d)` to the centroids of `model` to `outputs`.
///
/// # Errors
/// The file cannot be written; a distance that is beyond the range of f4.
pub fn write(
    outputs: &mut Outputs,
    path: &Path,
    model: &KMeans,
    points: &Points,
) -> anyhow::Result<()> {
    let mut distances = Distances::begin(outputs, path, model, points.dim().0)?;
    distances.add(points)?;
    Ok(outputs.blocks(distances.file)?)
}

/// Adds the distances of the points of a file, of which only a block is in memory.
///
/// # Errors
/// The errors of [`write()`]; points that cannot be read.
pub fn write_of_file(
    outputs: &mut Outputs,
    path: &Path,
    model: &KMeans,
    points: &PointFile,
) -> anyhow::Result<()> {
    let mut distances = Distances::begin(outputs, path, model, points.dim().0)?;
    for block in points.blocks(points.block_rows()) {
        distances.add(&block?)?;
    }
    Ok(outputs.blocks(distances.file)?)
}

/// Distances that are being written.
struct Distances<'a> {
    model: &'a KMeans,
    file: BlockWriter,
    /// Number of points whose distances are written.
    done: usize,
    progress: Progress,
}

impl<'a> Distances<'a> {
    fn begin(outputs: &Outputs, path: &Path, model: &'a KMeans, n: usize) -> anyhow::Result<Self> {
        let file = outputs.begin_blocks(path, &[n, model.centroids().nrows()])?;
        Ok(Self { model, file, done: 0, progress: Progress::new("distances", n as u64) })
    }

    /// Writes the distances of the next points.
    fn add(&mut self, points: &Points) -> anyhow::Result<()> {
        match points {
            Points::U8 { values, scale } => self.add_rows(values.view(), *scale),
            Points::F32(values) => self.add_rows(values.view(), 1.0),
            Points::F64(values) => self.add_rows(values.view(), 1.0),
        }
    }

    fn add_rows<F: Scalar>(&mut self, values: ArrayView2<F>, scale: f64) -> anyhow::Result<()> {
        let rows = (BLOCK_DISTANCES / self.model.centroids().nrows()).max(1);
        for block in values.axis_chunks_iter(Axis(0), rows) {
            let points = clustering::Points::new(block).scale(scale);
            let distances = self.model.distances(points)?;
            for (row, of_point) in distances.outer_iter().enumerate() {
                let beyond = of_point.iter().find(|&&distance| distance > f64::from(f32::MAX));
                ensure!(
                    beyond.is_none(),
                    "expected distances up to {:e}, the most of f4, found {:e} in row {}; scale \
                     the points down",
                    f32::MAX,
                    beyond.copied().unwrap_or_default(),
                    self.done + row
                );
            }
            self.file.write(distances.mapv(|distance| distance as f32).view())?;
            self.done += block.nrows();
            self.progress.set(self.done as u64, "");
        }
        Ok(())
    }
}
