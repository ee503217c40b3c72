//! The candidates: their clusters, and how good their mixtures are on each embedding.

use std::path::PathBuf;

use anyhow::ensure;
use artifact::{FileRecord, read_ids};
use clustering::gmm::{GmmFit, Init};
use ndarray::Array1;

/// A candidate as it was read.
pub struct Clustering {
    /// Cluster of each point, numbered from 0 in the order of the ids, or -1, shape `(n,)`.
    assignments: Array1<i32>,
    /// Number of clusters.
    pub k: usize,
}

impl Clustering {
    /// Numbers the ids of clusters.
    pub fn new(ids: &Array1<i64>) -> Self {
        let (assignments, k) = clustering::gmm::number_clusters(ids);
        Self { assignments, k }
    }

    /// Gives the start of a mixture with one component for each cluster.
    pub fn init(&self) -> Init {
        Init::Assignments(self.assignments.clone())
    }
}

/// Reads all candidates, which must have one id for each of `n` points and equally many clusters.
pub fn read(
    files: &[PathBuf],
    n: usize,
    inputs: &mut Vec<FileRecord>,
) -> anyhow::Result<Vec<Clustering>> {
    let mut clusterings: Vec<Clustering> = Vec::new();
    for path in files {
        let (ids, record) = read_ids(path)?;
        let name = path.display();
        ensure!(
            ids.len() == n,
            "{name}: expected {n} cluster ids, one for each of the --points, found {}; \
             give candidates of the same points",
            ids.len()
        );
        if let Some((row, id)) = ids.iter().enumerate().find(|(_, id)| **id < -1) {
            anyhow::bail!(
                "{name}: expected cluster ids of at least 0, or -1 for noise, found {id} in row \
                 {row}; number the clusters from 0"
            );
        }
        let clustering = Clustering::new(&ids);
        ensure!(clustering.k > 0, "{name}: expected at least one cluster, found noise alone");
        if let Some(first) = clusterings.first() {
            ensure!(
                clustering.k == first.k,
                "{name}: expected {} clusters, as in {}, found {}; the criteria of different \
                 numbers of clusters are no match: give candidates with equally many",
                first.k,
                files[0].display(),
                clustering.k
            );
        }
        clusterings.push(clustering);
        inputs.push(record);
    }
    Ok(clusterings)
}

/// How good the mixtures of a candidate are.
pub struct Candidate {
    /// Criterion on each embedding.
    pub criteria: Vec<f64>,
    /// Its mean.
    pub mean: f64,
    /// Mean entropy of the components, if the criterion is information.
    entropy: Option<f64>,
    /// Mean entropy of the components given the point, if the criterion is information.
    conditional_entropy: Option<f64>,
    /// Mean log-likelihood of a point.
    log_likelihood: f64,
}

impl Candidate {
    /// Collects what the mixtures on all embeddings tell.
    pub fn of(fits: &[GmmFit]) -> Self {
        let mean = |of: &dyn Fn(&GmmFit) -> Option<f64>| {
            let values = fits.iter().map(of).collect::<Option<Vec<f64>>>()?;
            Some(values.iter().sum::<f64>() / values.len() as f64)
        };
        let criteria: Vec<f64> = fits.iter().map(|fit| fit.criterion).collect();
        Self {
            mean: criteria.iter().sum::<f64>() / criteria.len() as f64,
            criteria,
            entropy: mean(&|fit| fit.information.map(|information| information.entropy)),
            conditional_entropy: mean(&|fit| {
                fit.information.map(|information| information.conditional_entropy)
            }),
            log_likelihood: mean(&|fit| Some(fit.log_likelihood)).unwrap_or(f64::NAN),
        }
    }

    /// Gives the candidate from which there is no mixture on some embedding.
    pub fn without_mixtures(embeddings: usize) -> Self {
        Self {
            mean: f64::NAN,
            criteria: vec![f64::NAN; embeddings],
            entropy: None,
            conditional_entropy: None,
            log_likelihood: f64::NAN,
        }
    }

    /// Describes the candidate in a few words.
    pub fn text(&self) -> String {
        match (self.entropy, self.conditional_entropy) {
            (Some(entropy), Some(uncertainty)) => format!(
                "criterion {:.6} (entropy {entropy:.6}, uncertainty {uncertainty:.6})",
                self.mean
            ),
            _ => format!("log-likelihood {:.6}", self.mean),
        }
    }
}

/// Formats one line for each candidate, floats with all their digits; `kept` is the index of one.
pub fn csv(files: &[PathBuf], candidates: &[Candidate], kept: usize) -> String {
    let embeddings = candidates.first().map_or(0, |candidate| candidate.criteria.len());
    let on_each: Vec<String> = (1..=embeddings).map(|at| format!("criterion_{at}")).collect();
    let mut head = vec!["candidate", "kept", "criterion"];
    head.extend(["entropy", "conditional_entropy", "log_likelihood"]);
    head.extend(on_each.iter().map(String::as_str));
    // A number that is not known stands as an empty field.
    let text = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let number = |value: f64| text((!value.is_nan()).then_some(value));
    let row = |(at, (file, candidate)): (usize, (&PathBuf, &Candidate))| {
        let mut row = vec![
            file.display().to_string(),
            if at == kept { "yes" } else { "no" }.to_owned(),
            number(candidate.mean),
            text(candidate.entropy),
            text(candidate.conditional_entropy),
            number(candidate.log_likelihood),
        ];
        row.extend(candidate.criteria.iter().copied().map(number));
        row
    };
    cli::csv(&head, files.iter().zip(candidates).enumerate().map(row))
}
