//! Dot products of rows with panels of points, in tiles that fit registers.

use multiversion::multiversion;
use multiversion::target::match_target;
use ndarray::Array2;
use rayon::prelude::*;

use crate::aligned_rows::AlignedRows;
use crate::simd::LANES;
use crate::tile::tile;

/// Transposes the rows `ids` of `values` `(n, m)` into panels `(m, LANES)` of [`LANES`] points.
///
/// The last panel is filled up with zeros.
///
/// ```
/// use kernels::{LANES, panels};
/// use ndarray::array;
///
/// let panels = panels(&array![[1.0, 2.0], [3.0, 4.0]], &[1, 0]);
/// assert_eq!((panels[0][..3].to_vec(), panels[1][1]), (vec![3.0, 1.0, 0.0], 2.0));
/// assert_eq!(panels[0].len(), LANES);
/// ```
pub fn panels(values: &Array2<f32>, ids: &[usize]) -> AlignedRows<LANES> {
    let m = values.ncols();
    let mut panels = AlignedRows::zeros(ids.len().div_ceil(LANES) * m);
    panels.par_chunks_mut(m).zip(ids.par_chunks(LANES)).for_each(|(panel, ids)| {
        for (l, &id) in ids.iter().enumerate() {
            panel.iter_mut().zip(values.row(id)).for_each(|(to, &x)| to[l] = x);
        }
    });
    panels
}

/// Computes dot products of each of the `rows` `(m,)` with all points of the panels.
///
/// A panel is `(m, LANES)`; product l of `products[r]` is that of row r and point l. Instruction
/// sets round differently, so products bound distances, and no result may depend on their bits.
///
/// ```
/// use ndarray::array;
///
/// let panels = kernels::panels(&array![[1.0, 2.0], [3.0, 4.0]], &[0, 1]);
/// let mut products = [[0.0; 16]; 1];
/// kernels::multiply(&[&[10.0, 1.0]], &panels, &mut products);
/// assert_eq!(products[0][..2], [12.0, 34.0]);
/// ```
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
pub fn multiply<const P: usize>(
    rows: &[&[f32]],
    panels: &[[f32; LANES]],
    products: &mut [[f32; P]],
) {
    // Tiles have as many sums as there are registers for.
    match_target! {
        "x86_64+avx512f" => tiles::<true, 6, 4, P>(rows, panels, products),
        "x86_64+fma" => tiles::<true, 6, 1, P>(rows, panels, products),
        _ => tiles::<false, 2, 1, P>(rows, panels, products),
    }
}

/// Does the work of [`multiply`] for R rows and C panels at a time.
#[inline(always)]
fn tiles<const FUSED: bool, const R: usize, const C: usize, const P: usize>(
    rows: &[&[f32]],
    panels: &[[f32; LANES]],
    products: &mut [[f32; P]],
) {
    let Some(m) = rows.first().map(|row| row.len()) else { return };
    let panels: Vec<&[[f32; LANES]]> = panels.chunks_exact(m).collect();
    let (whole, rest) = panels.as_chunks::<C>();
    for (c, panels) in whole.iter().enumerate() {
        rows_with::<FUSED, R, C, P>(rows, panels, c * C * LANES, products);
    }
    for (c, &panel) in rest.iter().enumerate() {
        rows_with::<FUSED, R, 1, P>(rows, &[panel], (whole.len() * C + c) * LANES, products);
    }
}

/// Does the work of [`multiply`] for C panels, R rows at a time.
#[inline(always)]
fn rows_with<const FUSED: bool, const R: usize, const C: usize, const P: usize>(
    rows: &[&[f32]],
    panels: &[&[[f32; LANES]]; C],
    first: usize,
    products: &mut [[f32; P]],
) {
    for (rows, products) in rows.chunks(R).zip(products.chunks_mut(R)) {
        // If there are fewer rows, the last one is repeated.
        let some = std::array::from_fn(|r| rows[r.min(rows.len() - 1)]);
        for (sums, products) in
            tile::<f32, R, C>(FUSED, some, *panels).iter().zip(&mut products[..rows.len()])
        {
            products[first..first + C * LANES].copy_from_slice(sums.as_flattened());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Multiply = fn(&[&[f32]], &[[f32; LANES]], &mut [[f32; 128]]);

    /// Every size of tiles is tested, with rows and panels that do not fill them.
    #[test]
    fn products_are_sums_of_products() {
        let m = 37;
        let points =
            Array2::from_shape_fn((100, m), |(i, j)| ((i * 31 + j * 17) % 29) as f32 - 14.0);
        let ids: Vec<usize> = (0..100).rev().collect();
        let panels = panels(&points, &ids);
        for count in [0, 1, 5, 6, 13] {
            let rows: Vec<&[f32]> = (0..count).map(|i| points.row(i).to_slice().unwrap()).collect();
            let forms: [Multiply; 4] = [
                multiply,
                tiles::<true, 6, 4, 128>,
                tiles::<true, 6, 1, 128>,
                tiles::<false, 2, 1, 128>,
            ];
            for (form, multiply) in forms.into_iter().enumerate() {
                let mut products = [[f32::NAN; 128]; 13];
                multiply(&rows, &panels, &mut products);
                for (i, products) in products.iter().enumerate() {
                    for (l, &product) in products.iter().enumerate() {
                        let expected = match ids.get(l) {
                            Some(&id) if i < count => points.row(i).dot(&points.row(id)),
                            // The last panel is filled up with zeros.
                            None if i < count && l < 112 => 0.0,
                            _ => f32::NAN,
                        };
                        assert!(
                            product == expected || (product.is_nan() && expected.is_nan()),
                            "form {form}, row {i} of {count}, lane {l}: {product}, not {expected}"
                        );
                    }
                }
            }
        }
    }
}
