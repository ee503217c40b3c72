//! Selects the clusters and the members of each that the page shows.

mod budget;
mod distances;
mod separation;
mod spread;

use std::cmp::Ordering;

use rand::SeedableRng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::inputs::{CertaintySource, System};

use budget::cluster_sizes;
use distances::{CenteredPoints, Distances};
use separation::Separation;
use spread::spread;

pub use budget::Budget;

/// A cluster with the members that are shown.
pub struct Cluster {
    /// Id of the cluster.
    pub id: i64,
    /// Number of points in the cluster.
    pub size: usize,
    /// Rows of all its points, ascending.
    pub members: Vec<usize>,
    /// Members nearest to the center, the nearest first; empty without points.
    pub nearest: Vec<usize>,
    /// Members drawn at random, ascending.
    pub random: Vec<usize>,
    /// Members that are spread over the cluster; empty without points, or if there are few.
    pub spread: Vec<usize>,
    /// Mean certainty of the members.
    pub certainty: Option<f64>,
    /// How far it is from other clusters, in words; empty without points.
    pub separation: String,
    /// What is wrong with it by its separation, in words.
    pub marks: Vec<String>,
    /// Least certain members and their certainty, the least certain first.
    pub least_certain: Vec<(usize, f64)>,
}

/// Clusters of a system.
pub struct Clusters {
    /// The largest clusters, ascending by id.
    pub shown: Vec<Cluster>,
    /// Size of every cluster, ascending by id.
    pub sizes: Vec<(i64, usize)>,
    /// Number of noise points.
    pub noise: usize,
    /// Measure of the certainty.
    pub certainty_source: Option<CertaintySource>,
    /// Certainty of each point, (n,).
    pub certainty: Option<Vec<f64>>,
    /// Distance of each point to the center of its cluster, (n,).
    pub distances: Option<Vec<f64>>,
}

impl Clusters {
    /// Selects the largest clusters and, with `seed`, members of each kind.
    pub fn select(system: &System, budget: Budget, seed: u64) -> Self {
        let sizes = cluster_sizes(system);
        let noise = system.assignments.iter().filter(|&&id| id < 0).count();
        let mut largest = sizes.clone();
        largest.sort_by_key(|&(id, size)| (std::cmp::Reverse(size), id));
        largest.truncate(budget.clusters);
        largest.sort_unstable();

        let place = |id: i64| sizes.binary_search_by_key(&id, |&(id, _)| id).ok();
        let cluster_of: Vec<Option<usize>> =
            system.assignments.iter().map(|&id| place(id)).collect();
        let distances = system
            .points
            .as_ref()
            .map(|points| Distances::compute(points, &cluster_of, sizes.len()));
        let (certainty, certainty_source) = certainty(system, distances.as_ref());

        let mut members = vec![Vec::new(); sizes.len()];
        cluster_of.iter().enumerate().for_each(|(row, cluster)| {
            if let Some(cluster) = cluster {
                members[*cluster].push(row);
            }
        });
        let separations = system.points.as_ref().map(|points| Separation::of(points, &members));
        let centered = system.points.as_ref().map(CenteredPoints::new);
        let id_of = |place: usize| sizes[place].0;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut shown = Vec::new();
        for (id, size) in largest {
            let Some(place) = place(id) else { continue };
            let members = std::mem::take(&mut members[place]);
            let (separation, marks) = separations.as_ref().map_or_else(
                || (String::new(), Vec::new()),
                |all| (all[place].text(id_of), all[place].marks(id_of)),
            );
            let own = |row: usize| distances.as_ref().map_or(0.0, |distances| distances.own[row]);
            let first = |order: &dyn Fn(usize, usize) -> Ordering| -> Vec<usize> {
                let mut sorted = members.clone();
                sorted.sort_by(|&a, &b| order(a, b).then(a.cmp(&b)));
                sorted.truncate(budget.members);
                sorted
            };
            let nearest = distances.as_ref().map(|_| first(&|a, b| own(a).total_cmp(&own(b))));
            let least_certain = certainty.as_ref().map(|sure| {
                // Votes of few runs tie often, so that ties are broken by distance, the farther
                // first.
                let order = |a: usize, b: usize| {
                    sure[a].total_cmp(&sure[b]).then(own(b).total_cmp(&own(a)))
                };
                first(&order).into_iter().map(|row| (row, sure[row])).collect()
            });
            let mut random: Vec<usize> =
                index::sample(&mut rng, members.len(), budget.members.min(members.len()))
                    .into_iter()
                    .map(|i| members[i])
                    .collect();
            random.sort_unstable();
            let d = system.points.as_ref().map_or(0, |points| points.dim().1);
            let near = nearest.as_deref().unwrap_or_default();
            let spread =
                centered.as_ref().and_then(|all| spread(all, d, &members, near, budget.members));
            let mean = |sure: &Vec<f64>| {
                members.iter().map(|&row| sure[row]).sum::<f64>() / size.max(1) as f64
            };
            let (nearest, least_certain) =
                (nearest.unwrap_or_default(), least_certain.unwrap_or_default());
            shown.push(Cluster {
                id,
                size,
                nearest,
                random,
                spread: spread.unwrap_or_default(),
                certainty: certainty.as_ref().map(mean),
                separation,
                marks,
                least_certain,
                members,
            });
        }
        let distances = distances.map(|distances| distances.own);
        Self { shown, sizes, noise, certainty_source, certainty, distances }
    }
}

