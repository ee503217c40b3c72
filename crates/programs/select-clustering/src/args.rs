//! Command-line options, and which of them go together.

use std::path::PathBuf;

use cli::{Count, NotNegative};
use clustering::gmm::{CovarianceChoice, GmmParams, Keep};

/// Keeps, of several clusterings of the same points, the one that is best on all embeddings of the
/// points together.
///
/// A clustering that was found on one embedding may be a better one of the others than any that
/// was found there. Each candidate becomes the start of a Gaussian mixture on every embedding, and
/// the candidate whose mixtures are best on average is kept: by the criterion of --keep, the first
/// of equals. Candidates may come from any tool; all must have the same number of clusters, because
/// the criteria grow with it. Labels are never read.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "cluster-gmm --points a.npy --search split-merge --out run-a.npy\n\
        cluster-gmm --points b.npy --search split-merge --out run-b.npy\n\
        select-clustering --points a.npy --points b.npy --candidates run-a.npy run-b.npy \
        --out on-a.npy --out on-b.npy --table candidates.csv\n\
        consensus --assignments on-a.npy on-b.npy --out assignments.npy"
)]
pub struct Args {
    /// points of one embedding: .npy of any integer or float dtype, (n, d); give the option once
    /// for each embedding
    #[argh(option, arg_name = "file")]
    pub points: Vec<PathBuf>,
    /// cluster ids of one candidate: .npy, integers, (n,), -1 for noise; further candidates follow,
    /// with or without the option's name
    #[argh(option, arg_name = "file")]
    pub candidates: Vec<PathBuf>,
    /// assignments to write: .npy, i4, (n,), values 0..k-1, by the mixture of the kept candidate;
    /// once for each --points, in the same order
    #[argh(option, arg_name = "file")]
    pub out: Vec<PathBuf>,
    /// model to write: .npz, that mixture, as of cluster-gmm; once for each --points, or not at all
    #[argh(option, arg_name = "file")]
    pub model: Vec<PathBuf>,
    /// table of the candidates to write: .csv, the criterion on each embedding and on average, and
    /// which candidate is kept
    #[argh(option, arg_name = "file")]
    pub table: Option<PathBuf>,
    /// criterion: likelihood, or information, the mutual information of points and components,
    /// which prefers clear components of like size (default information)
    #[argh(option, arg_name = "name")]
    pub keep: Option<Keep>,
    /// weight of uncertainty in --keep information: the criterion is the entropy of the components
    /// minus this times their mean entropy given the point (default 1, the mutual information)
    #[argh(option, arg_name = "x")]
    pub uncertainty_weight: Option<NotNegative>,
    /// most iterations of a mixture (default 300)
    #[argh(option, arg_name = "n")]
    pub max_iter: Option<Count>,
    /// a mixture has converged when the mean log-likelihood changes by less than this (default
    /// 1e-5)
    #[argh(option, arg_name = "x")]
    pub tol: Option<NotNegative>,
    /// full, tied, diag, spherical, or auto, which is full where points are enough, tied where they
    /// are few, and diag beyond 100 features (default full)
    #[argh(option, arg_name = "name")]
    pub covariance: Option<CovarianceChoice>,
    /// value added to every variance, so that no component collapses (default 1e-6)
    #[argh(option, arg_name = "x")]
    pub reg_covar: Option<NotNegative>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
    /// further candidates
    #[argh(positional, arg_name = "file")]
    more: Vec<PathBuf>,
}

impl Args {
    /// Gives the files of all candidates.
    pub fn all_candidates(&self) -> Vec<PathBuf> {
        self.candidates.iter().chain(&self.more).cloned().collect()
    }

    /// Checks that there are files enough, and that the options go together.
    pub fn check(&self) -> anyhow::Result<()> {
        let embeddings = self.points.len();
        if embeddings == 0 {
            return Err(cli::usage("give the --points of at least one embedding"));
        }
        if self.all_candidates().is_empty() {
            return Err(cli::usage("give the --candidates, at least one file"));
        }
        for (option, found, optional) in
            [("--out", self.out.len(), false), ("--model", self.model.len(), true)]
        {
            if found != embeddings && !(optional && found == 0) {
                return Err(cli::usage(format!(
                    "give {option} once for each of the {embeddings} --points, found {found}"
                )));
            }
        }
        if self.uncertainty_weight.is_some() && self.keep == Some(Keep::Likelihood) {
            return Err(cli::usage("--uncertainty-weight is for --keep information"));
        }
        Ok(())
    }

    /// Gives the parameters of mixtures of k components on points `(n, d)`, with the defaults
    /// filled in but for `init`.
    pub fn params(&self, dim: (usize, usize), k: usize) -> GmmParams {
        let default = GmmParams::default();
        let weight = self.uncertainty_weight.map(|weight| weight.0);
        GmmParams {
            k,
            keep: self.keep.unwrap_or(Keep::MUTUAL_INFORMATION).with_uncertainty_weight(weight),
            max_iter: self.max_iter.map_or(default.max_iter, |max_iter| max_iter.0),
            tol: self.tol.map_or(default.tol, |tol| tol.0),
            covariance_type: self
                .covariance
                .map_or(default.covariance_type, |choice| choice.for_points(dim, k)),
            reg_covar: self.reg_covar.map_or(default.reg_covar, |reg_covar| reg_covar.0),
            ..default
        }
    }
}
