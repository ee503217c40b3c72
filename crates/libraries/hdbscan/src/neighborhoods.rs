//! The nearest rows of each row, and core distances.

use kernels::squared_distance_f32;
use ndarray::ArrayView1;
use rayon::prelude::*;
use umap::{Metric, NO_NEIGHBOR, Neighbors, distinct_neighbors};

use crate::error::{Error, Result};
use crate::exact::Exact;
use crate::params::Params;
use crate::progress::Progress;
use crate::space::Space;
use crate::value::Value;

/// Fewest neighbors to search for: more settle more edges of the tree, and take longer to find.
const LEAST_NEIGHBORS: usize = 16;

/// Largest relative error of a given distance: other programs compute squares in single precision.
const TOLERANCE: f64 = 1e-2;

/// Largest absolute error of a given cosine distance, which is a difference from 1.
const COSINE_TOLERANCE: f64 = 1e-6;

/// Relative error of squared distances that other programs ordered neighbors by.
const GIVEN_ROUNDING: f32 = 1e-4;

/// A near row, and the square of its distance.
pub(crate) type Near = (f32, u32);

/// The nearest rows of each row, nearest first, itself left out.
pub(crate) struct Neighborhoods {
    pub(crate) near: Vec<Vec<Near>>,
    /// Squared distance that rows which are not among the nearest have at least.
    pub(crate) beyond: Vec<f32>,
}

