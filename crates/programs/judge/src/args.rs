//! Command-line options, and which of them go together.

use std::path::PathBuf;

use cli::{Count, Named};
use model_io::neighborhoods::metric;
use umap::Metric;

/// Neighbors of each point, itself among them, as embed-umap finds by default.
const NEIGHBORS: usize = 20;

/// Judges clusterings of the same points without labels: which one, why, how stable, what next.
///
/// A clustering is good where neighbors are in the same group: it is judged by the modularity of
/// the graph of exact neighbors, the share of links within groups beyond that by chance (Newman and
/// Girvan, 2004). The one with the highest is chosen; those within 0.01 of it are as good, and the
/// one that was named first among these is taken. Modularity compares clusterings into about as
/// many groups; for the number of groups see suggest-k. It is said which groups of the chosen one
/// are empty, consist of two pieces that few links join, or run into another. Give the
/// --runs that a vote was taken of, and their agreement says how stable the groups are. Labels are
/// never read.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "embed-umap --points features.npy --neighbors-out knn.npz\n\
        judge --assignments vote=consensus.npy --assignments k-means=kmeans.npy --points \
        features.npy --neighbors-in knn.npz --runs run-a.npy --runs run-b.npy --out verdict.md\n\
        judge --assignments mine.npy --points clip.npy --metric cosine --out verdict.md \
        --groups groups.csv"
)]
pub struct Args {
    /// cluster ids of one clustering, as NAME=FILE, or FILE where the folder has the name: .npy,
    /// integers, (n,); -1 is noise, which is in no group; may be repeated
    #[argh(option, arg_name = "name=file")]
    pub assignments: Vec<Named>,
    /// points whose neighbors judge: .npy of any integer or float dtype, (n, d); or images (n,
    /// height, width), divided by 255 when u1
    #[argh(option, arg_name = "file")]
    pub points: PathBuf,
    /// verdict to write: .md, with a table of the clusterings and one of the groups of the chosen
    /// one
    #[argh(option, arg_name = "file")]
    pub out: PathBuf,
    /// groups of the chosen clustering to write: .csv with group, rows, where its links lead, and
    /// what is remarkable
    #[argh(option, arg_name = "file")]
    pub groups: Option<PathBuf>,
    /// cluster ids of one of several runs whose agreement says how stable the groups are: .npy,
    /// integers, (n,); may be repeated
    #[argh(option, arg_name = "file")]
    pub runs: Vec<PathBuf>,
    /// number of groups that was asked for; the ids from 0 that are missing below it are empty
    /// groups (default as many as the largest id says)
    #[argh(option, arg_name = "n")]
    pub k: Option<Count>,
    /// euclidean or cosine (default that of --neighbors-in, else euclidean)
    #[argh(option, arg_name = "name", from_str_fn(metric))]
    pub metric: Option<Metric>,
    /// neighbors of each row, itself included (default 20)
    #[argh(option, arg_name = "n")]
    neighbors: Option<Count>,
    /// neighbors found before: .npz of embed-umap --neighbors-out, or another with indices and
    /// distances (n, k)
    #[argh(option, arg_name = "file")]
    pub neighbors_in: Option<PathBuf>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
}

impl Args {
    /// Checks options and files, before anything is read.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.assignments.is_empty() {
            return Err(cli::usage("give the --assignments of at least one clustering"));
        }
        for (at, named) in self.assignments.iter().enumerate() {
            if self.assignments[..at].iter().any(|other| other.name == named.name) {
                return Err(cli::usage(format!(
                    "two --assignments are named {}: give them as NAME=FILE",
                    named.name
                )));
            }
        }
        if self.runs.len() == 1 {
            return Err(cli::usage("--runs compares runs: give at least two of them, or none"));
        }
        if let Some(path) = &self.neighbors_in {
            let mode = format!("--neighbors-in takes all neighbors of {}", path.display());
            cli::leave_out(&mode, [("--neighbors", self.neighbors.is_some())])?;
        }
        cli::Files::new()
            .reads("--assignments", self.assignments.iter().map(|named| &named.path))
            .reads("--points", [&self.points])
            .reads("--neighbors-in", &self.neighbors_in)
            .reads("--runs", &self.runs)
            .writes("--out", [&self.out])
            .writes("--groups", &self.groups)
            .check()
    }

    /// Gives the neighbors of each point to find, itself among them.
    pub fn neighbors(&self) -> usize {
        self.neighbors.map_or(NEIGHBORS, |count| count.0)
    }
}
