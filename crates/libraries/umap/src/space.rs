//! The distinct rows that neighbors are searched among.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis, CowArray, Ix2};
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::neighbours::{Metric, Neighbours, search};

/// Spans of points, as powers of 2, whose squared distances are far from both ends of `f32`.
pub(crate) const PLAIN_SPANS: std::ops::RangeInclusive<i32> = -30..=40;

/// The power of 2 that the span of points outside [`PLAIN_SPANS`] is brought to. Squares of sums of such spans stay below the
/// largest `f32`, and distances down to 2^-100 of the span have squares above the smallest.
pub(crate) const SPAN: i32 = 40;

/// Distances below so many times what rounding took from a point are not told from rounding.
const RESOLVED: f64 = 4.0;

/// Lengths below this have squares that `f32` holds with few digits or none.
const LEAST_LENGTH: f64 = 1.0 / (1u64 << 55) as f64;

/// Directions that extend over less than this are all nearly the same.
const NARROW: f64 = 1e-3;

/// Distance under [`Metric::Cosine`] of a row of zeros, which has no direction, to any other row, as in umap-learn.
const NO_DIRECTION: f32 = 1.0;

/// Rows between which Euclidean distances are those of a metric, up to a factor. Equal rows stand in it once.
///
/// Of equal points umap-learn (with its default `unique=False`) takes copies for neighbors: the first few of many copies
/// then become neighbors of all others, and copies get places of their own. Here each distinct row is one vertex of the
/// graph, as with `unique=True`, and all copies of a point share its place.
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
    /// The distinct rows of `points` `(n, d)`.
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

    /// Whether each point is a row of its own.
    pub(crate) fn is_plain(&self) -> bool {
        self.len() == self.row_of.len()
    }

    /// For each row what `rounding` of its first point means for distances between rows, as lengths.
    fn rounding_of(&self, row: usize, rounding: &[f32]) -> f64 {
        let point = self.copies.of_row(row)[0] as usize;
        let lost = rounding.get(point).map_or(0.0, |&lost| f64::from(lost));
        match self.metric {
            Metric::Euclidean => lost * 2.0_f64.powi(self.exponent),
            // That of directions, whose length is 1.
            Metric::Cosine => lost + 0.5 * f64::from(f32::EPSILON),
        }
    }

    /// The points whose distances to their `nearest` rows, as of [`Self::nearest_rows`], are no more than rounding.
    ///
    /// `rounding` is what rounding took from each point; none if it is empty.
    pub(crate) fn unresolved(&self, nearest: &Neighbours, rounding: &[f32]) -> usize {
        let Some(last) = nearest.distances.ncols().checked_sub(1) else { return 0 };
        let unresolved = |&row: &usize| {
            let distance = f64::from(nearest.distances[[row, last]]);
            let length = if self.metric == Metric::Cosine { (2.0 * distance).sqrt() } else { distance };
            length < RESOLVED * self.rounding_of(row, rounding) || length < LEAST_LENGTH
        };
        (0..self.len()).filter(unresolved).map(|row| self.copies.of_row(row).len()).sum()
    }

    /// Whether all rows are so near to one another that what rounding hides is all there is.
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

    /// Whether a row, as of [`Self::map`], is of zeros under [`Metric::Cosine`].
    pub(crate) fn is_without_direction(&self, row: ArrayView1<f32>) -> bool {
        self.metric == Metric::Cosine && row.iter().all(|&x| x == 0.0)
    }

    /// The values of each point, from those of its row, `(m, dims)`; points without a row get `otherwise`.
    pub(crate) fn expand<'b>(&self, values: &'b Array2<f32>, otherwise: ArrayView1<'b, f32>) -> Array2<f32> {
        let mut to = Array2::zeros((self.row_of.len(), values.ncols()));
        for (mut to, row) in to.outer_iter_mut().zip(&self.row_of) {
            to.assign(&row.map_or(otherwise, |row| values.row(row as usize)));
        }
        to
    }

    /// The distinct ones of `points`, which the space is of; times a power of 2 if they are very large or small.
    pub(crate) fn plain_rows(&self, points: ArrayView2<f32>) -> Array2<f32> {
        match self.metric {
            Metric::Euclidean => self.rows.to_owned(),
            Metric::Cosine => {
                let firsts: Vec<usize> = self.firsts().collect();
                map(points, Metric::Euclidean, exponent_of(points)).select(Axis(0), &firsts)
            }
        }
    }

    /// The `k` rows nearest to each row, itself left out; fewer if there are no more.
    ///
    /// Distances are those of the metric, but of [`Metric::Euclidean`] times `2^exponent`.
    ///
    /// # Errors
    /// A distance whose square is no `f32`.
    pub(crate) fn nearest_rows(&self, k: usize, progress: &(dyn Fn(usize) + Sync)) -> Result<Neighbours> {
        let k = k.min(self.len().saturating_sub(1));
        self.finish(search(self.rows.view(), None, k, progress))
    }

    /// The `k` rows nearest to each of `queries` `(m, d)`, as of [`Self::map`]; fewer if there are no more.
    ///
    /// # Errors
    /// A distance whose square is no `f32`.
    pub(crate) fn nearest_to(&self, queries: ArrayView2<f32>, k: usize) -> Result<Neighbours> {
        self.finish(search(self.rows.view(), Some(queries), k.min(self.len()), &|_| ()))
    }

    /// Brings other points, `(m, d)`, to where the rows are.
    pub(crate) fn map<'b>(&self, points: ArrayView2<'b, f32>) -> CowArray<'b, f32, Ix2> {
        map(points, self.metric, self.exponent)
    }

    /// The `k` nearest of the n points to each of them, itself left out: copies stand one by one.
    ///
    /// # Errors
    /// As [`Self::nearest_rows`].
    pub(crate) fn nearest_points(&self, k: usize, progress: &(dyn Fn(usize) + Sync)) -> Result<Neighbours> {
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
                // No more than k of any kind can be among the nearest, and one may be the point itself.
                let some = |ids: &[u32], distance: f32| -> Vec<(f32, u32)> {
                    ids.iter().filter(|&&j| j != i).take(k).map(|&j| (distance, j)).collect()
                };
                let mut near = match self.row_of[i as usize] {
                    Some(row) => {
                        let row = row as usize;
                        let mut near = some(self.copies.of_row(row), 0.0);
                        let ends = of_rows.indices.row(row).into_iter().zip(of_rows.distances.row(row));
                        for (&other, &distance) in ends {
                            near.extend(some(self.copies.of_row(other as usize), distance));
                        }
                        near.extend(some(&zeros, NO_DIRECTION));
                        near
                    }
                    None => [some(&zeros, 0.0), some(&others, NO_DIRECTION)].concat(),
                };
                near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                near.truncate(k);
                near
            })
            .collect();
        let indices = Array2::from_shape_fn((n, k), |(i, at)| near[i][at].1);
        let distances = Array2::from_shape_fn((n, k), |(i, at)| near[i][at].0);
        Ok(Neighbours { indices, distances })
    }

    /// From squared Euclidean distances to those of the metric.
    fn finish(&self, mut found: Neighbours) -> Result<Neighbours> {
        if let Some(((row, _), _)) = found.distances.indexed_iter().find(|(_, x)| !x.is_finite()) {
            return Err(Error::TooFar { row });
        }
        found.distances.mapv_inplace(|squared| match self.metric {
            Metric::Euclidean => squared.sqrt(),
            Metric::Cosine => 0.5 * squared,
        });
        Ok(found)
    }
}