impl Neighborhoods {
    /// Finds the nearest rows.
    ///
    /// # Errors
    /// Rows whose distances single precision does not hold.
    pub(crate) fn search(
        space: &Space,
        min_samples: usize,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Self> {
        let m = space.len();
        if m < 2 {
            return Ok(Self { near: vec![Vec::new(); m], beyond: vec![f32::INFINITY; m] });
        }
        let count = min_samples.max(LEAST_NEIGHBORS).min(m);
        let mut show = |event| {
            if let umap::Progress::Neighbors { done, total } = event {
                on_progress(Progress::Neighbors { done, total });
            }
        };
        let found = distinct_neighbors(space.rows.view(), count, Metric::Euclidean, &mut show)?;
        let near = (0..m).into_par_iter().map(|row| {
            let others = found.indices.row(row);
            let others = others.into_iter().copied().filter(|&j| j != NO_NEIGHBOR);
            nearest(space, row, others.filter(|&j| j as usize != row).collect())
        });
        Ok(Self::of(near.collect(), 1.0, m))
    }

    /// Takes the nearest rows from neighbors of the points.
    ///
    /// # Errors
    /// [`Error::Parameter`] if they are too few or not those of the points.
    pub(crate) fn given<T: Value>(
        space: &Space,
        given: &Neighbors,
        exact: &Exact<T>,
        params: &Params,
    ) -> Result<Self> {
        let (n, m) = (space.row_of.len(), space.len());
        if given.indices.nrows() != n || given.indices.dim() != given.distances.dim() {
            return Err(Error::Parameter {
                expected: format!("neighbors of {n} points, with their distances"),
                found: format!(
                    "indices {:?}, distances {:?}",
                    given.indices.dim(),
                    given.distances.dim()
                ),
                hint: "give the neighbors of these points",
            });
        }
        // Other programs do not count points of zeros among the neighbors by cosine.
        let mut firsts = space.firsts.iter();
        let zero = firsts.position(|&first| exact.has_no_direction(first as usize));
        let of_row = |row: usize| {
            if zero == Some(row) {
                return Ok(nearest(
                    space,
                    row,
                    (0..m as u32).filter(|&j| j != row as u32).collect(),
                ));
            }
            let point = space.firsts[row] as usize;
            let (indices, distances) = (given.indices.row(point), given.distances.row(point));
            check(exact, params.metric, point, indices, distances)?;
            let rows = indices.iter().take_while(|&&j| j != NO_NEIGHBOR);
            let mut rows: Vec<u32> = rows.map(|&j| space.row_of[j as usize]).collect();
            rows.extend(zero.map(|zero| zero as u32));
            rows.sort_unstable();
            rows.dedup();
            rows.retain(|&j| j as usize != row);
            let mut near = nearest(space, row, rows);
            // Rows that are not known may be nearer than a last one of zeros.
            let last = near.last().map(|&(_, last)| last as usize);
            if last.is_some() && last == zero && near.len() + 1 < m {
                near.pop();
            }
            let points: usize = near.iter().map(|&(_, j)| space.counts[j as usize] as usize).sum();
            let points = points + space.counts[row] as usize;
            if points < params.min_samples() {
                return Err(Error::Parameter {
                    expected: format!("{} neighbors of each point", params.min_samples()),
                    found: format!("{points} in row {point}, the point itself among them"),
                    hint: "find more neighbors, or lower min_samples",
                });
            }
            Ok(near)
        };
        let near = (0..m).into_par_iter().map(of_row).collect::<Result<Vec<_>>>()?;
        Ok(Self::of(near, 1.0 - GIVEN_ROUNDING, m))
    }

    fn of(near: Vec<Vec<Near>>, margin: f32, m: usize) -> Self {
        let beyond = |near: &Vec<Near>| match near.last() {
            Some(&(last, _)) if near.len() + 1 < m => last * margin,
            Some(_) => f32::INFINITY,
            None if m < 2 => f32::INFINITY,
            None => 0.0,
        };
        let beyond = near.iter().map(beyond).collect();
        Self { near, beyond }
    }

    /// Computes the squares of the core distances of all rows.
    pub(crate) fn squared_cores(&self, space: &Space, min_samples: usize) -> Vec<f32> {
        let of_row = |(row, near): (usize, &Vec<Near>)| {
            core(space, row, near.iter().copied(), min_samples).unwrap_or(0.0)
        };
        self.near.iter().enumerate().map(of_row).collect()
    }

    /// Computes the core distances of all rows, by distances of the points as they were given.
    pub(crate) fn cores<T: Value>(
        &self,
        space: &Space,
        min_samples: usize,
        exact: &Exact<T>,
    ) -> Vec<f64> {
        let of_row = |row: usize| {
            let distance = |&(_, other): &Near| {
                let points = (space.firsts[row] as usize, space.firsts[other as usize] as usize);
                (exact.distance(points.0, points.1), other)
            };
            let mut near: Vec<(f64, u32)> = self.near[row].iter().map(distance).collect();
            near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            core(space, row, near.into_iter(), min_samples).unwrap_or(0.0)
        };
        (0..space.len()).into_par_iter().map(of_row).collect()
    }
}

/// Finds the distance within which a row has `min_samples` points; `None` if it is one row.
fn core<D>(
    space: &Space,
    row: usize,
    near: impl Iterator<Item = (D, u32)>,
    min_samples: usize,
) -> Option<D> {
    let mut points = space.counts[row] as usize;
    for (distance, other) in near {
        if points >= min_samples {
            return None;
        }
        points += space.counts[other as usize] as usize;
        if points >= min_samples {
            return Some(distance);
        }
    }
    None
}

/// Sorts some rows by their distance from a row, then by their index.
fn nearest(space: &Space, row: usize, others: Vec<u32>) -> Vec<Near> {
    let values = |row: usize| space.rows.row(row).to_slice().unwrap_or_default();
    let near = |&other: &u32| (squared_distance_f32(values(row), values(other as usize)), other);
    let mut near: Vec<Near> = others.iter().map(near).collect();
    near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    near
}

/// Checks that the neighbors given for a point are indices, and their distances those of points.
fn check<T: Value>(
    exact: &Exact<T>,
    metric: Metric,
    point: usize,
    indices: ArrayView1<u32>,
    distances: ArrayView1<f32>,
) -> Result<()> {
    let n = exact.len();
    for (&index, &given) in indices.iter().zip(distances) {
        if index == NO_NEIGHBOR {
            break;
        }
        if index as usize >= n {
            return Err(Error::Parameter {
                expected: format!("indices of neighbors below {n}, the number of points"),
                found: format!("{index} in row {point}"),
                hint: "give the neighbors of these points",
            });
        }
        let distance = exact.distance(point, index as usize);
        let absolute = if metric == Metric::Cosine { COSINE_TOLERANCE } else { 0.0 };
        let given = f64::from(given);
        let near = |a: f64, b: f64| (a - b).abs() <= TOLERANCE * a.max(b) + absolute;
        // Single precision does not tell some points apart.
        if near(given, distance) || (given == 0.0 && exact.coincide(point, index as usize)) {
            continue;
        }
        let hint = if near(given, distance.powi(2)) {
            "these are squares: take their roots"
        } else {
            "give the neighbors of these points, by the same metric"
        };
        return Err(Error::Parameter {
            expected: format!("a distance of {distance} to neighbor {index} in row {point}"),
            found: given.to_string(),
            hint,
        });
    }
    Ok(())
}
