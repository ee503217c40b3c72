//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use cli::{Count, Named};

/// Turns what the other programs wrote into one page that needs nothing but itself: the groups,
/// each as a card that opens, a map of all points, how systems differ, their scores, and how
/// everything was made. The groups of the last system are shown first. Every part can be left out;
/// the page says what it misses. With --figure, draws one figure instead. A file of one system is
/// given as NAME=FILE, or as FILE where the folder has the name.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "evaluate --assignments clusters/latents-kmeans/train.npy --labels labels.npy --out \
        scores/latents-kmeans.json\nreport --scores scores/latents-kmeans.json --assignments \
        clusters/latents-kmeans/train.npy --points latents-kmeans=latents.npy --images images.npy \
        --labels labels.npy --map latents.npy --out report.html\nreport --assignments \
        mine=assignments.npy --images images.npy --names names.csv --out report.html\nreport \
        --assignments mine=assignments.npy --images images.npy --figure clusters --out clusters.png"
)]
pub struct Args {
    /// scores of evaluate: .json; may be repeated; files of one name are runs of one system
    #[argh(option, arg_name = "file")]
    pub scores: Vec<PathBuf>,
    /// published figures to show beside the scores: JSON with system, split and purity
    #[argh(option, arg_name = "file")]
    pub reference: Option<PathBuf>,
    /// cluster ids of a system: .npy, integers, (n,); may be repeated, as may every option with
    /// NAME
    #[argh(option, arg_name = "name=file")]
    pub assignments: Vec<Named>,
    /// points in the space that was clustered: .npy, numbers, (n, d)
    #[argh(option, arg_name = "name=file")]
    pub points: Vec<Named>,
    /// certainty of each point's cluster: .npy, 0 to 1, responsibilities (n, k) or agreement (n,)
    #[argh(option, arg_name = "name=file")]
    pub certainty: Vec<Named>,
    /// the images that were clustered: .npy, (n, height, width), or (n, height, width, 3) in
    /// color
    #[argh(option, arg_name = "file")]
    pub images: Option<PathBuf>,
    /// class ids of the images: .npy, integers from 0, (n,)
    #[argh(option, arg_name = "file")]
    pub labels: Option<PathBuf>,
    /// names of the classes: a JSON list in the order of the ids
    #[argh(option, arg_name = "file")]
    pub classes: Option<PathBuf>,
    /// names of the rows, for the cards and the CSV: .csv with a column file, name or id
    #[argh(option, arg_name = "file")]
    pub names: Option<PathBuf>,
    /// near duplicates to show: .csv of find-duplicates
    #[argh(option, arg_name = "file")]
    pub duplicates: Option<PathBuf>,
    /// rows that are like no other, to show: .csv of find-outliers
    #[argh(option, arg_name = "file")]
    pub outliers: Option<PathBuf>,
    /// scores of numbers of groups, to show as a chart: .csv of suggest-k
    #[argh(option, arg_name = "file")]
    pub suggestion: Option<PathBuf>,
    /// places of the points on the map: .npy, numbers, (n, d); if d is above 2, the first two
    /// principal components are shown
    #[argh(option, arg_name = "file")]
    pub map: Option<PathBuf>,
    /// weights of the autoencoder, for the table of its layers: .safetensors
    #[argh(option, arg_name = "file")]
    pub weights: Option<PathBuf>,
    /// losses of the autoencoder: .csv with the columns epoch, train and validation
    #[argh(option, arg_name = "file")]
    pub losses: Option<PathBuf>,
    /// images that were encoded: .npy, (m, height, width) or (m, height, width, 3); needs
    /// --reconstructions
    #[argh(option, arg_name = "file")]
    pub originals: Option<PathBuf>,
    /// reconstructions of --originals: .npy, (m, height, width)
    #[argh(option, arg_name = "file")]
    pub reconstructions: Option<PathBuf>,
    /// heading of the page (default "Clusters found without labels")
    #[argh(option, arg_name = "text", default = "String::from(\"Clusters found without labels\")")]
    pub title: String,
    /// draw one figure and no page: runs, samples, losses, reconstructions, map, confusion, sizes
    /// or clusters
    #[argh(option, arg_name = "name")]
    pub figure: Option<FigureName>,
    /// system that the figure is about (default the last of --assignments, else of --scores)
    #[argh(option, arg_name = "name")]
    pub system: Option<String>,
    /// page to write: .html; with --figure: .svg, .png or .pdf
    #[argh(option, arg_name = "file")]
    pub out: PathBuf,
    /// folder to write in that of the page, with all images at up to 256 x 256 pixels; the page
    /// shows these where it finds them, and is complete without
    #[argh(option, arg_name = "folder")]
    pub tiles: Option<PathBuf>,
    /// seed of the random choice of members (default 0)
    #[argh(option, arg_name = "n", default = "0")]
    pub seed: u64,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
}

/// Names a figure that can be drawn as a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureName {
    /// ACC of every run.
    Runs,
    /// Images of each class.
    Samples,
    /// Losses by epoch.
    Losses,
    /// Images and what the autoencoder makes of them.
    Reconstructions,
    /// Points in two dimensions.
    Map,
    /// Classes against predicted classes, one to one.
    Confusion,
    /// Number of points in each cluster.
    Sizes,
    /// Centers and members of clusters.
    Clusters,
}

impl FromStr for FigureName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "runs" => Self::Runs,
            "samples" => Self::Samples,
            "losses" => Self::Losses,
            "reconstructions" => Self::Reconstructions,
            "map" => Self::Map,
            "confusion" => Self::Confusion,
            "sizes" => Self::Sizes,
            "clusters" => Self::Clusters,
            other => {
                return Err(format!(
                    "expected runs, samples, losses, reconstructions, map, confusion, sizes or \
                     clusters, found {other}"
                ));
            }
        })
    }
}
