//! Points, their copies, and the nearest others of each.

use kernels::squared_distance;
use ndarray::Array2;
use rayon::prelude::*;
use umap::{Metric, NO_NEIGHBOR, Neighbors};

use crate::copies::equal_rows;
use crate::error::{Error, Result};

/// Largest relative error of a given distance: other programs compute squares in single precision.
const TOLERANCE: f64 = 1e-2;

/// Largest absolute error of a given cosine distance, which is a difference from 1.
const COSINE_TOLERANCE: f64 = 1e-6;

/// Distinct points that each must have as neighbors, if there are so many.
const LEAST_NEIGHBORS: usize = 2;

/// A neighbor of a distinct point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Number of the distinct point that is the neighbor.
    pub point: usize,
    /// Euclidean distance to it; under [`Metric::Cosine`] that of the points brought to length 1.
    pub length: f64,
}

/// The distinct points among some rows, and the nearest others of each.
///
/// See the [crate's page](crate) for an example.
#[derive(Debug, Clone)]
pub struct Neighborhoods {
    /// All rows, shape (n, d); under [`Metric::Cosine`] brought to length 1.
    points: Array2<f32>,
    metric: Metric,
    /// The rows of each distinct point, ascending.
    copies: Vec<Vec<usize>>,
    /// The distinct point of each row.
    point_of: Vec<usize>,
    /// The neighbors of each distinct point, nearest first.
    nearest: Vec<Vec<Near>>,
}

impl Neighborhoods {
    /// Combines `points` `(n, d)` with their neighbors by `metric`.
    ///
    /// The neighbors may hold each point itself or not, copies of it or not, and may come from
    /// [`umap::distinct_neighbors`] or another program. Their distances are computed again, in
    /// `f64`. Under [`Metric::Cosine`] rows of zeros have no direction and no neighbors.
    ///
    /// ```
    /// use ndarray::array;
    /// use neighborhoods::Neighborhoods;
    /// use umap::{Metric, distinct_neighbors};
    ///
    /// let points = array![[0.0], [1.0], [1.0], [3.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let found = Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// assert_eq!((found.len(), found.copies(1)), (3, [1, 2].as_slice()));
    /// assert_eq!(found.nearest(2)[0].length, 2.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Neighbors of other points or by another metric; an index beyond the rows; a point with fewer
    /// than two others among its neighbors.
    pub fn new(mut points: Array2<f32>, given: &Neighbors, metric: Metric) -> Result<Self> {
        let n = points.nrows();
        let (indices, distances) = (given.indices.dim(), given.distances.dim());
        if indices != distances || indices.0 != n {
            return Err(Error {
                expected: format!("neighbors of {n} points, with their distances"),
                found: format!("indices {indices:?}, distances {distances:?}"),
                hint: "give the neighbors of these points",
            });
        }
        if metric == Metric::Cosine {
            normalize(&mut points);
        }
        let copies = equal_rows(points.view());
        let mut point_of = vec![0; n];
        for (point, rows) in copies.iter().enumerate() {
            rows.iter().for_each(|&row| point_of[row] = point);
        }
        let mut made = Self { points, metric, copies, point_of, nearest: Vec::new() };
        let nearest = (0..made.len()).into_par_iter().map(|point| made.neighbors_of(point, given));
        made.nearest = nearest.collect::<Result<_>>()?;
        Ok(made)
    }

