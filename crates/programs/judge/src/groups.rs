//! The groups of a clustering, and what is remarkable about each.

use neighborhoods::{Cut, Graph};
use rayon::prelude::*;

use crate::clustering::Clustering;

/// Conductance up to which two pieces are hardly joined.
///
/// It was chosen with labels in hand, and then tried on other sets: docs/experiments.md.
const HARDLY_JOINED: f64 = 0.02;

/// Share of the links from which on a group runs into another.
const RUNS_INTO: f64 = 0.25;

/// Columns of the table of groups.
pub const COLUMNS: [&str; 8] = [
    "group",
    "rows",
    "inside",
    "nearest",
    "to_nearest",
    "lesser_piece",
    "between_pieces",
    "remark",
];

/// One group of the chosen clustering.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Id in the assignments.
    pub id: i64,
    /// Number of rows.
    pub rows: usize,
    /// Share of its links that lead to its own points.
    pub inside: f64,
    /// Id of the other group that most of its links lead to, and their share.
    pub nearest: Option<(i64, f64)>,
    /// Where it hangs together least.
    pub cut: Option<Cut>,
}

impl Group {
    /// Measures all groups.
    pub fn all(of: &Clustering, graph: &Graph) -> Vec<Self> {
        let mut members = vec![Vec::new(); of.ids.len()];
        for (point, group) in of.group_of.iter().enumerate() {
            if let Some(group) = *group {
                members[group].push(point);
            }
        }
        let cuts: Vec<Option<Cut>> =
            members.par_iter().map(|members| graph.weakest_cut(members)).collect();
        let group = |(at, cut): (usize, Option<Cut>)| {
            let links = of.cohesion.groups[at];
            Self {
                id: of.ids[at],
                rows: of.sizes[at],
                inside: links.inside,
                nearest: links.nearest.map(|(other, share)| (of.ids[other], share)),
                cut,
            }
        };
        cuts.into_iter().enumerate().map(group).collect()
    }

    /// Gives the shares of the two pieces that the group consists of, the larger first.
    pub fn pieces(&self) -> Option<(f64, f64)> {
        self.cut
            .filter(|cut| cut.conductance <= HARDLY_JOINED)
            .map(|cut| (1.0 - cut.share, cut.share))
    }

    /// Gives the group that this one runs into.
    pub fn runs_into(&self) -> Option<i64> {
        self.nearest.filter(|&(_, share)| share >= RUNS_INTO).map(|(other, _)| other)
    }

    /// Says what is remarkable, or nothing.
    pub fn remark(&self) -> String {
        let mut remarks = Vec::new();
        if let Some((larger, lesser)) = self.pieces() {
            remarks.push(format!(
                "two pieces ({:.0} % and {:.0} %)",
                100.0 * larger,
                100.0 * lesser
            ));
        }
        if let Some(other) = self.runs_into() {
            remarks.push(format!("runs into {other}"));
        }
        remarks.join("; ")
    }

    /// Formats a line of the table, floats with all their digits.
    pub fn cells(&self) -> Vec<String> {
        self.formatted(|number| number.to_string())
    }

    /// Formats the same line with `show` for each float.
    pub fn formatted(&self, show: impl Fn(f64) -> String) -> Vec<String> {
        let (nearest, to_nearest) = self.nearest.unzip();
        let (share, conductance) = self.cut.map(|cut| (cut.share, cut.conductance)).unzip();
        let number = |value: Option<f64>| value.map(&show).unwrap_or_default();
        vec![
            self.id.to_string(),
            self.rows.to_string(),
            show(self.inside),
            nearest.map(|id: i64| id.to_string()).unwrap_or_default(),
            number(to_nearest),
            number(share),
            number(conductance),
            self.remark(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(cut: Option<(f64, f64)>, nearest: Option<(i64, f64)>) -> Group {
        let cut = cut.map(|(share, conductance)| Cut { share, conductance });
        Group { id: 3, rows: 40, inside: 0.5, nearest, cut }
    }

    #[test]
    fn remarks_name_pieces_and_neighbors() {
        assert_eq!(group(None, None).remark(), "");
        assert_eq!(group(Some((0.3, 0.021)), Some((1, 0.24))).remark(), "");
        assert_eq!(
            group(Some((0.3, 0.02)), Some((1, 0.25))).remark(),
            "two pieces (70 % and 30 %); runs into 1"
        );
    }

    #[test]
    fn what_there_is_none_of_is_empty() {
        assert_eq!(group(None, None).cells(), ["3", "40", "0.5", "", "", "", "", ""]);
        let cells = group(Some((0.25, 0.125)), Some((1, 0.5))).cells();
        assert_eq!(cells, ["3", "40", "0.5", "1", "0.5", "0.25", "0.125", "runs into 1"]);
    }
}
