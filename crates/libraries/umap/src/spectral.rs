//! Spectral initialization: Laplacian eigenmaps of the graph.

use kernels::{AlignedRows, SHORT_ROWS_AHEAD, prefetch_line};
use linfa_linalg::eigh::{EigSort, Eigh};
use multiversion::multiversion;
use ndarray::{Array1, Array2, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::graph::Graph;

/// Degree of the Chebyshev polynomial of an iteration.
const DEGREE: usize = 24;

/// Largest number of subspace iterations.
const MAX_ITERATIONS: usize = 8;

/// Vectors beyond those asked for, so that the last of these converges faster.
const OVERSAMPLES: usize = 4;

/// Change of eigenvalues, relative to their distance from 1, below which iterations end.
const TOLERANCE: f64 = 1e-2;

/// Vertices that a thread takes at once.
const ROWS: usize = 1024;

/// Computes the eigenvectors of the `dims` smallest eigenvalues but the first, shape `(n, dims)`.
///
/// They are those of the symmetric normalized Laplacian (Belkin and Niyogi, *Laplacian eigenmaps*,
/// 2003), by subspace iteration with Chebyshev polynomials (Zhou and Saad, 2007), with few digits:
/// an initial embedding needs no more. Returns `None` if the graph is not connected, since then the
/// first eigenvectors tell components apart and nothing else, or if it has too few vertices.
pub(crate) fn spectral(graph: &Graph, dims: usize, seed: u64) -> Option<Array2<f32>> {
    if graph.components() > 1 || graph.n() <= 2 * (dims + OVERSAMPLES) {
        return None;
    }
    let width = dims + 1 + OVERSAMPLES;
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

/// Does the work of [`spectral`] with blocks of `W` vectors.
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
    let mut block: AlignedRows<W> = roots
        .iter()
        // The first eigenvector is known: square roots of degrees.
        .map(|&root| {
            std::array::from_fn(|l| if l == 0 { root } else { root * rng.gen_range(-1.0..1.0_f32) })
        })
        .collect();
    let mut known = rayleigh_ritz(graph, &values, &mut block);
    for _ in 0..MAX_ITERATIONS {
        // The filter damps all eigenvectors below the last eigenvalue that the block holds.
        let cut = known[W - 1].clamp(-0.5, 0.99);
        filter(graph, &values, &mut block, cut);
        let now = rayleigh_ritz(graph, &values, &mut block);
        let moved = (1..=dims)
            .map(|l| (now[l] - known[l]).abs() / (1.0 - now[l]).max(1e-6))
            .fold(0.0, f64::max);
        known = now;
        if moved < TOLERANCE {
            break;
        }
    }
    Array2::from_shape_fn((n, dims), |(i, l)| block[i][l + 1])
}

/// Applies the Chebyshev polynomial of the matrix that is small in `-1..cut` to the block.
fn filter<const W: usize>(graph: &Graph, values: &[f32], block: &mut AlignedRows<W>, cut: f64) {
    let (center, half) = ((0.5 * (cut - 1.0)) as f32, (0.5 * (cut + 1.0)) as f32);
    let mut before = block.clone();
    let mut now = multiply(
        graph,
        values,
        &before,
        |own, product, _| std::array::from_fn(|l| (product[l] - center * own[l]) / half),
        None,
    );
    for _ in 1..DEGREE {
        let next = multiply(
            graph,
            values,
            &now,
            |own, product, old| {
                std::array::from_fn(|l| 2.0 * (product[l] - center * own[l]) / half - old[l])
            },
            Some(&before),
        );
        before = std::mem::replace(&mut now, next);
        // The polynomial grows fast outside its interval; only directions of vectors count.
        let largest = now
            .par_chunks(ROWS)
            .map(|rows| rows.as_flattened().iter().fold(0.0_f32, |most, x| most.max(x.abs())))
            .reduce(|| 0.0, f32::max);
        if largest > 1e10 {
            let rescale = |block: &mut AlignedRows<W>| {
                block.as_flattened_mut().iter_mut().for_each(|x| *x *= 1e-10);
            };
            rescale(&mut now);
            rescale(&mut before);
        }
    }
    *block = now;
}

/// Multiplies the matrix by `block`, and combines each row of the product.
///
/// `then` gets a row of `block`, the row of the product, and the row of `old`, 0 if there is none.
fn multiply<const W: usize>(
    graph: &Graph,
    values: &[f32],
    block: &[[f32; W]],
    then: impl Fn(&[f32; W], &[f32; W], &[f32; W]) -> [f32; W] + Sync,
    old: Option<&[[f32; W]]>,
) -> AlignedRows<W> {
    let mut to = AlignedRows::zeros(block.len());
    to.par_chunks_mut(ROWS).enumerate().for_each(|(chunk, rows)| {
        let first = chunk * ROWS;
        multiply_rows(graph, values, block, first, rows);
        for (i, row) in (first..).zip(rows) {
            *row = then(&block[i], row, old.map_or(&[0.0; W], |old| &old[i]));
        }
    });
    to
}

/// Computes rows of the product of the matrix and `block`, from the `first` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn multiply_rows<const W: usize>(
    graph: &Graph,
    values: &[f32],
    block: &[[f32; W]],
    first: usize,
    rows: &mut [[f32; W]],
) {
    let mut ahead = graph.heads[graph.starts[first]..].iter().skip(SHORT_ROWS_AHEAD);
    for (row, ends) in rows.iter_mut().zip(graph.starts[first..].windows(2)) {
        let edges = ends[0]..ends[1];
        let mut product = [0.0; W];
        for (&j, &value) in graph.heads[edges.clone()].iter().zip(&values[edges]) {
            if let Some(&ahead) = ahead.next() {
                prefetch_line(&raw const block[ahead as usize]);
            }
            let other = &block[j as usize];
            for l in 0..W {
                product[l] += value * other[l];
            }
        }
        *row = product;
    }
}