    /// Number of distinct points.
    ///
    /// [`Neighborhoods::rows`] has an example.
    #[allow(
        clippy::len_without_is_empty,
        reason = "they are counted, not asked whether there is one"
    )]
    pub fn len(&self) -> usize {
        self.copies.len()
    }

    /// Number of rows, copies among them.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [1.0]];
    /// let neighbors = distinct_neighbors(points.view(), 2, Metric::Euclidean, &mut |_| ())?;
    /// let found = neighborhoods::Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// assert_eq!((found.rows(), found.len()), (3, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rows(&self) -> usize {
        self.point_of.len()
    }

    /// Returns the rows of a distinct point, ascending.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [1.0]];
    /// let neighbors = distinct_neighbors(points.view(), 2, Metric::Euclidean, &mut |_| ())?;
    /// let found = neighborhoods::Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// assert_eq!(found.copies(1), [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copies(&self, point: usize) -> &[usize] {
        &self.copies[point]
    }

    /// Returns the distinct point of a row.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [1.0]];
    /// let neighbors = distinct_neighbors(points.view(), 2, Metric::Euclidean, &mut |_| ())?;
    /// let found = neighborhoods::Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// assert_eq!(found.point_of(2), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn point_of(&self, row: usize) -> usize {
        self.point_of[row]
    }

    /// Returns the neighbors of a distinct point, nearest first; none for one without direction.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [1.0]];
    /// let neighbors = distinct_neighbors(points.view(), 2, Metric::Euclidean, &mut |_| ())?;
    /// let found = neighborhoods::Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// assert_eq!((found.nearest(0)[0].point, found.nearest(0)[0].length), (1, 1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn nearest(&self, point: usize) -> &[Near] {
        &self.nearest[point]
    }

    /// Converts a [`Near::length`] to a distance by the metric.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[1.0, 0.0], [0.0, 2.0]];
    /// let neighbors = distinct_neighbors(points.view(), 2, Metric::Cosine, &mut |_| ())?;
    /// let found = neighborhoods::Neighborhoods::new(points, &neighbors, Metric::Cosine)?;
    /// assert!((found.distance(found.nearest(0)[0].length) - 1.0).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn distance(&self, length: f64) -> f64 {
        match self.metric {
            Metric::Euclidean => length,
            Metric::Cosine => 0.5 * length * length,
        }
    }

    /// Converts a distance by the metric to a length, the inverse of [`Neighborhoods::distance`].
    pub(crate) fn length(&self, distance: f64) -> f64 {
        match self.metric {
            Metric::Euclidean => distance,
            Metric::Cosine => (2.0 * distance).sqrt(),
        }
    }

    /// Computes the length between two distinct points.
    pub(crate) fn length_between(&self, a: usize, b: usize) -> f64 {
        let row = |point: usize| self.points.row(self.copies[point][0]);
        match (row(a).as_slice(), row(b).as_slice()) {
            (Some(a), Some(b)) => squared_distance(a, b).sqrt(),
            // The rows are those of an array in Fortran order.
            _ => squared_distance(&row(a).to_vec(), &row(b).to_vec()).sqrt(),
        }
    }

    /// Whether a distinct point is a row of zeros under [`Metric::Cosine`].
    fn is_without_direction(&self, point: usize) -> bool {
        self.metric == Metric::Cosine
            && self.points.row(self.copies[point][0]).iter().all(|&x| x == 0.0)
    }

    /// Takes the neighbors of a distinct point from those `given` for its first row.
    fn neighbors_of(&self, point: usize, given: &Neighbors) -> Result<Vec<Near>> {
        if self.is_without_direction(point) {
            return Ok(Vec::new());
        }
        let (n, row) = (self.rows(), self.copies[point][0]);
        let mut nearest: Vec<Near> = Vec::with_capacity(given.indices.ncols());
        let mut last = None;
        let pairs = given.indices.row(row).into_iter().zip(given.distances.row(row));
        for (&index, &distance) in pairs.filter(|(index, _)| **index != NO_NEIGHBOR) {
            let Some(&other) = self.point_of.get(index as usize) else {
                return Err(Error {
                    expected: format!("indices of neighbors below {n}, the number of points"),
                    found: format!("{index} in row {row}"),
                    hint: "give the neighbors of these points",
                });
            };
            let known = nearest.iter().any(|near| near.point == other);
            if other == point || known || self.is_without_direction(other) {
                continue;
            }
            let length = self.length_between(point, other);
            nearest.push(Near { point: other, length });
            if last.is_none_or(|(most, _)| length > most) {
                last = Some((length, distance));
            }
        }
        if let Some((length, distance)) = last {
            self.check_distance(row, f64::from(distance), self.distance(length))?;
        }
        let others = (0..self.len()).filter(|&other| !self.is_without_direction(other));
        if nearest.len() < LEAST_NEIGHBORS
            && nearest.len() < others.take(LEAST_NEIGHBORS + 1).count() - 1
        {
            return Err(Error {
                expected: "at least 2 neighbors of each point that differ from it".into(),
                found: format!("{} in row {row}", nearest.len()),
                hint: "find more neighbors; of equal points only one counts",
            });
        }
        nearest.sort_by(|a, b| a.length.total_cmp(&b.length).then(a.point.cmp(&b.point)));
        Ok(nearest)
    }

    /// Refuses a distance that was `given` for the last neighbor of a row if it is another.
    fn check_distance(&self, row: usize, given: f64, distance: f64) -> Result<()> {
        let absolute = if self.metric == Metric::Cosine { COSINE_TOLERANCE } else { 0.0 };
        let near =
            |a: f64, b: f64| a.is_finite() && (a - b).abs() <= TOLERANCE * a.max(b) + absolute;
        if near(given, distance) {
            return Ok(());
        }
        let hint = if near(given, distance * distance) {
            "these are squares: take their roots"
        } else {
            "give the neighbors of these points, by the same metric"
        };
        Err(Error {
            expected: format!("a distance of {distance} to the last neighbor in row {row}"),
            found: given.to_string(),
            hint,
        })
    }
}

/// Brings rows to length 1; zeros stay zeros.
fn normalize(points: &mut Array2<f32>) {
    for mut row in points.outer_iter_mut() {
        let length = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        row.mapv_inplace(|x| (f64::from(x) / length.max(f64::MIN_POSITIVE)) as f32);
    }
}
