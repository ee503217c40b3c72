//! Command-line options, and which of them go together.

use std::path::PathBuf;
use std::str::FromStr;

use artifact::{FileRecord, read_matrix};
use cli::{Count, NotNegative, Span};
use clustering::Search;
use clustering::kmeans::{Algorithm, Init, KMeansParams, Metric, MiniBatchParams};

/// Groups points with k-means and writes the cluster of each; or, with --predict, assigns new
/// points to the clusters of a model; or, with --select-k, compares numbers of clusters. The same
/// seed gives the same bytes, whatever the number of threads.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "cluster-kmeans --points latents.npy --out assignments.npy --model model.npz\n\
        cluster-kmeans --points new.npy --predict model.npz --out new-assignments.npy\n\
        cluster-kmeans --points vectors.npy --metric cosine --out a.npy --distances d.npy\n\
        cluster-kmeans --points latents.npy --select-k 2..20 --out k.csv\n\
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
    /// model to write: .npz with centroids (k, d), and the metric if it is cosine
    #[argh(option, arg_name = "file")]
    pub model: Option<PathBuf>,
    /// distances of all points to all centroids to write: .npy, f4, (n, k); Euclidean, not squared;
    /// of the metric cosine 1 - cosine
    #[argh(option, arg_name = "file")]
    pub distances: Option<PathBuf>,
    /// table of all iterations to write: .csv with start, iteration, inertia, moved points and
    /// computed distances
    #[argh(option, arg_name = "file")]
    pub trace: Option<PathBuf>,
    /// model of a former fit: assign the points to its nearest centroids by its metric, and fit
    /// nothing
    #[argh(option, arg_name = "file")]
    pub predict: Option<PathBuf>,
    /// fit every number of clusters from A to B, write inertia and silhouette of each to --out, and
    /// print the elbow of the inertia and the highest silhouette
    #[argh(option, arg_name = "A..B")]
    pub select_k: Option<Span>,
    /// weights of the points: .npy of any number dtype, (n,), at least 0 (default 1 each)
    #[argh(option, arg_name = "file")]
    pub weights: Option<PathBuf>,
    /// number of clusters (default 10)
    #[argh(option, arg_name = "n")]
    pub k: Option<Count>,
    /// euclidean, or cosine: spherical k-means, which scales points and centroids to unit length;
    /// the inertia, and the silhouette of --select-k, are then of unit vectors, whose squared
    /// distance is 2 (1 - cosine) (default euclidean)
    #[argh(option, arg_name = "name")]
    pub metric: Option<Metric>,
    /// random starts; the one with the lowest inertia is kept (default 10; of minibatch 3)
    #[argh(option, arg_name = "n")]
    pub starts: Option<Count>,
    /// most iterations of a start (default 350); of minibatch, passes over the points (default 100)
    #[argh(option, arg_name = "n")]
    pub max_iter: Option<Count>,
    /// a start has converged when the squared move of the centroids is at most this times the mean
    /// variance of the columns, as in scikit-learn (default 1e-10)
    #[argh(option, arg_name = "x")]
    pub tol: Option<NotNegative>,
    /// k-means++, random, or a .npy of k centroids to start from (default k-means++)
    #[argh(option, arg_name = "name")]
    pub init: Option<Start>,
    /// improvement of each start: none, or split-merge, which merges two clusters and splits a
    /// third as long as that lowers the inertia (default none)
    #[argh(option, arg_name = "name")]
    pub search: Option<Search>,
    /// auto, lloyd, hamerly, yinyang or elkan: the same bytes in different times; minibatch: a
    /// close result, from a file that may be larger than memory; linfa: the slow reference (default
    /// auto)
    #[argh(option, arg_name = "name")]
    pub algorithm: Option<Method>,
    /// points in each step of minibatch (default 1024)
    #[argh(option, arg_name = "n")]
    pub batch: Option<Count>,
    /// seed of every random choice (default 0)
    #[argh(option, arg_name = "n")]
    pub seed: Option<u64>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
}

/// `--init`
pub enum Start {
    KMeansPlusPlus,
    Random,
    File(PathBuf),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "k-means++" => Ok(Self::KMeansPlusPlus),
            "random" => Ok(Self::Random),
            file if file.ends_with(".npy") => Ok(Self::File(file.into())),
            _ => Err("expected k-means++, random or the name of a .npy file".into()),
        }
    }
}

/// `--algorithm`
#[derive(Clone, Copy, PartialEq)]
pub enum Method {
    Batch(Algorithm),
    MiniBatch,
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "minibatch" {
            return Ok(Self::MiniBatch);
        }
        let mut all = Algorithm::ALL.iter().copied();
        let named = all.find(|algorithm| algorithm.as_str() == text);
        named.map(Self::Batch).ok_or_else(|| {
            "expected auto, lloyd, hamerly, yinyang, elkan, minibatch or linfa".into()
        })
    }
}

