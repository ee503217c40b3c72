//! Places points on the map and groups them by color.

use artifact::Points;
use ndarray::{Array2, Axis, s};
use pca::Pca;

use crate::inputs::{Inputs, System};

/// Most points on the page; of more, an even sample is shown.
const MAX_POINTS: usize = 100_000;

/// Most groups whose names are written on the map.
pub const MAX_NAMED_GROUPS: usize = 40;

/// Largest coordinate on the map.
const MAX_COORDINATE: f64 = 65535.0;

/// Positions of points in a square.
pub struct Map {
    /// Rows of the points that are shown, ascending.
    pub rows: Vec<usize>,
    /// Number of points in the file.
    pub n: usize,
    /// Dimensions of the file; two of them, or two principal components, are shown.
    pub dims: usize,
    /// Horizontal positions, 0 to 65535, to the right.
    pub x: Vec<u16>,
    /// Vertical positions, 0 to 65535, upwards.
    pub y: Vec<u16>,
}

/// A grouping by which points can be colored.
pub struct Groups {
    /// Name of the system, or `true class`.
    pub name: String,
    /// Names of the groups.
    pub names: Vec<String>,
    /// Number of points in each group, on the map or not.
    pub sizes: Vec<usize>,
    /// Group of each point on the map; `None` for noise.
    pub point_groups: Vec<Option<usize>>,
}

/// Returns the rows of `n` points that the page shows, ascending: all, or an even sample.
pub fn shown_rows(n: usize) -> Vec<usize> {
    let shown = n.min(MAX_POINTS);
    (0..shown).map(|at| (at as u128 * n as u128 / shown as u128) as usize).collect()
}

impl Map {
    /// Computes the positions of `points` (n, d).
    pub fn new(points: &Points) -> Self {
        let (n, dims) = points.dim();
        let rows = shown_rows(n);
        let values: Array2<f64> = match points {
            Points::U8 { values, .. } => values.select(Axis(0), &rows).mapv(f64::from),
            Points::F32(values) => values.select(Axis(0), &rows).mapv(f64::from),
            Points::F64(values) => values.select(Axis(0), &rows),
        };
        // Centers and scales the values, since large ones would lose digits in `f32`.
        let largest = values.fold(f64::MIN_POSITIVE, |most, x| most.max(x.abs()));
        let mut values = values / largest;
        let middle = values.mean_axis(Axis(0)).unwrap_or_default();
        values -= &middle;
        let largest = values.fold(f64::MIN_POSITIVE, |most, x| most.max(x.abs()));
        values /= largest;
        let places = match dims {
            2 => values,
            _ => {
                let values = values.mapv(|x| x as f32);
                Pca::fit(values.view(), 2).transform(values.view())
            }
        };
        let ends = |column: usize| {
            let places = places.slice(s![.., column]);
            places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| {
                (low.min(x), high.max(x))
            })
        };
        let (horizontal, vertical) = (ends(0), ends(1));
        // Both axes have one scale, so that distances keep their meaning.
        let span =
            (horizontal.1 - horizontal.0).max(vertical.1 - vertical.0).max(f64::MIN_POSITIVE);
        let place = |column: usize, (low, high): (f64, f64)| {
            let middle = (low + high) / 2.0;
            let place = |&x: &f64| {
                (MAX_COORDINATE * ((x - middle) / span + 0.5)).round().clamp(0.0, MAX_COORDINATE)
                    as u16
            };
            places.slice(s![.., column]).iter().map(place).collect()
        };
        let (x, y) = (place(0, horizontal), place(1, vertical));
        Self { rows, n, dims, x, y }
    }

    /// Lists the groupings: the systems, then the classes if labels were given.
    pub fn groups(&self, inputs: &Inputs) -> Vec<Groups> {
        let mut groups: Vec<Groups> = inputs
            .systems
            .iter()
            .map(|system| Groups::of_system(system, &self.rows, |id| id.to_string()))
            .collect();
        groups.extend(Groups::of_classes(inputs, &self.rows));
        groups
    }

    /// Returns the median position of a group, or `None` if none of its points is on the map.
    pub fn median_position(&self, groups: &Groups, group: usize) -> Option<(u16, u16)> {
        let median = |axis: &[u16]| {
            let mut values: Vec<u16> = axis
                .iter()
                .zip(&groups.point_groups)
                .filter(|(_, of)| **of == Some(group))
                .map(|(v, _)| *v)
                .collect();
            let middle = values.len() / 2;
            (!values.is_empty()).then(|| *values.select_nth_unstable(middle).1)
        };
        median(&self.x).zip(median(&self.y))
    }
}

impl Groups {
    /// Groups the points `rows` as `system` does; `name_of` names the group of an id.
    pub fn of_system(system: &System, rows: &[usize], name_of: impl Fn(i64) -> String) -> Self {
        Self::new(&system.name, system.assignments.iter().copied(), rows, name_of)
    }

    /// Groups the points `rows` by their classes, if labels were given.
    pub fn of_classes(inputs: &Inputs, rows: &[usize]) -> Option<Self> {
        let labels = inputs.labels.as_ref()?.iter().copied();
        Some(Self::new("true class", labels, rows, |id| inputs.class_name(id)))
    }

    fn new(
        name: &str,
        ids: impl Iterator<Item = i64>,
        rows: &[usize],
        name_of: impl Fn(i64) -> String,
    ) -> Self {
        let ids: Vec<i64> = ids.collect();
        let mut distinct: Vec<i64> = ids.iter().copied().filter(|&id| id >= 0).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut sizes = vec![0; distinct.len()];
        let places: Vec<Option<usize>> =
            ids.iter().map(|id| distinct.binary_search(id).ok()).collect();
        places.iter().flatten().for_each(|&place| sizes[place] += 1);
        Self {
            name: name.to_owned(),
            names: distinct.into_iter().map(name_of).collect(),
            sizes,
            point_groups: rows.iter().map(|&row| places[row]).collect(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn both_axes_have_one_scale() {
        let map = Map::new(&Points::F64(array![[0.0, 10.0], [10.0, 15.0], [5.0, 10.0]]));
        assert_eq!(map.x, [0, 65535, 32768]);
        assert_eq!(map.y, [16384, 49151, 16384]);
    }

    #[test]
    fn points_of_one_place_have_one() {
        let map = Map::new(&Points::F64(array![[3.0, 3.0], [3.0, 3.0]]));
        assert_eq!((map.x, map.y), (vec![32768; 2], vec![32768; 2]));
    }

    #[test]
    fn groups_are_numbered_by_their_ids_and_noise_is_none() {
        let map = Map::new(&Points::F64(array![[0.0, 0.0], [1.0, 0.0], [2.0, 1.0], [9.0, 9.0]]));
        let ids = [7, 3, 7, -1].into_iter();
        let groups = Groups::new("a", ids, &map.rows, |id| format!("c{id}"));
        assert_eq!(groups.names, ["c3", "c7"]);
        assert_eq!(groups.sizes, [1, 2]);
        assert_eq!(groups.point_groups, [Some(1), Some(0), Some(1), None]);
        assert_eq!(map.median_position(&groups, 0), Some((map.x[1], map.y[1])));
    }

    #[test]
    fn of_too_many_points_an_even_sample_is_shown() {
        let n = 3 * MAX_POINTS;
        let map =
            Map::new(&Points::F32(Array2::from_shape_fn((n, 2), |(i, j)| (i * (j + 1)) as f32)));
        assert_eq!(map.rows.len(), MAX_POINTS);
        assert_eq!((map.rows[0], map.rows[1], map.rows[MAX_POINTS - 1]), (0, 3, n - 3));
    }
}
