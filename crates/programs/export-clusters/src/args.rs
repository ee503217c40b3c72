//! The arguments of the program.

use std::path::PathBuf;

use cli::Count;

use crate::link::Link;

/// Writes the cluster of each named row to a CSV: file, row, cluster, certainty, distance, second
/// cluster. With --into, it also makes a folder for each cluster, with links to its files or
/// copies of them, and with --images a contact sheet of each.
///
/// The certainty is the share of the own cluster (the agreement or responsibility of --certainty, 1
/// without it) times the margin (1 without --points). The margin is d2 / (d1 + d2): d1 is the
/// distance of the point to the mean of its cluster, d2 that to the nearest other mean. So it is 1
/// at the mean of the cluster, 0.5 half way to another, less beyond, and hardly ever the same for
/// two points. Noise (cluster -1) has neither certainty nor distance. The second cluster is that of
/// the next highest responsibility, or else the one with the nearest other mean.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "import-images --from photos --out images.npy --names names.csv\n\
        encode-scattering --images images.npy --out points.npy\n\
        cluster-kmeans --points points.npy --k 12 --out assignments.npy\n\
        export-clusters --assignments assignments.npy --names names.csv --points points.npy \
        --out clusters.csv\n\
        export-clusters --assignments assignments.npy --names names.csv --points points.npy \
        --out clusters.csv --into groups --link symbolic --images images.npy\n\
        export-clusters --assignments new.npy --names new.csv --points new-points.npy \
        --seen-assignments assignments.npy --seen-points points.npy --out new-clusters.csv"
)]
pub struct Args {
    /// clusters: .npy, integers, (n,), -1 is noise
    #[argh(option, arg_name = "file")]
    pub assignments: PathBuf,
    /// names of the rows: .csv with a column file, name or id, in the order of the rows; without it
    /// there is no column file
    #[argh(option, arg_name = "file")]
    pub names: Option<PathBuf>,
    /// certainty of each point's cluster: .npy, 0 to 1, agreement (n,) or responsibilities (n, k)
    #[argh(option, arg_name = "file")]
    pub certainty: Option<PathBuf>,
    /// points in the space that was clustered, for distances: .npy, numbers, (n, d)
    #[argh(option, arg_name = "file")]
    pub points: Option<PathBuf>,
    /// with --points of new rows: the clusters of the points that were seen before, whose means the
    /// distances are to
    #[argh(option, arg_name = "file")]
    pub seen_assignments: Option<PathBuf>,
    /// these points, in the same space as --points
    #[argh(option, arg_name = "file")]
    pub seen_points: Option<PathBuf>,
    /// neighbors that the rows have among the points seen before, for the columns nearest and
    /// unfamiliar: .npz of embed-umap --transform --neighbors-out; a row is unfamiliar (yes) if its
    /// nearest is farther than 99 of 100 points in --seen-neighbors are from theirs
    #[argh(option, arg_name = "file")]
    pub neighbors: Option<PathBuf>,
    /// neighbors of the points seen before among one another: .npz of embed-umap --neighbors-out
    #[argh(option, arg_name = "file")]
    pub seen_neighbors: Option<PathBuf>,
    /// clusters to write: .csv, a line for each row; columns that cannot be known without
    /// --certainty or --points are left out
    #[argh(option, arg_name = "file")]
    pub out: PathBuf,
    /// folder to make, with a folder for each cluster (cluster-00, ..., noise) in which its files
    /// are linked or copied under their own names; it must not exist, or be empty
    #[argh(option, arg_name = "folder")]
    pub into: Option<PathBuf>,
    /// how files come into --into: hard, symbolic, or copy (default hard); links need no space, and
    /// hard links stay when the files are moved but are possible within one file system alone
    #[argh(option, arg_name = "kind")]
    pub link: Option<Link>,
    /// folder that the names are relative to, or text file that listed them (default what
    /// import-images read, which stands in the provenance of --names); no archive
    #[argh(option, arg_name = "path")]
    pub from: Option<PathBuf>,
    /// images of the rows, for a contact sheet of each cluster in --into: .npy, u1, (n, height,
    /// width) or (n, height, width, 3); it shows the most certain members, some in between, and the
    /// least certain
    #[argh(option, arg_name = "file")]
    pub images: Option<PathBuf>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
}
