//! Makes the table of rows and their clusters.

use ndarray::ArrayView1;

use crate::certainty::Certainty;
use crate::distances::Distance;
use crate::familiarity::Familiarity;

/// Facts about each row beside its cluster.
pub struct Table {
    /// Certainty of each row, 0 to 1, `None` for noise; no column without certainty and points.
    pub certainty: Option<Vec<Option<f64>>>,
    /// Distance of each row to the mean of its cluster; no column without points.
    distance: Option<Vec<Option<f64>>>,
    /// The next best cluster of each row; no column without responsibilities and points.
    second: Option<Vec<Option<i64>>>,
    /// Whether each row is like something seen; no columns without neighbors.
    pub familiarity: Option<Familiarity>,
}

impl Table {
    /// Combines shares and distances of the points with these `assignments`.
    pub fn new(
        assignments: ArrayView1<i64>,
        shares: Option<&Certainty>,
        distances: Option<&[Distance]>,
    ) -> Self {
        let rows = || assignments.iter().map(|&id| usize::try_from(id).ok()).enumerate();
        let certainty = |(row, own): (usize, Option<usize>)| {
            let share = shares.map_or(1.0, |shares| own.map_or(0.0, |own| shares.share(row, own)));
            own.map(|_| share * distances.map_or(1.0, |distances| distances[row].margin()))
        };
        let second = |(row, own)| match shares {
            Some(shares) if shares.has_second() => shares.second(row, own),
            _ => distances.and_then(|distances| distances[row].other).map(|(cluster, _)| cluster),
        };
        let has_second = distances.is_some() || shares.is_some_and(Certainty::has_second);
        Self {
            certainty: (shares.is_some() || distances.is_some())
                .then(|| rows().map(certainty).collect()),
            distance: distances
                .map(|distances| distances.iter().map(|distance| distance.own).collect()),
            second: has_second.then(|| rows().map(second).collect()),
            familiarity: None,
        }
    }

    /// Formats the table as CSV, with the cluster and, if there are names, the name of each row.
    pub fn csv(&self, names: Option<&[String]>, assignments: ArrayView1<i64>) -> String {
        let seen = self.familiarity.is_some();
        let known =
            [self.certainty.is_some(), self.distance.is_some(), self.second.is_some(), seen, seen];
        let optional = ["certainty", "distance", "second_cluster", "nearest", "unfamiliar"];
        let optional = optional.into_iter().zip(known).filter(|(_, known)| *known);
        let first = names.map(|_| "file").into_iter().chain(["row", "cluster"]);
        let head: Vec<&str> = first.chain(optional.map(|(column, _)| column)).collect();
        let line = |row: usize| {
            let number = |column: &Option<Vec<Option<f64>>>| {
                column.as_ref().map(|column| column[row].map_or(String::new(), digits))
            };
            let second = |second: &Vec<Option<i64>>| {
                second[row].map_or(String::new(), |cluster| cluster.to_string())
            };
            let familiarity = self.familiarity.as_ref();
            let unfamiliar =
                |seen: &Familiarity| if seen.is_unfamiliar(row) { "yes" } else { "no" }.to_owned();
            let optional = [
                number(&self.certainty),
                number(&self.distance),
                self.second.as_ref().map(second),
                familiarity.map(|seen| digits(seen.nearest[row])),
                familiarity.map(unfamiliar),
            ];
            let name = names.map(|names| names[row].clone());
            let first = name.into_iter().chain([row.to_string(), assignments[row].to_string()]);
            first.chain(optional.into_iter().flatten()).collect()
        };
        cli::csv(&head, (0..assignments.len()).map(line))
    }
}