/// The points of each row, row after row.
struct Copies {
    starts: Vec<usize>,
    points: Vec<u32>,
}

impl Copies {
    fn of(row_of: &[Option<u32>], rows: usize) -> Self {
        let mut starts = vec![0; rows + 1];
        row_of.iter().flatten().for_each(|&row| starts[row as usize + 1] += 1);
        (0..rows).for_each(|row| starts[row + 1] += starts[row]);
        let mut at = starts.clone();
        let mut points = vec![0; starts[rows]];
        for (i, row) in row_of.iter().enumerate() {
            if let &Some(row) = row {
                points[at[row as usize]] = i as u32;
                at[row as usize] += 1;
            }
        }
        Self { starts, points }
    }

    fn of_row(&self, row: usize) -> &[u32] {
        &self.points[self.starts[row]..self.starts[row + 1]]
    }
}

/// The power of 2 that brings points to a span in which squared distances are far from both ends of `f32`; mostly 0.
///
/// It depends on differences of points alone, so it is the same wherever the origin lies.
fn exponent_of(points: ArrayView2<f32>) -> i32 {
    let span = span_of(points);
    if span == 0.0 || PLAIN_SPANS.contains(&(span.log2().floor() as i32)) {
        return 0;
    }
    SPAN - span.log2().floor() as i32
}

