//! The score that ranks rows.

use std::str::FromStr;

/// How little a row is like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// Its distance to the last of its neighbors.
    Distance,
    /// How much less dense it is around the row than around its neighbors.
    LocalOutlierFactor,
}

impl Score {
    /// Gives the name of the score.
    pub fn name(self) -> &'static str {
        match self {
            Self::Distance => "distance",
            Self::LocalOutlierFactor => "lof",
        }
    }
}

impl FromStr for Score {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Distance, Self::LocalOutlierFactor];
        let found = all.into_iter().find(|score| score.name() == text);
        found.ok_or_else(|| format!("expected distance or lof, found '{text}'"))
    }
}