/// Formats a number with the digits that f4 has: enough to rank by, few enough to read.
fn digits(value: f64) -> String {
    (value as f32).to_string()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::distances::{Means, distances};
    use crate::groups::groups;

    #[test]
    fn columns_that_cannot_be_known_are_left_out() {
        let ids = array![0_i64, 1, -1];
        let names = ["a".to_owned(), "b,c".to_owned(), "d".to_owned()];
        let plain = Table::new(ids.view(), None, None).csv(Some(&names), ids.view());
        assert_eq!(plain, "file,row,cluster\na,0,0\n\"b,c\",1,1\nd,2,-1\n");
        let agreement = Certainty::Agreement(array![1.0, 0.5, 0.25]);
        let table = Table::new(ids.view(), Some(&agreement), None);
        let text = table.csv(Some(&names), ids.view());
        assert_eq!(text, "file,row,cluster,certainty\na,0,0,1\n\"b,c\",1,1,0.5\nd,2,-1,\n");
    }

    #[test]
    fn responsibilities_name_the_second_cluster_and_distances_the_rest() {
        let ids = array![0_i64, 0, 2, -1];
        let names: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let points = artifact::Points::F64(array![[0.0, 0.0], [4.0, 0.0], [2.0, 6.0], [2.0, 1.0]]);
        let found = groups(ids.view());
        let measured = distances(&points, ids.view(), &Means::of(&points, &found));
        let text = Table::new(ids.view(), None, Some(&measured)).csv(Some(&names), ids.view());
        // The means are (2, 0) and (2, 6). Point 0 is 2 from its own and 6.3246 from the other.
        assert_eq!(
            text,
            "file,row,cluster,certainty,distance,second_cluster\n\
             a,0,0,0.7597469,2,2\nb,1,0,0.7597469,2,2\nc,2,2,1,0,0\nd,3,-1,,,0\n"
        );
        let shares = Certainty::Responsibilities(array![
            [0.5, 0.3, 0.2],
            [1.0, 0.0, 0.0],
            [0.2, 0.2, 0.6],
            [0.1, 0.1, 0.8]
        ]);
        let text = Table::new(ids.view(), Some(&shares), None).csv(Some(&names), ids.view());
        assert_eq!(
            text,
            "file,row,cluster,certainty,second_cluster\n\
             a,0,0,0.5,1\nb,1,0,1,1\nc,2,2,0.6,0\nd,3,-1,,2\n"
        );
    }

    /// Two clusters that overlap, 610 points, and a vote of five that nearly always agrees.
    fn simulated() -> (Vec<bool>, Array1<i64>, artifact::Points, Certainty) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut normal = || (0..12).map(|_| rng.gen_range(-0.5..0.5)).sum::<f64>();
        let truth: Vec<i64> = (0..610).map(|row| i64::from(row >= 300)).collect();
        let points = ndarray::Array2::from_shape_fn((610, 8), |(row, column)| {
            normal() + if column == 0 { 3.0 * truth[row] as f64 } else { 0.0 }
        });
        let ids: Array1<i64> = points.column(0).iter().map(|&x| i64::from(x > 1.5)).collect();
        let right = ids.iter().zip(&truth).map(|(id, class)| id == class).collect();
        let near = |&x: &f64| if (x - 1.5_f64).abs() < 0.1 { 0.6 } else { 1.0 };
        let agreement = Certainty::Agreement(points.column(0).iter().map(near).collect());
        (right, ids, artifact::Points::F64(points), agreement)
    }

    #[test]
    fn the_certainty_ranks_rows_of_equal_agreement() {
        let (right, ids, points, agreement) = simulated();
        let full = (0..610).filter(|&row| agreement.share(row, 0) == 1.0).count();
        assert!(full > 500, "the agreement alone ranks {full} of 610 alike");
        let found = groups(ids.view());
        let measured = distances(&points, ids.view(), &Means::of(&points, &found));
        let table = Table::new(ids.view(), Some(&agreement), Some(&measured));
        let certainty: Vec<f64> = table.certainty.iter().flatten().map(|x| x.unwrap()).collect();
        assert!(certainty.iter().all(|x| (0.0..=1.0).contains(x)));

        let mut shown: Vec<String> = certainty.iter().copied().map(digits).collect();
        shown.sort();
        shown.dedup();
        assert!(shown.len() >= 605, "{} different certainties of 610", shown.len());

        // The least certain tenth holds most of the rows that are in the wrong cluster.
        let mut order: Vec<usize> = (0..610).collect();
        order.sort_by(|&a, &b| certainty[a].total_cmp(&certainty[b]));
        let wrong = right.iter().filter(|&&right| !right).count();
        let early = order[..61].iter().filter(|&&row| !right[row]).count();
        assert!(wrong > 20 && 10 * early > 7 * wrong, "{early} of {wrong}");
    }
}
