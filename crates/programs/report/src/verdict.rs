//! Says in plain words what was found: how many groups, how sure, what stands out.

use crate::cards::{Card, sure};
use crate::clusters::Clusters;
use crate::inputs::tables::Outlier;
use crate::inputs::{CertaintySource, Inputs};
use crate::text::grouped;

/// Most groups whose peculiarities are named.
const MARKS_NAMED: usize = 2;

/// Share below which a point is called doubtful.
const DOUBTFUL: f64 = 0.5;

/// Interquartile ranges above the third quartile from which on a score is "far out" (Tukey, 1977).
const FAR_OUT: f64 = 3.0;

/// Words at the top of the page.
pub struct Verdict {
    /// Number of groups, in words.
    pub groups: String,
    /// Number of points, in words.
    pub points: String,
    /// Mean certainty, in words; empty if it is not known.
    pub sure: String,
    /// Peculiarities, each with the id of its place on the page.
    pub facts: Vec<(String, &'static str)>,
}

/// Counts things in words: `1 image`, `2,000 images`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// Returns what the points are called.
pub fn noun(inputs: &Inputs) -> &'static str {
    if inputs.images.is_some() { "image" } else { "vector" }
}

/// Counts the outliers whose scores are far out; all of a table that holds only some rows.
pub fn far_out(outliers: &[Outlier], n: usize) -> usize {
    let count = outliers.len();
    if count < n || count < 4 {
        return count;
    }
    // Scores fall, so that the third quartile is in the first half.
    let (upper, lower) = (outliers[count / 4].score, outliers[count * 3 / 4].score);
    let limit = upper + FAR_OUT * (upper - lower);
    outliers.iter().take_while(|outlier| outlier.score > limit).count()
}

impl Verdict {
    /// Describes the groups of the main system, whose cards are given.
    pub fn new(inputs: &Inputs, clusters: &Clusters, cards: &[Card]) -> Self {
        let noun = noun(inputs);
        let mut facts = Vec::new();
        let mut average = String::new();
        let certain = clusters.certainty.as_ref().zip(clusters.certainty_source);
        if let Some((certainty, source)) = certain {
            let members = clusters.shown.iter().flat_map(|cluster| &cluster.members);
            let values: Vec<f64> = members.map(|&row| certainty[row]).collect();
            average = sure(values.iter().sum::<f64>() / values.len().max(1) as f64, source);
            facts.extend(extremes(cards, source));
            let doubtful = values.iter().filter(|value| **value < DOUBTFUL).count();
            if doubtful > 0 && source != CertaintySource::Margin {
                let are = if doubtful == 1 { "is" } else { "are" };
                facts.push((format!("{} {are} less than half sure.", count(doubtful, noun)), ""));
            }
        }
        if clusters.noise > 0 {
            let are = if clusters.noise == 1 { "is" } else { "are" };
            facts.push((format!("{} {are} in no group.", count(clusters.noise, noun)), ""));
        }
        facts.extend(found(inputs, noun));
        let marked: Vec<&Card> = cards.iter().filter(|card| !card.marks.is_empty()).collect();
        match marked.len() {
            0..=MARKS_NAMED => facts.extend(
                marked.iter().map(|card| (format!("Group {} {}.", card.id, card.marks), "")),
            ),
            many => facts.push((format!("{many} groups have a remark in orange."), "")),
        }
        Self {
            groups: count(clusters.sizes.len(), "group"),
            points: count(inputs.n(), noun),
            sure: average,
            facts,
        }
    }
}

/// Names the surest and the most doubtful group.
fn extremes(cards: &[Card], source: CertaintySource) -> Option<(String, &'static str)> {
    let measured = || cards.iter().filter_map(|card| Some((card.id, card.certainty?)));
    let most = measured().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let least = measured().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let (surest, doubtful) = (sure(most.1, source), sure(least.1, source));
    (surest != doubtful).then(|| {
        let text = format!(
            "The surest is group {} ({surest}), the most doubtful group {} ({doubtful}).",
            most.0, least.0
        );
        (text, "")
    })
}

/// Says how many near duplicates and outliers there are.
fn found(inputs: &Inputs, noun: &str) -> Vec<(String, &'static str)> {
    let mut facts = Vec::new();
    if let Some(groups) = &inputs.tables.duplicates {
        let rows: usize = groups.iter().map(Vec::len).sum();
        facts.push(match rows {
            0 => (format!("No {noun} has a near duplicate."), ""),
            _ => (format!("{} have near duplicates.", count(rows, noun)), "duplicates"),
        });
    }
    if let Some(outliers) = &inputs.tables.outliers {
        let far = far_out(outliers, inputs.n());
        let are = if far == 1 { "is" } else { "are" };
        facts.push(match far {
            0 => (format!("No {noun} is unlike all others."), "outliers"),
            _ => (format!("{} {are} unlike all others.", count(far, noun)), "outliers"),
        });
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scores_beyond_the_others_are_far_out() {
        let outlier = |score: f64| Outlier { row: 0, score };
        let mut all: Vec<Outlier> =
            (0..100).rev().map(|at| outlier(f64::from(at) / 100.0)).collect();
        assert_eq!(far_out(&all, 100), 0);
        all[0].score = 9.0;
        all[1].score = 3.0;
        assert_eq!(far_out(&all, 100), 2);
        // A table of some rows was cut by its maker.
        assert_eq!(far_out(&all, 5000), 100);
    }
}
