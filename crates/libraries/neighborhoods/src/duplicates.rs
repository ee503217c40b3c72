//! Groups of near duplicates.

use rayon::prelude::*;

use crate::neighborhoods::{Near, Neighborhoods};

/// How near two points of a group have to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// At most this distance by the metric.
    Distance(f64),
    /// So near that chance brings a neighbor there with at most this probability, seen from both.
    Chance(f64),
}

/// A row in a group of near duplicates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// The row.
    pub row: usize,
    /// Distance by the metric to the nearest other row of the group.
    pub distance: f64,
    /// Whether it is the one row of the group with the least sum of distances to the others.
    pub representative: bool,
}

impl Neighborhoods {
    /// Groups rows such that all pairs in a group are within `limit`.
    ///
    /// Equal rows are always in one group. Neighbors are joined by ascending length, with the whole
    /// groups that they are in, if all pairs of these are within the limit (complete linkage, in
    /// which only neighbors begin a join). Groups stand by their first row, and have two rows or
    /// more. Under [`Limit::Chance`] a group holds about as many distinct points as each has
    /// neighbors at most, since a scale reaches no farther.
    ///
    /// ```
    /// use ndarray::array;
    /// use neighborhoods::{Limit, Neighborhoods};
    /// use umap::{Metric, distinct_neighbors};
    ///
    /// // A chain of small steps, and two equal rows.
    /// let points = array![[0.0], [1.0], [2.1], [3.1], [50.0], [90.0], [50.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let found = Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// let rows = |limit| -> Vec<Vec<usize>> {
    ///     let groups = found.duplicates(limit);
    ///     groups.iter().map(|group| group.iter().map(|member| member.row).collect()).collect()
    /// };
    /// assert_eq!(rows(Limit::Distance(1.2)), [vec![0, 1], vec![2, 3], vec![4, 6]]);
    /// assert_eq!(rows(Limit::Chance(0.0)), [vec![4, 6]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn duplicates(&self, limit: Limit) -> Vec<Vec<Member>> {
        let most: Vec<f64> = match limit {
            Limit::Distance(distance) => vec![self.length(distance); self.len()],
            Limit::Chance(chance) => {
                self.places().iter().map(|place| place.length(chance)).collect()
            }
        };
        let within = |a: usize, b: usize, length: f64| length <= most[a].min(most[b]);
        let mut groups: Vec<Vec<usize>> = (0..self.len()).map(|point| vec![point]).collect();
        let mut group_of: Vec<usize> = (0..self.len()).collect();
        for (a, b, _) in self.pairs(&within) {
            let (a, b) = (group_of[a], group_of[b]);
            let joins = a != b
                && groups[a]
                    .iter()
                    .all(|&p| groups[b].iter().all(|&q| within(p, q, self.length_between(p, q))));
            if joins {
                let (kept, emptied) = (a.min(b), a.max(b));
                let moved = std::mem::take(&mut groups[emptied]);
                moved.iter().for_each(|&point| group_of[point] = kept);
                groups[kept].extend(moved);
            }
        }
        let several = |points: &&Vec<usize>| {
            points.iter().map(|&point| self.copies(point).len()).sum::<usize>() > 1
        };
        let groups: Vec<&Vec<usize>> = groups.iter().filter(several).collect();
        let mut found: Vec<Vec<Member>> =
            groups.par_iter().map(|points| self.members(points)).collect();
        found.sort_by_key(|members| members[0].row);
        found
    }

    /// Lists the pairs of neighbors within a limit, by ascending length.
    fn pairs(
        &self,
        within: &(dyn Fn(usize, usize, f64) -> bool + Sync),
    ) -> Vec<(usize, usize, f64)> {
        let of_point = |a: usize| {
            let near = move |near: &&Near| within(a, near.point, near.length);
            let nearest = self.nearest(a).iter().filter(near);
            nearest.map(move |near| (a.min(near.point), a.max(near.point), near.length))
        };
        let mut pairs: Vec<(usize, usize, f64)> =
            (0..self.len()).into_par_iter().flat_map_iter(of_point).collect();
        pairs.par_sort_by(|a, b| a.2.total_cmp(&b.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        pairs.dedup_by_key(|pair| (pair.0, pair.1));
        pairs
    }

    /// Describes the rows of a group of distinct points, ascending.
    fn members(&self, points: &[usize]) -> Vec<Member> {
        let mut members = Vec::new();
        let mut least: Option<(f64, usize)> = None;
        for &a in points {
            let distance = |b: usize| self.distance(self.length_between(a, b));
            let others: Vec<(usize, f64)> = points
                .iter()
                .filter(|&&b| b != a)
                .map(|&b| (self.copies(b).len(), distance(b)))
                .collect();
            let nearest =
                others.iter().map(|&(_, distance)| distance).fold(f64::INFINITY, f64::min);
            let sum: f64 = others.iter().map(|&(copies, distance)| copies as f64 * distance).sum();
            let copies = self.copies(a);
            let distance = if copies.len() > 1 { 0.0 } else { nearest };
            members.extend(copies.iter().map(|&row| Member {
                row,
                distance,
                representative: false,
            }));
            if least.is_none_or(|least| (sum, copies[0]) < least) {
                least = Some((sum, copies[0]));
            }
        }
        members.sort_by_key(|member| member.row);
        for member in &mut members {
            member.representative = least.is_some_and(|(_, row)| row == member.row);
        }
        members
    }
}
