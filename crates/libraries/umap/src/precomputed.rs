//! Neighbors that are found once, for several embeddings, or that another program has found.

use std::collections::HashSet;

use kernels::squared_distance_f32;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::checks::{check, finite};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::metric::Metric;
use crate::neighbors::{Neighbors, search};
use crate::params::Params;
use crate::progress::{NeighborsReporter, Progress};
use crate::space::Space;

/// Stands in [`Neighbors::indices`] for a neighbor that a point does not have.
pub const NO_NEIGHBOR: u32 = u32::MAX;

/// Rows whose distances are computed again, to see whether given neighbors belong to the points.
const CHECKED: usize = 500;

/// Largest relative error of a given distance: other programs compute squares in single precision.
const TOLERANCE: f64 = 1e-2;

/// Largest absolute error of a given cosine distance, which is a difference from 1.
const COSINE_TOLERANCE: f64 = 1e-6;

/// Finds the exact `neighbors` nearest points of each of `points` `(n, d)`, itself the first.
///
/// Returns shape `(n, neighbors)`. Of equal points only the first can be a neighbor of others, as
/// in the graph that [`fit`](crate::fit()) makes. Under [`Metric::Cosine`] a point of zeros has no
/// neighbors but itself. A point with fewer neighbors has [`NO_NEIGHBOR`] at infinite distance in
/// the last columns.
///
/// [`fit_with_neighbors`](crate::fit_with_neighbors) takes the result for as many embeddings as
/// there are to be. `on_progress` may be called by any thread, by one at a time.
///
/// Tested against plain search.
///
/// ```
/// use umap::{Metric, NO_NEIGHBOR, distinct_neighbors};
/// use ndarray::array;
///
/// let points = array![[0.0], [1.0], [1.0], [3.0]];
/// let found = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
/// assert_eq!(found.indices, array![[0, 1, 3], [1, 0, 3], [2, 0, 3], [3, 1, 0]]);
/// assert_eq!(found.distances.row(1), array![0.0, 1.0, 2.0]);
///
/// let found = distinct_neighbors(points.view(), 4, Metric::Euclidean, &mut |_| ())?;
/// assert!(found.indices.column(3).iter().all(|&index| index == NO_NEIGHBOR));
/// # Ok::<(), umap::Error>(())
/// ```
///
/// # Errors
/// As [`fit`](crate::fit()); and [`Error::Parameter`] if the points are so large or small that
/// `f32` does not hold their distances.
pub fn distinct_neighbors(
    points: ArrayView2<f32>,
    neighbors: usize,
    metric: Metric,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Neighbors> {
    let space = space_of(points, neighbors, metric)?;
    let reporter = NeighborsReporter::new(space.len(), on_progress);
    let of_rows = space.nearest_rows(neighbors - 1, &|rows| reporter.add(rows))?;
    Ok(neighbors_of_points(&space, &of_rows, neighbors))
}

/// Finds most of the `neighbors` nearest points of each of `points` `(n, d)`, itself the first.
///
/// Returns what [`distinct_neighbors`] does, with nearby points in place of some of the nearest.
/// Each point is compared with the points of a few near blocks, then with the neighbors of its
/// neighbors, until hardly any is new (NN-descent: Dong, Charikar and Li, *Efficient k-nearest
/// neighbor graph construction for generic similarity measures*, WWW 2011). At the end the exact
/// neighbors of some 1,000 points are searched, and [`Progress::Recall`] tells how many of them
/// were found. It is exact, and tells nothing, where points have few features. The result does not
/// depend on the number of threads.
///
/// Memory beside that of the exact search: some 700 bytes a point for 20 neighbors.
///
/// Tested against the exact search.
///
/// ```
/// use umap::{Metric, approximate_neighbors, distinct_neighbors};
/// use ndarray::Array2;
///
/// // So few points are all compared.
/// let points = Array2::from_shape_fn((100, 4), |(i, j)| ((i * (j + 3)) % 31) as f32);
/// let (k, metric) = (8, Metric::Euclidean);
/// let found = approximate_neighbors(points.view(), k, metric, &mut |_| ())?;
/// assert_eq!(found, distinct_neighbors(points.view(), k, metric, &mut |_| ())?);
/// # Ok::<(), umap::Error>(())
/// ```
///
/// # Errors
/// As [`distinct_neighbors`].
pub fn approximate_neighbors(
    points: ArrayView2<f32>,
    neighbors: usize,
    metric: Metric,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Neighbors> {
    let space = space_of(points, neighbors, metric)?;
    let reporter = NeighborsReporter::new(space.len(), on_progress);
    let (of_rows, recall) = space.near_rows(neighbors - 1, &|rows| reporter.add(rows))?;
    if let Some(recall) = recall {
        reporter.report(recall);
    }
    Ok(neighbors_of_points(&space, &of_rows, neighbors))
}

/// Collects the distinct rows of points whose distances `f32` holds.
fn space_of(points: ArrayView2<f32>, neighbors: usize, metric: Metric) -> Result<Space> {
    check(points, &Params { neighbors, metric, dims: 1, ..Params::default() })?;
    let space = Space::of(points, metric);
    refuse_exponent(&space)?;
    Ok(space)
}

/// Turns neighbors among rows into those of each point, itself the first.
fn neighbors_of_points(space: &Space, of_rows: &Neighbors, neighbors: usize) -> Neighbors {
    let firsts: Vec<u32> = space.firsts().map(|first| first as u32).collect();
    let n = space.points();
    let mut indices = Array2::from_elem((n, neighbors), NO_NEIGHBOR);
    let mut distances = Array2::from_elem((n, neighbors), f32::INFINITY);
    for i in 0..n {
        (indices[[i, 0]], distances[[i, 0]]) = (i as u32, 0.0);
        let Some(row) = space.row_of(i) else { continue };
        let found = of_rows.indices.row(row).into_iter().zip(of_rows.distances.row(row));
        for (at, (&other, &distance)) in found.enumerate() {
            indices[[i, at + 1]] = firsts[other as usize];
            distances[[i, at + 1]] = distance;
        }
    }
    Neighbors { indices, distances }
}

/// Finds the `k` of `points` `(n, d)` nearest to each of `queries` `(m, d)`, by Euclidean distance.
///
/// Returns shape `(m, k)`, nearest first, with fewer columns if there are fewer points. Points are
/// searched as they are: equal ones count as often as they occur, the lower index first.
///
/// ```
/// use ndarray::array;
/// use umap::nearest_points;
///
/// let found = nearest_points(array![[0.0], [1.0], [3.0]].view(), array![[2.5]].view(), 2)?;
/// assert_eq!(found.indices, array![[2, 1]]);
/// assert_eq!(found.distances, array![[0.5, 1.5]]);
/// # Ok::<(), umap::Error>(())
/// ```
///
/// # Errors
/// [`Error::Features`] if the numbers of features differ; [`Error::NonFinite`] if a value is not
/// finite; [`Error::TooFar`] if a squared distance is not.
pub fn nearest_points(
    points: ArrayView2<f32>,
    queries: ArrayView2<f32>,
    k: usize,
) -> Result<Neighbors> {
    let (expected, found) = (points.ncols(), queries.ncols());
    if expected != found {
        return Err(Error::Features { expected, found });
    }
    finite(points)?;
    finite(queries)?;
    let mut found = search(points, Some(queries), k.min(points.nrows()), &|_| ());
    if let Some(((row, _), _)) = found.distances.indexed_iter().find(|(_, x)| !x.is_finite()) {
        return Err(Error::TooFar { row });
    }
    found.distances.mapv_inplace(f32::sqrt);
    Ok(found)
}

/// Refuses a space whose distances are not those of its points.
pub(crate) fn refuse_exponent(space: &Space) -> Result<()> {
    if space.exponent() == 0 { Ok(()) } else { Err(scaled()) }
}

/// Returns the error for points whose distances are computed in another unit.
fn scaled() -> Error {
    Error::Parameter {
        expected: "points whose distances single precision holds, to keep their neighbors".into(),
        found: "larger or smaller ones".into(),
        hint: "scale the points, or let each embedding find its neighbors",
    }
}

impl Frame {
    /// Refuses a frame in which distances are not those of the points, so that neighbors cannot be
    /// kept for later.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    ///
    /// assert!(Frame::identity(3, Metric::Euclidean).check_unscaled().is_ok());
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] unless [`Frame::exponent`] is 0.
    pub fn check_unscaled(&self) -> Result<()> {
        if self.exponent() == 0 { Ok(()) } else { Err(scaled()) }
    }
}

/// Takes the neighbors of the distinct rows of a space from those of its points, `given` `(n, m)`.
///
/// They may be of more neighbors than `k`, hold the point itself or not, and hold copies of points.
///
/// # Errors
/// [`Error::Parameter`] if there are too few, if they are in no order, or not of these points.
pub(crate) fn neighbors_of_rows(space: &Space, given: &Neighbors, k: usize) -> Result<Neighbors> {
    refuse_exponent(space)?;
    check_shape(given, space.points())?;
    let k = k.min(space.len().saturating_sub(1));
    let firsts: Vec<usize> = space.firsts().collect();
    let of_row = |(row, &first): (usize, &usize)| rows_of_point(space, given, first, Some(row), k);
    let rows = firsts.par_iter().enumerate().map(of_row).collect::<Result<Vec<_>>>()?;
    check_distances(space, &rows, &|row| (firsts[row], space.rows.row(row).to_vec()))?;
    Ok(neighbors_from(&rows, k))
}

/// Takes the `k` rows of a space nearest to each of `queries`, which it has mapped, from `given`.
///
/// # Errors
/// As [`neighbors_of_rows`].
pub(crate) fn neighbors_of_queries(
    space: &Space,
    queries: ArrayView2<f32>,
    given: &Neighbors,
    k: usize,
) -> Result<Neighbors> {
    refuse_exponent(space)?;
    check_shape(given, queries.nrows())?;
    let k = k.min(space.len());
    let of_query = |i: usize| {
        if space.is_without_direction(queries.row(i)) {
            // It gets no edges, whatever its neighbors.
            return Ok(vec![(0, f32::INFINITY); k]);
        }
        rows_of_point(space, given, i, None, k)
    };
    let rows = (0..queries.nrows()).into_par_iter().map(of_query).collect::<Result<Vec<_>>>()?;
    check_distances(space, &rows, &|i| (i, queries.row(i).to_vec()))?;
    Ok(neighbors_from(&rows, k))
}

/// Refuses neighbors of another number of points than `n`.
fn check_shape(given: &Neighbors, n: usize) -> Result<()> {
    if given.indices.nrows() == n && given.indices.dim() == given.distances.dim() {
        return Ok(());
    }
    Err(Error::Parameter {
        expected: format!("neighbors of {n} points, with their distances"),
        found: format!("indices {:?}, distances {:?}", given.indices.dim(), given.distances.dim()),
        hint: "give the neighbors of these points",
    })
}

/// Takes `k` rows of a space, other than `own`, from the neighbors of point `i`.
fn rows_of_point(
    space: &Space,
    given: &Neighbors,
    i: usize,
    own: Option<usize>,
    k: usize,
) -> Result<Vec<(u32, f32)>> {
    let n = space.points();
    let mut found: Vec<(u32, f32)> = Vec::with_capacity(k);
    let mut seen: HashSet<usize> = own.into_iter().collect();
    let mut last = 0.0;
    let pairs = given.indices.row(i).into_iter().zip(given.distances.row(i));
    for (&index, &distance) in pairs.take_while(|(index, _)| **index != NO_NEIGHBOR) {
        let Some(other) = (index as usize).lt(&n).then(|| space.row_of(index as usize)) else {
            return Err(Error::Parameter {
                expected: format!("indices of neighbors below {n}, the number of points"),
                found: format!("{index} in row {i}"),
                hint: "give the neighbors of these points",
            });
        };
        if !(distance.is_finite() && distance >= last) {
            return Err(Error::Parameter {
                expected: "distances of neighbors that are finite and ascend".into(),
                found: format!("{distance} after {last} in row {i}"),
                hint: "sort the neighbors of each point by their distance",
            });
        }
        last = distance;
        if let Some(other) = other
            && found.len() < k
            && seen.insert(other)
        {
            found.push((other as u32, distance));
        }
    }
    if found.len() < k {
        return Err(Error::Parameter {
            expected: format!("{k} neighbors of each point that differ from it"),
            found: format!("{} in row {i}", found.len()),
            hint: "find more neighbors, or ask for fewer; of equal points only one counts",
        });
    }
    Ok(found)
}

/// Makes arrays of the `k` neighbors of each row.
fn neighbors_from(rows: &[Vec<(u32, f32)>], k: usize) -> Neighbors {
    Neighbors {
        indices: Array2::from_shape_fn((rows.len(), k), |(row, at)| rows[row][at].0),
        distances: Array2::from_shape_fn((rows.len(), k), |(row, at)| rows[row][at].1),
    }
}

/// Computes some of the distances again, and refuses those of other points or another metric.
///
/// `point_of` gives, for the neighbors in a row, the index and the values of their point.
fn check_distances(
    space: &Space,
    rows: &[Vec<(u32, f32)>],
    point_of: &dyn Fn(usize) -> (usize, Vec<f32>),
) -> Result<()> {
    for row in (0..rows.len()).step_by(rows.len().div_ceil(CHECKED).max(1)) {
        let Some(&(other, given)) = rows[row].last() else { continue };
        if given.is_infinite() {
            continue;
        }
        let (point, values) = point_of(row);
        let others = space.rows.row(other as usize).to_vec();
        let square = f64::from(squared_distance_f32(&values, &others));
        let distance = space.distance(square);
        let absolute = if space.metric() == Metric::Cosine { COSINE_TOLERANCE } else { 0.0 };
        let near = |a: f64, b: f64| (a - b).abs() <= TOLERANCE * a.max(b) + absolute;
        if near(f64::from(given), distance) {
            continue;
        }
        let hint = if near(f64::from(given), square) {
            "these are squares: take their roots"
        } else {
            "give the neighbors of these points, by the same metric"
        };
        return Err(Error::Parameter {
            expected: format!("a distance of {distance} to the last neighbor in row {point}"),
            found: given.to_string(),
            hint,
        });
    }
    Ok(())
}