/// Replaces the columns of `block` by Ritz vectors, and returns their eigenvalues.
///
/// Ritz vectors are orthonormal approximations of eigenvectors of the matrix in the space that the
/// columns span. They are in the order of falling eigenvalues.
///
/// Columns become orthonormal by their Gram matrix and not as in [`kernels::orthonormalize`], which
/// is for rows: a column lies across the whole block, which a pass reads only twice this way.
fn rayleigh_ritz<const W: usize>(
    graph: &Graph,
    values: &[f32],
    block: &mut [[f32; W]],
) -> Array1<f64> {
    // The Gram matrix of columns of length 1 tells dependence from size. The second pass removes
    // what rounding leaves.
    for _ in 0..2 {
        let gram = dot_products(block, block);
        let scale = gram.diag().mapv(|x| 1.0 / x.max(f64::MIN_POSITIVE).sqrt());
        let scaled = Array2::from_shape_fn((W, W), |(a, b)| gram[[a, b]] * scale[a] * scale[b]);
        let (lengths, vectors) = eigen(scaled);
        let basis = Array2::from_shape_fn((W, W), |(a, b)| {
            let length = lengths[b];
            if length > 1e-10 { scale[a] * vectors[[a, b]] / length.sqrt() } else { 0.0 }
        });
        multiply_right(block, &basis);
    }
    let product = multiply(graph, values, block, |_, product, _| *product, None);
    let (found, vectors) = eigen(dot_products(block, &product));
    multiply_right(block, &vectors);
    found
}

/// Finds the eigenvalues of a symmetric matrix, falling, and their vectors in columns.
fn eigen(matrix: Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let symmetric = 0.5 * (&matrix + &matrix.t());
    symmetric.eigh().expect("a square matrix").sort_eig_desc()
}

/// Computes the dot products of all columns of two blocks, shape `(W, W)`.
fn dot_products<const W: usize>(a: &[[f32; W]], b: &[[f32; W]]) -> Array2<f64> {
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

/// Multiplies the block by `basis` `(W, W)` from the right.
fn multiply_right<const W: usize>(block: &mut [[f32; W]], basis: &Array2<f64>) {
    let basis: Vec<[f32; W]> = basis
        .outer_iter()
        .map(|row| std::array::from_fn(|l| row.slice(s![l..=l])[0] as f32))
        .collect();
    block.par_chunks_mut(ROWS).for_each(|rows| {
        for row in rows {
            let mut product = [0.0; W];
            for (&x, basis) in row.iter().zip(&basis) {
                for l in 0..W {
                    product[l] += x * basis[l];
                }
            }
            *row = product;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbors::Neighbors;

    /// Makes a ring of n vertices, each joined to the next.
    fn ring(n: usize) -> Graph {
        let indices = Array2::from_shape_fn((n, 1), |(i, _)| ((i + 1) % n) as u32);
        let neighbors = Neighbors { indices, distances: Array2::ones((n, 1)) };
        Graph::union(&neighbors, &Array2::ones((n, 1)))
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
    fn two_rings_have_no_spectral_embedding() {
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
