//! Matches the clusters of runs, and votes.

use metrics::{ClassMap, Contingency, Error};
use model_io::consensus::Maps;
use ndarray::{Array1, ArrayView1};
use rayon::prelude::*;

/// Most rounds of voting, whether points still move or not.
const MOST_ROUNDS: usize = 100;

/// The id of a point without a cluster.
const NOISE: i64 = -1;

/// The assignments of one run.
pub struct Run {
    /// Clusters numbered from 0 in the order of their ids, or [`NOISE`].
    ids: Array1<i64>,
    k: usize,
    /// The ids that the clusters have in the file, ascending.
    known: Vec<i64>,
}

impl Run {
    /// Makes a run of ids `(n,)`, which may have gaps.
    pub fn new(ids: ArrayView1<i64>) -> Self {
        let mut known: Vec<i64> = ids.iter().copied().filter(|&id| id != NOISE).collect();
        known.sort_unstable();
        known.dedup();
        let ids = ids.mapv(|id| known.binary_search(&id).map_or(NOISE, |at| at as i64));
        Self { ids, k: known.len(), known }
    }

    /// Makes a run of ids `(n,)`, numbered by the ids `known`, which ascend.
    ///
    /// Also gives the number of points with another id; they count as noise.
    pub fn numbered(ids: ArrayView1<i64>, known: &[i64]) -> (Self, usize) {
        let mut unknown = 0;
        let ids = ids.mapv(|id| {
            let found = known.binary_search(&id).ok();
            unknown += usize::from(found.is_none() && id != NOISE);
            found.map_or(NOISE, |at| at as i64)
        });
        (Self { ids, k: known.len(), known: known.to_vec() }, unknown)
    }

    /// Gives the ids of the clusters, ascending.
    pub fn known(&self) -> &[i64] {
        &self.known
    }

    /// Gives the cluster of each point, or -1 for noise.
    pub fn ids(&self) -> ArrayView1<'_, i64> {
        self.ids.view()
    }

    /// Gives the number of clusters.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Gives the cluster of each point, with noise as one more cluster.
    pub fn groups(&self) -> Array1<i64> {
        self.ids.mapv(|id| if id == NOISE { self.k as i64 } else { id })
    }
}

/// Gives the number of clusters that most runs have, the smallest of equals.
pub fn usual_k(runs: &[Run]) -> usize {
    let count = |k: usize| runs.iter().filter(|run| run.k == k).count();
    let best = runs.iter().map(|run| (count(run.k), std::cmp::Reverse(run.k))).max();
    best.map_or(0, |(_, k)| k.0)
}

/// The consensus of several runs.
pub struct Consensus {
    /// Cluster of each point, or -1, shape `(n,)`.
    pub assignments: Array1<i32>,
    /// Share of the runs that vote for the cluster of a point, shape `(n,)`.
    pub agreement: Array1<f32>,
    /// Number of points in each cluster.
    pub sizes: Vec<usize>,
    /// Number of rounds of voting.
    pub rounds: usize,
    /// The clusters that those of each run vote for. The assignments are the votes under these
    /// maps.
    pub maps: Maps,
}

/// Lets every run vote on every point.
///
/// Gives the cluster with most votes, the first of equals, and the share of all runs that voted for
/// it; -1 and 0 for a point without votes.
fn vote(maps: &Maps, runs: &[Run]) -> Vec<(i32, f32)> {
    let n = runs.first().map_or(0, |run| run.ids.len());
    let one = |votes: &mut Vec<u32>, i: usize| {
        votes.clear();
        let known = runs
            .iter()
            .zip(&maps.of_runs)
            .filter_map(|(run, map)| usize::try_from(run.ids[i]).ok().and_then(|id| map[id]));
        votes.extend(known);
        votes.sort_unstable();
        // `max_by_key` keeps the last of equals, hence from the back.
        let most = votes.chunk_by(|a, b| a == b).rev().max_by_key(|equal| equal.len());
        most.map_or((NOISE as i32, 0.0), |equal| {
            (equal[0] as i32, equal.len() as f32 / runs.len() as f32)
        })
    };
    (0..n).into_par_iter().map_init(Vec::new, one).collect()
}

/// Assigns every point to the cluster that most runs vote for.
///
/// Gives the cluster of each point `(n,)`, or -1 without votes; the share of the runs that voted
/// for it `(n,)`; and the number of points in each cluster.
pub fn apply(maps: &Maps, runs: &[Run]) -> (Array1<i32>, Array1<f32>, Vec<usize>) {
    let (assignments, agreement): (Vec<i32>, Vec<f32>) = vote(maps, runs).into_iter().unzip();
    let mut sizes = vec![0; maps.k];
    for &id in &assignments {
        if let Ok(cluster) = usize::try_from(id) {
            sizes[cluster] += 1;
        }
    }
    (assignments.into(), agreement.into(), sizes)
}

