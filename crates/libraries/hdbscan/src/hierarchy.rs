//! The single linkage hierarchy of a spanning tree.

use crate::components::Components;

/// An edge between two points, and the distance at which it joins their clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Link {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) distance: f64,
}

/// Two nodes of the hierarchy that are joined into the next one.
///
/// Nodes below n are the n points; node n + i is what merge i makes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Merge {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) distance: f64,
    pub(crate) size: u32,
}

/// Joins `n` points along the `links` of a spanning tree, shortest first.
///
/// Of equally long links the one with the lower points comes first.
pub(crate) fn single_linkage(n: usize, mut links: Vec<Link>) -> Vec<Merge> {
    let ends = |link: &Link| (link.a.min(link.b), link.a.max(link.b));
    links.sort_by(|x, y| x.distance.total_cmp(&y.distance).then(ends(x).cmp(&ends(y))));
    let mut components = Components::new(n);
    let mut node_of: Vec<u32> = (0..n as u32).collect();
    let mut merges: Vec<Merge> = Vec::with_capacity(links.len());
    for (Link { a, b, distance }, node) in links.into_iter().zip(n as u32..) {
        let (left, right) = (components.find(a), components.find(b));
        let (left, right) = (node_of[left as usize], node_of[right as usize]);
        let size = size(&merges, n, left) + size(&merges, n, right);
        merges.push(Merge { left, right, distance, size });
        components.join(a, b);
        node_of[components.find(a) as usize] = node;
    }
    merges
}

/// Counts the points of a node.
pub(crate) fn size(merges: &[Merge], n: usize, node: u32) -> u32 {
    (node as usize).checked_sub(n).map_or(1, |merge| merges[merge].size)
}