/// The largest difference of two points in a feature.
fn span_of(points: ArrayView2<f32>) -> f64 {
    let d = points.ncols();
    let (mut low, mut high) = (vec![f32::INFINITY; d], vec![f32::NEG_INFINITY; d]);
    for row in points.outer_iter() {
        for ((low, high), &x) in low.iter_mut().zip(&mut high).zip(row) {
            (*low, *high) = (low.min(x), high.max(x));
        }
    }
    low.iter().zip(&high).map(|(&low, &high)| f64::from(high) - f64::from(low)).fold(0.0, f64::max)
}

/// Points whose Euclidean distances are those of the metric, up to a factor.
fn map(points: ArrayView2<f32>, metric: Metric, exponent: i32) -> CowArray<f32, Ix2> {
    match metric {
        Metric::Euclidean if exponent == 0 => CowArray::from(points),
        Metric::Euclidean => {
            let factor = 2.0_f64.powi(exponent);
            CowArray::from(points.mapv(|x| (f64::from(x) * factor) as f32))
        }
        Metric::Cosine => CowArray::from(directions(points)),
    }
}

/// Points of length 1; zeros stay zeros.
fn directions(points: ArrayView2<f32>) -> Array2<f32> {
    let mut unit = points.as_standard_layout().into_owned();
    for mut row in unit.outer_iter_mut() {
        let length = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        row.mapv_inplace(|x| (f64::from(x) / length.max(f64::MIN_POSITIVE)) as f32);
    }
    unit
}

/// For each row of `points` the first that is equal to it. 0 and -0 are equal.
pub(crate) fn first_equal(points: ArrayView2<f32>) -> Vec<u32> {
    let mut hashes: Vec<(u64, u32)> =
        (0..points.nrows() as u32).into_par_iter().map(|i| (content(points.row(i as usize)), i)).collect();
    hashes.par_sort_unstable();
    let mut first: Vec<u32> = (0..points.nrows() as u32).collect();
    for same in hashes.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        // Rows of one hash that differ are next to impossible, so that this list has one entry.
        let mut distinct: Vec<u32> = Vec::new();
        for &(_, i) in same {
            match distinct.iter().find(|&&other| points.row(other as usize) == points.row(i as usize)) {
                Some(&other) => first[i as usize] = other,
                None => distinct.push(i),
            }
        }
    }
    first
}

/// A hash of values; 0 and -0 count as equal.
pub(crate) fn content(row: ArrayView1<f32>) -> u64 {
    row.iter().fold(0x9e37_79b9_7f4a_7c15, |hash: u64, &x| {
        let bits = u64::from((x + 0.0).to_bits());
        let product = u128::from(hash ^ bits) * 0xa076_1d64_78bd_642f_u128;
        (product >> 64) as u64 ^ product as u64 ^ hash.rotate_left(23)
    })
}
