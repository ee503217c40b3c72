//! Measures the silhouettes of points under several labelings at once.

use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;

use super::distance_sums::{BLOCK_ROWS, ScaledPoints, block_silhouettes};
use super::labels::Labels;
use super::sample::Sample;
use crate::Error;
use crate::ids::NOISE;
use crate::points::{check_points, max_abs, scale};

/// Points that are scored between two calls of the progress: work of about a second for 60,000.
const ROWS_PER_REPORT: usize = 256 * BLOCK_ROWS;

/// The silhouettes of the points of a sample.
pub(super) struct Measured {
    /// Rows of the points that are measured; a place is an index into them.
    pub(super) rows: Vec<usize>,
    /// The clusters of these, for each labeling.
    pub(super) labelings: Vec<Labels>,
    pub(super) sample: Sample,
    /// The silhouettes of each point of the sample, one for each labeling.
    pub(super) silhouettes: Vec<Vec<f64>>,
}

impl Measured {
    /// Measures the points that `draw` chooses against all points that are in a cluster.
    ///
    /// Calls `on_progress` with the number of points scored so far.
    ///
    /// # Errors
    ///
    /// The errors are those of [`super::silhouettes`].
    pub(super) fn of<T: Copy + Into<f64> + Sync>(
        points: ArrayView2<T>,
        weights: Option<&[f64]>,
        labelings: &[ArrayView1<i64>],
        draw: impl Fn(&[usize], Option<&[f64]>) -> Sample,
        on_progress: &mut dyn FnMut(usize),
    ) -> Result<Self, Error> {
        for &labels in labelings {
            check_points(points.nrows(), labels)?;
        }
        // Contiguous rows are faster to read, and each is read many times.
        let points = points.as_standard_layout();
        let points = points.view();
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let is_measured =
            |&row: &usize| weight(row) > 0.0 && labelings.iter().any(|labels| labels[row] != NOISE);
        let rows: Vec<usize> = (0..points.nrows()).filter(is_measured).collect();
        let unit = scale(max_abs(points, &rows)?);
        let point_weights: Vec<f64> = rows.iter().map(|&row| weight(row)).collect();
        let mut numbered = Vec::with_capacity(labelings.len());
        for labels in labelings {
            numbered.push(Labels::of(rows.iter().map(|&row| labels[row]), &point_weights)?);
        }

        let sample = draw(&rows, weights);
        let scaled = ScaledPoints { points, rows: &rows, unit };
        let mut silhouettes = Vec::with_capacity(sample.places.len());
        for places in sample.places.chunks(ROWS_PER_REPORT) {
            let blocks = places.par_chunks(BLOCK_ROWS);
            silhouettes.par_extend(blocks.flat_map_iter(|places| {
                block_silhouettes(&scaled, &point_weights, &numbered, places)
            }));
            on_progress(silhouettes.len());
        }
        Ok(Self { rows, labelings: numbered, sample, silhouettes })
    }
}
