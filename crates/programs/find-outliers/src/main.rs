//! The program `find-outliers`: ranks points by how little they are like any other.
//!
//! It reads points, and their neighbors if they were found before, and writes a table of scores.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use artifact::Outputs;
use cli::{Count, Quarters, Stage};
use model_io::neighborhoods::{Input, Source, metric};
use serde_json::json;
use umap::{Metric, Progress};

use crate::score::Score;
use crate::share::Share;

mod score;
mod share;

/// Neighbors of each point, itself among them, as embed-umap finds by default.
const NEIGHBORS: usize = 20;

/// Rows that are printed.
const PRINTED: usize = 10;

/// Ranks rows by how little they are like any other, the least alike first.
///
/// The score is the distance to the last of the neighbors (Ramaswamy, Rastogi and Shim, 2000), so a
/// row is an outlier if few others are near. With --score lof it is the local outlier factor
/// (Breunig, Kriegel, Ng and Sander, 2000): the mean density around the neighbors over the density
/// around the row itself, about 1 within a cluster, whatever the density of that cluster. Equal
/// rows count once, so copies neither hide an outlier nor make one. Exact neighbors are found,
/// unless --neighbors-in brings others.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "import-images --from photos --out images.npy --names names.csv\n\
        encode-scattering --images images.npy --out features.npy\n\
        find-outliers --points features.npy --names names.csv --count 100 --out outliers.csv\n\
        find-outliers --points clip.npy --metric cosine --share 0.01 --out outliers.csv"
)]
struct Args {
    /// points: .npy of any integer or float dtype, (n, d); or images (n, height, width), divided by
    /// 255 when u1
    #[argh(option, arg_name = "file")]
    points: PathBuf,
    /// ranks to write: .csv, by falling score: rank from 1, row, file, score, the nearest row that
    /// differs, its file, and the distance to it
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// names of the rows: .csv with a column file, name or id, in the order of the rows; without it
    /// there are no columns file and nearest_file
    #[argh(option, arg_name = "file")]
    names: Option<PathBuf>,
    /// distance, or lof for the local outlier factor (default distance)
    #[argh(option, arg_name = "name", default = "Score::Distance")]
    score: Score,
    /// write the first so many rows (default all)
    #[argh(option, arg_name = "n")]
    count: Option<Count>,
    /// write this share of the rows, above 0 and up to 1
    #[argh(option, arg_name = "x")]
    share: Option<Share>,
    /// euclidean or cosine (default that of --neighbors-in, else euclidean)
    #[argh(option, arg_name = "name", from_str_fn(metric))]
    metric: Option<Metric>,
    /// neighbors of each row, itself included: outliers that are alike are found if they are fewer
    /// (default 20)
    #[argh(option, arg_name = "n")]
    neighbors: Option<Count>,
    /// neighbors found before: .npz of embed-umap --neighbors-out, or another with indices and
    /// distances (n, k)
    #[argh(option, arg_name = "file")]
    neighbors_in: Option<PathBuf>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
}

fn main() -> ExitCode {
    cli::main("find-outliers", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    check(&args)?;
    stage.set_threads(args.threads)?;
    let neighbors = args.neighbors.map_or(NEIGHBORS, |count| count.0);
    let source = args.neighbors_in.as_deref().map_or(Source::Find(neighbors), Source::File);
    let mut shown = None;
    let mut show = |event: Progress| {
        if let Progress::Neighbors { done, total } = event {
            shown.get_or_insert_with(|| Quarters::new("neighbors", total)).set(done);
        }
    };
    let Input { neighborhoods: found, metric, names, records } = Input::read(
        &args.points,
        args.names.as_deref(),
        source,
        args.metric,
        cli::warn,
        &mut show,
    )?;
    drop(shown);
    let scores = match args.score {
        Score::Distance => found.last_distances(),
        Score::LocalOutlierFactor => found.local_outlier_factors(),
    };
    let mut rows: Vec<usize> = (0..found.rows()).filter(|&row| !scores[row].is_nan()).collect();
    ensure!(
        !rows.is_empty(),
        "{}: expected rows that differ, found {} equal ones; give others",
        args.points.display(),
        found.rows()
    );
    let left_out = found.rows() - rows.len();
    if left_out > 0 {
        cli::warn(&format!(
            "{left_out} rows are all zeros and have no direction: they are left out"
        ));
    }
    rows.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let listed = match (args.count, args.share) {
        (Some(count), _) => count.0.min(rows.len()),
        (None, Some(share)) => share.of(rows.len()),
        (None, None) => rows.len(),
    };

    let name = |row: usize| names.as_ref().map(|names| names[row].clone());
    let line = |(at, &row): (usize, &usize)| {
        let nearest = found.nearest(found.point_of(row))[0];
        let other = found.copies(nearest.point)[0];
        let mut cells = vec![(at + 1).to_string(), row.to_string()];
        cells.extend(name(row));
        cells.extend([digits(scores[row]), other.to_string()]);
        cells.extend(name(other));
        cells.push(digits(found.distance(nearest.length)));
        cells
    };
    let head = match names {
        Some(_) => {
            &["rank", "row", "file", "score", "nearest_row", "nearest_file", "nearest_distance"][..]
        }
        None => &["rank", "row", "score", "nearest_row", "nearest_distance"],
    };
    let lines: Vec<Vec<String>> = rows[..listed].iter().enumerate().map(line).collect();
    let printed = cli::table(head, lines.iter().take(PRINTED).cloned());
    let mut outputs = Outputs::new();
    outputs.bytes(&args.out, cli::csv(head, lines).as_bytes())?;

    let parameters = json!({
        "metric": if metric == Metric::Cosine { "cosine" } else { "euclidean" },
        "neighbors": args.neighbors_in.is_none().then_some(neighbors),
        "score": args.score.name(),
    });
    let median = scores[rows[rows.len() / 2]];
    let largest = scores[rows[0]];
    let result = json!({
        "rows": found.rows(), "listed": listed, "largest": largest, "median": median,
    });
    let text = format!(
        "{printed}\nfirst {listed} of {} rows, {} {largest:.3} to {:.3}, median of all \
         {median:.3}: {}\n",
        found.rows(),
        args.score.name(),
        scores[rows[listed - 1]],
        args.out.display()
    );
    stage.finish(outputs, parameters, records, result, &text)
}

/// Checks options and files, before anything is read.
fn check(args: &Args) -> anyhow::Result<()> {
    if args.count.is_some() && args.share.is_some() {
        return Err(cli::usage("--count and --share both say how many: leave out one"));
    }
    if let Some(path) = &args.neighbors_in {
        let mode = format!("--neighbors-in takes all neighbors of {}", path.display());
        cli::leave_out(&mode, [("--neighbors", args.neighbors.is_some())])?;
    }
    cli::Files::new()
        .reads("--points", [&args.points])
        .reads("--neighbors-in", &args.neighbors_in)
        .reads("--names", &args.names)
        .writes("--out", [&args.out])
        .check()
}

/// Formats a number with the digits that f4 has: enough to rank by, few enough to read.
fn digits(value: f64) -> String {
    (value as f32).to_string()
}
