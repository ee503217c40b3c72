//! Describes each group for its card: size, certainty, classes, and some members.

use std::collections::HashMap;

use crate::clusters::{Cluster, Clusters};
use crate::figure::Picture;
use crate::inputs::{CertaintySource, Inputs, System};
use crate::text::{grouped, percent};

/// Most classes named on a card.
const CLASSES_NAMED: usize = 3;

/// A group as the page shows it first.
pub struct Card {
    /// Id of the group.
    pub id: i64,
    /// Size as the page prints it.
    pub size: String,
    /// Size as a share of all points.
    pub share: String,
    /// Mean certainty, in words; empty if it is not known.
    pub sure: String,
    /// Mean certainty.
    pub certainty: Option<f64>,
    /// Most frequent classes, in words; empty without labels.
    pub classes: String,
    /// Peculiarities of the group, in words.
    pub marks: String,
    /// Mean of its images, where that shows something.
    pub mean: Option<Picture>,
    /// Members of each kind.
    pub rows: Vec<CardRow>,
}

/// Members of one kind.
pub struct CardRow {
    /// Names the kind.
    pub head: &'static str,
    /// The members.
    pub members: Vec<Member>,
}

/// A member of a group.
pub struct Member {
    /// Row of the point.
    pub row: usize,
    /// Data URL of its image; empty without images.
    pub url: String,
    /// Name, class and certainty.
    pub text: String,
    /// Name alone.
    pub name: String,
    /// Whether most of the group are of another class.
    pub other: bool,
}

/// Formats a mean certainty: in percent if it is a share.
pub fn sure(certainty: f64, source: CertaintySource) -> String {
    match source {
        CertaintySource::Margin => format!("margin {certainty:.2}"),
        _ => format!("{:.0} % sure", 100.0 * certainty),
    }
}

/// Describes the groups that are shown of `system`; images are encoded only if `with_images`.
///
/// # Errors
/// Fails only if memory runs out.
pub fn cards(
    inputs: &Inputs,
    system: &System,
    clusters: &Clusters,
    with_images: bool,
) -> anyhow::Result<Vec<Card>> {
    clusters
        .shown
        .iter()
        .map(|cluster| card(inputs, system, clusters, cluster, with_images))
        .collect()
}

fn card(
    inputs: &Inputs,
    system: &System,
    clusters: &Clusters,
    cluster: &Cluster,
    with_images: bool,
) -> anyhow::Result<Card> {
    let classes = classes_of(inputs, &cluster.members);
    // An edge tells something only in a group that is mostly of one class.
    let most = classes.first().filter(|(_, count)| 2 * count > cluster.size);
    let main = most.map(|(class, _)| *class);
    let source = clusters.certainty_source;
    let members = |rows: &[usize]| -> anyhow::Result<Vec<Member>> {
        rows.iter().map(|&row| member(inputs, clusters, row, main, with_images)).collect()
    };
    let doubtful: Vec<usize> = cluster.least_certain.iter().map(|(row, _)| *row).collect();
    let spread = match cluster.spread.is_empty() {
        false => ("Spread over the group", members(&cluster.spread)?),
        true => ("At random", members(&cluster.random)?),
    };
    let rows = [
        ("Nearest to the center", members(&cluster.nearest)?),
        spread,
        ("Most doubtful", members(&doubtful)?),
    ];
    let rows = rows.into_iter().filter(|(_, members)| !members.is_empty());
    let named = classes.iter().take(CLASSES_NAMED);
    let named = named.map(|(class, count)| {
        format!("{} {}", inputs.class_name(*class), percent(*count as f64 / cluster.size as f64))
    });
    let mean = inputs.images.as_ref().filter(|images| with_images && images.have_meaningful_mean());
    let mean = mean.map(|images| {
        let data_url = images.encode_data_url(images.mean(&cluster.members).as_slice().into())?;
        let text = format!("mean of the images of group {}", cluster.id);
        anyhow::Ok(Picture { data_url, text })
    });
    Ok(Card {
        id: cluster.id,
        size: grouped(cluster.size),
        share: percent(cluster.size as f64 / system.assignments.len() as f64),
        sure: cluster.certainty.zip(source).map(|(mean, by)| sure(mean, by)).unwrap_or_default(),
        certainty: cluster.certainty,
        classes: named.collect::<Vec<_>>().join(", "),
        marks: cluster.marks.join("; "),
        mean: mean.transpose()?,
        rows: rows.map(|(head, members)| CardRow { head, members }).collect(),
    })
}

/// Describes point `row`, whose group has most points of class `main`.
fn member(
    inputs: &Inputs,
    clusters: &Clusters,
    row: usize,
    main: Option<i64>,
    with_images: bool,
) -> anyhow::Result<Member> {
    let class = inputs.labels.as_ref().map(|labels| labels[row]);
    let name = inputs.row_name(row);
    let mut text = vec![name.clone()];
    text.extend(inputs.class_of(row));
    if let Some((certainty, source)) = clusters.certainty.as_ref().zip(clusters.certainty_source) {
        text.push(sure(certainty[row], source));
    }
    let images = inputs.images.as_ref().filter(|_| with_images);
    Ok(Member {
        row,
        url: images.map(|images| images.card_url(row)).transpose()?.unwrap_or_default(),
        text: text.join(", "),
        name,
        other: class.is_some() && main.is_some() && class != main,
    })
}

/// Describes points `rows` that stand out, for a card of their own.
///
/// # Errors
/// Fails only if memory runs out.
pub fn found(inputs: &Inputs, clusters: &Clusters, rows: &[usize]) -> anyhow::Result<Vec<Member>> {
    rows.iter().map(|&row| member(inputs, clusters, row, None, true)).collect()
}

/// Counts the classes of the points `rows`, the most frequent first; empty without labels.
fn classes_of(inputs: &Inputs, rows: &[usize]) -> Vec<(i64, usize)> {
    let Some(labels) = &inputs.labels else { return Vec::new() };
    let mut counts = HashMap::new();
    rows.iter().for_each(|&row| *counts.entry(labels[row]).or_insert(0) += 1);
    let mut counts: Vec<(i64, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(class, count)| (std::cmp::Reverse(count), class));
    counts
}
