//! What is in a cluster: its centre, and which members to show.

use std::cmp::Ordering;

use artifact::Points;
use ndarray::{Array2, Axis};
use rand::SeedableRng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::material::{Material, System};

/// Clusters that are shown of a system at most, the largest ones if there are more; and where images are large or systems many.
const MOST_CLUSTERS: (usize, usize) = (10, 40);

/// Members that are shown of each of three kinds, where there is room, and where there is little.
const MEMBERS: (usize, usize) = (4, 12);

/// Pixels of all members on the page, about.
const ALL_PIXELS: usize = 1_900_000;

/// How much of each system fits on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Clusters that are shown.
    pub clusters: usize,
    /// Members that are shown of each kind.
    pub members: usize,
}

impl Room {
    /// By how many systems and clusters there are, and how large their images are.
    pub fn of(material: &Material) -> Self {
        let pixels = material.images.as_ref().map_or(1, |images| images.height * images.width);
        let images = ALL_PIXELS / pixels;
        let fit = images / (material.systems.len().max(1) * (3 * MEMBERS.0 + 1));
        let clusters = fit.clamp(MOST_CLUSTERS.0, MOST_CLUSTERS.1);
        let shown: usize = material.systems.iter().map(|system| sizes(system).len().min(clusters)).sum();
        Self { clusters, members: (images / (3 * shown.max(1))).clamp(MEMBERS.0, MEMBERS.1) }
    }
}

/// Centres beyond which no margins are measured.
const MOST_CENTRES: usize = 1000;

/// A cluster as it is shown.
pub struct Cluster {
    /// Its id.
    pub id: i64,
    /// Number of points in it.
    pub size: usize,
    /// Its members.
    pub members: Vec<usize>,
    /// The members nearest to the mean of all, the nearest first; none where the points are not there.
    pub nearest: Vec<usize>,
    /// Members drawn at random, ascending.
    pub random: Vec<usize>,
    /// The members that most nearly belong elsewhere, the least sure first, and how sure each is.
    pub doubtful: Vec<(usize, f64)>,
}

/// The clusters of a system.
pub struct Clusters {
    /// The largest ones, by id.
    pub shown: Vec<Cluster>,
    /// Size of every cluster, by id.
    pub sizes: Vec<(i64, usize)>,
    /// Number of points in no cluster.
    pub noise: usize,
    /// What doubt was measured by.
    pub doubt: Option<&'static str>,
}

impl Clusters {
    /// Sorts the points of `system` into clusters and chooses members of each kind, with `seed`.
    pub fn of(system: &System, room: Room, seed: u64) -> Self {
        let sizes = sizes(system);
        let noise = system.assignments.iter().filter(|&&id| id < 0).count();
        let mut largest = sizes.clone();
        largest.sort_by_key(|&(id, size)| (std::cmp::Reverse(size), id));
        largest.truncate(room.clusters);
        largest.sort_unstable();

        let place = |id: i64| sizes.binary_search_by_key(&id, |&(id, _)| id).ok();
        let homes: Vec<Option<usize>> = system.assignments.iter().map(|&id| place(id)).collect();
        let distances = system.points.as_ref().map(|points| Distances::of(points, &homes, sizes.len()));
        let (sureness, doubt) = sureness(system, distances.as_ref());

        let mut members = vec![Vec::new(); sizes.len()];
        homes.iter().enumerate().for_each(|(row, home)| {
            if let Some(home) = home {
                members[*home].push(row);
            }
        });
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut shown = Vec::new();
        for (id, size) in largest {
            let Some(members) = place(id).map(|place| std::mem::take(&mut members[place])) else { continue };
            let own = |row: usize| distances.as_ref().map_or(0.0, |distances| distances.own[row]);
            let first = |order: &dyn Fn(usize, usize) -> Ordering| -> Vec<usize> {
                let mut sorted = members.clone();
                sorted.sort_by(|&a, &b| order(a, b).then(a.cmp(&b)));
                sorted.truncate(room.members);
                sorted
            };
            let nearest = distances.as_ref().map(|_| first(&|a, b| own(a).total_cmp(&own(b))));
            let doubtful = sureness.as_ref().map(|sure| {
                // Of equally sure ones, and few runs agree in few ways, the farther first.
                let order = |a: usize, b: usize| sure[a].total_cmp(&sure[b]).then(own(b).total_cmp(&own(a)));
                first(&order).into_iter().map(|row| (row, sure[row])).collect()
            });
            let mut random: Vec<usize> =
                index::sample(&mut rng, members.len(), room.members.min(members.len()))
                    .into_iter()
                    .map(|i| members[i])
                    .collect();
            random.sort_unstable();
            let (nearest, doubtful) = (nearest.unwrap_or_default(), doubtful.unwrap_or_default());
            shown.push(Cluster { id, size, members, nearest, random, doubtful });
        }
        Self { shown, sizes, noise, doubt }
    }
}

