//! The command line.

use std::path::PathBuf;

use cli::Count;

use crate::format::Format;

/// Scores assignments against labels: purity (majority vote, which some reports call accuracy), ACC
/// (best one-to-one map, Hungarian), NMI (arithmetic mean), AMI, ARI, homogeneity, completeness,
/// V-measure, Fowlkes-Mallows, and under either map the confusion matrix with each class's recall
/// and precision. Assignment -1 is noise: wrong in purity and ACC, a group of its own in the
/// others. Further splits are also scored by the maps found on the first, the training split:
/// clusters that have other ids there have a low accuracy by these, whatever their purity. Given
/// the points that were clustered, with labels or without, also measures what reads no labels: the
/// silhouette (of more than 5,000 points that of a sample, each measured against all points, with
/// its standard error; with --silhouettes that of every point), Davies-Bouldin and
/// Calinski-Harabasz; noise is left out. Given score files instead, prints them side by side; files
/// of one name are runs of one system and are averaged.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "cluster-kmeans --points latents.npy --out assignments.npy\nevaluate --assignments \
        assignments.npy --labels data/train-labels.npy --classes data/classes.json --out \
        scores.json\nevaluate --assignments assignments.npy --points latents.npy --out \
        internal.json\nevaluate --assignments assignments.npy --points latents.npy --silhouettes \
        silhouettes.npy --out internal.json\nevaluate scores.json others.json\nevaluate --each \
        seed-*/scores.json\nevaluate --format latex scores.json others.json"
)]
pub struct Args {
    /// cluster ids: .npy, integers, (n,); repeat it, with its labels, for each split, the training
    /// split first
    #[argh(option, arg_name = "file")]
    pub assignments: Vec<PathBuf>,
    /// class ids of the same points: .npy, integers from 0, (n,)
    #[argh(option, arg_name = "file")]
    pub labels: Vec<PathBuf>,
    /// points in the space that was clustered, for scores without labels: .npy, numbers, (n, d);
    /// one file for each of the assignments, in the same order
    #[argh(option, arg_name = "file")]
    pub points: Vec<PathBuf>,
    /// silhouette of every point to write, in -1..1: .npy, f4, (n,); 0 for a point alone in its
    /// cluster, NaN for noise; one file for each of the points, in the same order. The time grows
    /// with the square of n, and the mean in --out is then that of all points
    #[argh(option, arg_name = "file")]
    pub silhouettes: Vec<PathBuf>,
    /// scores to write: .json, one entry a split, named after its assignments file
    #[argh(option, arg_name = "file")]
    pub out: Option<PathBuf>,
    /// names of the classes: a JSON list in the order of the ids
    #[argh(option, arg_name = "file")]
    pub classes: Option<PathBuf>,
    /// published figures to print beside the scores: JSON with system, split and purity
    #[argh(option, arg_name = "file")]
    pub reference: Option<PathBuf>,
    /// also show every run, the lowest and highest score of each system, and how well the
    /// silhouette predicts which run has the higher ACC
    #[argh(switch)]
    pub each: bool,
    /// form of the comparison: table, markdown, latex, or csv with a line for each system, split
    /// and metric (default table)
    #[argh(option, arg_name = "name")]
    pub format: Option<Format>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
    /// score files written before, to be compared
    #[argh(positional, arg_name = "scores")]
    pub scores: Vec<PathBuf>,
}
