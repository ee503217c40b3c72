//! Where a layout starts.

use linfa_linalg::eigh::{EigSort, Eigh};
use multiversion::multiversion;
use ndarray::{Array1, Array2, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::graph::Graph;
use crate::memory::{Rows, prefetch};

/// Degree of the polynomial of a round.
const DEGREE: usize = 24;

/// Most rounds.
const ROUNDS: usize = 8;

/// Vectors beside those asked for: they keep the last of these from waiting for the next eigenvalue.
const SPARE: usize = 4;

/// Change of the eigenvalues, relative to how far they are from 1, below which there are no more rounds.
const TOLERANCE: f64 = 1e-2;

/// Neighbours whose rows are asked for before they are needed.
const AHEAD: usize = 16;

/// Vertices that are worked through at once.
const ROWS: usize = 1024;

/// The eigenvectors of the `dims` smallest eigenvalues but the first of the symmetric normalised Laplacian, shape `(n, dims)`.
///
/// Belkin and Niyogi, *Laplacian eigenmaps*, 2003, by subspace iteration with Chebyshev polynomials (Zhou and Saad, 2007): a
/// start needs directions, not digits. `None` where the graph falls apart, whose first eigenvectors tell components apart
/// and nothing else.
pub(crate) fn spectral(graph: &Graph, dims: usize, seed: u64) -> Option<Array2<f32>> {
    if graph.components() > 1 || graph.n() <= 2 * (dims + SPARE) {
        return None;
    }
    let width = dims + 1 + SPARE;
    let run = match width.next_multiple_of(8) {
        8 => eigenvectors::<8>,
        16 => eigenvectors::<16>,
        24 => eigenvectors::<24>,
        32 => eigenvectors::<32>,
        40 => eigenvectors::<40>,
        48 => eigenvectors::<48>,
        56 => eigenvectors::<56>,
        64 => eigenvectors::<64>,
        _ => eigenvectors::<72>,
    };
    Some(run(graph, dims, seed))
}

fn eigenvectors<const W: usize>(graph: &Graph, dims: usize, seed: u64) -> Array2<f32> {
    let n = graph.n();
    let degrees: Vec<f64> =
        (0..n).map(|i| graph.edges(i).map(|(_, weight)| f64::from(weight)).sum()).collect();
    let roots: Vec<f32> = degrees.iter().map(|degree| degree.sqrt() as f32).collect();
    let values: Vec<f32> = (0..n)
        .flat_map(|i| graph.edges(i).map(move |(j, weight)| (i, j, weight)))
        .map(|(i, j, weight)| weight / (roots[i] * roots[j]))
        .collect();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut block: Rows<W> = roots
        .iter()
        // The first eigenvector is known.
        .map(|&root| std::array::from_fn(|l| if l == 0 { root } else { root * rng.gen_range(-1.0..1.0_f32) }))
        .collect();
    let mut known = orthonormalise(graph, &values, &mut block);
    for _ in 0..ROUNDS {
        // What the block does not hold is damped: all below the last eigenvalue it knows.
        let cut = known[W - 1].clamp(-0.5, 0.99);
        filter(graph, &values, &mut block, cut);
        let now = orthonormalise(graph, &values, &mut block);
        let moved =
            (1..=dims).map(|l| (now[l] - known[l]).abs() / (1.0 - now[l]).max(1e-6)).fold(0.0, f64::max);
        known = now;
        if moved < TOLERANCE {
            break;
        }
    }
    Array2::from_shape_fn((n, dims), |(i, l)| block[i][l + 1])
}

/// Applies the Chebyshev polynomial that is small in `-1..cut`.
fn filter<const W: usize>(graph: &Graph, values: &[f32], block: &mut Rows<W>, cut: f64) {
    let (centre, half) = ((0.5 * (cut - 1.0)) as f32, (0.5 * (cut + 1.0)) as f32);
    let mut before = block.clone();
    let mut now = multiply(
        graph,
        values,
        &before,
        |own, product, _| std::array::from_fn(|l| (product[l] - centre * own[l]) / half),
        None,
    );
    for _ in 1..DEGREE {
        let next = multiply(
            graph,
            values,
            &now,
            |own, product, old| std::array::from_fn(|l| 2.0 * (product[l] - centre * own[l]) / half - old[l]),
            Some(&before),
        );
        before = std::mem::replace(&mut now, next);
        // The polynomial grows fast where it is not small; what counts is the direction.
        let largest = now
            .par_chunks(ROWS)
            .map(|rows| rows.as_flattened().iter().fold(0.0_f32, |most, x| most.max(x.abs())))
            .reduce(|| 0.0, f32::max);
        if largest > 1e10 {
            let rescale = |block: &mut Rows<W>| block.as_flattened_mut().iter_mut().for_each(|x| *x *= 1e-10);
            rescale(&mut now);
            rescale(&mut before);
        }
    }
    *block = now;
}

/// Of each row of `block`, `then` of the row, of its product with the matrix and of its row in `old`.
fn multiply<const W: usize>(
    graph: &Graph,
    values: &[f32],
    block: &[[f32; W]],
    then: impl Fn(&[f32; W], &[f32; W], &[f32; W]) -> [f32; W] + Sync,
    old: Option<&[[f32; W]]>,
) -> Rows<W> {
    let mut to = Rows::zeros(block.len());
    to.par_chunks_mut(ROWS).enumerate().for_each(|(chunk, rows)| {
        let first = chunk * ROWS;
        add_neighbours(graph, values, block, first, rows);
        for (i, row) in (first..).zip(rows) {
            *row = then(&block[i], row, old.map_or(&[0.0; W], |old| &old[i]));
        }
    });
    to
}

/// Rows of the product of the matrix and `block`, from the `first` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn add_neighbours<const W: usize>(
    graph: &Graph,
    values: &[f32],
    block: &[[f32; W]],
    first: usize,
    rows: &mut [[f32; W]],
) {
    let mut ahead = graph.heads[graph.starts[first]..].iter().skip(AHEAD);
    for (row, ends) in rows.iter_mut().zip(graph.starts[first..].windows(2)) {
        let edges = ends[0]..ends[1];
        let mut product = [0.0; W];
        for (&j, &value) in graph.heads[edges.clone()].iter().zip(&values[edges]) {
            if let Some(&ahead) = ahead.next() {
                prefetch(&raw const block[ahead as usize]);
            }
            let other = &block[j as usize];
            for l in 0..W {
                product[l] += value * other[l];
            }
        }
        *row = product;
    }
}

