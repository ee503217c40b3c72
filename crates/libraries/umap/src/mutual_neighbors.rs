//! Neighbors along paths of mutual nearest neighbors.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use ndarray::Array2;
use rayon::prelude::*;

use crate::neighbors::Neighbors;

/// Replaces nearest neighbors by the nearest along paths of mutual neighbors.
///
/// Dalmia and Sia, *Clustering with UMAP: why and how connectivity matters*, 2021: an edge stays if
/// each of its points is among the other's nearest neighbors; the minimum spanning forest of all
/// edges keeps components connected; and the k nearest points by the length of paths along these
/// edges become the new neighbors. If a component has fewer than k other points, its last one is
/// repeated at infinite distance, which gives it no weight.
pub(crate) fn mutual(neighbors: &Neighbors) -> Neighbors {
    let (n, k) = neighbors.indices.dim();
    let row = |i: usize| neighbors.indices.row(i).into_iter().zip(neighbors.distances.row(i));
    let named =
        |i: usize, j: usize| neighbors.indices.row(i).iter().any(|&other| other as usize == j);
    let tree = spanning_forest(neighbors);
    let mut edges: Vec<Vec<(u32, f32)>> = (0..n)
        .into_par_iter()
        .map(|i| {
            row(i)
                .filter(|&(&j, _)| named(j as usize, i))
                .map(|(&j, &distance)| (j, distance))
                .collect()
        })
        .collect();
    for (i, j, distance) in tree {
        if !(named(i, j) && named(j, i)) {
            edges[i].push((j as u32, distance));
            edges[j].push((i as u32, distance));
        }
    }
    let paths: Vec<Vec<(u32, f32)>> =
        (0..n).into_par_iter().map(|i| nearest_by_path(&edges, i, k)).collect();
    let (mut indices, mut distances) =
        (Array2::zeros((n, k)), Array2::from_elem((n, k), f32::INFINITY));
    for (i, path) in paths.iter().enumerate() {
        for at in 0..k {
            match path.get(at) {
                Some(&(j, distance)) => (indices[[i, at]], distances[[i, at]]) = (j, distance),
                None => indices[[i, at]] = path.last().map_or(i as u32, |&(j, _)| j),
            }
        }
    }
    Neighbors { indices, distances }
}

/// Finds the edges of the minimum spanning forest by Kruskal's algorithm.
///
/// Of equally long edges those of lower vertices come first.
fn spanning_forest(neighbors: &Neighbors) -> Vec<(usize, usize, f32)> {
    let (n, k) = neighbors.indices.dim();
    let mut all: Vec<(f32, u32, u32)> = Vec::with_capacity(n * k);
    for (i, row) in neighbors.indices.outer_iter().enumerate() {
        let ends = row.into_iter().zip(neighbors.distances.row(i));
        all.extend(ends.map(|(&j, &distance)| (distance, (i as u32).min(j), (i as u32).max(j))));
    }
    all.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut parents: Vec<u32> = (0..n as u32).collect();
    fn root(parents: &mut [u32], mut i: u32) -> u32 {
        while parents[i as usize] != i {
            parents[i as usize] = parents[parents[i as usize] as usize];
            i = parents[i as usize];
        }
        i
    }
    let mut forest = Vec::new();
    for (distance, i, j) in all {
        let (a, b) = (root(&mut parents, i), root(&mut parents, j));
        if a != b {
            parents[a.max(b) as usize] = a.min(b);
            forest.push((i as usize, j as usize, distance));
        }
    }
    forest
}

/// Makes an integer with the order of `length`, which is not negative.
fn sort_key(length: f32) -> u32 {
    length.to_bits()
}

/// Finds the `k` vertices nearest to `from` along paths, and the lengths, by Dijkstra's algorithm.
fn nearest_by_path(edges: &[Vec<(u32, f32)>], from: usize, k: usize) -> Vec<(u32, f32)> {
    let mut heap = BinaryHeap::from([Reverse((sort_key(0.0), from as u32))]);
    let mut known = std::collections::HashMap::from([(from as u32, 0.0_f32)]);
    let mut done = std::collections::HashSet::new();
    let mut found = Vec::with_capacity(k + 1);
    while let Some(Reverse((length, i))) = heap.pop() {
        if !done.insert(i) {
            continue;
        }
        let length = f32::from_bits(length);
        if i as usize != from {
            found.push((i, length));
            if found.len() == k {
                break;
            }
        }
        for &(j, distance) in &edges[i as usize] {
            let through = length + distance;
            let best = known.entry(j).or_insert(f32::INFINITY);
            if through < *best {
                *best = through;
                heap.push(Reverse((sort_key(through), j)));
            }
        }
    }
    found
}
