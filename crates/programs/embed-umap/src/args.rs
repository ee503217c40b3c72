//! Command-line options, and which of them go together.

use std::path::PathBuf;
use std::str::FromStr;

use artifact::Points;
use cli::{Count, NotNegative};
use umap::{Connectivity, Init, Params};

use crate::metric_choice::MetricChoice;

/// Embeds points in few dimensions with UMAP, so that neighbors stay neighbors and clusters come
/// apart; or, with --transform, finds the places of new points in an embedding; or, with
/// --neighbors-out alone, finds the neighbors for several embeddings. Neighbors are exact, unless
/// --neighbors-mode or --neighbors-in says otherwise. The same seed gives the same bytes, whatever
/// the number of threads.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "embed-umap --points latents.npy --out embedded.npy --model umap.npz\n\
        embed-umap --points new.npy --transform umap.npz --out new-embedded.npy\n\
        embed-umap --points latents.npy --neighbors-out neighbors.npz\n\
        embed-umap --points latents.npy --neighbors-in neighbors.npz --seed 1 --out second.npy\n\
        cluster-gmm --points embedded.npy --out assignments.npy"
)]
pub struct Args {
    /// points: .npy of any integer or float dtype, (n, d); or images (n, height, width), divided by
    /// 255 when u1
    #[argh(option, arg_name = "file")]
    pub points: PathBuf,
    /// embedding to write: .npy, f4, (n, dims); without it only --neighbors-out is written
    #[argh(option, arg_name = "file")]
    pub out: Option<PathBuf>,
    /// model to write, for --transform: .npz with the points and their embedding
    #[argh(option, arg_name = "file")]
    pub model: Option<PathBuf>,
    /// model of an earlier run: place the points in its embedding, without fitting
    #[argh(option, arg_name = "file")]
    pub transform: Option<PathBuf>,
    /// dimensions of the embedding (default 10)
    #[argh(option, arg_name = "n")]
    pub dims: Option<Count>,
    /// neighbors of each point, itself included: few keep local structure, many the global one
    /// (default 20)
    #[argh(option, arg_name = "n")]
    pub neighbors: Option<Count>,
    /// neighbors to write, for --neighbors-in: .npz with indices and distances (n, neighbors), each
    /// point its own first neighbor; with --transform those among the points of the model
    #[argh(option, arg_name = "file")]
    pub neighbors_out: Option<PathBuf>,
    /// exact, or approximate: most of the nearest, quicker for very many points; says how many
    /// (default exact)
    #[argh(option, arg_name = "name")]
    pub neighbors_mode: Option<Named<NeighborsMode>>,
    /// neighbors found before, by this program, faiss or umap-learn: .npz with indices and
    /// distances (n, at least --neighbors), nearest first; they may be approximate
    #[argh(option, arg_name = "file")]
    pub neighbors_in: Option<PathBuf>,
    /// minimum distance of embedded points, umap-learn's min_dist (default 0)
    #[argh(option, arg_name = "x")]
    pub min_dist: Option<NotNegative>,
    /// euclidean, cosine, or auto: cosine if all points have length 1, else euclidean (default
    /// euclidean)
    #[argh(option, arg_name = "name")]
    pub metric: Option<MetricChoice>,
    /// union: keep an edge if either point is among the other's nearest neighbors; mutual: if both
    /// are, and add neighbors along paths of such edges (default union)
    #[argh(option, arg_name = "name")]
    pub graph: Option<Named<Connectivity>>,
    /// layout to start from: spectral or pca (default spectral)
    #[argh(option, arg_name = "name")]
    pub init: Option<Named<Init>>,
    /// passes over the edges of the graph (default 500 for up to 10000 points, 200 for more)
    #[argh(option, arg_name = "n")]
    pub epochs: Option<Count>,
    /// seed of every random choice (default 0)
    #[argh(option, arg_name = "n")]
    pub seed: Option<u64>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
}

/// How neighbors are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeighborsMode {
    Exact,
    Approximate,
}

/// A value chosen by its name.
pub struct Named<T>(pub T);

