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

/// Lists all moves of k clusters, those of the highest expected gain first.
///
/// `losses` are what merging two clusters costs, and `gains` `(k,)` what splitting each of them
/// brings, if it can be split. Equal gains are in the order of the clusters.
pub(crate) fn moves(losses: &[([usize; 2], f64)], gains: &[Option<f64>]) -> Vec<Move> {
    let mut moves: Vec<Move> = losses
        .iter()
        .flat_map(|&(merged, loss)| {
            let of_split = move |(split, gain): (usize, &Option<f64>)| {
                let gain = gain.filter(|_| !merged.contains(&split))?;
                Some(Move { merged, split, gain: gain - loss })
            };
            gains.iter().enumerate().filter_map(of_split)
        })
        .collect();
    moves.sort_by(|a, b| b.gain.total_cmp(&a.gain));
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
        let found = moves(&losses, &[Some(4.0), Some(3.0), None]);
        let of = |merged, split, gain| Move { merged, split, gain };
        // Clusters 0 and 1 would need the third one to split, which it cannot.
        assert_eq!(found, [of([0, 2], 1, 2.0), of([1, 2], 0, 2.0)]);
    }
}
