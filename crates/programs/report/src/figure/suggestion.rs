//! Draws the score of each number of groups.

use askama::Template;

use super::charts::{Tick, ticks};
use crate::inputs::tables::{Candidate, Rank};

/// Most numbers that are named beside the suggested one.
const NAMED: usize = 3;

/// Scores by the number of groups.
#[derive(Template)]
#[template(path = "figures/suggestion.svg")]
pub struct SuggestionChart {
    /// Says which number is suggested, and what comes next.
    pub summary: String,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    corners: String,
    dots: Vec<Dot>,
}

struct Dot {
    x: f64,
    y: f64,
    rank: Rank,
    k: usize,
    text: String,
}

impl SuggestionChart {
    /// Left, right, top and bottom of the axes.
    const BOX: (f64, f64, f64, f64) = (62.0, 600.0, 24.0, 212.0);

    /// Draws the candidates; `None` if there are none.
    pub fn new(candidates: &[Candidate]) -> Option<Self> {
        let (left, right, top, bottom) = Self::BOX;
        let (first, last) = (candidates.first()?.k as f64, candidates.last()?.k as f64);
        let scores = || candidates.iter().map(|one| one.score);
        let low = scores().fold(0.0, f64::min);
        let high = scores().fold(low + 1e-9, f64::max) * 1.04;
        let x = |k: f64| left + (right - left) * (k - first) / (last - first).max(1.0);
        let y = |score: f64| bottom - (bottom - top) * (score - low) / (high - low);
        let dot = |one: &Candidate| Dot {
            x: x(one.k as f64),
            y: y(one.score),
            rank: one.rank,
            k: one.k,
            text: format!("{} groups: {:.3}", one.k, one.score),
        };
        let dots: Vec<Dot> = candidates.iter().map(dot).collect();
        let corners = dots.iter().map(|dot| format!("{:.1},{:.1}", dot.x, dot.y));
        // Ticks are whole numbers.
        let steps = (last - first).clamp(1.0, 10.0);
        Some(Self {
            summary: summary(candidates),
            x_ticks: ticks(first, last.max(first + 1.0), steps, x)
                .into_iter()
                .filter(|tick| !tick.text.contains('.'))
                .collect(),
            y_ticks: ticks(low, high, 4.0, y),
            corners: corners.collect::<Vec<_>>().join(" "),
            dots,
        })
    }
}

/// Names the suggested number, those as good, and the best of the others.
fn summary(candidates: &[Candidate]) -> String {
    let of = |rank: Rank| candidates.iter().filter(move |one| one.rank == rank);
    let mut text = match of(Rank::Suggested).next() {
        Some(one) => format!("Recommended: {} groups (score {:.3}).", one.k, one.score),
        None => "No number of groups is recommended.".into(),
    };
    let list = |name: &str, found: &[&Candidate]| match found {
        [] => String::new(),
        found => {
            let named = found.iter().map(|one| format!("{} ({:.3})", one.k, one.score));
            format!(" {name}: {}.", named.collect::<Vec<_>>().join(", "))
        }
    };
    let best = |rank: Rank| {
        let mut found: Vec<&Candidate> = of(rank).collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.k.cmp(&b.k)));
        found.truncate(NAMED);
        found
    };
    text += &list("About as good", &best(Rank::AsGood));
    text += &list("Next", &best(Rank::Other));
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    #[test]
    fn the_suggested_number_and_its_runners_up_are_named() {
        let one = |k, score, rank| Candidate { k, score, rank };
        let all = [
            one(2, 0.3, Rank::Other),
            one(3, 0.62, Rank::Suggested),
            one(4, 0.625, Rank::AsGood),
            one(5, 0.5, Rank::Other),
        ];
        let chart = SuggestionChart::new(&all).unwrap();
        assert_eq!(
            chart.summary,
            "Recommended: 3 groups (score 0.620). About as good: 4 (0.625). Next: 5 (0.500), 2 \
             (0.300)."
        );
        let ticks: Vec<&str> = chart.x_ticks.iter().map(|tick| tick.text.as_str()).collect();
        assert_eq!(ticks, ["2", "3", "4", "5"]);
        assert!(chart.dots[2].y < chart.dots[1].y && chart.dots[1].y < chart.dots[3].y);
        assert!(SuggestionChart::new(&[]).is_none());
    }
}
