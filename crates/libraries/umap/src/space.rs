//! The distinct rows among which neighbors are searched.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis, CowArray, Ix2};
use rayon::prelude::*;

use crate::distinct::{Copies, first_equal};
use crate::error::{Error, Result};
use crate::metric::Metric;
use crate::neighbors::{Neighbors, Recall, search, search_approximately};
use crate::scale::{exponent_of, span_of};

/// Multiple of what rounding took from a point below which distances are not told from rounding.
const RESOLVED: f64 = 4.0;

/// Lengths below this have squares that `f32` holds with few digits or none.
const LEAST_LENGTH: f64 = 1.0 / (1u64 << 55) as f64;

/// Span below which unit vectors all point in nearly the same direction.
const NARROW: f64 = 1e-3;

/// Cosine distance of a row of zeros, which has no direction, to any other row, as in umap-learn.
const NO_DIRECTION: f32 = 1.0;

/// Distinct rows whose Euclidean distances are those of a metric, up to a factor.
///
/// With its default `unique=False` umap-learn takes copies of a point for its neighbors: the first
/// few of many copies then become neighbors of all others, and each copy is embedded on its own.
/// Here each distinct row is one vertex of the graph, as with `unique=True`, and all copies of a
/// point share its place.
pub(crate) struct Space<'a> {
    /// Shape `(m, d)`, in the order of the first point that each row stands for.
    pub(crate) rows: CowArray<'a, f32, Ix2>,
    /// For each of the n points its row; `None` for a row of zeros under [`Metric::Cosine`].
    row_of: Vec<Option<u32>>,
    /// The points that each row stands for, ascending.
    copies: Copies,
    metric: Metric,
    /// Rows of [`Metric::Euclidean`] are points times 2 to the power of this.
    exponent: i32,
}

impl<'a> Space<'a> {
    /// Collects the distinct rows of `points` `(n, d)`.
    pub(crate) fn of(points: ArrayView2<'a, f32>, metric: Metric) -> Self {
        let exponent = if metric == Metric::Euclidean { exponent_of(points) } else { 0 };
        let mapped = map(points, metric, exponent);
        let zero = |i: usize| metric == Metric::Cosine && mapped.row(i).iter().all(|&x| x == 0.0);
        let zeros: Vec<bool> = (0..points.nrows()).into_par_iter().map(zero).collect();
        let first = first_equal(mapped.view());
        let mut row_of = Vec::with_capacity(first.len());
        let mut of_first = vec![0_u32; first.len()];
        let mut firsts = Vec::new();
        for (i, &first) in first.iter().enumerate() {
            if zeros[i] {
                row_of.push(None);
                continue;
            }
            if first as usize == i {
                of_first[i] = firsts.len() as u32;
                firsts.push(i);
            }
            row_of.push(Some(of_first[first as usize]));
        }
        let rows = if firsts.len() == points.nrows() {
            mapped
        } else {
            CowArray::from(mapped.select(Axis(0), &firsts))
        };
        let copies = Copies::of(&row_of, firsts.len());
        Self { rows, row_of, copies, metric, exponent }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.nrows()
    }

    /// Number of points.
    pub(crate) fn points(&self) -> usize {
        self.row_of.len()
    }

    /// The row of a point; `None` for one of zeros under [`Metric::Cosine`].
    pub(crate) fn row_of(&self, point: usize) -> Option<usize> {
        self.row_of[point].map(|row| row as usize)
    }

    /// The metric of distances between points.
    pub(crate) fn metric(&self) -> Metric {
        self.metric
    }

    /// The power of 2 by which Euclidean distances are multiplied; mostly 0.
    pub(crate) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// Whether each point is a row of its own.
    pub(crate) fn is_plain(&self) -> bool {
        self.len() == self.row_of.len()
    }

    /// Converts the `rounding` of the first point of a row to the scale of distances between rows.
    fn rounding_of(&self, row: usize, rounding: &[f32]) -> f64 {
        let point = self.copies.of_row(row)[0] as usize;
        let lost = rounding.get(point).map_or(0.0, |&lost| f64::from(lost));
        match self.metric {
            Metric::Euclidean => lost * 2.0_f64.powi(self.exponent),
            // Unit vectors are rounded as well.
            Metric::Cosine => lost + 0.5 * f64::from(f32::EPSILON),
        }
    }

