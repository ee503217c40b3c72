//! Classes of images by the first folder of their names.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::order::natural;

/// Classes that occurred so far, numbered in the order in which they occurred.
#[derive(Debug, Default)]
pub struct Classes {
    numbers: HashMap<PathBuf, usize>,
}

/// Gives the first folder of `name`; `None` if it lies in no folder.
pub fn class(name: &Path) -> Option<&Path> {
    let mut parts = name.components();
    let first = parts.next()?;
    parts.next().map(|_| Path::new(first.as_os_str()))
}

impl Classes {
    /// Gives the number of a class.
    pub fn number(&mut self, class: &Path) -> usize {
        if let Some(&number) = self.numbers.get(class) {
            return number;
        }
        let number = self.numbers.len();
        self.numbers.insert(class.to_owned(), number);
        number
    }

    /// Gives the names of the classes in natural order, and the label of each number.
    pub fn ordered(self) -> (Vec<PathBuf>, Vec<i64>) {
        let mut classes: Vec<(PathBuf, usize)> = self.numbers.into_iter().collect();
        classes.sort_by(|(a, _), (b, _)| natural(a, b));
        let mut labels = vec![0; classes.len()];
        for (label, (_, number)) in (0..).zip(&classes) {
            labels[*number] = label;
        }
        (classes.into_iter().map(|(class, _)| class).collect(), labels)
    }
}
