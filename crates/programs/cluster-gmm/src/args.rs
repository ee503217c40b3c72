//! Command-line options, and which of them go together.

use std::path::PathBuf;
use std::str::FromStr;

use artifact::{FileRecord, read_ids, read_matrix, read_numbers};
use cli::{Count, NotNegative, Span};
use clustering::Search;
use clustering::gmm::{CovarianceChoice, GmmParams, Init, Keep, number_clusters};

/// Groups points with a Gaussian mixture fitted by expectation maximization, in f64, and writes the
/// most probable component of each; or, with --predict, assigns new points to the components of a
/// model; or, with --select-k, compares numbers of components. The same seed gives the same bytes,
/// whatever the number of threads.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "cluster-gmm --points latents.npy --out assignments.npy --model model.npz \
        --proba responsibilities.npy\n\
        cluster-gmm --points new.npy --predict model.npz --out new-assignments.npy\n\
        cluster-gmm --points latents.npy --select-k 2..20 --out k.csv\n\
        evaluate --assignments assignments.npy --labels data/train-labels.npy --out scores.json"
)]
pub struct Args {
    /// points: .npy of any integer or float dtype, (n, d); or images (n, height, width), divided by
    /// 255 when u1
    #[argh(option, arg_name = "file")]
    pub points: PathBuf,
    /// assignments to write: .npy, i4, (n,), values 0..k-1; with --select-k the table to write:
    /// .csv
    #[argh(option, arg_name = "file")]
    pub out: PathBuf,
    /// responsibilities to write: .npy, f8, (n, k), the probability of each component given the
    /// point
    #[argh(option, arg_name = "file")]
    pub proba: Option<PathBuf>,
    /// log densities to write: .npy, f8, (n,), in nats; outliers have low ones
    #[argh(option, arg_name = "file")]
    pub densities: Option<PathBuf>,
    /// model to write: .npz with weights (k,), means (k, d), covariances and covariance_type, as
    /// scikit-learn shapes them; and origin (d,) and offsets (k, d), whose sums are the means in
    /// more digits
    #[argh(option, arg_name = "file")]
    pub model: Option<PathBuf>,
    /// model of a former mixture: assign the points to its most probable components, and fit
    /// nothing
    #[argh(option, arg_name = "file")]
    pub predict: Option<PathBuf>,
    /// fit every number of components from A to B, write BIC and AIC of each to --out, and print
    /// the number with the lowest BIC
    #[argh(option, arg_name = "A..B")]
    pub select_k: Option<Span>,
    /// weights of the points: .npy of any number dtype, (n,), at least 0 (default 1 each); a point
    /// of weight 0 is left out, and gets the label that the mixture of the others gives it
    #[argh(option, arg_name = "file")]
    pub weights: Option<PathBuf>,
    /// number of components (default 10, or as many as the model or clusters of --init)
    #[argh(option, arg_name = "n")]
    pub k: Option<Count>,
    /// random starts; the best is kept (default 1)
    #[argh(option, arg_name = "n")]
    pub starts: Option<Count>,
    /// criterion of the best start and of --search: likelihood, or information, the mutual
    /// information of points and components, which prefers clear components of like size (default
    /// likelihood)
    #[argh(option, arg_name = "name")]
    pub keep: Option<Keep>,
    /// weight of uncertainty in --keep information: the criterion is the entropy of the components
    /// minus this times their mean entropy given the point (default 1, the mutual information)
    #[argh(option, arg_name = "x")]
    pub uncertainty_weight: Option<NotNegative>,
    /// improvement of each start: none, or split-merge, which merges two components and splits a
    /// third as long as that raises the criterion (default none)
    #[argh(option, arg_name = "name")]
    pub search: Option<Search>,
    /// most iterations of a start (default 300)
    #[argh(option, arg_name = "n")]
    pub max_iter: Option<Count>,
    /// a start has converged when the mean log-likelihood changes by less than this, as in
    /// scikit-learn (default 1e-5)
    #[argh(option, arg_name = "x")]
    pub tol: Option<NotNegative>,
    /// full, tied, diag, spherical, or auto, which is full where points are enough, tied where they
    /// are few, and diag beyond 100 features (default full, or that of the model of --init)
    #[argh(option, arg_name = "name")]
    pub covariance: Option<CovarianceChoice>,
    /// value added to every variance, so that no component collapses (default 1e-6)
    #[argh(option, arg_name = "x")]
    pub reg_covar: Option<NotNegative>,
    /// kmeans, random, a .npy of k means or of the cluster of each point to start from (-1 for
    /// none), or a .npz model to go on from (default kmeans)
    #[argh(option, arg_name = "name")]
    pub init: Option<Start>,
    /// seed of every random choice (default 0)
    #[argh(option, arg_name = "n")]
    pub seed: Option<u64>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
}

