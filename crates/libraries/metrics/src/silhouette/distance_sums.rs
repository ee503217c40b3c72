//! Sums of the distances of points to all others, cluster by cluster.

use kernels::squared_distance;
use multiversion::multiversion;
use ndarray::ArrayView2;

use super::labels::Labels;

/// Points that one task scores in a pass over all points; does not change the result.
pub(super) const BLOCK_ROWS: usize = 16;

/// Values of the points in a tile: 128 KiB, which stay in the cache for a whole block.
const TILE_VALUES: usize = 16_384;

/// Largest number of points in a tile.
const MAX_TILE_ROWS: usize = 512;

/// Points with a positive weight that are in a cluster of any labeling.
pub(super) struct ScaledPoints<'a, T> {
    pub(super) points: ArrayView2<'a, T>,
    /// The rows of `points` that are measured; a place is an index into them.
    pub(super) rows: &'a [usize],
    /// Power of two that keeps squared differences within the range of `f64`.
    pub(super) unit: f64,
}

impl<T: Copy + Into<f64> + Sync> ScaledPoints<'_, T> {
    /// Copies the points at `places` into `values`, one after the other.
    fn fill(&self, places: impl Iterator<Item = usize>, values: &mut Vec<f64>) {
        values.clear();
        for place in places {
            let point = self.points.row(self.rows[place]);
            values.extend(point.iter().map(|&value| value.into() * self.unit));
        }
    }
}

/// Returns the silhouettes of the points at `places`, one for each labeling.
pub(super) fn block_silhouettes<T: Copy + Into<f64> + Sync>(
    scaled: &ScaledPoints<T>,
    point_weights: &[f64],
    labelings: &[Labels],
    places: &[usize],
) -> Vec<Vec<f64>> {
    let (n, d) = (scaled.rows.len(), scaled.points.ncols());
    let tile_rows = (TILE_VALUES / d.max(1)).clamp(1, MAX_TILE_ROWS);
    let (mut scored, mut tile) = (Vec::new(), Vec::new());
    scaled.fill(places.iter().copied(), &mut scored);
    let mut distances = vec![0.0; places.len() * tile_rows];
    // For each labeling, the sums of each scored point by cluster, with noise after the last.
    let mut sums: Vec<Vec<Vec<f64>>> = labelings
        .iter()
        .map(|labels| vec![vec![0.0; labels.clusters() + 1]; places.len()])
        .collect();
    for start in (0..n).step_by(tile_rows) {
        let end = n.min(start + tile_rows);
        scaled.fill(start..end, &mut tile);
        measure(&scored, &tile, d, end - start, &mut distances);
        let weights = &point_weights[start..end];
        for (labels, sums) in labelings.iter().zip(&mut sums) {
            let labels = labels.range(start..end);
            for (sums, distances) in sums.iter_mut().zip(distances.chunks(end - start)) {
                for (other, &label) in labels.iter().enumerate() {
                    sums[label as usize] += weights[other] * distances[other];
                }
            }
        }
    }
    let mut silhouettes = Vec::with_capacity(places.len());
    for (at, &place) in places.iter().enumerate() {
        let of_labelings = labelings
            .iter()
            .zip(&sums)
            .map(|(labels, sums)| labels.silhouette(place, point_weights[place], &sums[at]));
        silhouettes.push(of_labelings.collect());
    }
    silhouettes
}

/// Measures the distances of the points `scored` (m, d) to the points `tile` (rows, d), (m, rows).
// Wider registers round no instruction differently, so that every processor gives the same bits.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn measure(scored: &[f64], tile: &[f64], d: usize, rows: usize, distances: &mut [f64]) {
    for (at, distances) in distances.chunks_mut(rows).take(scored.len() / d.max(1)).enumerate() {
        let point = &scored[at * d..(at + 1) * d];
        for (other, distance) in distances.iter_mut().enumerate() {
            *distance = squared_distance(point, &tile[other * d..(other + 1) * d]).sqrt();
        }
    }
}
