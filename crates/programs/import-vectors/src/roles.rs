//! Decides which columns of a table hold ids, classes and vectors.

use anyhow::bail;

use crate::row::Choice;

/// Names of a column of ids, in the order in which they are preferred. A column without a name, as
/// pandas writes its index to text, counts as well, and so does its name for it in Parquet.
pub const IDS: [&str; 5] = ["id", "name", "file", "", "__index_level_0__"];
/// Names of columns that are more likely classes than parts of vectors or ids.
pub const CLASSES: [&str; 6] = ["class", "label", "labels", "target", "category", "species"];

/// The kind of most cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers.
    Number,
    /// Text.
    Text,
    /// Something else, which a message describes by this phrase.
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "text has no other cells"))]
    Other(&'static str),
}

/// The roles of the columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Column of ids.
    pub id: Option<usize>,
    /// Column of classes.
    pub label: Option<usize>,
    /// Columns of which the vectors consist, ascending.
    pub vectors: Vec<usize>,
    /// Whether the vectors are the lists of one column, not a number of each of several.
    pub lists: bool,
    /// A column of numbers that is named as classes are.
    pub perhaps_label: Option<usize>,
}

impl Roles {
    /// Makes vectors of all columns of numbers that are neither ids nor classes.
    ///
    /// The columns have names of their own if they are `named`.
    ///
    /// # Errors
    /// A column that is not there; columns without a role that are no numbers; no numbers. The
    /// message says what was expected, what was found, and what to do.
    pub fn of_numbers(
        names: Vec<String>,
        named: bool,
        kind: impl Fn(usize) -> Kind,
        choice: &Choice,
    ) -> anyhow::Result<Self> {
        let (id, label) = id_and_label(&names, named, &kind, choice)?;
        let vectors: Vec<usize> = (0..names.len())
            .filter(|&column| Some(column) != label && Some(column) != id)
            .collect();
        for &column in &vectors {
            let (found, role) = match kind(column) {
                Kind::Number => continue,
                Kind::Text if label.is_none() => ("text", "name it with --label-column, or "),
                Kind::Text => ("text", ""),
                Kind::Other(found) => (found, ""),
            };
            bail!(
                "expected numbers in column {}, found {found}; {role}remove it from the file",
                names[column]
            );
        }
        if vectors.is_empty() {
            bail!(
                "expected columns of numbers, found {} without any; check --from",
                listed(&names)
            );
        }
        let perhaps_label = vectors.iter().copied().find(|&at| named && is_one(&names[at]));
        Ok(Self { names, id, label, vectors, lists: false, perhaps_label })
    }

    /// Makes vectors of the lists in one column; others than ids and classes are left out.
    ///
    /// # Errors
    /// A column that is not there, or has neither text nor numbers.
    #[cfg(feature = "parquet")]
    pub fn of_lists(
        names: Vec<String>,
        lists: usize,
        kind: impl Fn(usize) -> Kind,
        choice: &Choice,
    ) -> anyhow::Result<Self> {
        let (id, label) = id_and_label(&names, true, &kind, choice)?;
        Ok(Self { names, id, label, vectors: vec![lists], lists: true, perhaps_label: None })
    }

    /// Names a value of a vector for messages.
    pub fn value(&self, at: usize) -> String {
        match self.lists {
            true => format!("{}[{at}]", self.names[self.vectors[0]]),
            false => self.names[self.vectors[at]].clone(),
        }
    }

    /// Lists the columns that have no role.
    pub fn left_out(&self) -> Vec<&str> {
        let role = |column: usize| {
            self.id == Some(column) || self.label == Some(column) || self.vectors.contains(&column)
        };
        let columns = (0..self.names.len()).filter(|&column| !role(column));
        columns.map(|column| self.names[column].as_str()).collect()
    }
}

/// Whether a column of this name is more likely of classes.
fn is_one(name: &str) -> bool {
    CLASSES.iter().any(|class| name.eq_ignore_ascii_case(class))
}

/// Finds the columns of ids and of classes.
fn id_and_label(
    names: &[String],
    named: bool,
    kind: &impl Fn(usize) -> Kind,
    choice: &Choice,
) -> anyhow::Result<(Option<usize>, Option<usize>)> {
    let chosen = |option: &str, wanted: &Option<String>| {
        let Some(wanted) = wanted else { return Ok(None) };
        match names.iter().position(|name| name == wanted) {
            Some(column) => match kind(column) {
                Kind::Other(found) => bail!(
                    "expected text or numbers in column {wanted} for {option}, found {found}; \
                     name another column"
                ),
                _ => Ok(Some(column)),
            },
            None => bail!(
                "expected a column {wanted} for {option}, found {}; give one of these",
                listed(names)
            ),
        }
    };
    let label = chosen("--label-column", &choice.label_column)?;
    let id = chosen("--id-column", &choice.id_column)?;
    if id.is_some() && id == label {
        bail!("expected two columns for --id-column and --label-column, found one for both");
    }
    let free = || (0..names.len()).filter(|&column| Some(column) != label);
    let by_name = || {
        let is = |column: usize, id: &str| {
            let named = named && names[column].eq_ignore_ascii_case(id);
            named && !matches!(kind(column), Kind::Other(_))
        };
        IDS.iter().find_map(|id| free().find(|&column| is(column, id)))
    };
    let by_text = || {
        let class = |column: usize| named && is_one(&names[column]);
        free().find(|&column| kind(column) == Kind::Text && !class(column))
    };
    Ok((id.or_else(by_name).or_else(by_text), label))
}

/// Lists names for a message, the first few of many.
pub fn listed(names: &[String]) -> String {
    /// Names that are shown.
    const MOST: usize = 12;
    let more = if names.len() > MOST { ", ..." } else { "" };
    let shown = names[..names.len().min(MOST)].join(", ");
    format!("the columns {shown}{more}")
}
