//! Numbers the classes of rows.

use std::collections::BTreeMap;

/// Classes that occurred so far, and that of each row.
#[derive(Debug, Default)]
pub struct Labels {
    numbers: BTreeMap<String, u32>,
    of_rows: Vec<u32>,
}

impl Labels {
    /// Adds the class of the next row.
    pub fn push(&mut self, class: &str) {
        let next = self.numbers.len() as u32;
        let number = match self.numbers.get(class) {
            Some(&number) => number,
            None => {
                self.numbers.insert(class.to_owned(), next);
                next
            }
        };
        self.of_rows.push(number);
    }

    /// Gives the names of the classes, sorted, and the label of each row.
    ///
    /// Names that are all whole numbers are sorted as numbers.
    pub fn sorted(&self) -> (Vec<&str>, Vec<i32>) {
        let mut classes: Vec<(&String, &u32)> = self.numbers.iter().collect();
        let value = |name: &str| name.parse::<i64>();
        if classes.iter().all(|(name, _)| value(name).is_ok()) {
            classes.sort_by_key(|(name, _)| value(name).unwrap_or_default());
        }
        let mut labels = vec![0; classes.len()];
        for (label, (_, number)) in (0..).zip(&classes) {
            labels[**number as usize] = label;
        }
        let of_rows = self.of_rows.iter().map(|&number| labels[number as usize]).collect();
        (classes.into_iter().map(|(name, _)| name.as_str()).collect(), of_rows)
    }

    /// Gives the class of row `at`.
    pub fn names(&self) -> Vec<&str> {
        let mut names = vec![""; self.numbers.len()];
        self.numbers.iter().for_each(|(name, &number)| names[number as usize] = name);
        self.of_rows.iter().map(|&number| names[number as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_sorted_as_words_or_numbers() {
        for (rows, classes, labels) in [
            (["b", "a", "b", "c"], vec!["a", "b", "c"], vec![1, 0, 1, 2]),
            (["10", "9", "-1", "9"], vec!["-1", "9", "10"], vec![2, 1, 0, 1]),
            (["10", "9", "x", "9"], vec!["10", "9", "x"], vec![0, 1, 2, 1]),
        ] {
            let mut found = Labels::default();
            rows.iter().for_each(|class| found.push(class));
            assert_eq!(found.sorted(), (classes, labels));
            assert_eq!(found.names(), rows);
        }
    }
}
