//! How alike runs are.

use metrics::{Contingency, Error};
use ndarray::Array2;
use rayon::prelude::*;

use crate::vote::Run;

/// Of each pair of runs.
pub struct Similarity {
    ari: Array2<f64>,
    nmi: Array2<f64>,
}

impl Similarity {
    /// Compares all pairs, noise as a group of its own.
    ///
    /// # Errors
    /// More points than a table may count.
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

    /// The run with the highest mean ARI with all others, the first of equals, among those `wanted`.
    pub fn medoid(&self, wanted: impl Fn(usize) -> bool) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (run, row) in self.ari.outer_iter().enumerate().filter(|&(run, _)| wanted(run)) {
            if best.is_none_or(|(_, most)| row.sum() > most) {
                best = Some((run, row.sum()));
            }
        }
        best.map(|(run, _)| run)
    }

    /// Mean over all pairs of different runs.
    pub fn mean_ari(&self) -> f64 {
        mean(&self.ari)
    }

    /// Mean over all pairs of different runs.
    pub fn mean_nmi(&self) -> f64 {
        mean(&self.nmi)
    }
}

fn mean(of: &Array2<f64>) -> f64 {
    let r = of.nrows() as f64;
    (of.sum() - r) / (r * (r - 1.0))
}
