//! Reads tables of other programs: names, near duplicates, outliers, numbers of groups.

use std::path::Path;

use artifact::{Error, FileRecord, read_text};
use names::Names;

use crate::args::Args;
use crate::inputs::checks::keep_record;
use crate::text::drawable;

/// Contents of the tables, each of which may be missing.
#[derive(Default)]
pub struct Tables {
    /// Name of each row.
    pub names: Option<Vec<String>>,
    /// Rows of each group of near duplicates, the representative first.
    pub duplicates: Option<Vec<Vec<usize>>>,
    /// Rows by falling score.
    pub outliers: Option<Vec<Outlier>>,
    /// Numbers of groups that were compared, ascending.
    pub suggestion: Option<Vec<Candidate>>,
}

/// A row that is like few others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlier {
    /// Row of the point.
    pub row: usize,
    /// How little it is like others.
    pub score: f64,
}

/// A number of groups with its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Number of groups.
    pub k: usize,
    /// Score by which numbers are compared.
    pub score: f64,
    /// Whether it is suggested, or as good as the suggested one.
    pub rank: Rank,
}

/// Place of a number of groups among those that were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// The number that is suggested.
    Suggested,
    /// A number that is about as good.
    AsGood,
    /// Any other number.
    Other,
}

impl Tables {
    /// Reads the tables named in `args`.
    ///
    /// # Errors
    /// Fails if a file cannot be read or is another table.
    pub fn read(args: &Args, records: &mut Vec<FileRecord>) -> anyhow::Result<Self> {
        let names = args.names.as_deref().map(|path| keep_record(Names::read(path), records));
        let names = names.transpose()?.map(|names| names.names);
        Ok(Self {
            names: names.map(|names| names.iter().map(|name| drawable(name)).collect()),
            duplicates: read(args.duplicates.as_deref(), &DUPLICATES, duplicates, records)?,
            outliers: read(args.outliers.as_deref(), &OUTLIERS, outliers, records)?,
            suggestion: read(args.suggestion.as_deref(), &SUGGESTION, suggestion, records)?,
        })
    }

    /// Checks that every row of the tables is one of `n` points.
    ///
    /// # Errors
    /// Fails if a table names another row.
    pub fn check(&self, args: &Args, n: usize) -> anyhow::Result<()> {
        let duplicates = self.duplicates.iter().flatten().flatten().copied();
        let outliers = self.outliers.iter().flatten().map(|outlier| outlier.row);
        let largest = [(&args.duplicates, duplicates.max()), (&args.outliers, outliers.max())];
        for (path, largest) in largest {
            if let (Some(path), Some(row)) = (path, largest.filter(|row| *row >= n)) {
                return Err(Error::content(
                    path,
                    format!("rows of {n} points, numbered from 0"),
                    format!("row {row}"),
                    "give the table that was made of the same points",
                )
                .into());
            }
        }
        Ok(())
    }
}

/// A CSV whose columns have been found.
struct Table<'a> {
    path: &'a Path,
    expected: &'static str,
    rows: Vec<Vec<String>>,
}

impl Table<'_> {
    fn refused(&self, found: String) -> anyhow::Error {
        Error::content(self.path, self.expected, found, "give the CSV that this program wrote")
            .into()
    }

    /// Parses the cell in `column` of a row.
    fn number<T: std::str::FromStr>(&self, at: usize, column: usize) -> anyhow::Result<T> {
        let cell = &self.rows[at][column];
        cell.parse().map_err(|_| self.refused(format!("{cell:?} in line {}", at + 2)))
    }
}

/// What a table is, and the columns of it that are read.
struct Columns {
    expected: &'static str,
    names: &'static [&'static str],
}

const DUPLICATES: Columns =
    Columns { expected: "a table of find-duplicates", names: &["group", "row", "representative"] };
const OUTLIERS: Columns =
    Columns { expected: "a table of find-outliers", names: &["row", "score"] };
const SUGGESTION: Columns =
    Columns { expected: "a table of suggest-k", names: &["k", "score", "suggested"] };

/// Reads a table if there is a path, and converts it.
fn read<T>(
    path: Option<&Path>,
    columns: &Columns,
    convert: fn(&Table) -> anyhow::Result<T>,
    records: &mut Vec<FileRecord>,
) -> anyhow::Result<Option<T>> {
    let Some(path) = path else { return Ok(None) };
    let (text, record) = read_text(path)?;
    records.push(record);
    let mut table = Table { path, expected: columns.expected, rows: Vec::new() };
    let mut reader = csv::Reader::from_reader(&text[..]);
    let head = reader.headers().map_err(|error| table.refused(error.to_string()))?.clone();
    let places: Option<Vec<usize>> =
        columns.names.iter().map(|name| head.iter().position(|cell| cell == *name)).collect();
    let Some(places) = places else {
        let found = head.iter().collect::<Vec<_>>().join(", ");
        return Err(table.refused(format!("the columns {found}")));
    };
    for record in reader.records() {
        let record = record.map_err(|error| table.refused(error.to_string()))?;
        table.rows.push(places.iter().map(|&place| record[place].to_owned()).collect());
    }
    convert(&table).map(Some)
}

/// Groups the rows of near duplicates.
fn duplicates(table: &Table) -> anyhow::Result<Vec<Vec<usize>>> {
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for at in 0..table.rows.len() {
        let (group, row) = (table.number(at, 0)?, table.number(at, 1)?);
        match groups.last_mut().filter(|(last, _)| *last == group) {
            Some((_, rows)) if table.rows[at][2] == "yes" => rows.insert(0, row),
            Some((_, rows)) => rows.push(row),
            None => groups.push((group, vec![row])),
        }
    }
    Ok(groups.into_iter().map(|(_, rows)| rows).collect())
}

fn outliers(table: &Table) -> anyhow::Result<Vec<Outlier>> {
    let one = |at| Ok(Outlier { row: table.number(at, 0)?, score: table.number(at, 1)? });
    (0..table.rows.len()).map(one).collect()
}

fn suggestion(table: &Table) -> anyhow::Result<Vec<Candidate>> {
    let one = |at: usize| {
        let rank = match table.rows[at][2].as_str() {
            "yes" => Rank::Suggested,
            "as good" => Rank::AsGood,
            _ => Rank::Other,
        };
        Ok(Candidate { k: table.number(at, 0)?, score: table.number(at, 1)?, rank })
    };
    (0..table.rows.len()).map(one).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Table<'static> {
        let rows = rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        Table { path: Path::new("a.csv"), expected: "a table", rows }
    }

    #[test]
    fn the_representative_of_duplicates_comes_first() {
        let rows = table(&[&["0", "5", "no"], &["0", "3", "yes"], &["1", "2", "yes"]]);
        assert_eq!(duplicates(&rows).unwrap(), [vec![3, 5], vec![2]]);
        let wrong = duplicates(&table(&[&["0", "x", "no"]])).unwrap_err().to_string();
        assert!(wrong.contains("a.csv") && wrong.contains("\"x\" in line 2"), "{wrong}");
    }

    #[test]
    fn numbers_of_groups_have_ranks() {
        let rows = table(&[&["2", "0.5", "no"], &["3", "0.9", "yes"], &["4", "0.89", "as good"]]);
        let ranks: Vec<Rank> = suggestion(&rows).unwrap().iter().map(|one| one.rank).collect();
        assert_eq!(ranks, [Rank::Other, Rank::Suggested, Rank::AsGood]);
    }
}
