//! Puts together the first part of the page: the verdict and the cards.

use anyhow::Context;

use crate::cards::{Card, CardRow, cards, found};
use crate::clusters::{Budget, Clusters};
use crate::inputs::{CertaintySource, Inputs};
use crate::verdict::{Verdict, count, noun};

/// Most rows on the card of near duplicates, and most members of the card of outliers.
const FOUND_SHOWN: usize = 3;

/// The first part of the page.
pub struct GroupsView {
    /// Sentences at the top of the page.
    pub verdict: Verdict,
    /// Name of the main system.
    pub system: String,
    /// Names of all systems, if there are several.
    pub systems: Vec<String>,
    /// The cards.
    pub cards: Vec<Card>,
    /// Number of groups without a card.
    pub more: usize,
    /// Points in no group.
    pub noise: Option<String>,
    /// Card of near duplicates.
    pub duplicates: Option<FoundView>,
    /// Card of outliers.
    pub outliers: Option<FoundView>,
    /// Explains certainty.
    pub about: &'static str,
    /// What is on a card and in the dialog: `image` or `vector`.
    pub noun: &'static str,
    /// Class of the grid, by the size of the thumbnails.
    pub form: &'static str,
    /// Whether there are labels.
    pub labeled: bool,
}

/// The card of near duplicates or outliers.
pub struct FoundView {
    /// How many there are.
    pub count: String,
    /// Some of them.
    pub rows: Vec<CardRow>,
}

impl GroupsView {
    /// Describes the last system.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn new(inputs: &Inputs, clusters: &Clusters) -> anyhow::Result<Self> {
        let system = inputs.systems.last().context("checked by the caller")?;
        let cards = cards(inputs, system, clusters, true)?;
        let budget = Budget::of_cards(inputs).members;
        let noun = noun(inputs);
        let several = inputs.systems.len() > 1;
        let names = inputs.systems.iter().filter(|_| several).map(|system| system.name.clone());
        let duplicates = match inputs.tables.duplicates.as_deref() {
            None | Some([]) => None,
            Some(groups) => {
                let row = |group: &Vec<usize>| -> anyhow::Result<CardRow> {
                    let group = &group[..group.len().min(budget)];
                    Ok(CardRow { head: "", members: found(inputs, clusters, group)? })
                };
                let shown = groups.iter().take(FOUND_SHOWN).map(row);
                let rows = groups.iter().map(Vec::len).sum();
                Some(FoundView {
                    count: format!("{} in {}", count(rows, noun), count(groups.len(), "set")),
                    rows: shown.collect::<anyhow::Result<_>>()?,
                })
            }
        };
        let outliers = match inputs.tables.outliers.as_deref() {
            None | Some([]) => None,
            Some(outliers) => {
                let rows: Vec<usize> =
                    outliers.iter().take(FOUND_SHOWN * budget).map(|one| one.row).collect();
                let row = |part: &[usize]| -> anyhow::Result<CardRow> {
                    Ok(CardRow { head: "", members: found(inputs, clusters, part)? })
                };
                Some(FoundView {
                    count: "the least alike first".into(),
                    rows: rows.chunks(budget).map(row).collect::<anyhow::Result<_>>()?,
                })
            }
        };
        Ok(Self {
            verdict: Verdict::new(inputs, clusters, &cards),
            system: system.name.clone(),
            systems: names.collect(),
            more: clusters.sizes.len() - cards.len(),
            cards,
            noise: (clusters.noise > 0).then(|| count(clusters.noise, noun)),
            duplicates,
            outliers,
            about: clusters.certainty_source.map_or("", CertaintySource::explanation),
            noun,
            form: match (&inputs.images, budget) {
                (None, _) => "words",
                (Some(_), 4) => "photos",
                (Some(images), _) if images.longest_side() <= 40 => "tiny",
                (Some(_), _) => "small",
            },
            labeled: inputs.labels.is_some(),
        })
    }
}
