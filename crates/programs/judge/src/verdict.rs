//! The choice of a clustering, and what to try next.

use neighborhoods::Graph;

use crate::clustering::Clustering;
use crate::groups::Group;

/// Modularity that a clustering may lose on the highest and be as good.
const AS_GOOD: f64 = 0.01;

/// Agreement of the runs below which another run might give other groups.
const STABLE: f64 = 0.75;

/// Assortativity below which neighbors hardly know groups.
const CLEAR: f64 = 0.5;

/// The verdict on clusterings of the same points.
pub struct Verdict<'a> {
    /// All clusterings, as they were given.
    pub all: &'a [Clustering],
    /// The chosen one.
    pub chosen: &'a Clustering,
    /// The highest modularity of all.
    pub highest: f64,
    /// Mean adjusted Rand index of the runs, if there are any.
    pub stability: Option<f64>,
    /// Number of groups that were asked for.
    asked: usize,
    /// Groups of the chosen one.
    pub groups: Vec<Group>,
}

impl<'a> Verdict<'a> {
    /// Chooses among `all`, of which there is one at least; `asked` groups should be there.
    pub fn new(
        all: &'a [Clustering],
        stability: Option<f64>,
        asked: Option<usize>,
        graph: &Graph,
    ) -> Self {
        let modularity = |one: &Clustering| one.cohesion.modularity();
        let highest = all.iter().map(modularity).fold(f64::NEG_INFINITY, f64::max);
        let first_as_good = all.iter().position(|one| modularity(one) >= highest - AS_GOOD);
        let chosen = &all[first_as_good.unwrap_or(0)];
        let known = chosen.ids.last().map_or(0, |&last| last as usize + 1);
        let asked = asked.unwrap_or(known);
        let groups = Group::all(chosen, graph);
        Self { all, chosen, highest, stability, asked, groups }
    }

    /// Whether a clustering is as good as the best.
    pub fn is_as_good(&self, one: &Clustering) -> bool {
        one.cohesion.modularity() >= self.highest - AS_GOOD
    }

    /// Gives the ids of groups without a row.
    pub fn empty(&self) -> Vec<i64> {
        (0..self.asked as i64).filter(|id| self.chosen.ids.binary_search(id).is_err()).collect()
    }

    /// Gives the ids of groups in two pieces.
    pub fn in_pieces(&self) -> Vec<i64> {
        self.groups.iter().filter(|group| group.pieces().is_some()).map(|group| group.id).collect()
    }

    /// Says what to try next, the weightiest first; one sentence for each, without a full stop.
    pub fn advice(&self) -> Vec<String> {
        let mut advice = Vec::new();
        let k = self.groups.len();
        let is_clear = self.chosen.cohesion.assortativity() >= CLEAR;
        if k < 2 {
            advice.push("ask for at least two groups".into());
            return advice;
        }
        if !is_clear {
            advice.push(
                "give other features: by these, neighbors are often in other groups (photographs \
                 need a pretrained network)"
                    .into(),
            );
        }
        if self.stability.is_some_and(|agreement| agreement < STABLE) {
            advice.push(
                "take another number of groups: with this one, runs find different groups".into(),
            );
        }
        let empty = self.empty().len();
        if empty > 0 {
            advice.push(format!("ask for {k} groups: {} empty", are(empty)));
        }
        // Where neighbors hardly know groups, their number is not what is wrong.
        let pieces = if is_clear { self.in_pieces().len() } else { 0 };
        if pieces > 0 {
            advice.push(format!("try {} groups: {} in two pieces", k + pieces, are(pieces)));
        }
        let into = self.groups.iter().filter(|group| group.runs_into().is_some()).count();
        if is_clear && into > 0 && pieces == 0 {
            let running = if into == 1 { "1 runs".into() } else { format!("{into} run") };
            advice.push(format!("try fewer groups: {running} into another"));
        }
        if advice.is_empty() {
            advice.push("look at the least certain members of each group".into());
        }
        advice
    }
}

/// Formats a number with its verb.
fn are(count: usize) -> String {
    if count == 1 { "1 is".into() } else { format!("{count} are") }
}
