//! The minimum spanning tree of mutual reachability distances.

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::blocks::Blocks;
use crate::components::Components;
use crate::edge::Edge;
use crate::neighborhoods::Neighborhoods;

/// Finds the minimum spanning tree of `rows` `(m, d)`.
///
/// The weight of an edge is the largest of both squared core distances and of the squared distance
/// times `factor`. Of equal weights the edge with the lower rows comes first, so there is one such
/// tree. It grows as in Borůvka's algorithm: each component takes the first edge that leaves it.
///
/// Mostly the nearest rows tell which edge that is: all others are at least as far away as the last
/// of these. Components for which they do not wait, until no other component is left that could
/// grow. Then the rows in question are compared with those of other components, but for the
/// component with the most such rows: the others reach it.
///
/// `on_edges` gets the number of edges found. Tested against Kruskal's algorithm on all edges.
pub(crate) fn spanning_tree(
    rows: ArrayView2<f32>,
    neighborhoods: &Neighborhoods,
    cores: &[f32],
    factor: f32,
    on_edges: &mut dyn FnMut(usize),
) -> Vec<Edge> {
    let m = rows.nrows();
    let mut components = Components::new(m);
    let mut tree = Vec::with_capacity(m.saturating_sub(1));
    let mut known = Known::of(neighborhoods, cores, factor);
    let mut blocks = None;
    while tree.len() + 1 < m {
        let component_of = components.all();
        let edges: Vec<Edge> = (0..m as u32)
            .into_par_iter()
            .map(|row| known.first_edge(row, &component_of, neighborhoods))
            .collect();
        let mut best = vec![Edge::NONE; m];
        for (edge, &component) in edges.iter().zip(&component_of) {
            best[component as usize] = best[component as usize].first(*edge);
        }
        let in_question: Vec<bool> = (0..m)
            .into_par_iter()
            .map(|row| {
                !known.is_exact(row, &component_of)
                    && known.bound[row] <= best[component_of[row] as usize].weight
            })
            .collect();
        let mut questions = vec![0_usize; m];
        for (&question, &component) in in_question.iter().zip(&component_of) {
            questions[component as usize] += usize::from(question);
        }
        let ready =
            best.iter().zip(&questions).filter(|(edge, count)| edge.is_some() && **count == 0);
        let joined = tree.len();
        for (edge, _) in ready {
            // Another component may have taken an edge between the same two.
            if components.join(edge.low, edge.high) {
                tree.push(*edge);
            }
        }
        on_edges(tree.len());
        if tree.len() > joined {
            continue;
        }
        let most = (0..m).max_by_key(|&component| (questions[component], component));
        let active: Vec<bool> = (0..m)
            .map(|row| in_question[row] && Some(component_of[row] as usize) != most)
            .collect();
        let limits: Vec<f32> = best.iter().map(|edge| edge.weight).collect();
        let blocks = blocks.get_or_insert_with(|| Blocks::of(rows, cores, factor));
        for found in blocks.leaving_edges(&component_of, &active, &limits) {
            known.edge[found.row as usize] = found.edge;
            known.bound[found.row as usize] = found.bound;
        }
    }
    tree
}

/// What is known about the edges of each row to other components.
struct Known<'a> {
    /// The first of them when it was searched for, or none.
    edge: Vec<Edge>,
    /// Weight that those to rows which are not among the nearest have at least.
    bound: Vec<f32>,
    cores: &'a [f32],
    factor: f32,
}

impl<'a> Known<'a> {
    fn of(neighborhoods: &Neighborhoods, cores: &'a [f32], factor: f32) -> Self {
        let bound = |(&beyond, &core): (&f32, &f32)| (beyond * factor).max(core);
        let bound = neighborhoods.beyond.iter().zip(cores).map(bound).collect();
        Self { edge: vec![Edge::NONE; cores.len()], bound, cores, factor }
    }

    /// Whether the edge that was searched for still leaves the component.
    fn is_exact(&self, row: usize, component_of: &[u32]) -> bool {
        let Edge { low, high, .. } = self.edge[row];
        self.edge[row].is_some() && component_of[low as usize] != component_of[high as usize]
    }

    /// Finds the first known edge of a row to another component.
    fn first_edge(&self, row: u32, component_of: &[u32], neighborhoods: &Neighborhoods) -> Edge {
        let at = row as usize;
        if self.is_exact(at, component_of) {
            return self.edge[at];
        }
        let mut first = Edge::NONE;
        for &(squared, other) in &neighborhoods.near[at] {
            // The rows that follow are farther away.
            if squared * self.factor > first.weight {
                break;
            }
            if component_of[other as usize] != component_of[at] {
                let core = self.cores[at].max(self.cores[other as usize]);
                first = first.first(Edge::new((squared * self.factor).max(core), row, other));
            }
        }
        first
    }
}