impl Args {
    /// Whether the algorithm is minibatch, which leaves the points in their file.
    pub fn minibatch(&self) -> bool {
        self.algorithm == Some(Method::MiniBatch)
    }

    /// Checks that all options go together with --predict, --select-k or --algorithm minibatch.
    pub fn check(&self) -> anyhow::Result<()> {
        let file = matches!(self.init, Some(Start::File(_)));
        // The option, whether it was given, and whether it goes with --predict, with --select-k and
        // with minibatch.
        let options = [
            ("--model", self.model.is_some(), [false, false, true]),
            ("--distances", self.distances.is_some(), [true, false, true]),
            ("--trace", self.trace.is_some(), [false, false, false]),
            ("--predict", self.predict.is_some(), [true, false, false]),
            ("--select-k", self.select_k.is_some(), [false, true, false]),
            ("--weights", self.weights.is_some(), [false, true, false]),
            ("--k", self.k.is_some(), [false, false, true]),
            ("--metric", self.metric.is_some(), [false, true, true]),
            ("--starts", self.starts.is_some(), [false, true, true]),
            ("--max-iter", self.max_iter.is_some(), [false, true, true]),
            ("--tol", self.tol.is_some(), [false, true, false]),
            ("--init FILE", file, [false, false, false]),
            ("--init", self.init.is_some() && !file, [false, true, true]),
            ("--search", self.search.is_some(), [false, true, false]),
            ("--batch", self.batch.is_some(), [false, false, true]),
            ("--algorithm minibatch", self.minibatch(), [false, false, true]),
            ("--algorithm", self.algorithm.is_some() && !self.minibatch(), [false, true, true]),
            ("--seed", self.seed.is_some(), [false, true, true]),
        ];
        let misfits = |mode: usize| options.map(|(name, given, fits)| (name, given && !fits[mode]));
        if let Some(model) = &self.predict {
            let mode = format!("--predict {} assigns and fits nothing", model.display());
            cli::leave_out(&mode, misfits(0))?;
        }
        if let Some(span) = self.select_k {
            cli::leave_out(&format!("--select-k {span} compares numbers of clusters"), misfits(1))?;
        }
        if self.minibatch() {
            cli::leave_out("--algorithm minibatch leaves the points in their file", misfits(2))?;
        }
        if self.metric() == Metric::Cosine {
            let linfa = self.algorithm == Some(Method::Batch(Algorithm::Linfa));
            let mode = "--metric cosine scales the centroids, which linfa cannot";
            cli::leave_out(mode, [("--algorithm linfa", linfa)])?;
        }
        if self.batch.is_some() && !self.minibatch() {
            return Err(cli::usage("--batch is for --algorithm minibatch"));
        }
        Ok(())
    }

    /// The metric of a fit.
    pub fn metric(&self) -> Metric {
        self.metric.unwrap_or_default()
    }

    /// Gives the parameters of minibatch with the defaults filled in.
    pub fn minibatch_params(&self) -> MiniBatchParams {
        let default = MiniBatchParams::default();
        MiniBatchParams {
            k: self.k.map_or(default.k, |k| k.0),
            metric: self.metric(),
            batch: self.batch.map_or(default.batch, |batch| batch.0),
            starts: self.starts.map_or(default.starts, |starts| starts.0),
            max_iter: self.max_iter.map_or(default.max_iter, |max_iter| max_iter.0),
            init: if matches!(self.init, Some(Start::Random)) {
                Init::Random
            } else {
                default.init
            },
            seed: self.seed.unwrap_or(default.seed),
            ..default
        }
    }

    /// Gives the parameters with the defaults filled in, and the record of the file of centroids.
    pub fn params(&self) -> anyhow::Result<(KMeansParams, Option<FileRecord>)> {
        let default = KMeansParams::default();
        let (init, record) = match &self.init {
            None | Some(Start::KMeansPlusPlus) => (Init::KMeansPlusPlus, None),
            Some(Start::Random) => (Init::Random, None),
            Some(Start::File(path)) => {
                let (centroids, record) = read_matrix(path)?;
                (Init::Centroids(centroids), Some(record))
            }
        };
        let algorithm = match self.algorithm {
            Some(Method::Batch(algorithm)) => algorithm,
            None | Some(Method::MiniBatch) => default.algorithm,
        };
        let params = KMeansParams {
            k: self.k.map_or(default.k, |k| k.0),
            metric: self.metric(),
            starts: self.starts.map_or(default.starts, |starts| starts.0),
            max_iter: self.max_iter.map_or(default.max_iter, |max_iter| max_iter.0),
            tol: self.tol.map_or(default.tol, |tol| tol.0),
            init,
            search: self.search.unwrap_or(default.search),
            seed: self.seed.unwrap_or(default.seed),
            algorithm,
        };
        Ok((params, record))
    }
}
