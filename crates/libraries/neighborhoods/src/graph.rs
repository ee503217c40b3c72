//! The graph of neighbors, and how well groups of points agree with it.

use crate::neighborhoods::Neighborhoods;

/// The distinct points, each linked with its neighbors and with those it is a neighbor of.
///
/// Two points that are neighbors of each other are linked twice. Each point is known by its number
/// among the distinct ones, so copies of a row neither add links nor take any.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Where the links of each point begin, and where those of the last one end.
    starts: Vec<usize>,
    /// The points at the other end, ascending for each point.
    others: Vec<u32>,
}

/// How the links of a graph lie in the groups of its points.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohesion {
    /// Share of the links that are within a group, 0 to 1.
    pub within: f64,
    /// Share that random links of the same points would have within a group, 0 to 1.
    pub by_chance: f64,
    /// The same for each group.
    pub groups: Vec<GroupLinks>,
}

/// Where the links of the points of one group lead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupLinks {
    /// Number of distinct points in the group.
    pub points: usize,
    /// Share of the links that lead to points of the group itself; 0 for a group without links.
    pub inside: f64,
    /// The other group that most links lead to, and their share; `None` if none leads to one.
    pub nearest: Option<(usize, f64)>,
}

impl Cohesion {
    /// Returns the modularity: by how much more links are within groups than by chance.
    ///
    /// It is 0 for random groups and for a single one, and near 1 for many groups without a link
    /// between them (Newman and Girvan, *Finding and evaluating community structure in networks*,
    /// 2004). Like it, it prefers groups of a middle size, so it compares groupings of about the
    /// same number of groups. Tested against the values of networkx.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use neighborhoods::{Graph, Neighborhoods};
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let graph = Graph::of(&Neighborhoods::new(points, &neighbors, Metric::Euclidean)?);
    /// let groups = [0, 0, 0, 1, 1, 1].map(Some);
    /// assert_eq!(graph.cohesion(&groups, 2).modularity(), 0.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn modularity(&self) -> f64 {
        self.within - self.by_chance
    }

    /// Returns the assortativity: the modularity relative to the most there is with these groups.
    ///
    /// It is 1 if no link leads out of a group, whatever their number, and 0 by chance (Newman,
    /// *Mixing patterns in networks*, 2003); 0 as well for a single group.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use neighborhoods::{Graph, Neighborhoods};
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let graph = Graph::of(&Neighborhoods::new(points, &neighbors, Metric::Euclidean)?);
    /// let groups = [0, 0, 0, 1, 1, 1].map(Some);
    /// assert_eq!(graph.cohesion(&groups, 2).assortativity(), 1.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn assortativity(&self) -> f64 {
        let most = 1.0 - self.by_chance;
        if most > 0.0 { self.modularity() / most } else { 0.0 }
    }
}

impl Graph {
    /// Links all points that are neighbors.
    ///
    /// [`Cohesion::modularity`] has an example.
    pub fn of(found: &Neighborhoods) -> Self {
        let n = found.len();
        let mut starts = vec![0; n + 1];
        for point in 0..n {
            for near in found.nearest(point) {
                starts[point + 1] += 1;
                starts[near.point + 1] += 1;
            }
        }
        for point in 0..n {
            starts[point + 1] += starts[point];
        }
        let mut next = starts.clone();
        let mut others = vec![0; starts[n]];
        let mut link = |from: usize, to: usize| {
            others[next[from]] = to as u32;
            next[from] += 1;
        };
        for point in 0..n {
            for near in found.nearest(point) {
                link(point, near.point);
                link(near.point, point);
            }
        }
        for point in 0..n {
            others[starts[point]..starts[point + 1]].sort_unstable();
        }
        Self { starts, others }
    }

    /// Number of points.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use neighborhoods::{Graph, Neighborhoods};
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [1.0], [2.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let graph = Graph::of(&Neighborhoods::new(points, &neighbors, Metric::Euclidean)?);
    /// assert_eq!(graph.points(), 3); // the copy is no point of its own
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn points(&self) -> usize {
        self.starts.len() - 1
    }

    /// Returns the points that a point is linked with, ascending, one that is linked twice twice.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use neighborhoods::{Graph, Neighborhoods};
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [3.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let graph = Graph::of(&Neighborhoods::new(points, &neighbors, Metric::Euclidean)?);
    /// assert_eq!(graph.links(0), [1, 1, 2, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn links(&self, point: usize) -> &[u32] {
        &self.others[self.starts[point]..self.starts[point + 1]]
    }

    /// Counts links within groups and between them; `groups` has the group of each point.
    ///
    /// Groups are numbered below `count`, and may be empty. A point of no group is alone, so all of
    /// its links lead out of groups.
    ///
    /// [`Cohesion::modularity`] has an example.
    pub fn cohesion(&self, groups: &[Option<usize>], count: usize) -> Cohesion {
        let mut members = vec![Vec::new(); count];
        for (point, group) in groups.iter().enumerate() {
            if let Some(group) = *group {
                members[group].push(point);
            }
        }
        let all = self.others.len().max(1) as f64;
        let (mut within, mut by_chance) = (0, 0.0);
        for (point, group) in groups.iter().enumerate() {
            if group.is_none() {
                by_chance += (self.links(point).len() as f64 / all).powi(2);
            }
        }
        let mut counts = vec![0usize; count];
        let mut of_groups = Vec::with_capacity(count);
        for (group, members) in members.iter().enumerate() {
            let mut reached = Vec::new();
            let mut links = 0;
            for &point in members {
                links += self.links(point).len();
                for &other in self.links(point) {
                    if let Some(other) = groups[other as usize] {
                        if counts[other] == 0 {
                            reached.push(other);
                        }
                        counts[other] += 1;
                    }
                }
            }
            reached.sort_unstable();
            let share = |count: usize| count as f64 / links.max(1) as f64;
            let others = reached.iter().filter(|&&other| other != group);
            // Of equal ones the first.
            let nearest = others.fold(None, |best: Option<usize>, &other| match best {
                Some(best) if counts[best] >= counts[other] => Some(best),
                _ => Some(other),
            });
            of_groups.push(GroupLinks {
                points: members.len(),
                inside: share(counts[group]),
                nearest: nearest.map(|other| (other, share(counts[other]))),
            });
            within += counts[group];
            by_chance += (links as f64 / all).powi(2);
            reached.into_iter().for_each(|other| counts[other] = 0);
        }
        Cohesion { within: within as f64 / all, by_chance, groups: of_groups }
    }
}