/// Parses one of two names.
fn one_of<T>(text: &str, (a, as_a): (&str, T), (b, as_b): (&str, T)) -> Result<Named<T>, String> {
    match text {
        _ if text == a => Ok(Named(as_a)),
        _ if text == b => Ok(Named(as_b)),
        _ => Err(format!("expected {a} or {b}, found '{text}'")),
    }
}

impl FromStr for Named<Connectivity> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        one_of(text, ("union", Connectivity::Union), ("mutual", Connectivity::Mutual))
    }
}

impl FromStr for Named<NeighborsMode> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let approximate = ("approximate", NeighborsMode::Approximate);
        one_of(text, ("exact", NeighborsMode::Exact), approximate)
    }
}

impl FromStr for Named<Init> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        one_of(text, ("spectral", Init::Spectral), ("pca", Init::Pca))
    }
}

impl Args {
    /// Checks that all options go together with --transform, or with --neighbors-out alone.
    pub fn check(&self) -> anyhow::Result<()> {
        // Option, whether it was given, and whether it goes with --transform and with neighbors
        // alone.
        let options = [
            ("--model", self.model.is_some(), [false, false]),
            ("--transform", self.transform.is_some(), [true, false]),
            ("--dims", self.dims.is_some(), [false, false]),
            ("--neighbors", self.neighbors.is_some(), [false, true]),
            ("--neighbors-out", self.neighbors_out.is_some(), [true, true]),
            ("--neighbors-mode", self.neighbors_mode.is_some(), [false, true]),
            ("--neighbors-in", self.neighbors_in.is_some(), [true, false]),
            ("--min-dist", self.min_dist.is_some(), [false, false]),
            ("--metric", self.metric.is_some(), [false, true]),
            ("--graph", self.graph.is_some(), [false, false]),
            ("--init", self.init.is_some(), [false, false]),
            ("--epochs", self.epochs.is_some(), [false, false]),
            ("--seed", self.seed.is_some(), [true, false]),
        ];
        let misfits = |mode: usize| options.map(|(name, given, fits)| (name, given && !fits[mode]));
        if self.out.is_none() {
            if self.neighbors_out.is_none() {
                return Err(cli::usage("give --out, or --neighbors-out for the neighbors alone"));
            }
            return cli::leave_out("without --out only neighbors are found", misfits(1));
        }
        if self.neighbors_in.is_some() && self.neighbors_out.is_some() {
            return Err(cli::usage("--neighbors-in brings what --neighbors-out would write"));
        }
        if self.neighbors_in.is_some() && self.neighbors_mode.is_some() {
            return Err(cli::usage("--neighbors-in brings what --neighbors-mode would search"));
        }
        if let Some(model) = &self.transform {
            let mode = format!("--transform {} takes everything from the model", model.display());
            return cli::leave_out(&mode, misfits(0));
        }
        Ok(())
    }

    /// Returns how to search neighbors.
    pub fn mode(&self) -> NeighborsMode {
        self.neighbors_mode.as_ref().map_or(NeighborsMode::Exact, |mode| mode.0)
    }

    /// Names the points, and the neighbors that were given with them, for messages.
    pub fn about(&self) -> String {
        match &self.neighbors_in {
            Some(path) => format!("{} of {}", path.display(), self.points.display()),
            None => self.points.display().to_string(),
        }
    }

    /// Gives the parameters for these points, with the defaults filled in.
    pub fn params(&self, points: &Points) -> Params {
        let default = Params::default();
        Params {
            dims: self.dims.map_or(default.dims, |dims| dims.0),
            neighbors: self.neighbors.map_or(default.neighbors, |neighbors| neighbors.0),
            min_dist: self.min_dist.map_or(default.min_dist, |min_dist| min_dist.0),
            metric: self.metric.map_or(default.metric, |choice| choice.for_points(points)),
            connectivity: self.graph.as_ref().map_or(default.connectivity, |graph| graph.0),
            init: self.init.as_ref().map_or(default.init, |init| init.0),
            epochs: self.epochs.map(|epochs| epochs.0),
            seed: self.seed.unwrap_or(default.seed),
        }
    }
}
