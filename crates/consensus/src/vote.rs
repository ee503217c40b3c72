//! Matching and voting.

use metrics::{Contingency, Error};
use ndarray::{Array1, Array2, ArrayView1};

/// Rounds after which voting ends, whether points still move or not.
const MOST_ROUNDS: usize = 100;

/// No cluster.
const NOISE: i64 = -1;

/// The assignments of one run.
pub struct Run {
    /// Clusters counted from 0 in the order of their ids, or [`NOISE`].
    ids: Array1<i64>,
    k: usize,
}

impl Run {
    /// Of ids `(n,)`, which may have gaps.
    pub fn new(ids: ArrayView1<i64>) -> Self {
        let mut known: Vec<i64> = ids.iter().copied().filter(|&id| id != NOISE).collect();
        known.sort_unstable();
        known.dedup();
        let ids = ids.mapv(|id| known.binary_search(&id).map_or(NOISE, |at| at as i64));
        Self { ids, k: known.len() }
    }

    /// Number of clusters.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The clusters, noise as one more.
    pub fn groups(&self) -> Array1<i64> {
        self.ids.mapv(|id| if id == NOISE { self.k as i64 } else { id })
    }
}

/// The number of clusters that most runs have, the smallest of equals.
pub fn usual_k(runs: &[Run]) -> usize {
    let count = |k: usize| runs.iter().filter(|run| run.k == k).count();
    let best = runs.iter().map(|run| (count(run.k), std::cmp::Reverse(run.k))).max();
    best.map_or(0, |(_, k)| k.0)
}

/// What runs agree on.
pub struct Consensus {
    /// Cluster of each point, or -1 where no run has one, shape `(n,)`.
    pub assignments: Array1<i32>,
    /// Share of the runs that put a point there, shape `(n,)`.
    pub agreement: Array1<f32>,
    /// Members of each cluster.
    pub sizes: Vec<usize>,
    /// How often was voted.
    pub rounds: usize,
}

/// Votes from the `start`-th run on.
///
/// Cumulative voting (Dudoit and Fridlyand, *Bagging to improve the accuracy of a clustering procedure*, Bioinformatics 2003,
/// BagClust1; with the outcome as the next reference as in Ayad and Kamel, *Cumulative voting consensus method for partitions
/// with variable number of clusters*, PAMI 2008): a run of as many clusters as the reference is matched with it one to one,
/// by the Hungarian method; of another each cluster stands for that it shares most points with.
///
/// # Errors
/// Tables larger than `metrics` counts.
pub fn consensus(runs: &[Run], start: usize) -> Result<Consensus, Error> {
    let (n, k) = (runs[start].ids.len(), runs[start].k);
    let mut reference = runs[start].ids.clone();
    let mut votes = Array2::<u32>::zeros((n, k));
    let mut rounds = 0;
    loop {
        votes.fill(0);
        for run in runs {
            for (i, cluster) in matched(run, &reference, k)?.into_iter().enumerate() {
                if let Some(cluster) = cluster {
                    votes[[i, cluster]] += 1;
                }
            }
        }
        rounds += 1;
        let mut moved = false;
        for (votes, id) in votes.outer_iter().zip(&mut reference) {
            let before = usize::try_from(*id).ok();
            let most = votes.iter().copied().max().unwrap_or(0);
            // A draw changes nothing.
            if most == 0 || before.is_some_and(|before| votes[before] == most) {
                continue;
            }
            moved = true;
            *id = votes.iter().position(|&count| count == most).map_or(NOISE, |cluster| cluster as i64);
        }
        if !moved || rounds == MOST_ROUNDS {
            break;
        }
    }
    let mut sizes = vec![0; k];
    let mut agreement = Array1::zeros(n);
    for ((&id, votes), agreement) in reference.iter().zip(votes.outer_iter()).zip(&mut agreement) {
        if let Ok(cluster) = usize::try_from(id) {
            sizes[cluster] += 1;
            *agreement = votes[cluster] as f32 / runs.len() as f32;
        }
    }
    Ok(Consensus { assignments: reference.mapv(|id| id as i32), agreement, sizes, rounds })
}

