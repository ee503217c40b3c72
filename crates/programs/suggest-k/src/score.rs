//! The score of a number of clusters, and the rule that suggests one.

/// What the best score may lose for a smaller number of clusters.
const AS_GOOD: f64 = 0.95;

/// The mixtures of one number of clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Number of clusters.
    pub k: usize,
    /// Mean adjusted Rand index of the clusterings of two embeddings.
    pub agreement: f64,
    /// Mean silhouette over the embeddings, each of its own clustering.
    pub silhouette: f64,
    /// Mean Davies-Bouldin index over the embeddings, 0 or more: the lower, the farther apart.
    pub davies_bouldin: f64,
    /// Mean criterion that the mixtures are searched by.
    pub criterion: f64,
}

impl Row {
    /// Computes the score.
    ///
    /// The last factor is the share of pairs of points that equally large clusters tell apart:
    /// two halves of everything often lie farther apart than any groups, and say less.
    pub fn score(&self) -> f64 {
        self.agreement.max(0.0) * self.silhouette.max(0.0) * (1.0 - 1.0 / self.k as f64)
    }
}

/// A number of clusters, and how sure it is.
#[derive(Debug, PartialEq)]
pub struct Suggestion<'a> {
    /// The smallest number that is as good as the best.
    pub row: &'a Row,
    /// Other numbers that are as good, ascending.
    pub ties: Vec<usize>,
    /// The best numbers of the rest, at most three, the best first.
    pub runners_up: Vec<usize>,
}

impl<'a> Suggestion<'a> {
    /// Chooses from rows in ascending order of k; `None` if there are none.
    pub fn of(rows: &'a [Row]) -> Option<Self> {
        let best = rows.iter().map(Row::score).max_by(f64::total_cmp)?;
        let (good, mut rest): (Vec<&Row>, Vec<&Row>) =
            rows.iter().partition(|row| row.score() >= AS_GOOD * best);
        rest.sort_by(|a, b| b.score().total_cmp(&a.score()));
        Some(Self {
            row: good.first()?,
            ties: good[1..].iter().map(|row| row.k).collect(),
            runners_up: rest.iter().take(3).map(|row| row.k).collect(),
        })
    }

    /// Describes in a few words how much structure there is.
    ///
    /// The bounds are those of Kaufman and Rousseeuw 1990, *Finding Groups in Data*, chapter 2,
    /// for the silhouette, here of one that is weighed by agreement.
    pub fn structure(&self) -> &'static str {
        match self.row.agreement * self.row.silhouette {
            found if found > 0.7 => "strong",
            found if found > 0.5 => "reasonable",
            found if found > 0.25 => "weak",
            _ => "none to speak of",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(scores: &[(usize, f64, f64)]) -> Vec<Row> {
        let row = |&(k, agreement, silhouette)| Row {
            k,
            agreement,
            silhouette,
            davies_bouldin: 1.0,
            criterion: 0.0,
        };
        scores.iter().map(row).collect()
    }

    #[test]
    fn the_smallest_of_the_best_is_suggested_and_the_others_are_ties() {
        // Scores 0.25, 0.60, 0.624, 0.5.
        let rows = rows(&[(2, 1.0, 0.5), (3, 1.0, 0.9), (4, 0.92, 0.904), (5, 1.0, 0.625)]);
        let found = Suggestion::of(&rows).unwrap();
        assert_eq!((found.row.k, found.ties), (3, vec![4]));
        assert_eq!(found.runners_up, [5, 2]);
    }

    #[test]
    fn less_than_no_agreement_is_none() {
        let rows = rows(&[(2, -0.5, -0.5), (3, 0.2, 0.4)]);
        assert_eq!(rows[0].score(), 0.0);
        let found = Suggestion::of(&rows).unwrap();
        assert_eq!((found.row.k, found.structure()), (3, "none to speak of"));
        assert_eq!(Suggestion::of(&[]), None);
    }
}
