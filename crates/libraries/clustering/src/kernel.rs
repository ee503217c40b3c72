//! Products of rows with centres, in two forms that the compiler turns into vector instructions.
//!
//! With many features a vector holds neighbouring features of one row ([`tile`]); with few it holds the same feature
//! of [`LANES`] rows ([`panel`]), so that nothing has to be summed across a vector. Either way an output depends on its
//! row and its centre alone, never on what is computed beside it: the same numbers are added in the same order.

use std::array::from_fn;

use crate::simd::Isa;
use crate::{Scalar, Work};

/// Rows side by side in a panel, and the multiple that the scores of a block are padded to.
pub(crate) const LANES: usize = 16;

/// Features of one row that a vector form may take at once: rows are padded to a multiple of this.
pub(crate) const PADDING: usize = 16;

/// `a b + c`, with one rounding where the processor can.
#[inline(always)]
pub(crate) fn mul_add<I: Isa, W: Work>(a: W, b: W, c: W) -> W {
    if I::FUSED { a.fused(b, c) } else { a * b + c }
}

/// `[c][r]`: the product of row r and centre c, all of one length, a multiple of L.
///
/// Each of L partial sums takes every L-th feature in order; they are then added in halves.
#[inline(always)]
pub(crate) fn tile<I: Isa, W: Work, const L: usize, const R: usize, const C: usize>(
    rows: [&[W]; R],
    centres: [&[W]; C],
) -> [[W; R]; C] {
    let rows = rows.map(|row| row.as_chunks::<L>().0);
    let centres = centres.map(|centre| centre.as_chunks::<L>().0);
    let steps = rows[0].len();
    assert!(rows.iter().chain(&centres).all(|row| row.len() == steps), "all rows have one length");
    let mut sums = [[[W::ZERO; L]; R]; C];
    for step in 0..steps {
        let x: [[W; L]; R] = from_fn(|r| rows[r][step]);
        for c in 0..C {
            let y = &centres[c][step];
            for r in 0..R {
                for l in 0..L {
                    sums[c][r][l] = mul_add::<I, W>(x[r][l], y[l], sums[c][r][l]);
                }
            }
        }
    }
    // Without this barrier the compiler looks at the sums across lanes first, and gives up on vectors in the loop above.
    let sums = std::hint::black_box(sums);
    sums.map(|rows| rows.map(add_lanes))
}

/// How values become what products are made of: `(x * shrink + shift) * stretch`, with a shift for each
/// feature. Shrinking comes first and stretching last, so that neither values nor shifts overflow.
#[derive(Clone, Copy)]
pub(crate) struct Centring<'a, W> {
    /// A power of two, at most 1.
    pub(crate) shrink: W,
    /// Shape `(d,)`.
    pub(crate) shifts: &'a [W],
    /// A power of two, at least 1.
    pub(crate) stretch: W,
}

impl<W: Work> Centring<'_, W> {
    /// A value and its shift, as products see them. To shrink rounds nothing, so the result has the same
    /// bits whether or not the processor rounds once.
    #[inline(always)]
    pub(crate) fn apply<I: Isa>(&self, x: W, shift: W) -> W {
        mul_add::<I, W>(x, self.shrink, shift) * self.stretch
    }
}

/// Put into a loop over columns, it keeps the compiler from taking the same lane of many columns into one
/// vector, which gathers them from all over, instead of the lanes of one column.
#[inline(always)]
pub(crate) fn keep_loop() {
    std::hint::black_box(());
}

/// The products of a point with some centres, each in L partial sums of its own: not to the last bit what
/// [`tile`] gives.
#[inline(always)]
pub(crate) fn products<I: Isa, F: Scalar, const L: usize, const C: usize>(
    point: &[F],
    centring: Centring<F::Work>,
    centres: [&[F::Work]; C],
) -> [F::Work; C] {
    let (point, point_tail) = point.as_chunks::<L>();
    let shifts = (&centring.shifts.as_chunks::<L>().0[..point.len()], &centring.shifts[point.len() * L..]);
    let centres =
        centres.map(|centre| (&centre.as_chunks::<L>().0[..point.len()], &centre[point.len() * L..]));
    let mut sums = [[F::Work::ZERO; L]; C];
    for (step, x) in point.iter().enumerate() {
        let shift = &shifts.0[step];
        for c in 0..C {
            let y = &centres[c].0[step];
            for l in 0..L {
                let x = centring.apply::<I>(x[l].to_work(), shift[l]);
                sums[c][l] = mul_add::<I, F::Work>(x, y[l], sums[c][l]);
            }
        }
    }
    for c in 0..C {
        let tail = point_tail.iter().zip(shifts.1).zip(centres[c].1);
        for (sum, ((&x, &shift), &y)) in sums[c].iter_mut().zip(tail) {
            *sum = mul_add::<I, F::Work>(centring.apply::<I>(x.to_work(), shift), y, *sum);
        }
    }
    let sums = std::hint::black_box(sums);
    let mut products = [F::Work::ZERO; C];
    for c in 0..C {
        products[c] = add_lanes(sums[c]);
    }
    products
}

