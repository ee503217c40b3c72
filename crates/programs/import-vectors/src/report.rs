//! Says what was found in a file and written.

use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::roles::Roles;
use crate::sample::delimiter_name;
use crate::source::Source;
use crate::summary::Summary;

/// Collects what was found, for the provenance.
pub fn result(source: &Source, summary: &Summary, dtype: &str, classes: &[&str]) -> Value {
    let mut result = Map::new();
    let dialect = source.dialect();
    let label = source.roles().is_some_and(|roles| roles.label.is_some());
    for (name, value) in [
        ("n", json!(summary.complete())),
        ("d", json!(source.columns())),
        ("dtype", json!(dtype)),
        ("delimiter", json!(dialect.map(|dialect| delimiter_name(dialect.delimiter)))),
        ("header", json!(dialect.map(|dialect| dialect.header))),
        ("missing_values", json!(summary.missing)),
        ("dropped_rows", json!(summary.incomplete)),
        ("classes", json!(label.then_some(classes.len()))),
        ("unit_length", json!(summary.has_unit_length())),
    ] {
        if !value.is_null() {
            result.insert(name.into(), value);
        }
    }
    result.into()
}

/// Says what was found.
pub fn text(
    args: &Args,
    source: &Source,
    summary: &Summary,
    dtype: &str,
    classes: &[&str],
) -> String {
    let (n, d) = (summary.complete(), source.columns());
    let ids = |roles: &Roles| match roles.id {
        Some(column) => format!("ids in column {}", roles.names[column]),
        None => "no ids".to_owned(),
    };
    let mut form = match (source.dialect(), source.roles(), source.array()) {
        (Some(dialect), ..) => {
            let header = if dialect.header { "with" } else { "without" };
            let delimiter = delimiter_name(dialect.delimiter);
            format!("{delimiter}-separated, {header} a header, {}", ids(&dialect.roles))
        }
        (None, Some(roles), Some(name)) => format!("lists in column {name}, {}", ids(roles)),
        (None, Some(roles), None) => format!("columns of numbers, {}", ids(roles)),
        (None, None, Some(name)) => format!("array {name}"),
        (None, None, None) => "an array".to_owned(),
    };
    if let Some(column) = &args.label_column {
        form += &format!(", {} classes in column {column}", classes.len());
    }
    let left_out = source.roles().filter(|roles| roles.lists).map(Roles::left_out);
    if let Some(columns) = left_out.filter(|columns| !columns.is_empty()) {
        form += &format!(", left out {}", columns.join(", "));
    }
    let missing = match (summary.missing, summary.incomplete) {
        (0, _) => "no value is missing".to_owned(),
        (values, rows) => format!("{values} values are missing: {rows} rows were left out"),
    };
    let length = if summary.has_unit_length() {
        "all rows have length 1: cosine is their metric, as in embed-umap --metric cosine\n"
    } else {
        ""
    };
    format!(
        "{}: {form}\n{missing}\n{length}{}: {n} rows of {d} numbers, {dtype}\n",
        args.from.display(),
        args.out.display()
    )
}