/// Number of points by cluster, by id.
fn sizes(system: &System) -> Vec<(i64, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    system.assignments.iter().filter(|&&id| id >= 0).for_each(|&id| *counts.entry(id).or_insert(0) += 1);
    counts.into_iter().collect()
}

/// How sure each point is, and by what: as the file says, else by its distances.
fn sureness(system: &System, distances: Option<&Distances>) -> (Option<Vec<f64>>, Option<&'static str>) {
    if let Some(certainty) = &system.certainty {
        return (Some(certainty.values.clone()), Some(certainty.what));
    }
    match distances.and_then(|distances| distances.margins.clone()) {
        Some(margins) => (Some(margins), Some("margin between the nearest two centres")),
        None => (None, None),
    }
}

/// How far points are from centres, which are the means of the clusters.
struct Distances {
    /// Of each point from its own, (n,); 0 of noise.
    own: Vec<f64>,
    /// By how much nearer its own centre is than the nearest other, as a share of the latter, (n,); below 0 where the other is
    /// the nearer one. None of a single cluster.
    margins: Option<Vec<f64>>,
}

impl Distances {
    fn of(points: &Points, homes: &[Option<usize>], k: usize) -> Self {
        let rows = Rows::of(points);
        let d = points.dim().1;
        let mut centres = vec![0.0f64; k * d];
        let mut counts = vec![0usize; k];
        let mut row = vec![0.0f32; d];
        for (i, home) in homes.iter().enumerate() {
            let Some(home) = *home else { continue };
            rows.fill(i, &mut row);
            counts[home] += 1;
            let centre = &mut centres[home * d..(home + 1) * d];
            centre.iter_mut().zip(&row).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        for (centre, &count) in centres.chunks_mut(d).zip(&counts) {
            centre.iter_mut().for_each(|sum| *sum /= count as f64);
        }
        let centres: Vec<f32> = centres.into_iter().map(|x| x as f32).collect();

        let all = k > 1 && k <= MOST_CENTRES;
        let found: Vec<(f64, f64)> = homes
            .par_iter()
            .enumerate()
            .map_init(
                || vec![0.0f32; d],
                |row, (i, home)| {
                    let Some(home) = *home else { return (0.0, f64::INFINITY) };
                    rows.fill(i, row);
                    let own = distance(row, &centres[home * d..(home + 1) * d]);
                    if !all {
                        return (own, f64::NAN);
                    }
                    let others = centres.chunks(d).enumerate().filter(|(other, _)| *other != home);
                    let other = others.map(|(_, centre)| distance(row, centre)).fold(f64::INFINITY, f64::min);
                    (own, 1.0 - own / other.max(f64::MIN_POSITIVE))
                },
            )
            .collect();
        let (own, margins) = found.into_iter().unzip();
        Self { own, margins: all.then_some(margins) }
    }
}

/// Euclidean.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    f64::from(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>()).sqrt()
}

/// Points from their mean and in units of the largest value, which changes no order of distances: what is large, or far from
/// 0, would be lost in f32.
struct Rows<'a> {
    points: &'a Points,
    /// (d)
    mean: Vec<f64>,
    unit: f64,
}

impl<'a> Rows<'a> {
    fn of(points: &'a Points) -> Self {
        let (mean, unit) = match points {
            Points::U8 { values, .. } => (vec![0.0; values.ncols()], 255.0),
            Points::F32(values) => Self::middle(values.mapv(f64::from)),
            Points::F64(values) => Self::middle(values.clone()),
        };
        Self { points, mean, unit }
    }

    fn middle(values: Array2<f64>) -> (Vec<f64>, f64) {
        let n = values.nrows() as f64;
        // Divided before they are added, so that no sum is too large.
        let mean = values.map_axis(Axis(0), |column| column.iter().map(|x| x / n).sum::<f64>());
        let far = values
            .outer_iter()
            .flat_map(|row| (&row - &mean).into_iter())
            .fold(0.0, |a: f64, x| a.max(x.abs()));
        (mean.to_vec(), far.max(f64::MIN_POSITIVE))
    }