    /// Counts points whose distances to all of their `nearest` rows are no more than rounding.
    ///
    /// `nearest` comes from [`Self::nearest_rows`]; `rounding` is what rounding took from each
    /// point, nothing if it is empty.
    pub(crate) fn unresolved(&self, nearest: &Neighbors, rounding: &[f32]) -> usize {
        let Some(last) = nearest.distances.ncols().checked_sub(1) else { return 0 };
        let unresolved = |&row: &usize| {
            let distance = f64::from(nearest.distances[[row, last]]);
            let length =
                if self.metric == Metric::Cosine { (2.0 * distance).sqrt() } else { distance };
            length < RESOLVED * self.rounding_of(row, rounding) || length < LEAST_LENGTH
        };
        (0..self.len()).filter(unresolved).map(|row| self.copies.of_row(row).len()).sum()
    }

    /// Whether all rows are so near to one another that rounding may hide all structure; always
    /// true under Euclidean distance.
    pub(crate) fn is_narrow(&self) -> bool {
        self.metric == Metric::Euclidean || span_of(self.rows.view()) < NARROW
    }

    /// The first point that each row stands for.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).map(|row| self.copies.of_row(row)[0] as usize)
    }

    /// The first point without a row: one of zeros under [`Metric::Cosine`].
    pub(crate) fn first_zero(&self) -> Option<usize> {
        self.row_of.iter().position(Option::is_none)
    }

    /// Whether a row from [`Self::map`] is all zeros under [`Metric::Cosine`].
    pub(crate) fn is_without_direction(&self, row: ArrayView1<f32>) -> bool {
        self.metric == Metric::Cosine && row.iter().all(|&x| x == 0.0)
    }

    /// Copies the `values` `(m, dims)` of each row to its points; those without get `otherwise`.
    pub(crate) fn expand<'b>(
        &self,
        values: &'b Array2<f32>,
        otherwise: ArrayView1<'b, f32>,
    ) -> Array2<f32> {
        let mut to = Array2::zeros((self.row_of.len(), values.ncols()));
        for (mut to, row) in to.outer_iter_mut().zip(&self.row_of) {
            to.assign(&row.map_or(otherwise, |row| values.row(row as usize)));
        }
        to
    }

    /// Selects the distinct rows of `points`, which the space is made of, not normalized.
    ///
    /// They are multiplied by a power of 2 if they are very large or small.
    pub(crate) fn plain_rows(&self, points: ArrayView2<f32>) -> Array2<f32> {
        match self.metric {
            Metric::Euclidean => self.rows.to_owned(),
            Metric::Cosine => {
                let firsts: Vec<usize> = self.firsts().collect();
                map(points, Metric::Euclidean, exponent_of(points)).select(Axis(0), &firsts)
            }
        }
    }

    /// Finds the `k` rows nearest to each row, itself left out; fewer if there are no more.
    ///
    /// Distances are those of the metric; Euclidean ones are multiplied by `2^exponent`.
    ///
    /// # Errors
    /// [`Error::TooFar`] if the square of a distance is not finite in `f32`.
    pub(crate) fn nearest_rows(
        &self,
        k: usize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Neighbors> {
        let k = k.min(self.len().saturating_sub(1));
        self.to_metric(search(self.rows.view(), None, k, progress))
    }

    /// Finds most of the `k` rows nearest to each row, and how many of them, as
    /// [`search_approximately`] does.
    ///
    /// # Errors
    /// As [`Self::nearest_rows`].
    pub(crate) fn near_rows(
        &self,
        k: usize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(Neighbors, Option<Recall>)> {
        let k = k.min(self.len().saturating_sub(1));
        let (found, recall) = search_approximately(self.rows.view(), k, progress);
        Ok((self.to_metric(found)?, recall))
    }

    /// Finds the `k` rows nearest to each of `queries` `(m, d)`; fewer if there are no more.
    ///
    /// The queries come from [`Self::map`].
    ///
    /// # Errors
    /// [`Error::TooFar`] if the square of a distance is not finite in `f32`.
    pub(crate) fn nearest_to(&self, queries: ArrayView2<f32>, k: usize) -> Result<Neighbors> {
        self.to_metric(search(self.rows.view(), Some(queries), k.min(self.len()), &|_| ()))
    }

    /// Maps other points `(m, d)` as the rows were mapped.
    pub(crate) fn map<'b>(&self, points: ArrayView2<'b, f32>) -> CowArray<'b, f32, Ix2> {
        map(points, self.metric, self.exponent)
    }

    /// Finds the `k` points nearest to each of the n points, itself left out.
    ///
    /// Here copies of a point are points of their own.
    ///
    /// # Errors
    /// As [`Self::nearest_rows`].
    pub(crate) fn nearest_points(
        &self,
        k: usize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Neighbors> {
        let n = self.row_of.len();
        let mut of_rows = self.nearest_rows(k, progress)?;
        let factor = 2.0_f64.powi(-self.exponent);
        if self.exponent != 0 {
            of_rows.distances.mapv_inplace(|distance| (f64::from(distance) * factor) as f32);
        }
        if self.is_plain() {
            return Ok(of_rows);
        }
        let (others, zeros): (Vec<u32>, Vec<u32>) =
            (0..n as u32).partition(|&i| self.row_of[i as usize].is_some());
        let near: Vec<Vec<(f32, u32)>> = (0..n as u32)
            .into_par_iter()
            .map(|i| {
                // At most k of any kind are among the nearest, once the point itself is left out.
                let at_distance = |ids: &[u32], distance: f32| -> Vec<(f32, u32)> {
                    ids.iter().filter(|&&j| j != i).take(k).map(|&j| (distance, j)).collect()
                };
                let mut near = match self.row_of[i as usize] {
                    Some(row) => {
                        let row = row as usize;
                        let mut near = at_distance(self.copies.of_row(row), 0.0);
                        let ends =
                            of_rows.indices.row(row).into_iter().zip(of_rows.distances.row(row));
                        for (&other, &distance) in ends {
                            near.extend(at_distance(self.copies.of_row(other as usize), distance));
                        }
                        near.extend(at_distance(&zeros, NO_DIRECTION));
                        near
                    }
                    None => [at_distance(&zeros, 0.0), at_distance(&others, NO_DIRECTION)].concat(),
                };
                near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                near.truncate(k);
                near
            })
            .collect();
        let indices = Array2::from_shape_fn((n, k), |(i, at)| near[i][at].1);
        let distances = Array2::from_shape_fn((n, k), |(i, at)| near[i][at].0);
        Ok(Neighbors { indices, distances })
    }

    /// Converts squared Euclidean distances to those of the metric.
    fn to_metric(&self, mut found: Neighbors) -> Result<Neighbors> {
        if let Some(((row, _), _)) = found.distances.indexed_iter().find(|(_, x)| !x.is_finite()) {
            return Err(Error::TooFar { row });
        }
        found.distances.mapv_inplace(|squared| match self.metric {
            Metric::Euclidean => squared.sqrt(),
            Metric::Cosine => 0.5 * squared,
        });
        Ok(found)
    }

    /// Converts the squared Euclidean distance of two rows to that of the metric.
    pub(crate) fn distance(&self, squared: f64) -> f64 {
        match self.metric {
            Metric::Euclidean => squared.sqrt(),
            Metric::Cosine => 0.5 * squared,
        }
    }
}

/// Maps points so that their Euclidean distances are those of the metric, up to a factor.
fn map(points: ArrayView2<f32>, metric: Metric, exponent: i32) -> CowArray<f32, Ix2> {
    match metric {
        Metric::Euclidean if exponent == 0 => CowArray::from(points),
        Metric::Euclidean => {
            let factor = 2.0_f64.powi(exponent);
            CowArray::from(points.mapv(|x| (f64::from(x) * factor) as f32))
        }
        Metric::Cosine => CowArray::from(normalize(points)),
    }
}

/// Scales points to length 1; zeros stay zeros.
fn normalize(points: ArrayView2<f32>) -> Array2<f32> {
    let mut unit = points.as_standard_layout().into_owned();
    for mut row in unit.outer_iter_mut() {
        let length = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        row.mapv_inplace(|x| (f64::from(x) / length.max(f64::MIN_POSITIVE)) as f32);
    }
    unit
}
