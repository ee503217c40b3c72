//! The reason why a model is refused.

use std::path::Path;

/// Names of a file that a message lists.
const MOST_NAMES: usize = 8;

/// Why a model cannot be used.
#[derive(Debug)]
pub struct Refusal {
    /// What is needed.
    pub expected: String,
    /// What the model has.
    pub found: String,
    /// What to do about it.
    pub hint: String,
}

impl Refusal {
    /// Makes the refusal of a model that has `found` where `expected` was needed.
    pub fn new(
        expected: impl Into<String>,
        found: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { expected: expected.into(), found: found.into(), hint: hint.into() }
    }

    /// Makes this an error about the model at `path`.
    pub fn at(self, path: &Path) -> anyhow::Error {
        artifact::Error::content(path, self.expected, self.found, self.hint).into()
    }
}

/// Lists names in a message, the first few of many.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.len().checked_sub(MOST_NAMES) {
        _ if names.is_empty() => "none".to_owned(),
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..MOST_NAMES].join(", ")),
    }
}
