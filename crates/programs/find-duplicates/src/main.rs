//! The program `find-duplicates`: groups near duplicates among points.
//!
//! It reads points, and their neighbors if they were found before, and writes a table of groups.

use std::path::PathBuf;
use std::process::ExitCode;

use artifact::Outputs;
use cli::{Count, NotNegative, Quarters, Stage};
use model_io::neighborhoods::{Input, Source, metric};
use neighborhoods::{Limit, Member, Neighborhoods, Threshold};
use serde_json::{Map, Value, json};
use umap::{Metric, Progress};

/// Neighbors of each point, itself among them, as embed-umap finds by default.
const NEIGHBORS: usize = 20;

/// Finds near duplicates: rows so near to each other as chance hardly brings neighbors in that
/// place.
///
/// The farther neighbors of a row tell how many dimensions its place has, and so how probable a
/// neighbor within any distance is. Within a group all pairs are within the limit, seen from both
/// rows, so a chain of small steps does not join unlike rows. Without --chance and --threshold the
/// probability is found in the data: the largest at which at most a hundredth of the rows that are
/// found would be found by chance as well. Where nothing stands out from chance, only equal rows
/// are duplicates. Exact neighbors are found, unless --neighbors-in brings others.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "import-images --from photos --out images.npy --names names.csv\n\
        encode-scattering --images images.npy --out features.npy\n\
        find-duplicates --points features.npy --names names.csv --out duplicates.csv\n\
        find-duplicates --points clip.npy --metric cosine --threshold 0.05 --out duplicates.csv"
)]
struct Args {
    /// points: .npy of any integer or float dtype, (n, d); or images (n, height, width), divided by
    /// 255 when u1
    #[argh(option, arg_name = "file")]
    points: PathBuf,
    /// groups to write: .csv, a line for each row of a group: group, row, file, distance to the
    /// nearest other row of the group, and whether it is the representative (yes or no), which has
    /// the least sum of distances to the others
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// names of the rows: .csv with a column file, name or id, in the order of the rows; without it
    /// there is no column file
    #[argh(option, arg_name = "file")]
    names: Option<PathBuf>,
    /// largest distance by the metric of two rows of a group, the same everywhere, instead of a
    /// probability
    #[argh(option, arg_name = "x")]
    threshold: Option<NotNegative>,
    /// largest probability with which chance brings a neighbor so near: 0 leaves equal rows alone
    /// (default found in the data, and printed)
    #[argh(option, arg_name = "x")]
    chance: Option<NotNegative>,
    /// euclidean or cosine (default that of --neighbors-in, else euclidean)
    #[argh(option, arg_name = "name", from_str_fn(metric))]
    metric: Option<Metric>,
    /// neighbors of each row, itself included: groups of more than half as many different rows are
    /// not found by --chance (default 20)
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
    cli::main("find-duplicates", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    check(&args)?;
    stage.set_threads(args.threads)?;
    let count = args.neighbors.map_or(NEIGHBORS, |count| count.0);
    let source = args.neighbors_in.as_deref().map_or(Source::Find(count), Source::File);
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
    let (limit, threshold) = match (args.threshold, args.chance) {
        (Some(most), _) => (Limit::Distance(most.0), None),
        (None, Some(most)) => (Limit::Chance(most.0), None),
        (None, None) => {
            let threshold = found.threshold();
            (Limit::Chance(threshold.map_or(0.0, |threshold| threshold.chance)), threshold)
        }
    };
    let groups = found.duplicates(limit);
    warn_of_crowds(&found, limit);
    let mut outputs = Outputs::new();
    outputs.bytes(&args.out, table(&groups, names.as_deref()).as_bytes())?;

    let parameters = json!({
        "metric": if metric == Metric::Cosine { "cosine" } else { "euclidean" },
        "neighbors": args.neighbors_in.is_none().then_some(count),
        "threshold": args.threshold.map(|most| most.0),
        "chance": args.chance.map(|most| most.0),
    });
    let result = summary(&found, &groups, limit, threshold);
    let given = args.threshold.is_some() || args.chance.is_some();
    let text = format!(
        "{}\n{}: {}\n",
        about_limit(limit, threshold, given),
        about_groups(&found, &groups),
        args.out.display()
    );
    stage.finish(outputs, parameters, records, result.into(), &text)
}

/// Checks options and files, before anything is read.
fn check(args: &Args) -> anyhow::Result<()> {
    if args.threshold.is_some() && args.chance.is_some() {
        return Err(cli::usage("--threshold and --chance are two limits: leave out one"));
    }
    if args.chance.is_some_and(|most| most.0 >= 1.0) {
        return Err(cli::usage("--chance is a probability below 1; --threshold takes a distance"));
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

/// Formats the groups as CSV.
fn table(groups: &[Vec<Member>], names: Option<&[String]>) -> String {
    let file = names.map(|_| "file");
    let head: Vec<&str> =
        ["group", "row"].into_iter().chain(file).chain(["distance", "representative"]).collect();
    let line = |(group, member): (usize, &Member)| {
        let name = names.map(|names| names[member.row].clone());
        let distance = (member.distance as f32).to_string();
        let representative = if member.representative { "yes" } else { "no" }.to_owned();
        let first = [group.to_string(), member.row.to_string()].into_iter().chain(name);
        first.chain([distance, representative]).collect()
    };
    let members = groups.iter().enumerate();
    let members = members.flat_map(|(group, members)| members.iter().map(move |one| (group, one)));
    cli::csv(&head, members.map(line))
}

/// Counts groups and rows for the provenance.
fn summary(
    found: &Neighborhoods,
    groups: &[Vec<Member>],
    limit: Limit,
    threshold: Option<Threshold>,
) -> Map<String, Value> {
    let mut summary = Map::new();
    summary.insert("rows".into(), found.rows().into());
    summary.insert("equal".into(), (found.rows() - found.len()).into());
    summary.insert("groups".into(), groups.len().into());
    summary.insert("duplicates".into(), groups.iter().map(Vec::len).sum::<usize>().into());
    match limit {
        Limit::Chance(chance) => summary.insert("chance".into(), chance.into()),
        Limit::Distance(distance) => summary.insert("threshold".into(), distance.into()),
    };
    if let Some(threshold) = threshold {
        summary.insert("found".into(), threshold.found.into());
        summary.insert("by_chance".into(), threshold.by_chance.into());
        summary.insert("median_distance".into(), threshold.median_distance.into());
    }
    summary
}

/// Says how near rows of a group are, and where that comes from.
fn about_limit(limit: Limit, threshold: Option<Threshold>, given: bool) -> String {
    match (limit, threshold) {
        (_, Some(Threshold { chance, found, by_chance, median_distance })) => format!(
            "chance {chance:.1e}, in the median a distance of {median_distance:.4}: {found} \
             different rows have a neighbor so near, chance would bring {by_chance:.2}"
        ),
        (Limit::Chance(_), None) if !given => {
            "nothing but equal rows stands out from chance".into()
        }
        (Limit::Chance(chance), None) => format!("chance {chance}, as given"),
        (Limit::Distance(distance), None) => format!("threshold {distance}, as given"),
    }
}

/// Says how many groups and rows were found.
fn about_groups(found: &Neighborhoods, groups: &[Vec<Member>]) -> String {
    let (rows, all) = (groups.iter().map(Vec::len).sum::<usize>(), found.rows());
    let noun = if groups.len() == 1 { "group" } else { "groups" };
    let equal = all - found.len();
    format!("{} {noun} with {rows} of {all} rows; {equal} rows equal an earlier one", groups.len())
}

/// Warns of rows with so many near neighbors that these look usual.
fn warn_of_crowds(found: &Neighborhoods, limit: Limit) {
    let crowded = found.crowded();
    if matches!(limit, Limit::Chance(_)) && crowded > 0 {
        cli::warn(&format!(
            "{crowded} rows have so many neighbors far nearer than the others that these pass for \
             usual: raise --neighbors, to above twice the size of a group"
        ));
    }
}