/// `--init`
pub enum Start {
    KMeans,
    Random,
    Npy(PathBuf),
    Model(PathBuf),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "kmeans" => Ok(Self::KMeans),
            "random" => Ok(Self::Random),
            file if file.ends_with(".npy") => Ok(Self::Npy(file.into())),
            file if file.ends_with(".npz") => Ok(Self::Model(file.into())),
            _ => Err("expected kmeans, random or the name of a .npy or .npz file".into()),
        }
    }
}

impl Args {
    /// Checks that all options go together with --predict or --select-k.
    pub fn check(&self) -> anyhow::Result<()> {
        let from_file = matches!(self.init, Some(Start::Npy(_) | Start::Model(_)));
        // Option, whether it was given, and whether it goes with --predict and with --select-k.
        let options = [
            ("--proba", self.proba.is_some(), [true, false]),
            ("--densities", self.densities.is_some(), [true, false]),
            ("--model", self.model.is_some(), [false, false]),
            ("--predict", self.predict.is_some(), [true, false]),
            ("--select-k", self.select_k.is_some(), [false, true]),
            ("--weights", self.weights.is_some(), [false, true]),
            ("--k", self.k.is_some(), [false, false]),
            ("--starts", self.starts.is_some(), [false, true]),
            ("--keep", self.keep.is_some(), [false, true]),
            ("--uncertainty-weight", self.uncertainty_weight.is_some(), [false, true]),
            ("--search", self.search.is_some(), [false, true]),
            ("--max-iter", self.max_iter.is_some(), [false, true]),
            ("--tol", self.tol.is_some(), [false, true]),
            ("--covariance", self.covariance.is_some(), [false, true]),
            ("--reg-covar", self.reg_covar.is_some(), [false, true]),
            ("--init FILE", from_file, [false, false]),
            ("--init", self.init.is_some() && !from_file, [false, true]),
            ("--seed", self.seed.is_some(), [false, true]),
        ];
        let misfits = |mode: usize| options.map(|(name, given, fits)| (name, given && !fits[mode]));
        if let Some(model) = &self.predict {
            let mode = format!("--predict {} assigns and fits nothing", model.display());
            cli::leave_out(&mode, misfits(0))?;
        }
        if let Some(span) = self.select_k {
            let mode = format!("--select-k {span} compares numbers of components");
            cli::leave_out(&mode, misfits(1))?;
        }
        let informative = matches!(self.keep, Some(Keep::Information { .. }));
        if self.uncertainty_weight.is_some() && !informative {
            return Err(cli::usage("--uncertainty-weight is for --keep information"));
        }
        Ok(())
    }

    /// Gives the parameters with the defaults filled in, and the record of the file that `--init`
    /// names.
    pub fn params(&self) -> anyhow::Result<(GmmParams, Option<FileRecord>)> {
        let default = GmmParams::default();
        let (mut k, mut covariance_type) = (default.k, default.covariance_type);
        let (init, record) = match &self.init {
            None | Some(Start::KMeans) => (Init::KMeans, None),
            Some(Start::Random) => (Init::Random, None),
            Some(Start::Npy(path)) => {
                let expected = "k means (k, d) or the cluster of each point (n,)";
                if read_numbers(path, expected)?.0.ndim() == 1 {
                    let (ids, record) = read_ids(path)?;
                    let (assignments, found) = number_clusters(&ids);
                    k = found;
                    (Init::Assignments(assignments), Some(record))
                } else {
                    let (means, record) = read_matrix(path)?;
                    (Init::Means(means), Some(record))
                }
            }
            Some(Start::Model(path)) => {
                let (model, record) = model_io::gmm::read(path)?;
                (k, covariance_type) = (model.weights().len(), model.covariance_type());
                (Init::Model(model), Some(record))
            }
        };
        let weight = self.uncertainty_weight.map(|weight| weight.0);
        let params = GmmParams {
            k: self.k.map_or(k, |k| k.0),
            starts: self.starts.map_or(default.starts, |starts| starts.0),
            keep: self.keep.unwrap_or(default.keep).with_uncertainty_weight(weight),
            search: self.search.unwrap_or(default.search),
            max_iter: self.max_iter.map_or(default.max_iter, |max_iter| max_iter.0),
            tol: self.tol.map_or(default.tol, |tol| tol.0),
            covariance_type: match self.covariance {
                Some(CovarianceChoice::Given(kind)) => kind,
                Some(CovarianceChoice::Auto) | None => covariance_type,
            },
            reg_covar: self.reg_covar.map_or(default.reg_covar, |reg_covar| reg_covar.0),
            init,
            seed: self.seed.unwrap_or(default.seed),
        };
        Ok((params, record))
    }

    /// Sets the type of covariance, where it depends on the points, for up to k components.
    pub fn choose_covariance(&self, params: &mut GmmParams, dim: (usize, usize), k: usize) {
        // A mixture that goes on from a model has the model's type.
        if let (Some(choice), false) = (self.covariance, matches!(params.init, Init::Model(_))) {
            params.covariance_type = choice.for_points(dim, k);
        }
    }
}
