//! The program `export-clusters`: gives the clusters of an array back to the files it was made of.
//!
//! It reads assignments and names, and writes a table; or also a folder for each cluster.

mod args;
mod certainty;
mod contact_sheet;
mod distances;
mod familiarity;
mod folder;
mod groups;
mod into;
mod link;
mod pick;
mod sources;
mod table;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Outputs, read_ids, read_points};
use cli::Stage;
use names::Names;
use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::certainty::Certainty;
use crate::contact_sheet::Images;
use crate::distances::Means;
use crate::familiarity::Familiarity;
use crate::folder::Unfinished;
use crate::groups::{Group, groups};
use crate::sources::Sources;
use crate::table::Table;

/// Missing files that a warning names.
const NAMED: usize = 5;

fn main() -> ExitCode {
    cli::main("export-clusters", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    check(&args)?;
    stage.set_threads(args.threads)?;
    let (ids, record) = read_ids(&args.assignments)?;
    let shown = || args.assignments.display().to_string();
    metrics::check_assignments(ids.view()).with_context(shown)?;
    let mut inputs = vec![record];
    let names = match &args.names {
        Some(path) => {
            let (names, record) = Names::read(path)?;
            names.check_rows(path, ids.len(), &args.assignments)?;
            inputs.push(record);
            Some(names)
        }
        None => None,
    };
    let sources = match (&args.into, &args.names, &names) {
        (Some(_), Some(path), Some(names)) => {
            Some(Sources::find(path, names, args.from.as_deref())?)
        }
        _ => None,
    };
    let images = args.images.as_deref().map(|path| Images::open(path, ids.len())).transpose()?;
    let shares = args.certainty.as_deref().map(|path| Certainty::read(path, ids.view()));
    let shares = shares.transpose()?.map(|(shares, record)| {
        inputs.push(record);
        shares
    });

    let groups = groups(ids.view());
    let distances = match &args.points {
        Some(path) => {
            let (points, record) = read_points(path)?;
            ensure!(
                points.dim().0 == ids.len(),
                "{}: expected {} rows, one for each of the assignments, found {}; \
                 give files of the same points",
                path.display(),
                ids.len(),
                points.dim().0
            );
            inputs.push(record);
            let means = match (&args.seen_points, &args.seen_assignments) {
                (Some(seen), Some(assignments)) => {
                    seen_means(seen, assignments, points.dim().1, &mut inputs)?
                }
                _ => Means::of(&points, &groups),
            };
            Some(distances::distances(&points, ids.view(), &means))
        }
        None => None,
    };
    let mut table = Table::new(ids.view(), shares.as_ref(), distances.as_deref());
    if let (Some(new), Some(seen)) = (&args.neighbors, &args.seen_neighbors) {
        let (familiarity, records) = Familiarity::read(new, seen, ids.len())?;
        table.familiarity = Some(familiarity);
        inputs.extend(records);
    }
    let mut outputs = Outputs::new();
    let names = names.map(|names| names.names);
    outputs.bytes(&args.out, table.csv(names.as_deref(), ids.view()).as_bytes())?;

    let mut parameters = Map::new();
    let mut result = summary(&groups);
    let mut text = text(&groups, &table, &args.out);
    if let Some(familiarity) = &table.familiarity {
        let count = (0..ids.len()).filter(|&row| familiarity.is_unfamiliar(row)).count();
        result.insert("unfamiliar".into(), count.into());
        text += &format!("{count} rows are unlike everything seen\n");
    }
    if let (Some(place), Some(sources), Some(names)) = (&args.into, &sources, &names) {
        let link = args.link.unwrap_or_default();
        parameters.insert("into".into(), place.display().to_string().into());
        parameters.insert("from".into(), sources.folder.display().to_string().into());
        parameters.insert("link".into(), link.word().into());
        // From here on a signal is answered between two files, so that the folder is removed.
        cli::stop_when_asked();
        let folder = Unfinished::begin(place)?;
        if let (Some(path), Some(images)) = (&args.images, images) {
            let certainty = |row: usize| table.certainty.as_ref().and_then(|all| all[row]);
            inputs.push(into::draw(folder.path(), &groups, certainty, path, images)?);
        }
        let filled = into::fill(folder.path(), &groups, sources, link)?;
        let missing: Vec<&str> = filled.missing.iter().map(|&row| names[row].as_str()).collect();
        warn_of_missing(&missing, sources);
        result.insert("placed".into(), filled.placed.into());
        result.insert("missing".into(), missing.into());
        text += &format!("{}: {} {}\n", place.display(), filled.placed, link.noun());
        into::stop_if_asked()?;
        folder.finish()?;
    }
    stage.finish(outputs, parameters.into(), inputs, result.into(), &text)
}

/// Computes the means of the clusters of points that were seen before.
///
/// # Errors
/// Files that cannot be read, or do not belong to one another; points of another space.
fn seen_means(
    points: &Path,
    assignments: &Path,
    features: usize,
    inputs: &mut Vec<FileRecord>,
) -> anyhow::Result<Means> {
    let (ids, record) = read_ids(assignments)?;
    metrics::check_assignments(ids.view()).with_context(|| assignments.display().to_string())?;
    inputs.push(record);
    let (seen, record) = read_points(points)?;
    inputs.push(record);
    ensure!(
        seen.dim() == (ids.len(), features),
        "{}: expected shape {:?}, a row for each of {} and the features of --points, found {:?}; \
         give points of the same space",
        points.display(),
        (ids.len(), features),
        assignments.display(),
        seen.dim()
    );
    Ok(Means::of(&seen, &groups(ids.view())))
}

/// Checks options and the files to write, before anything is read.
fn check(args: &Args) -> anyhow::Result<()> {
    let seen = [&args.seen_points, &args.seen_assignments].map(Option::is_some);
    if seen != [false; 2] && seen != [args.points.is_some(); 2] {
        return Err(cli::usage("--points, --seen-points and --seen-assignments go together"));
    }
    if args.neighbors.is_some() != args.seen_neighbors.is_some() {
        return Err(cli::usage("--neighbors and --seen-neighbors go together"));
    }
    if args.into.is_some() && args.names.is_none() {
        return Err(cli::usage("--into needs --names, the files to put there"));
    }
    let Some(place) = &args.into else {
        let options = [
            ("--link", args.link.is_some()),
            ("--from", args.from.is_some()),
            ("--images", args.images.is_some()),
        ];
        cli::leave_out("without --into no folder is made", options)?;
        return files(args);
    };
    if inside(&args.out, place) {
        return Err(cli::usage("--out lies in --into, which must be empty: write it elsewhere"));
    }
    files(args)?;
    folder::check(place)
}

fn files(args: &Args) -> anyhow::Result<()> {
    cli::Files::new()
        .reads("--assignments", [&args.assignments])
        .reads("--names", &args.names)
        .reads("--certainty", &args.certainty)
        .reads("--points", &args.points)
        .reads("--seen-assignments", &args.seen_assignments)
        .reads("--seen-points", &args.seen_points)
        .reads("--neighbors", &args.neighbors)
        .reads("--seen-neighbors", &args.seen_neighbors)
        .reads("--images", &args.images)
        .writes("--out", [&args.out])
        .check()
}

/// Whether `file` is written as a path below `folder`.
fn inside(file: &Path, folder: &Path) -> bool {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute(file).starts_with(absolute(folder))
}

/// Counts rows, clusters and noise for the provenance.
fn summary(groups: &[Group]) -> Map<String, Value> {
    let size = |noise: bool| {
        let some = groups.iter().filter(|group| group.cluster.is_none() == noise);
        some.map(|group| group.members.len()).sum::<usize>()
    };
    let sizes: Map<String, Value> = groups
        .iter()
        .filter_map(|group| Some((group.cluster?.to_string(), group.members.len().into())))
        .collect();
    let mut summary = Map::new();
    summary.insert("rows".into(), (size(false) + size(true)).into());
    summary.insert("clusters".into(), sizes.len().into());
    summary.insert("noise".into(), size(true).into());
    summary.insert("sizes".into(), json!(sizes));
    summary
}

/// Formats the size and the mean certainty of each cluster.
fn text(groups: &[Group], table: &Table, out: &Path) -> String {
    let row = |group: &Group| {
        let name = group.cluster.map_or("noise".into(), |cluster| cluster.to_string());
        let certainties =
            table.certainty.iter().flat_map(|all| group.members.iter().filter_map(|&row| all[row]));
        let mean = certainties.sum::<f64>() / group.members.len() as f64;
        let known = table.certainty.is_some() && group.cluster.is_some();
        let mean = if known { format!("{mean:.3}") } else { String::new() };
        vec![name, group.members.len().to_string(), mean]
    };
    let head = ["cluster", "rows", "mean certainty"];
    let rows: usize = groups.iter().map(|group| group.members.len()).sum();
    let clusters = groups.iter().filter(|group| group.cluster.is_some()).count();
    let noun = if clusters == 1 { "group" } else { "groups" };
    let table = cli::table(&head, groups.iter().map(row));
    format!("{table}\n{clusters} {noun} of {rows} rows: {}\n", out.display())
}

/// Warns of files that are no longer there.
fn warn_of_missing(missing: &[&str], sources: &Sources) {
    if missing.is_empty() {
        return;
    }
    let named = missing[..missing.len().min(NAMED)].join(", ");
    let more = if missing.len() > NAMED { ", ..." } else { "" };
    cli::warn(&format!(
        "{}: {} of {} files are missing and were left out of the folders: {named}{more}",
        sources.folder.display(),
        missing.len(),
        sources.files.len()
    ));
}
