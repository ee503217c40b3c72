//! Command-line options, and which of them go together.

use std::path::PathBuf;
use std::str::FromStr;

use cli::{Count, NotNegative};
use hdbscan::{Metric, Params, Selection};

/// Groups points by density with HDBSCAN, which finds the number of clusters itself and leaves
/// noise out; or, with --predict, assigns new points to the clusters of a model. The minimum
/// spanning tree is exact. The same points give the same bytes, whatever the number of threads.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "cluster-hdbscan --points embedded.npy --min-cluster-size 50 --out assignments.npy \
        --model model.npz --probabilities probabilities.npy\n\
        cluster-hdbscan --points new.npy --predict model.npz --out new-assignments.npy\n\
        embed-umap --points embedded.npy --neighbors-out neighbors.npz\n\
        cluster-hdbscan --points embedded.npy --neighbors-in neighbors.npz --method leaf \
        --out leaves.npy\n\
        evaluate --assignments assignments.npy --labels data/train-labels.npy --out scores.json"
)]
pub struct Args {
    /// points: .npy of any integer or float dtype, (n, d); or images (n, height, width), divided by
    /// 255 when u1
    #[argh(option, arg_name = "file")]
    pub points: PathBuf,
    /// assignments to write: .npy, i4, (n,), values 0..k-1, and -1 for noise
    #[argh(option, arg_name = "file")]
    pub out: PathBuf,
    /// probabilities to write: .npy, f8, (n,), how firmly each point belongs to its cluster, from 0
    /// for noise to 1
    #[argh(option, arg_name = "file")]
    pub probabilities: Option<PathBuf>,
    /// model to write, for --predict: .npz with the points and their condensed tree
    #[argh(option, arg_name = "file")]
    pub model: Option<PathBuf>,
    /// model of a former run: assign each point to the cluster of the point of the model that is
    /// nearest by mutual reachability, or to noise if it is farther than the cluster lasts, and fit
    /// nothing
    #[argh(option, arg_name = "file")]
    pub predict: Option<PathBuf>,
    /// exact neighbors found before, as by embed-umap --neighbors-out: .npz with indices and
    /// distances (n, at least --min-samples), nearest first; 16 or more spare time
    #[argh(option, arg_name = "file")]
    pub neighbors_in: Option<PathBuf>,
    /// fewest points of a cluster, at least 2 (default 5)
    #[argh(option, arg_name = "n")]
    pub min_cluster_size: Option<Count>,
    /// points within the core distance of a point, itself included: more make more noise (default
    /// as --min-cluster-size)
    #[argh(option, arg_name = "n")]
    pub min_samples: Option<Count>,
    /// keep clusters whole that would split at a smaller distance than this, scikit-learn's
    /// cluster_selection_epsilon (default 0)
    #[argh(option, arg_name = "x")]
    pub epsilon: Option<NotNegative>,
    /// most points of a cluster that --method eom selects (default no limit)
    #[argh(option, arg_name = "n")]
    pub max_cluster_size: Option<Count>,
    /// divisor of distances before they are compared with core distances (default 1)
    #[argh(option, arg_name = "x")]
    pub alpha: Option<NotNegative>,
    /// eom: select the most stable clusters; leaf: the leaves of the tree, which are many and small
    /// (default eom)
    #[argh(option, arg_name = "name")]
    pub method: Option<Named<Selection>>,
    /// let all points be one cluster, if that is the most stable
    #[argh(switch)]
    pub allow_single_cluster: bool,
    /// euclidean or cosine (default euclidean)
    #[argh(option, arg_name = "name")]
    pub metric: Option<Named<Metric>>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
}

/// A value chosen by its name.
pub struct Named<T>(pub T);

impl FromStr for Named<Selection> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "eom" => Ok(Self(Selection::Eom)),
            "leaf" => Ok(Self(Selection::Leaf)),
            _ => Err(format!("expected eom or leaf, found '{text}'")),
        }
    }
}

impl FromStr for Named<Metric> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "euclidean" => Ok(Self(Metric::Euclidean)),
            "cosine" => Ok(Self(Metric::Cosine)),
            _ => Err(format!("expected euclidean or cosine, found '{text}'")),
        }
    }
}

impl Args {
    /// Checks that all options go together, and with --predict.
    pub fn check(&self) -> anyhow::Result<()> {
        if let Some(model) = &self.predict {
            let mode = format!("--predict {} assigns and fits nothing", model.display());
            let options = [
                ("--model", self.model.is_some()),
                ("--neighbors-in", self.neighbors_in.is_some()),
                ("--min-cluster-size", self.min_cluster_size.is_some()),
                ("--min-samples", self.min_samples.is_some()),
                ("--epsilon", self.epsilon.is_some()),
                ("--max-cluster-size", self.max_cluster_size.is_some()),
                ("--alpha", self.alpha.is_some()),
                ("--method", self.method.is_some()),
                ("--allow-single-cluster", self.allow_single_cluster),
                ("--metric", self.metric.is_some()),
            ];
            return cli::leave_out(&mode, options);
        }
        let params = self.params();
        if params.min_cluster_size < 2 {
            return Err(cli::usage("--min-cluster-size is at least 2, so that clusters can split"));
        }
        if params.alpha == 0.0 {
            return Err(cli::usage("--alpha divides distances, so it is above 0"));
        }
        if params.selection == Selection::Leaf {
            let mode = "--method leaf selects the smallest clusters";
            let without_epsilon = params.cluster_selection_epsilon == 0.0;
            cli::leave_out(
                mode,
                [
                    ("--max-cluster-size", params.max_cluster_size.is_some()),
                    ("--allow-single-cluster", params.allow_single_cluster && without_epsilon),
                ],
            )?;
        }
        Ok(())
    }

    /// Gives the parameters with the defaults filled in.
    pub fn params(&self) -> Params {
        let default = Params::default();
        Params {
            min_cluster_size: self.min_cluster_size.map_or(default.min_cluster_size, |n| n.0),
            min_samples: self.min_samples.map(|n| n.0),
            cluster_selection_epsilon: self.epsilon.map_or(0.0, |x| x.0),
            max_cluster_size: self.max_cluster_size.map(|n| n.0),
            alpha: self.alpha.map_or(default.alpha, |x| x.0),
            selection: self.method.as_ref().map_or(default.selection, |method| method.0),
            allow_single_cluster: self.allow_single_cluster,
            metric: self.metric.as_ref().map_or(default.metric, |metric| metric.0),
        }
    }

    /// Names the points, and the neighbors that were given with them, for messages.
    pub fn about(&self) -> String {
        match &self.neighbors_in {
            Some(path) => format!("{} of {}", path.display(), self.points.display()),
            None => self.points.display().to_string(),
        }
    }
}
