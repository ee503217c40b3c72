//! Approximate nearest neighbors: a few near blocks, then the neighbors of neighbors.
//!
//! The second step is that of NN-descent (Dong, Charikar and Li, *Efficient k-nearest neighbor
//! graph construction for generic similarity measures*, WWW 2011), with two differences: it starts
//! from near points and not from random ones, and every point looks at the lists of the round
//! before, so that the result does not depend on the number of threads.

use kernels::{spatial_order, squared_distance_within};
use multiversion::multiversion;
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::blocked_knn::{BlockSearch, Queries, Visit};
use super::top_k::{Neighbor, TopK, order};
use crate::blocks::{Basis, SIZES};

/// Blocks that each group of queries is compared with at first.
const BLOCKS: usize = 24;

/// Neighbors of a point, and points that it is a neighbor of, whose neighbors are looked at.
const HEADS: usize = 12;

/// Most rounds; each one is quicker than the one before.
const MOST_ROUNDS: usize = 12;

/// Share of all neighbors that a round has to improve for another one.
const LEAST_CHANGE: f64 = 1e-3;

/// Groups of queries that are searched exactly, to measure the recall.
const MEASURED: usize = 8;

/// Rows that a thread works through at a time.
const ROWS: usize = 1024;

/// Neighbors of each of n points, and how many of a sample are the nearest.
pub(super) struct Approximate {
    /// For each point at most k others, nearest first.
    pub(super) near: Vec<Vec<Neighbor>>,
    pub(super) recall: Recall,
}

/// How many of the exact neighbors of some points were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recall {
    pub(crate) found: usize,
    pub(crate) of: usize,
}

/// Finds near points of each of `points` `(n, d)`, itself left out: most of the `k` nearest.
///
/// Of at most so many points that all blocks are visited it finds all, and of at most 2^31 any.
/// `progress` gets numbers of rows that add up to all: half of them for the comparison with near
/// blocks, the others for the rounds after it.
pub(super) fn approximate_knn(
    points: ArrayView2<f32>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Approximate {
    let d = points.ncols();
    let features = Basis::fit(points).features(points);
    let ids = spatial_order(features.scores(), SIZES);
    let blocks = BlockSearch::new(points, &features, &ids, k);
    let queries = Queries { values: points.view(), features: &features, among: true };
    let groups: Vec<&[usize]> = ids.chunks(SIZES.queries).collect();
    let few = BLOCKS.max((4 * k).div_ceil(SIZES.points));
    let at_first = groups.par_iter().with_max_len(1).map(|group| {
        let found = blocks.nearest(queries, group, Visit::Nearest(few));
        progress(group.len() / 2);
        found
    });
    // Nobody knows how many rounds there will be: each is half of what is left.
    let mut left = groups.iter().map(|group| group.len() - group.len() / 2).sum::<usize>();
    let mut near: Vec<Vec<Neighbor>> = vec![Vec::new(); ids.len()];
    if few < blocks.len() {
        // From here on a point is known by its place in spatial order, where near points lie near
        // in memory.
        let mut place = vec![0_u32; ids.len()];
        for (at, &id) in ids.iter().enumerate() {
            place[id] = at as u32;
        }
        let link = |(squared, id): Neighbor| Link::new((squared, place[id as usize]), true);
        let mut links: Vec<Link> = at_first.flatten_iter().flatten_iter().map(link).collect();
        let rows = Rows { values: blocks.points.as_flattened(), stride: blocks.stride, d };
        let enough = (LEAST_CHANGE * links.len() as f64) as usize;
        for _ in 0..MOST_ROUNDS {
            let changed;
            (links, changed) = join(&links, rows, k);
            progress(left / 2);
            left -= left / 2;
            if changed <= enough {
                break;
            }
        }
        for (links, &id) in links.chunks_exact(k).zip(&ids) {
            near[id] = links.iter().map(|l| (l.squared, ids[l.at()] as u32)).collect();
            near[id].sort_unstable_by(order);
        }
    } else {
        let found: Vec<Vec<Neighbor>> = at_first.flatten_iter().collect();
        found.into_iter().zip(&ids).for_each(|(found, &id)| near[id] = found);
    }
    let step = groups.len().div_ceil(MEASURED);
    let measured: Vec<&[usize]> = groups.iter().copied().step_by(step).collect();
    let counts = measured.par_iter().with_max_len(1).map(|group| {
        let exact = blocks.nearest(queries, group, Visit::Needed);
        let found = |(&id, exact): (&usize, &Vec<Neighbor>)| {
            // Of several points that are equally far, any will do.
            let limit = exact.last().map_or(0.0, |last| last.0);
            near[id].iter().filter(|near| near.0 <= limit).count()
        };
        (group.iter().zip(&exact).map(found).sum(), exact.iter().map(Vec::len).sum())
    });
    let (found, of) = counts.reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    progress(left);
    Approximate { near, recall: Recall { found, of } }
}

/// A neighbor.
#[derive(Clone, Copy)]
struct Link {
    squared: f32,
    /// Place of the point; the highest bit is set if the last round found it.
    at: u32,
}

impl Link {
    const NEW: u32 = 1 << 31;

    fn new((squared, at): Neighbor, new: bool) -> Self {
        Self { squared, at: if new { at | Self::NEW } else { at } }
    }

    #[inline(always)]
    fn at(self) -> usize {
        (self.at & !Self::NEW) as usize
    }

    #[inline(always)]
    fn is_new(self) -> bool {
        self.at & Self::NEW != 0
    }
}

/// Points of d features, `stride` values apart.
#[derive(Clone, Copy)]
struct Rows<'a> {
    values: &'a [f32],
    stride: usize,
    d: usize,
}