/// [`tile`] for four rows, two at a time, where there are too few registers for four.
#[inline(always)]
pub(crate) fn halves<I: Isa, W: Work, const L: usize, const C: usize>(
    rows: [&[W]; 4],
    centres: [&[W]; C],
) -> [[W; 4]; C] {
    let first = tile::<I, W, L, 2, C>([rows[0], rows[1]], centres);
    let second = tile::<I, W, L, 2, C>([rows[2], rows[3]], centres);
    from_fn(|c| [first[c][0], first[c][1], second[c][0], second[c][1]])
}

#[inline(always)]
fn add_lanes<W: Work, const L: usize>(mut lanes: [W; L]) -> W {
    let mut width = L;
    while width > 1 {
        width /= 2;
        for l in 0..width {
            lanes[l] += lanes[l + width];
        }
    }
    lanes[0]
}

/// `[c][lane]`: the product of the row in `lane` and the c-th centre from `first` on; `columns[i]` holds feature i of all
/// rows, `centres[i * m..][..m]` that of all m centres.
#[inline(always)]
pub(crate) fn panel<I: Isa, W: Work, const C: usize>(
    columns: &[[W; LANES]],
    centres: &[W],
    m: usize,
    first: usize,
) -> [[W; LANES]; C] {
    let mut sums = [[W::ZERO; LANES]; C];
    for (x, centres) in columns.iter().zip(centres.chunks_exact(m)) {
        let centres: &[W; C] = centres[first..].first_chunk().expect("there are C centres from the first on");
        for c in 0..C {
            for l in 0..LANES {
                sums[c][l] = mul_add::<I, W>(x[l], centres[c], sums[c][l]);
            }
        }
    }
    sums
}

/// Asks for the memory of `values` before it is needed. A sixth off a pass over 60,000 images of bytes.
#[inline(always)]
#[allow(unsafe_code, reason = "the instruction has no safe form")]
pub(crate) fn prefetch<T>(values: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        const LINE: usize = 64;
        for byte in (0..size_of_val(values)).step_by(LINE) {
            // SAFETY: a prefetch reads nothing the program could see and faults on no address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(values.as_ptr().cast::<i8>().wrapping_add(byte)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, dispatch};

    /// Both forms against sums in f64, and one centre against five at once.
    struct Check;

    impl Kernel for Check {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            let row =
                |seed: usize| -> Vec<f32> { (0..48).map(|i| ((i * seed) % 17) as f32 / 17.0).collect() };
            let (rows, centres): (Vec<_>, Vec<_>) = ((1..5).map(row).collect(), (5..10).map(row).collect());
            let rows: [&[f32]; 4] = from_fn(|r| &rows[r][..]);
            let centres: [&[f32]; 5] = from_fn(|c| &centres[c][..]);
            let tile = f32::products::<I, 5>(rows, centres);
            let columns: Vec<[f32; LANES]> = (0..48).map(|i| from_fn(|l| rows[l % 4][i])).collect();
            let packed: Vec<f32> = (0..48).flat_map(|i| centres.map(|centre| centre[i])).collect();
            let panel = panel::<I, f32, 5>(&columns, &packed, 5, 0);
            let plain = Centring { shrink: 1.0, shifts: &[0.0; 48], stretch: 1.0 };
            let back = Centring { shrink: 0.125, shifts: &[1.5; 48], stretch: 2.0 };
            for c in 0..5 {
                assert_eq!(f32::products::<I, 1>(rows, [centres[c]]), [tile[c]]);
                assert_eq!(super::panel::<I, f32, 1>(&columns, &packed, 5, c), [panel[c]]);
                for r in 0..4 {
                    let exact: f64 =
                        rows[r].iter().zip(centres[c]).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
                    let [alone] = products::<I, f32, 16, 1>(rows[r], plain, [centres[c]]);
                    let moved = rows[r].iter().map(|x| 4.0 * (x - 3.0)).collect::<Vec<f32>>();
                    let [moved] = products::<I, f32, 16, 1>(&moved, back, [centres[c]]);
                    for value in [tile[c][r], panel[c][r], alone, moved] {
                        assert!((f64::from(value) - exact).abs() < 1e-5, "{value} against {exact}");
                    }
                }
            }
        }
    }

    #[test]
    fn products_are_sums_of_products() {
        dispatch(Check);
    }
}
