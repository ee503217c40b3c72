//! Measures how similar runs are.

use metrics::{Contingency, Error};
use ndarray::Array2;
use rayon::prelude::*;

use crate::vote::Run;

/// Scores of each pair of runs, as symmetric matrices.
pub struct Similarity {
    ari: Array2<f64>,
    nmi: Array2<f64>,
}

impl Similarity {
    /// Compares all pairs of runs, with noise as a group of its own.
    ///
    /// # Errors
    /// More points than a contingency table may count.
    pub fn of(runs: &[Run]) -> Result<Self, Error> {
        let r = runs.len();
        let pairs: Vec<(usize, usize)> =
            (0..r).flat_map(|a| (a + 1..r).map(move |b| (a, b))).collect();
        let found = pairs.par_iter().map(|&(a, b)| {
            let table = Contingency::new(runs[a].groups().view(), runs[b].ids())?;
            Ok(((a, b), table.ari(), table.nmi()))
        });
        let (mut ari, mut nmi) = (Array2::ones((r, r)), Array2::ones((r, r)));
        for ((a, b), of_ari, of_nmi) in found.collect::<Result<Vec<_>, Error>>()? {
            for at in [[a, b], [b, a]] {
                (ari[at], nmi[at]) = (of_ari, of_nmi);
            }
        }
        Ok(Self { ari, nmi })
    }

    /// Gives the medoid among the runs that are `wanted`: the one with the highest mean ARI with
    /// all others, the first of equals.
    pub fn medoid(&self, wanted: impl Fn(usize) -> bool) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (run, row) in self.ari.outer_iter().enumerate().filter(|&(run, _)| wanted(run)) {
            if best.is_none_or(|(_, most)| row.sum() > most) {
                best = Some((run, row.sum()));
            }
        }
        best.map(|(run, _)| run)
    }

    /// Gives the mean ARI over all pairs of different runs.
    pub fn mean_ari(&self) -> f64 {
        mean(&self.ari)
    }

    /// Gives the mean NMI over all pairs of different runs.
    pub fn mean_nmi(&self) -> f64 {
        mean(&self.nmi)
    }
}

/// Gives the mean of a symmetric matrix with ones on its diagonal, without the diagonal.
fn mean(of: &Array2<f64>) -> f64 {
    let r = of.nrows() as f64;
    (of.sum() - r) / (r * (r - 1.0))
}