/// Which of the `k` clusters of `reference` each point of a run votes for.
fn matched(run: &Run, reference: &Array1<i64>, k: usize) -> Result<Vec<Option<usize>>, Error> {
    let both = || reference.iter().zip(&run.ids).filter(|&(&a, &b)| a != NOISE && b != NOISE);
    let (a, b): (Vec<i64>, Vec<i64>) = both().map(|(&a, &b)| (a, b)).unzip();
    if a.is_empty() {
        return Ok(vec![None; reference.len()]);
    }
    let table = Contingency::new(Array1::from(a).view(), Array1::from(b).view())?;
    let map = if run.k == k { table.one_to_one_map() } else { table.majority_map() };
    let cluster = |id: &i64| map.get(id).copied().flatten().and_then(|cluster| usize::try_from(cluster).ok());
    Ok(run.ids.iter().map(cluster).collect())
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    fn runs(all: &[Array1<i64>]) -> Vec<Run> {
        all.iter().map(|ids| Run::new(ids.view())).collect()
    }

    #[test]
    fn names_of_clusters_do_not_matter_and_the_majority_decides() {
        let runs = runs(&[
            array![0, 0, 0, 1, 1, 1],
            array![9, 9, 4, 4, 4, 4],
            array![1, 1, 1, 0, 0, 1],
            array![-1, 0, 0, 1, 1, 1],
        ]);
        let found = consensus(&runs, 1).unwrap();
        let [one, other] = [found.assignments[0], found.assignments[5]];
        assert_ne!(one, other);
        assert_eq!(found.assignments, array![one, one, one, other, other, other]);
        assert_eq!(found.agreement, array![0.75, 1.0, 0.75, 1.0, 1.0, 0.75]);
        assert_eq!(found.sizes, [3, 3]);
    }

    #[test]
    fn runs_of_other_numbers_of_clusters_vote_by_majority() {
        let runs = runs(&[array![0, 0, 0, 0, 1, 1], array![0, 0, 1, 2, 3, 3], array![5, 5, 5, 5, 5, 5]]);
        let found = consensus(&runs, 0).unwrap();
        assert_eq!(found.assignments, array![0, 0, 0, 0, 1, 1]);
        let third = 1.0 / 3.0_f32;
        assert!(
            found
                .agreement
                .iter()
                .zip([1.0, 1.0, 1.0, 1.0, 2.0 * third, 2.0 * third])
                .all(|(a, b)| (a - b).abs() < 1e-6)
        );
    }

    #[test]
    fn what_no_run_knows_stays_noise() {
        let runs = runs(&[array![0, 1, -1], array![0, 1, -1]]);
        let found = consensus(&runs, 0).unwrap();
        assert_eq!((found.assignments, found.agreement), (array![0, 1, -1], array![1.0, 1.0, 0.0]));
    }

    #[test]
    fn noisy_copies_of_a_partition_give_it_back() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let truth = Array1::from_shape_fn(3000, |i| (i % 7) as i64);
        let noisy: Vec<_> = (0..15)
            .map(|r| truth.mapv(|id| if rng.gen_bool(0.35) { rng.gen_range(0..7) } else { (id + r) % 7 }))
            .collect();
        let found = consensus(&runs(&noisy), 4).unwrap();
        let table = Contingency::new(truth.view(), found.assignments.mapv(i64::from).view()).unwrap();
        assert!(table.acc() > 0.99, "{}", table.acc());
    }

    #[test]
    fn the_usual_number_of_clusters_is_that_of_most() {
        let of = |all: &[Array1<i64>]| usual_k(&runs(all));
        assert_eq!(of(&[array![0, 1, 2], array![0, 1, 1], array![5, 5, 9]]), 2);
        assert_eq!(of(&[array![0, 1, 2], array![0, 1, 1]]), 2);
    }
}