/// Votes until no point moves, with run `start` as the first reference.
///
/// This is cumulative voting (Dudoit and Fridlyand, *Bagging to improve the accuracy of a
/// clustering procedure*, Bioinformatics 2003, BagClust1; with the outcome as the next reference as
/// in Ayad and Kamel, *Cumulative voting consensus method for partitions with variable number of
/// clusters*, PAMI 2008). A run with as many clusters as the reference is matched with it one to
/// one, by the Hungarian method; each cluster of another run votes for the one it shares most
/// points with.
///
/// If the reference has noise where most runs have a cluster, that cluster has no counterpart. If
/// `open`, it becomes one more cluster of the reference, so that every point to which more than
/// half of the runs give a cluster gets one.
///
/// # Errors
/// Contingency tables larger than `metrics` counts.
pub fn consensus(runs: &[Run], start: usize, open: bool) -> Result<Consensus, Error> {
    let mut reference = runs[start].ids.clone();
    let mut k = runs[start].k;
    let most: Vec<bool> = (0..reference.len())
        .into_par_iter()
        .map(|i| 2 * runs.iter().filter(|run| run.ids[i] != NOISE).count() > runs.len())
        .collect();
    let mut rounds = 0;
    loop {
        // Once all clusters of the runs have a counterpart, the votes alone decide.
        let last = rounds + MOST_ROUNDS;
        let maps = loop {
            let lost = |i: usize| open && most[i] && reference[i] == NOISE;
            let of_runs = runs
                .iter()
                .map(|run| matched(run, &reference, k, &lost))
                .collect::<Result<_, _>>()?;
            let maps = Maps { k, of_runs };
            let outcome = vote(&maps, runs);
            rounds += 1;
            let mut moved = false;
            for (id, (cluster, _)) in reference.iter_mut().zip(outcome) {
                moved |= *id != i64::from(cluster);
                *id = i64::from(cluster);
            }
            if !moved || rounds == last {
                break maps;
            }
        };
        let lost: Vec<usize> =
            (0..most.len()).filter(|&i| open && most[i] && reference[i] == NOISE).collect();
        if lost.is_empty() {
            let (assignments, agreement, sizes) = apply(&maps, runs);
            return Ok(Consensus { assignments, agreement, sizes, rounds, maps });
        }
        // The cluster with most of these points becomes one more of the reference. Each of its
        // points then has a vote, so that fewer points are lost in every round.
        let (run, cluster) = largest(runs, &lost);
        lost.iter()
            .filter(|&&i| runs[run].ids[i] == cluster)
            .for_each(|&i| reference[i] = k as i64);
        k += 1;
    }
}

/// Gives the run and the cluster with most of the points `lost`, the first of equals.
fn largest(runs: &[Run], lost: &[usize]) -> (usize, i64) {
    let mut best = (0, 0, 0);
    for (at, run) in runs.iter().enumerate() {
        let mut sizes = vec![0_usize; run.k];
        for &i in lost {
            if let Ok(cluster) = usize::try_from(run.ids[i]) {
                sizes[cluster] += 1;
            }
        }
        for (cluster, &size) in sizes.iter().enumerate() {
            if size > best.0 {
                best = (size, at, cluster as i64);
            }
        }
    }
    (best.1, best.2)
}

/// Gives the cluster of `reference` that each cluster of a run votes for, if any.
///
/// A cluster votes for none if it shares no point with any of the `k` clusters, or fewer points
/// than it has `lost` ones.
fn matched(
    run: &Run,
    reference: &Array1<i64>,
    k: usize,
    lost: &impl Fn(usize) -> bool,
) -> Result<Vec<Option<u32>>, Error> {
    let mut map = vec![None; run.k];
    let both = || reference.iter().zip(&run.ids).filter(|&(&a, &b)| a != NOISE && b != NOISE);
    let (a, b): (Vec<i64>, Vec<i64>) = both().map(|(&a, &b)| (a, b)).unzip();
    if a.is_empty() {
        return Ok(map);
    }
    let mut unmatched = vec![0_u64; run.k];
    for (i, &id) in run.ids.iter().enumerate() {
        if let Ok(cluster) = usize::try_from(id)
            && lost(i)
        {
            unmatched[cluster] += 1;
        }
    }
    let table = Contingency::new(Array1::from(a).view(), Array1::from(b).view())?;
    let majority = table.majority_map();
    let one_to_one = if run.k == k { table.one_to_one_map() } else { ClassMap::new() };
    let row = |class| table.classes().binary_search(&class).ok();
    for (column, &cluster) in table.clusters().iter().enumerate() {
        let shared =
            |class: Option<i64>| class.and_then(row).map_or(0, |row| table.count(row, column));
        let most = majority[&cluster];
        if unmatched[cluster as usize] > shared(most) {
            continue;
        }
        // A matched pair without a common point means nothing.
        let paired = one_to_one.get(&cluster).copied().flatten();
        let class = if shared(paired) > 0 { paired } else { most };
        map[cluster as usize] = class.and_then(|class| u32::try_from(class).ok());
    }
    Ok(map)
}

#[cfg(test)]
mod tests;
