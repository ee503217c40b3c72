//! The mixtures of every number of clusters on every embedding, and how well they do.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use cli::{Progress, Span};
use clustering::Points;
use clustering::gmm::{self, GmmFit};
use metrics::{Contingency, Dispersion, silhouettes};
use ndarray::{Array1, Array2};
use rayon::prelude::*;

use crate::args::Args;
use crate::score::Row;

/// A mixture, or why there is none.
type Fit = Result<GmmFit, clustering::Error>;

/// Searches the mixtures of all `numbers` on all `embeddings` (n, d) and scores each number.
///
/// A number of which the mixture collapses on some embedding has no scores.
///
/// # Errors
///
/// Fails if a mixture fails otherwise.
pub fn score_all(
    args: &Args,
    embeddings: &[Array2<f64>],
    numbers: Span,
) -> anyhow::Result<Vec<Row>> {
    let widest = embeddings.iter().map(Array2::dim).max_by_key(|dim| dim.1);
    let dim = widest.context("there is at least one embedding")?;
    // The largest come first, because they take longest.
    let jobs: Vec<(usize, usize)> = numbers
        .numbers()
        .rev()
        .flat_map(|k| (0..embeddings.len()).map(move |embedding| (k, embedding)))
        .collect();
    let progress = Progress::new("mixtures", jobs.len() as u64);
    let done = AtomicU64::new(0);
    let fits: Vec<Fit> = jobs
        .par_iter()
        .with_max_len(1)
        .map(|&(k, embedding)| {
            let params = args.params(k, dim, numbers.last);
            let points = Points::new(embeddings[embedding].view());
            let fit = gmm::fit(points, &params, &mut |_| {});
            progress.set(done.fetch_add(1, Ordering::Relaxed) + 1, &format!("k = {k}"));
            fit
        })
        .collect();
    let mut of_numbers: Vec<(usize, Vec<GmmFit>)> = Vec::new();
    let mut collapsed = Vec::new();
    let mut fits = fits.into_iter();
    for k in numbers.numbers().rev() {
        let found: Result<Vec<GmmFit>, _> = fits.by_ref().take(embeddings.len()).collect();
        match found {
            Ok(fits) => of_numbers.push((k, fits)),
            Err(clustering::Error::NotPositiveDefinite { .. }) => collapsed.push(k),
            Err(error) => return Err(error).with_context(|| format!("mixtures of {k} components")),
        }
    }
    drop(progress);
    of_numbers.reverse();
    if !collapsed.is_empty() {
        let numbers: Vec<String> = collapsed.iter().rev().map(ToString::to_string).collect();
        cli::warn(&format!("a mixture collapses for k = {}; left out", numbers.join(", ")));
    }
    score(embeddings, &of_numbers)
}

/// Scores each number of clusters by its mixtures, one for each embedding.
fn score(
    embeddings: &[Array2<f64>],
    of_numbers: &[(usize, Vec<GmmFit>)],
) -> anyhow::Result<Vec<Row>> {
    let ids: Vec<Vec<Array1<i64>>> = of_numbers
        .iter()
        .map(|(_, fits)| fits.iter().map(|fit| fit.assignments.mapv(i64::from)).collect())
        .collect();
    let mut sums = vec![0.0; of_numbers.len()];
    for (at, embedding) in embeddings.iter().enumerate() {
        let labelings: Vec<_> = ids.iter().map(|ids| ids[at].view()).collect();
        // Where all points are in one cluster nothing lies apart.
        let found = silhouettes(embedding.view(), None, &labelings)?;
        sums.iter_mut().zip(found).for_each(|(sum, value)| *sum += value.unwrap_or(0.0));
    }
    // A low index means clusters that lie apart; where all points are in one cluster none do.
    let apart = |ids: &[Array1<i64>]| -> anyhow::Result<f64> {
        let mut sum = 0.0;
        for (embedding, ids) in embeddings.iter().zip(ids) {
            let found = Dispersion::of(embedding.view(), ids.view())?;
            sum += found.davies_bouldin.unwrap_or(f64::INFINITY);
        }
        Ok(sum / embeddings.len() as f64)
    };
    let rows = of_numbers.iter().zip(&ids).zip(sums);
    rows.map(|(((k, fits), ids), sum)| {
        let count = fits.len() as f64;
        Ok(Row {
            k: *k,
            agreement: agreement(ids)?,
            silhouette: sum / count,
            davies_bouldin: apart(ids)?,
            criterion: fits.iter().map(|fit| fit.criterion).sum::<f64>() / count,
        })
    })
    .collect()
}

/// Computes the mean adjusted Rand index of two of `labelings` (n,).
fn agreement(labelings: &[Array1<i64>]) -> anyhow::Result<f64> {
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (at, a) in labelings.iter().enumerate() {
        for b in &labelings[at + 1..] {
            sum += Contingency::new(a.view(), b.view())?.ari();
            pairs += 1.0;
        }
    }
    Ok(sum / pairs)
}