    /// Point `i`.
    fn fill(&self, i: usize, row: &mut [f32]) {
        let put = |to: &mut f32, x: f64, mean: f64| *to = ((x - mean) / self.unit) as f32;
        let to = row.iter_mut().zip(&self.mean);
        match self.points {
            Points::U8 { values, .. } => {
                to.zip(values.row(i)).for_each(|((to, m), &x)| put(to, f64::from(x), *m));
            }
            Points::F32(values) => to.zip(values.row(i)).for_each(|((to, m), &x)| put(to, f64::from(x), *m)),
            Points::F64(values) => to.zip(values.row(i)).for_each(|((to, m), &x)| put(to, x, *m)),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::material::Certainty;

    fn room(members: usize) -> Room {
        Room { clusters: 40, members }
    }

    /// Two clusters on a line, 0 1 5 around 2 and 20 21 25 around 22, and one point of noise.
    fn system() -> System {
        System {
            name: "line".into(),
            assignments: array![7, 3, 7, 3, -1, 7, 3],
            points: Some(Points::F64(array![[0.0], [20.0], [1.0], [21.0], [100.0], [5.0], [25.0]])),
            certainty: None,
        }
    }

    #[test]
    fn members_are_told_by_their_distances() {
        let clusters = Clusters::of(&system(), room(2), 0);
        assert_eq!(clusters.sizes, [(3, 3), (7, 3)]);
        assert_eq!(clusters.noise, 1);
        let [first, second] = clusters.shown.as_slice() else { panic!() };
        assert_eq!((first.id, first.nearest.as_slice()), (3, [3, 1].as_slice()));
        assert_eq!((second.id, second.nearest.as_slice()), (7, [2, 0].as_slice()));
        // 5 is 3 from its own centre and 17 from the other; 20 is 2 from its own and 18 from the other.
        assert_eq!(second.doubtful[0].0, 5);
        assert!((second.doubtful[0].1 - (1.0 - 3.0 / 17.0)).abs() < 1e-6);
        assert_eq!(first.doubtful.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [6, 1]);
        assert!(second.random.iter().all(|row| [0, 2, 5].contains(row)));
    }

    #[test]
    fn distances_are_told_wherever_the_points_lie() {
        let near = Clusters::of(&system(), room(3), 0);
        for (scale, shift) in [(1.0, 1e9), (1e300, 0.0), (1e-300, 0.0)] {
            let Some(Points::F64(values)) = system().points else { panic!() };
            let points = Some(Points::F64(values.mapv(|x| x * scale + shift)));
            let far = Clusters::of(&System { points, ..system() }, room(3), 0);
            for (near, far) in near.shown.iter().zip(&far.shown) {
                assert_eq!(near.nearest, far.nearest, "{scale} {shift}");
                for (near, far) in near.doubtful.iter().zip(&far.doubtful) {
                    assert!(near.0 == far.0 && (near.1 - far.1).abs() < 1e-4, "{near:?} {far:?}");
                }
            }
        }
    }

    #[test]
    fn what_a_file_says_of_certainty_comes_first() {
        let values = vec![0.9, 0.9, 0.2, 0.9, 0.0, 0.8, 0.9];
        let certainty = Some(Certainty { values, what: "agreement" });
        let clusters = Clusters::of(&System { certainty, ..system() }, room(2), 0);
        assert_eq!(clusters.doubt, Some("agreement"));
        assert_eq!(clusters.shown[1].doubtful, [(2, 0.2), (5, 0.8)]);
        // Of equally sure ones the farther first.
        let certainty = Some(Certainty { values: vec![0.5; 7], what: "agreement" });
        let clusters = Clusters::of(&System { certainty, ..system() }, room(3), 0);
        assert_eq!(clusters.shown[1].doubtful, [(5, 0.5), (0, 0.5), (2, 0.5)]);
    }

    #[test]
    fn without_points_members_are_drawn_alone() {
        let clusters = Clusters::of(&System { points: None, ..system() }, room(9), 0);
        assert!(clusters.doubt.is_none() && clusters.shown[0].nearest.is_empty());
        assert_eq!(clusters.shown[0].random, [1, 3, 6]);
    }

    #[test]
    fn of_many_clusters_the_largest_are_shown() {
        let assignments = (0..100).flat_map(|id| vec![id; if id % 2 == 0 { 3 } else { 1 }]).collect();
        let system = System { name: "many".into(), assignments, points: None, certainty: None };
        let clusters = Clusters::of(&system, room(1), 0);
        assert_eq!(clusters.sizes.len(), 100);
        assert_eq!(clusters.shown.len(), 40);
        assert!(clusters.shown.iter().all(|cluster| cluster.id % 2 == 0));
    }
}
