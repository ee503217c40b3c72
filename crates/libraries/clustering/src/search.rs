//! How a fit that has converged is improved: what k-means and mixtures share.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// How a start is improved after it has converged.
///
/// ```
/// use clustering::Search;
///
/// assert_eq!("split-merge".parse(), Ok(Search::SplitMerge));
/// assert_eq!(Search::None.to_string(), "none");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Search {
    /// Not at all.
    #[default]
    None,
    /// Merges two clusters and splits a third, as long as that makes the fit better.
    ///
    /// A start ends where small moves make nothing better. Often one cluster then covers two
    /// groups, while two clusters share another group. One move of this search mends that: it
    /// merges the two, splits the one, and goes on from there. No move is kept that does not
    /// improve the criterion of the fit, so a search never ends worse than it started. With fewer
    /// than three clusters there is no move.
    ///
    /// Ueda, Nakano, Ghahramani and Hinton, *SMEM algorithm for mixture models*, Neural
    /// Computation 12, 2000; for k-means Kaukoranta, Fränti and Nevalainen, *Iterative
    /// split-and-merge algorithm for vector quantization codebook generation*, Optical
    /// Engineering 37, 1998.
    SplitMerge,
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::SplitMerge => "split-merge",
        })
    }
}

impl FromStr for Search {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "none" => Ok(Self::None),
            "split-merge" => Ok(Self::SplitMerge),
            _ => Err(Error::Parameter {
                name: "search",
                expected: "to be none or split-merge",
                found: name.to_owned(),
            }),
        }
    }
}

/// A move of the search: clusters `merged` become one, and cluster `split` becomes two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Move {
    /// Two clusters, the first of lower index, which the merged cluster keeps.
    pub(crate) merged: [usize; 2],
    /// A third cluster.
    pub(crate) split: usize,
    /// How much better the fit is expected to become; negative if worse.
    pub(crate) gain: f64,
}

/// Lists the `most` moves of k clusters with the highest expected gain, the highest first.
///
/// `losses` are what merging two clusters costs, and `gains` `(k,)` what splitting each of them
/// brings, if it can be split. Equal gains are in the order of the clusters. Of many clusters only
/// the cheapest merges and the best splits are combined, since all moves are about `k^3 / 2`.
pub(crate) fn moves(
    mut losses: Vec<([usize; 2], f64)>,
    gains: &[Option<f64>],
    most: usize,
) -> Vec<Move> {
    /// Merges and splits that are combined, for each move that is asked for.
    const COMBINED: usize = 8;
    losses.sort_by(|a, b| a.1.total_cmp(&b.1));
    losses.truncate(COMBINED * most);
    let mut splits: Vec<(usize, f64)> = gains
        .iter()
        .enumerate()
        .filter_map(|(split, gain)| gain.map(|gain| (split, gain)))
        .collect();
    splits.sort_by(|a, b| b.1.total_cmp(&a.1));
    splits.truncate(COMBINED * most);
    let mut moves: Vec<Move> = losses
        .iter()
        .flat_map(|&(merged, loss)| {
            let others = splits.iter().filter(move |(split, _)| !merged.contains(split));
            others.map(move |&(split, gain)| Move { merged, split, gain: gain - loss })
        })
        .collect();
    moves.sort_by(|a, b| {
        b.gain.total_cmp(&a.gain).then((a.merged, a.split).cmp(&(b.merged, b.split)))
    });
    moves.truncate(most);
    moves
}

/// Lists the pairs of k clusters.
pub(crate) fn pairs(k: usize) -> impl Iterator<Item = [usize; 2]> {
    (0..k).flat_map(move |i| (i + 1..k).map(move |j| [i, j]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_come_in_the_order_of_their_gain() {
        let losses: Vec<_> = pairs(3).zip([5.0, 1.0, 2.0]).collect();
        let gains = [Some(4.0), Some(3.0), None];
        let of = |merged, split, gain| Move { merged, split, gain };
        // Clusters 0 and 1 would need the third one to split, which it cannot.
        let all = [of([0, 2], 1, 2.0), of([1, 2], 0, 2.0)];
        assert_eq!(moves(losses.clone(), &gains, 5), all);
        assert_eq!(moves(losses, &gains, 1), all[..1]);
    }

    #[test]
    fn many_clusters_have_as_many_moves_as_are_asked_for() {
        let k = 300;
        let losses: Vec<_> = pairs(k).map(|[i, j]| ([i, j], (i * j % 1009) as f64)).collect();
        let gains: Vec<_> = (0..k).map(|split| Some((split * 7919 % 2003) as f64)).collect();
        let found = moves(losses.clone(), &gains, 6);
        // The best of all k^3 / 2 moves.
        let gain = |&([i, j], loss): &([usize; 2], f64)| {
            let others = (0..k).filter(|split| ![i, j].contains(split));
            others.map(|split| gains[split].unwrap() - loss).fold(f64::MIN, f64::max)
        };
        let best = losses.iter().map(gain).fold(f64::MIN, f64::max);
        assert_eq!((found.len(), found[0].gain), (6, best));
        assert!(found.windows(2).all(|pair| pair[0].gain >= pair[1].gain));
    }
}
