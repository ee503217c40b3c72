//! Measures how well the silhouette predicts ACC over runs.

use metrics::RankCorrelation;
use score_io::ScoreRow;

use crate::format::TableRenderer;

/// Fewest runs that are compared.
const MIN_RUNS: usize = 3;

/// Name of the line for all systems together.
const TOGETHER: &str = "all runs together";

/// Renders how well the silhouette ranks runs by ACC, on the first split of each file.
///
/// Each system with at least three runs that have both scores gets a line, and so do all runs
/// together if there are several systems. Empty if nothing can be compared.
pub fn section(rows: &[ScoreRow], table: TableRenderer) -> String {
    let systems: Vec<(&str, Vec<(f64, f64)>)> = rows
        .iter()
        .filter(|row| row.position == 0)
        .map(|row| (row.system.as_str(), pairs(row)))
        .collect();
    let all: Vec<(f64, f64)> = systems.iter().flat_map(|(_, pairs)| pairs).copied().collect();
    let several = systems.iter().filter(|(_, pairs)| !pairs.is_empty()).count() > 1;
    let together = several.then_some((TOGETHER, all));
    let compared = systems.into_iter().chain(together).filter(|(_, pairs)| pairs.len() >= MIN_RUNS);
    let lines: Vec<Vec<String>> = compared.map(|(system, pairs)| line(system, &pairs)).collect();
    if lines.is_empty() {
        return String::new();
    }
    let head = [
        "system",
        "runs",
        "Spearman",
        "by chance",
        "ACC, highest silhouette",
        "ACC, mean",
        "ACC, highest",
    ];
    let mut text = format!(
        "\nDoes the silhouette, which reads no labels, tell which run has the higher ACC (first \
         split of each file)?\n\
         Spearman's rank correlation, and how often chance alone gives as many runs one as far \
         from 0.\n\n{}",
        table(&head, lines, &[])
    );
    if several {
        text += "\nSilhouettes in different spaces are not on one scale: all runs together \
            compare the spaces above all.\n";
    }
    text
}

/// Collects silhouette and ACC of the runs that have both.
fn pairs(row: &ScoreRow) -> Vec<(f64, f64)> {
    row.runs.iter().filter_map(|run| run.score("silhouette").zip(run.score("acc"))).collect()
}

/// Renders a line of the table; `pairs` is not empty.
fn line(system: &str, pairs: &[(f64, f64)]) -> Vec<String> {
    let found = RankCorrelation::of(pairs);
    let (rho, chance) = found.map_or(("none".into(), String::new()), |found| {
        (format!("{:.3}", found.rho), format!("{:.3}", found.chance))
    });
    // Takes the first of equal silhouettes, as a user would.
    let chosen =
        pairs.iter().copied().reduce(|best, next| if next.0 > best.0 { next } else { best });
    let mean = pairs.iter().map(|(_, acc)| acc).sum::<f64>() / pairs.len() as f64;
    let highest = pairs.iter().map(|&(_, acc)| acc).fold(f64::NEG_INFINITY, f64::max);
    let accs =
        [chosen.map_or(highest, |(_, acc)| acc), mean, highest].map(|acc| format!("{acc:.4}"));
    [vec![system.to_owned(), pairs.len().to_string(), rho, chance], accs.to_vec()].concat()
}
