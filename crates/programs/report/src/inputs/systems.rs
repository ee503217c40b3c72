//! Reads the systems: their assignments, points and certainties.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;
use artifact::{FileRecord, Points, read_ids, read_numbers, read_points};
use cli::Named;
use ndarray::{Array1, Axis};

use crate::args::Args;
use crate::inputs::checks::{keep_record, row_count_mismatch};

/// How far above 1 a certainty may lie: sums of responsibilities in f4 are rounded.
const ROUNDING: f64 = 1e-6;

/// A clustering, with what is known about it.
pub struct System {
    /// Name given on the command line.
    pub name: String,
    /// Cluster of each point, -1 for noise, (n,).
    pub assignments: Array1<i64>,
    /// Points in the space they were clustered in, (n, d).
    pub points: Option<Points>,
    /// Certainty of each assignment.
    pub certainty: Option<Certainty>,
    /// SHA-256 of the file of assignments.
    pub sha256: String,
}

/// How certain the assignments of points are.
pub struct Certainty {
    /// Certainty of each point, 0 to 1, (n,).
    pub values: Vec<f64>,
    /// What the values are.
    pub source: CertaintySource,
}

/// Measure of the certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertaintySource {
    /// Share of the runs that agree.
    Agreement,
    /// Largest responsibility of a mixture.
    Responsibility,
    /// 1 minus the distance to the own center relative to that of the nearest other one.
    Margin,
}

impl CertaintySource {
    /// Explains it in a sentence for someone who does not know the term.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Agreement => {
                "Sure is the share of the runs that put it into this group: at 100 % all agree."
            }
            Self::Responsibility => {
                "Sure is the probability of the group by the mixture model, which calls it \
                 responsibility."
            }
            Self::Margin => {
                "The margin is 1 in the center of a group and 0 halfway to the next one."
            }
        }
    }
}

pub fn read_systems(args: &Args, records: &mut Vec<FileRecord>) -> anyhow::Result<Vec<System>> {
    let points = by_name("--points", &args.points, args)?;
    let certainty = by_name("--certainty", &args.certainty, args)?;
    by_name("--assignments", &args.assignments, args)?;
    let mut systems = Vec::new();
    for Named { name, path } in &args.assignments {
        let assignments = keep_record(read_assignments(path), records)?;
        let sha256 = records.last().map(|record| record.sha256.clone()).unwrap_or_default();
        let n = assignments.len();
        let of = |path: &Path, found: usize| {
            row_count_mismatch(path, found, &args.assignments[systems.len()].path, n)
        };
        let points = match points.get(name.as_str()) {
            Some(path) => {
                let points = keep_record(read_points(path), records)?;
                anyhow::ensure!(points.dim().0 == n, of(path, points.dim().0));
                Some(points)
            }
            None => None,
        };
        let certainty = match certainty.get(name.as_str()) {
            Some(path) => {
                let certainty = keep_record(Certainty::read(path), records)?;
                anyhow::ensure!(certainty.values.len() == n, of(path, certainty.values.len()));
                Some(certainty)
            }
            None => None,
        };
        systems.push(System { name: name.clone(), assignments, points, certainty, sha256 });
    }
    Ok(systems)
}

/// Collects files by system.
///
/// # Errors
/// Fails if a system has no assignments, or two files of this kind.
fn by_name<'a>(
    option: &str,
    files: &'a [Named],
    args: &Args,
) -> anyhow::Result<BTreeMap<&'a str, &'a Path>> {
    let mut found = BTreeMap::new();
    for Named { name, path } in files {
        if !args.assignments.iter().any(|named| named.name == *name) {
            return Err(cli::usage(format!(
                "{option} {name}=...: there are no --assignments of {name}"
            )));
        }
        if found.insert(name.as_str(), path.as_path()).is_some() {
            return Err(cli::usage(format!("two {option} of {name}: give each a name of its own")));
        }
    }
    Ok(found)
}

impl Certainty {
    fn read(path: &Path) -> anyhow::Result<(Self, FileRecord)> {
        let expected = "numbers from 0 to 1: responsibilities (n, k) or agreement (n,)";
        let (numbers, record) = read_numbers(path, expected)?;
        let (values, source) = match numbers.ndim() {
            1 => (numbers.into_raw_vec_and_offset().0, CertaintySource::Agreement),
            2 => {
                let largest =
                    numbers.map_axis(Axis(1), |row| row.fold(f64::NEG_INFINITY, |a, &b| a.max(b)));
                (largest.into_raw_vec_and_offset().0, CertaintySource::Responsibility)
            }
            dimensions => bail!(
                "{}: expected {expected}, found {dimensions} dimensions; give one of these",
                path.display()
            ),
        };
        match values.iter().position(|value| !(0.0..=1.0 + ROUNDING).contains(value)) {
            Some(row) => bail!(
                "{}: expected {expected}, found {} in row {row}; give one of these",
                path.display(),
                values[row]
            ),
            None => Ok((Self { values, source }, record)),
        }
    }
}

fn read_assignments(path: &Path) -> anyhow::Result<(Array1<i64>, FileRecord)> {
    let (ids, record) = read_ids(path)?;
    match ids.iter().position(|&id| id < -1) {
        Some(row) => bail!(
            "{}: expected clusters from 0, or -1 for noise, found {} in row {row}; number the \
             clusters from 0",
            path.display(),
            ids[row]
        ),
        None => Ok((ids, record)),
    }
}
