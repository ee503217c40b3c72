//! Command-line options, and which of them go together.

use std::path::{Path, PathBuf};

use cli::{Count, NotNegative, Span};
use clustering::Search;
use clustering::gmm::{CovarianceChoice, GmmParams, Keep};

/// Numbers of clusters that are compared unless the user says otherwise.
const NUMBERS: Span = Span { first: 2, last: 30 };

/// Suggests a number of clusters, from several embeddings of the same points, without labels.
///
/// For each number k a mixture with k components is searched on each embedding. A number is good
/// where the embeddings agree on the clusters (the mean adjusted Rand index of two of them), and
/// where the clusters lie apart (the mean silhouette). The score of k is agreement x silhouette x
/// (1 - 1/k), and the smallest k with at least 95 % of the best score is suggested; the others with
/// as much are named. Of more points than --rows only a sample is looked at. Labels are never read.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "embed-umap --points features.npy --seed 1 --out a.npy\n\
        embed-umap --points features.npy --seed 2 --out b.npy\n\
        suggest-k --points a.npy b.npy --out k.csv --suggestion k.txt\n\
        cluster-gmm --points a.npy --k $(cat k.txt) --out assignments.npy"
)]
pub struct Args {
    /// points of one embedding: .npy of any integer or float dtype, (n, d); further embeddings
    /// follow, with or without the option's name, two at least in all
    #[argh(option, arg_name = "file")]
    pub points: Vec<PathBuf>,
    /// table to write: .csv, a row for each number of clusters: its score, agreement, silhouette,
    /// Davies-Bouldin index, and the criterion that mixtures are searched by
    #[argh(option, arg_name = "file")]
    pub out: PathBuf,
    /// file to write with the suggested number alone, for a shell: --k $(cat k.txt)
    #[argh(option, arg_name = "file")]
    pub suggestion: Option<PathBuf>,
    /// numbers of clusters to compare (default 2..30, or up to a tenth of the points)
    #[argh(option, arg_name = "A..B")]
    pub k: Option<Span>,
    /// most points that are looked at; of more, a sample is drawn (default 3000)
    #[argh(option, arg_name = "n")]
    pub rows: Option<Count>,
    /// random starts of each mixture; the best is kept (default 1)
    #[argh(option, arg_name = "n")]
    pub starts: Option<Count>,
    /// weight of uncertainty in the criterion that mixtures are searched by, which is the entropy
    /// of the components minus this times their mean entropy given the point (default 10)
    #[argh(option, arg_name = "x")]
    pub uncertainty_weight: Option<NotNegative>,
    /// full, tied, diag, spherical, or auto, which is full where points are enough, tied where they
    /// are few, and diag beyond 100 features (default auto)
    #[argh(option, arg_name = "name")]
    pub covariance: Option<CovarianceChoice>,
    /// seed of every random choice (default 0)
    #[argh(option, arg_name = "n")]
    pub seed: Option<u64>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
    /// points of further embeddings
    #[argh(positional, arg_name = "file")]
    more: Vec<PathBuf>,
}

impl Args {
    /// Gives the files of all embeddings.
    pub fn all_points(&self) -> Vec<PathBuf> {
        self.points.iter().chain(&self.more).cloned().collect()
    }

    /// Checks that there are embeddings enough, and a number to choose.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.all_points().len() < 2 {
            return Err(cli::usage(
                "give the --points of at least two embeddings, which are to agree",
            ));
        }
        if self.k.is_some_and(|span| span.first < 2) {
            return Err(cli::usage("--k: expected numbers of at least 2, as in 2..30"));
        }
        if self.rows.is_some_and(|rows| rows.0 < 10) {
            return Err(cli::usage("--rows: expected at least 10"));
        }
        Ok(())
    }

    /// Gives the numbers to compare on the `n` points of `file`.
    ///
    /// # Errors
    ///
    /// Fails if there are fewer points than clusters.
    pub fn numbers(&self, file: &Path, n: usize) -> anyhow::Result<Span> {
        let span = self.k.unwrap_or(Span { last: NUMBERS.last.min(n / 10).max(2), ..NUMBERS });
        anyhow::ensure!(
            n > span.last,
            "{}: expected more than {} points for as many clusters, found {n}; give a smaller --k",
            file.display(),
            span.last
        );
        Ok(span)
    }

    /// Gives the parameters of a mixture of k components on points `(n, d)`.
    ///
    /// All mixtures have the type of covariance of the most components, `most`.
    pub fn params(&self, k: usize, dim: (usize, usize), most: usize) -> GmmParams {
        GmmParams {
            k,
            starts: self.starts.map_or(1, |starts| starts.0),
            keep: Keep::Information { uncertainty_weight: self.uncertainty_weight() },
            search: Search::SplitMerge,
            covariance_type: self
                .covariance
                .unwrap_or(CovarianceChoice::Auto)
                .for_points(dim, most),
            seed: self.seed.unwrap_or(0),
            ..GmmParams::default()
        }
    }

    /// Gives the weight of uncertainty.
    pub fn uncertainty_weight(&self) -> f64 {
        self.uncertainty_weight.map_or(10.0, |weight| weight.0)
    }
}