/// Makes the columns of `block` orthonormal eigenvectors of the matrix in the space that they span, in the order of falling
/// eigenvalues, which it returns.
fn orthonormalise<const W: usize>(graph: &Graph, values: &[f32], block: &mut [[f32; W]]) -> Array1<f64> {
    // Columns of length 1 first, so that the Gram matrix tells dependence from size; twice, for what rounding leaves.
    for _ in 0..2 {
        let gram = products(block, block);
        let scale = gram.diag().mapv(|x| 1.0 / x.max(f64::MIN_POSITIVE).sqrt());
        let scaled = Array2::from_shape_fn((W, W), |(a, b)| gram[[a, b]] * scale[a] * scale[b]);
        let (lengths, vectors) = eigen(scaled);
        let basis = Array2::from_shape_fn((W, W), |(a, b)| {
            let length = lengths[b];
            if length > 1e-10 { scale[a] * vectors[[a, b]] / length.sqrt() } else { 0.0 }
        });
        turn(block, &basis);
    }
    let image = multiply(graph, values, block, |_, product, _| *product, None);
    let (found, vectors) = eigen(products(block, &image));
    turn(block, &vectors);
    found
}

/// Eigenvalues of a symmetric matrix, falling, and their vectors in columns.
fn eigen(matrix: Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let symmetric = 0.5 * (&matrix + &matrix.t());
    symmetric.eigh().expect("a square matrix").sort_eig_desc()
}

/// The products of all columns of two blocks, shape `(W, W)`.
fn products<const W: usize>(a: &[[f32; W]], b: &[[f32; W]]) -> Array2<f64> {
    let parts: Vec<[[f64; W]; W]> = a
        .par_chunks(ROWS)
        .zip(b.par_chunks(ROWS))
        .map(|(a, b)| {
            let mut sums = [[0.0_f64; W]; W];
            for (a, b) in a.iter().zip(b) {
                for (sums, &x) in sums.iter_mut().zip(a) {
                    for l in 0..W {
                        sums[l] += f64::from(x) * f64::from(b[l]);
                    }
                }
            }
            sums
        })
        .collect();
    let mut sums = Array2::zeros((W, W));
    for part in parts {
        for (mut sums, part) in sums.outer_iter_mut().zip(part) {
            sums.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
        }
    }
    sums
}

/// Multiplies the block by `basis` from the right.
fn turn<const W: usize>(block: &mut [[f32; W]], basis: &Array2<f64>) {
    let basis: Vec<[f32; W]> =
        basis.outer_iter().map(|row| std::array::from_fn(|l| row.slice(s![l..=l])[0] as f32)).collect();
    block.par_chunks_mut(ROWS).for_each(|rows| {
        for row in rows {
            let mut turned = [0.0; W];
            for (&x, basis) in row.iter().zip(&basis) {
                for l in 0..W {
                    turned[l] += x * basis[l];
                }
            }
            *row = turned;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbours::Neighbours;

    /// A ring of n vertices, each joined to the next.
    fn ring(n: usize) -> Graph {
        let indices = Array2::from_shape_fn((n, 1), |(i, _)| ((i + 1) % n) as u32);
        let neighbours = Neighbours { indices, distances: Array2::ones((n, 1)) };
        Graph::union(&neighbours, &Array2::ones((n, 1)))
    }

    #[test]
    fn eigenvectors_of_a_ring_are_waves() {
        let n = 120;
        let found = spectral(&ring(n), 4, 0).unwrap();
        // Pairs of waves of the same frequency: their squares add up to the same everywhere.
        for pair in [0, 2] {
            let squares: Vec<f32> =
                (0..n).map(|i| found[[i, pair]].powi(2) + found[[i, pair + 1]].powi(2)).collect();
            assert!(squares.iter().all(|x| (x * n as f32 / 2.0 - 1.0).abs() < 0.02), "{squares:?}");
        }
    }

    #[test]
    fn two_rings_have_no_common_start() {
        let one = ring(60);
        let mut rows: Vec<usize> = one.starts.clone();
        rows.extend(one.starts[1..].iter().map(|start| start + one.heads.len()));
        let heads = one.heads.iter().copied().chain(one.heads.iter().map(|j| j + 60)).collect();
        let weights = [one.weights.clone(), one.weights].concat();
        let two = Graph { starts: rows, heads, weights };
        assert_eq!(two.components(), 2);
        assert_eq!(spectral(&two, 2, 0), None);
    }
}
