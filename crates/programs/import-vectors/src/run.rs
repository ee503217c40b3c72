//! Runs the program: a first pass measures, a second one writes.

use std::path::Path;

use anyhow::{bail, ensure};
use artifact::{FileRecord, Outputs};
use cli::{Quarters, Stage};
use ndarray::{Array1, Array2, ArrayView2};
use serde_json::json;

use crate::args::{Args, Missing};
use crate::labels::Labels;
use crate::report;
use crate::roles::Roles;
use crate::row::{Choice, Row};
use crate::source::Source;
use crate::summary::Summary;

/// Bytes of rows that are written at a time: 4 MiB.
const BLOCK: usize = 4 << 20;

/// Reads vectors and writes them as points, with names and labels.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     cli::main("import-vectors", import_vectors::run)
/// }
/// ```
///
/// # Errors
/// Wrong usage; a file that cannot be read or written, or holds no vectors.
pub fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    if args.label_column.is_none() {
        let options =
            [("--labels-out", args.labels_out.is_some()), ("--classes", args.classes.is_some())];
        cli::leave_out("without --label-column there are no classes", options)?;
    }
    cli::Files::new()
        .reads("--from", [&args.from])
        .writes("--out", [&args.out])
        .writes("--names", &args.names)
        .writes("--labels-out", &args.labels_out)
        .writes("--classes", &args.classes)
        .check()?;
    stage.set_threads(args.threads)?;
    let missing = args.missing.unwrap_or_default();
    let choice = Choice {
        array: args.array.clone(),
        id_column: args.id_column.clone(),
        label_column: args.label_column.clone(),
    };
    let source = Source::open(&args.from, &choice)?;
    let labeled = args.label_column.is_some();
    let (summary, record) = measure(&args.from, &source, labeled, missing)?;
    warn(&args.from, &source, &summary);

    // The output that is added first is renamed last: if the points exist, so does everything.
    let mut outputs = Outputs::new();
    let (rows, dtype) = write_points(&args.out, &source, &summary, labeled, &mut outputs)?;
    let Rows { ids, labels } = rows;
    let (classes, of_rows) = labels.sorted();
    if let Some(path) = &args.names {
        let names = labels.names();
        let row = |(row, id): (usize, &String)| {
            let mut cells = vec![row.to_string(), id.clone()];
            cells.extend(names.get(row).map(|&class| class.to_owned()));
            cells
        };
        let head = if labeled { &["row", "id", "class"][..] } else { &["row", "id"] };
        outputs.bytes(path, cli::csv(head, ids.iter().enumerate().map(row)).as_bytes())?;
    }
    if let Some(path) = &args.labels_out {
        outputs.npy(path, &Array1::from(of_rows))?;
    }
    if let Some(path) = &args.classes {
        outputs.bytes(path, format!("{}\n", serde_json::to_string(&classes)?).as_bytes())?;
    }
    let result = report::result(&source, &summary, dtype, &classes);
    let text = report::text(&args, &source, &summary, dtype, &classes);
    let parameters = json!({
        "from": args.from.display().to_string(),
        "array": source.array(),
        "id_column": source.roles().and_then(|roles| Some(&roles.names[roles.id?])),
        "label_column": args.label_column,
        "missing": if missing == Missing::Drop { "drop" } else { "refuse" },
    });
    stage.finish(outputs, parameters, vec![record], result, &text)
}

/// Reads all rows once.
///
/// # Errors
/// No rows; missing values that are not to be dropped.
fn measure(
    path: &Path,
    source: &Source,
    labeled: bool,
    missing: Missing,
) -> anyhow::Result<(Summary, FileRecord)> {
    let shown = path.display();
    let mut summary = Summary::new(source.columns(), labeled);
    let record = source.each_row(&mut |row| {
        summary.add(&row);
        Ok(())
    })?;
    ensure!(summary.rows > 0, "{shown}: expected rows of numbers, found none; give at least one");
    if let (Some((number, offset, column)), Missing::Refuse) = (summary.first_missing, missing) {
        bail!(
            "{shown}: expected a value in each cell, found {} missing in {} of {} rows, \
             the first in {}; fill them in, or leave such rows out with --missing drop",
            summary.missing,
            summary.incomplete,
            summary.rows,
            source.place(number, offset, column)
        );
    }
    ensure!(
        summary.complete() > 0,
        "{shown}: expected a row without missing values, found none of {}; fill values in",
        summary.rows
    );
    Ok((summary, record))
}

/// Warns of what a user should know before trusting the points.
fn warn(path: &Path, source: &Source, summary: &Summary) {
    let shown = path.display();
    let perhaps = |roles: &Roles| Some(roles.names[roles.perhaps_label?].clone());
    if let Some(column) = source.roles().and_then(perhaps) {
        cli::warn(&format!(
            "{shown}: column {column} is taken as a part of the vectors; \
             if it is a class, give --label-column {column}"
        ));
    }
    if let Some(column) = summary.needs_f8() {
        cli::warn(&format!(
            "{shown}: f4 would lose digits of column {}, so f8 is written; \
             programs that compute in f4 may not tell its values apart: subtract the mean",
            source.value(column)
        ));
    }
}

/// Files that are written beside the points.
#[derive(Default)]
struct Rows {
    ids: Vec<String>,
    labels: Labels,
}

impl Rows {
    /// Adds a row; returns false if a value is missing.
    fn add(&mut self, row: &Row, labeled: bool) -> bool {
        if row.values.iter().any(|value| value.is_nan()) || (labeled && row.label.is_none()) {
            return false;
        }
        self.ids.push(row.id.map_or_else(|| row.number.to_string(), str::to_owned));
        row.label.into_iter().for_each(|class| self.labels.push(class));
        true
    }
}

/// Reads all rows again and writes the complete ones; gives what belongs to them, and the dtype.
fn write_points(
    out: &Path,
    source: &Source,
    summary: &Summary,
    labeled: bool,
    outputs: &mut Outputs,
) -> anyhow::Result<(Rows, &'static str)> {
    let (n, d) = (summary.complete(), source.columns());
    let mut shown = Quarters::new("rows", summary.rows);
    let mut rows = Rows::default();
    if summary.needs_f8().is_some() {
        let mut values = Vec::new();
        source.each_row(&mut |row| {
            shown.set(row.number + 1);
            if rows.add(&row, labeled) {
                values.extend_from_slice(row.values);
            }
            Ok(())
        })?;
        outputs.npy(out, &Array2::from_shape_vec((n, d), values)?)?;
        return Ok((rows, "f8"));
    }
    let mut points = outputs.begin_blocks(out, &[n, d])?;
    let mut block: Vec<f32> = Vec::new();
    source.each_row(&mut |row| {
        shown.set(row.number + 1);
        if rows.add(&row, labeled) {
            block.extend(row.values.iter().map(|&value| value as f32));
        }
        if 4 * block.len() >= BLOCK {
            points.write(ArrayView2::from_shape((block.len() / d, d), &block)?)?;
            block.clear();
        }
        Ok(())
    })?;
    points.write(ArrayView2::from_shape((block.len() / d, d), &block)?)?;
    outputs.blocks(points)?;
    Ok((rows, "f4"))
}
