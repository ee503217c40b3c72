//! The verdict in words and tables.

use crate::groups::{COLUMNS, Group};
use crate::verdict::Verdict;

/// Ids that are listed in a sentence before the rest are counted.
const LISTED: usize = 8;

/// Formats the sentences of a verdict, a line for each.
pub fn sentences(verdict: &Verdict) -> Vec<String> {
    let chosen = verdict.chosen;
    let cohesion = &chosen.cohesion;
    let mut lines = vec![format!(
        "take {}: {:.0} of 100 neighbors are in the same group, {:.0} by chance (modularity \
         {:.3}{})",
        chosen.name,
        100.0 * cohesion.within,
        100.0 * cohesion.by_chance,
        cohesion.modularity(),
        others(verdict)
    )];
    if let Some(agreement) = verdict.stability {
        lines.push(format!("stability: runs agree to {agreement:.2} (adjusted Rand index)"));
    }
    lines.push(groups(verdict));
    lines.extend(verdict.advice().into_iter().map(|advice| format!("next: {advice}")));
    lines
}

/// Formats the modularity of the others, and says which are as good.
fn others(verdict: &Verdict) -> String {
    let other = |one: &&crate::clustering::Clustering| one.name != verdict.chosen.name;
    let text = verdict.all.iter().filter(other).map(|one| {
        let as_good = if verdict.is_as_good(one) { ", as good" } else { "" };
        format!("; {} {:.3}{as_good}", one.name, one.cohesion.modularity())
    });
    text.collect()
}

/// Formats the number of groups, their sizes, and what is wrong with some.
fn groups(verdict: &Verdict) -> String {
    let sizes = &verdict.chosen.sizes;
    let least = sizes.iter().min().copied().unwrap_or(0);
    let most = sizes.iter().max().copied().unwrap_or(0);
    let mut text = format!("groups: {} of {least} to {most} rows", sizes.len());
    if verdict.chosen.noise > 0 {
        text += &format!(", {} rows in none", verdict.chosen.noise);
    }
    text += &format!("; empty: {}", list(&verdict.empty()));
    text + &format!("; in two pieces: {}", list(&verdict.in_pieces()))
}

/// Formats ids, or `none`.
fn list(ids: &[i64]) -> String {
    let shown: Vec<String> = ids.iter().take(LISTED).map(ToString::to_string).collect();
    match ids.len() {
        0 => "none".into(),
        count if count > LISTED => format!("{} and {} more", shown.join(", "), count - LISTED),
        _ => shown.join(", "),
    }
}

/// Formats the file: the sentences, and the tables that they follow from.
pub fn page(verdict: &Verdict) -> String {
    let mut text = String::from("# Verdict\n\n");
    sentences(verdict).iter().for_each(|line| text += &format!("- {line}\n"));
    text += "\nNo labels were read. A link joins a row with one of its nearest others; modularity \
             is the share of\nlinks within groups beyond that by chance.\n\n## Clusterings\n\n";
    text += &clusterings(verdict);
    text += &format!("\n## Groups of {}\n\n", verdict.chosen.name);
    text += &group_table(&verdict.groups);
    text += "\nInside: the share of a group's links that stay in it. The lesser piece: its share \
             of these where\nthe group hangs together least, and the share of its links between \
             the two pieces.\n";
    text
}

/// Formats what is printed: the sentences and the clusterings.
pub fn printed(verdict: &Verdict) -> String {
    format!("{}\n\n{}", sentences(verdict).join("\n"), clusterings(verdict))
}

fn clusterings(verdict: &Verdict) -> String {
    let line = |one: &crate::clustering::Clustering| {
        let mark = match () {
            () if one.name == verdict.chosen.name => "taken",
            () if verdict.is_as_good(one) => "as good",
            () => "",
        };
        vec![
            one.name.clone(),
            one.sizes.len().to_string(),
            format!("{:.3}", one.cohesion.within),
            format!("{:.3}", one.cohesion.by_chance),
            format!("{:.3}", one.cohesion.modularity()),
            mark.into(),
        ]
    };
    let head = ["clustering", "groups", "within", "by chance", "modularity", ""];
    cli::table(&head, verdict.all.iter().map(line))
}

fn group_table(groups: &[Group]) -> String {
    cli::table(&COLUMNS, groups.iter().map(|group| group.formatted(|x| format!("{x:.3}"))))
}