/// Returns the certainty of each point and what it was measured by.
///
/// Reads it from the certainty file if there is one, else computes it from the distances.
fn certainty(
    system: &System,
    distances: Option<&Distances>,
) -> (Option<Vec<f64>>, Option<CertaintySource>) {
    if let Some(certainty) = &system.certainty {
        return (Some(certainty.values.clone()), Some(certainty.source));
    }
    match distances.and_then(|distances| distances.margins.clone()) {
        Some(margins) => (Some(margins), Some(CertaintySource::Margin)),
        None => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use artifact::Points;

    use crate::inputs::systems::Certainty;

    fn budget(members: usize) -> Budget {
        Budget { clusters: 40, members }
    }

    /// Two clusters on a line, 0 1 5 around 2 and 20 21 25 around 22, and one point of noise.
    fn system() -> System {
        System {
            name: "line".into(),
            assignments: array![7, 3, 7, 3, -1, 7, 3],
            points: Some(Points::F64(array![[0.0], [20.0], [1.0], [21.0], [100.0], [5.0], [25.0]])),
            certainty: None,
            sha256: String::new(),
        }
    }

    #[test]
    fn members_are_told_by_their_distances() {
        let clusters = Clusters::select(&system(), budget(2), 0);
        assert_eq!(clusters.sizes, [(3, 3), (7, 3)]);
        assert_eq!(clusters.noise, 1);
        let [first, second] = clusters.shown.as_slice() else { panic!() };
        assert_eq!((first.id, first.nearest.as_slice()), (3, [3, 1].as_slice()));
        assert_eq!((second.id, second.nearest.as_slice()), (7, [2, 0].as_slice()));
        // 5 is 3 from its own center and 17 from the other; 20 is 2 from its own and 18 from the
        // other.
        assert_eq!(second.least_certain[0].0, 5);
        assert!((second.least_certain[0].1 - (1.0 - 3.0 / 17.0)).abs() < 1e-6);
        assert_eq!(first.least_certain.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [6, 1]);
        assert!(second.random.iter().all(|row| [0, 2, 5].contains(row)));
    }

    #[test]
    fn distances_are_told_wherever_the_points_lie() {
        let near = Clusters::select(&system(), budget(3), 0);
        for (scale, shift) in [(1.0, 1e9), (1e300, 0.0), (1e-300, 0.0)] {
            let Some(Points::F64(values)) = system().points else { panic!() };
            let points = Some(Points::F64(values.mapv(|x| x * scale + shift)));
            let far = Clusters::select(&System { points, ..system() }, budget(3), 0);
            for (near, far) in near.shown.iter().zip(&far.shown) {
                assert_eq!(near.nearest, far.nearest, "{scale} {shift}");
                for (near, far) in near.least_certain.iter().zip(&far.least_certain) {
                    assert!(near.0 == far.0 && (near.1 - far.1).abs() < 1e-4, "{near:?} {far:?}");
                }
            }
        }
    }

    #[test]
    fn what_a_file_says_of_certainty_comes_first() {
        let values = vec![0.9, 0.9, 0.2, 0.9, 0.0, 0.8, 0.9];
        let certainty = Some(Certainty { values, source: CertaintySource::Agreement });
        let clusters = Clusters::select(&System { certainty, ..system() }, budget(2), 0);
        assert_eq!(clusters.certainty_source, Some(CertaintySource::Agreement));
        assert!((clusters.shown[1].certainty.unwrap() - 1.9 / 3.0).abs() < 1e-9);
        assert_eq!(clusters.shown[1].least_certain, [(2, 0.2), (5, 0.8)]);
        // Of equally sure ones the farther first.
        let certainty =
            Some(Certainty { values: vec![0.5; 7], source: CertaintySource::Agreement });
        let clusters = Clusters::select(&System { certainty, ..system() }, budget(3), 0);
        assert_eq!(clusters.shown[1].least_certain, [(5, 0.5), (0, 0.5), (2, 0.5)]);
    }

    #[test]
    fn without_points_members_are_drawn_alone() {
        let clusters = Clusters::select(&System { points: None, ..system() }, budget(9), 0);
        assert!(clusters.certainty_source.is_none() && clusters.shown[0].nearest.is_empty());
        assert_eq!(clusters.shown[0].random, [1, 3, 6]);
    }

    #[test]
    fn of_many_clusters_the_largest_are_shown() {
        let assignments =
            (0..100).flat_map(|id| vec![id; if id % 2 == 0 { 3 } else { 1 }]).collect();
        let system = System {
            name: "many".into(),
            assignments,
            points: None,
            certainty: None,
            sha256: String::new(),
        };
        let clusters = Clusters::select(&system, budget(1), 0);
        assert_eq!(clusters.sizes.len(), 100);
        assert_eq!(clusters.shown.len(), 40);
        assert!(clusters.shown.iter().all(|cluster| cluster.id % 2 == 0));
    }
}
