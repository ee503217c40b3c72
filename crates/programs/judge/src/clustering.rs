//! One clustering, measured on the graph of neighbors.

use ndarray::Array1;
use neighborhoods::{Cohesion, Graph, Neighborhoods};

/// A clustering, and how its groups lie in the graph.
pub struct Clustering {
    /// Name that the user gave it.
    pub name: String,
    /// Ids of the groups that have rows, ascending.
    pub ids: Vec<i64>,
    /// Rows of each of these.
    pub sizes: Vec<usize>,
    /// Rows that are in no group.
    pub noise: usize,
    /// Group of each distinct point, as its place among the ids; equal rows count as the first one.
    pub group_of: Vec<Option<usize>>,
    /// Where the links lead.
    pub cohesion: Cohesion,
}

impl Clustering {
    /// Measures the clustering whose ids of all rows are `ids`.
    pub fn of(name: &str, ids: &Array1<i64>, graph: &Graph, found: &Neighborhoods) -> Self {
        let mut known: Vec<i64> = ids.iter().copied().filter(|&id| id >= 0).collect();
        known.sort_unstable();
        known.dedup();
        let place = |id: i64| known.binary_search(&id).ok();
        let mut sizes = vec![0; known.len()];
        ids.iter().filter_map(|&id| place(id)).for_each(|group| sizes[group] += 1);
        let group_of: Vec<Option<usize>> =
            (0..found.len()).map(|point| place(ids[found.copies(point)[0]])).collect();
        let cohesion = graph.cohesion(&group_of, known.len());
        let noise = ids.len() - sizes.iter().sum::<usize>();
        Self { name: name.into(), ids: known, sizes, noise, group_of, cohesion }
    }
}