impl Rows<'_> {
    #[inline(always)]
    fn get(&self, at: u32) -> &[f32] {
        let first = at as usize * self.stride;
        &self.values[first..first + self.d]
    }
}

/// Compares each point with the neighbors of its neighbors, and of the points that it is a neighbor
/// of.
///
/// `links` has k of each point, nearest first. Returns the new ones, and how many of them are new.
/// Pairs that met in an earlier round are left out.
fn join(links: &[Link], rows: Rows, k: usize) -> (Vec<Link>, usize) {
    let n = links.len() / k;
    let backward = Backward::of(links, k);
    let mut joined = vec![Link { squared: 0.0, at: 0 }; links.len()];
    let memory = || Candidates { met: vec![u32::MAX; n], of: 0, found: Vec::new() };
    let parts = joined.par_chunks_mut(k * ROWS).enumerate();
    let changed = parts.map_init(memory, |candidates, (part, to)| {
        let mut changed = 0;
        for (at, to) in (part * ROWS..).zip(to.chunks_exact_mut(k)) {
            let own = &links[at * k..(at + 1) * k];
            candidates.start(at);
            own.iter().for_each(|link| candidates.leave_out(link.at()));
            let behind = backward.of_point(at);
            for head in own.iter().take(HEADS).chain(behind) {
                for link in &links[head.at() * k..(head.at() + 1) * k] {
                    if head.is_new() || link.is_new() {
                        candidates.add(link.at());
                    }
                }
            }
            // Maybe only the other point has met this one.
            behind.iter().filter(|link| link.is_new()).for_each(|link| candidates.add(link.at()));
            let mut near = TopK::new(k);
            near.found.extend(own.iter().map(|link| (link.squared, link.at() as u32)));
            compare(at, &candidates.found, rows, &mut near);
            for (to, near) in to.iter_mut().zip(near.found) {
                let new = !own.iter().any(|link| link.at() == near.1 as usize);
                changed += usize::from(new);
                *to = Link::new(near, new);
            }
        }
        changed
    });
    let changed = changed.sum();
    (joined, changed)
}

/// The points that one point is compared with, each once.
struct Candidates {
    /// For each point the last one that met it.
    met: Vec<u32>,
    of: u32,
    found: Vec<u32>,
}

impl Candidates {
    /// Begins with another point.
    fn start(&mut self, at: usize) {
        (self.of, self.met[at]) = (at as u32, at as u32);
        self.found.clear();
    }

    /// Leaves out a point.
    #[inline(always)]
    fn leave_out(&mut self, at: usize) {
        self.met[at] = self.of;
    }

    /// Adds a point that was neither added nor left out.
    #[inline(always)]
    fn add(&mut self, at: usize) {
        if std::mem::replace(&mut self.met[at], self.of) != self.of {
            self.found.push(at as u32);
        }
    }
}

/// For each point the nearest of those that have it among their first neighbors.
struct Backward {
    links: Vec<Link>,
    /// Where the links of each point begin, and how many are used.
    places: Vec<(usize, usize)>,
}

impl Backward {
    /// Collects at most [`HEADS`] for each point from `links`, k of each point.
    fn of(links: &[Link], k: usize) -> Self {
        let first = || links.chunks_exact(k).map(|links| &links[..HEADS.min(k)]);
        let mut places = vec![(0, 0); links.len() / k];
        first().flatten().for_each(|link| places[link.at()].1 += 1);
        let mut total = 0;
        for (start, count) in &mut places {
            *start = total;
            total += std::mem::take(count);
        }
        let mut backward = vec![Link { squared: 0.0, at: 0 }; total];
        for (at, links) in first().enumerate() {
            for link in links {
                let (start, count) = &mut places[link.at()];
                backward[*start + *count] = Link::new((link.squared, at as u32), link.is_new());
                *count += 1;
            }
        }
        for (start, count) in &mut places {
            let links = &mut backward[*start..*start + *count];
            let by_distance =
                |a: &Link, b: &Link| a.squared.total_cmp(&b.squared).then(a.at().cmp(&b.at()));
            if *count > HEADS {
                links.select_nth_unstable_by(HEADS, by_distance);
                *count = HEADS;
            }
        }
        Self { links: backward, places }
    }

    /// Returns the links of a point, in no order.
    fn of_point(&self, at: usize) -> &[Link] {
        let (start, count) = self.places[at];
        &self.links[start..start + count]
    }
}

/// Adds those of `candidates` to `near` that are among the nearest to the point `at`.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn compare(at: usize, candidates: &[u32], rows: Rows, near: &mut TopK) {
    /// Candidates whose values are loaded before they are needed.
    const AHEAD: usize = 4;
    let query = rows.get(at as u32);
    for (index, &other) in candidates.iter().enumerate() {
        if let Some(&next) = candidates.get(index + AHEAD) {
            kernels::prefetch(rows.get(next));
        }
        let squared = squared_distance_within(query, rows.get(other), near.limit());
        near.add((squared, other));
    }
}
