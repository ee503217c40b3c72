//! The JSON of a score file, without the tables that no reader needs.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Parts of a split that no reader needs; they may have a million cells and are skipped.
const SKIPPED_TABLES: [&str; 2] = ["contingency", "contingency_cells"];

/// A score file.
#[derive(Deserialize)]
pub(crate) struct ScoreFile {
    #[serde(default)]
    pub(crate) class_names: Option<Vec<String>>,
    pub(crate) splits: Splits,
}

/// Scores of each split by name, in the order of the file.
pub(crate) struct Splits(pub(crate) Map<String, Value>);

impl<'de> Deserialize<'de> for Splits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Splits;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("splits by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Splits, A::Error> {
                let mut splits = Map::new();
                while let Some((name, Split(split))) = entries.next_entry()? {
                    splits.insert(name, Value::Object(split));
                }
                Ok(Splits(splits))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// Scores of one split without the [skipped tables](SKIPPED_TABLES).
struct Split(Map<String, Value>);

impl<'de> Deserialize<'de> for Split {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scores;
        impl<'de> Visitor<'de> for Scores {
            type Value = Split;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("the scores of a split")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Split, A::Error> {
                let mut scores = Map::new();
                while let Some(name) = entries.next_key::<String>()? {
                    if SKIPPED_TABLES.contains(&name.as_str()) {
                        entries.next_value::<IgnoredAny>()?;
                    } else {
                        scores.insert(name, entries.next_value()?);
                    }
                }
                Ok(Split(scores))
            }
        }
        deserializer.deserialize_map(Scores)
    }
}
