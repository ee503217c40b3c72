//! The types that points may be made of, and the floating-point types for distances.

use kernels::Float;
use kernels::simd::{Isa, LANES};
use ndarray::NdFloat;

mod sealed {
    /// Seals [`super::Scalar`]: the engines are compiled for these three types alone.
    pub trait Sealed {}

    impl Sealed for u8 {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// Values of one of the three types, with the type known at run time.
#[derive(Clone, Copy)]
pub enum TypedValues<'a> {
    /// Bytes.
    U8(&'a [u8]),
    /// Single precision.
    F32(&'a [f32]),
    /// Double precision.
    F64(&'a [f64]),
}

/// A type that points may be made of: `u8`, `f32` or `f64`.
///
/// This trait is sealed: other types cannot implement it.
pub trait Scalar: Copy + Send + Sync + Into<f64> + PartialEq + sealed::Sealed + 'static {
    /// The type that distances are computed in: `f32` for `u8` and `f32`, else `f64`.
    type Work: Work;

    /// Whether these are bytes, whose sums are exact in `f64`, however many fit in memory.
    const BYTES: bool;

    /// Returns the same number in the type that distances are computed in.
    ///
    /// ```
    /// use clustering::Scalar;
    ///
    /// assert_eq!(7_u8.to_work(), 7.0_f32);
    /// assert_eq!(0.1_f64.to_work(), 0.1_f64);
    /// ```
    fn to_work(self) -> Self::Work;

    /// Returns `values` with their type as a value, so that the engines are compiled only once.
    #[doc(hidden)]
    fn typed(values: &[Self]) -> TypedValues<'_>;

    /// Writes feature i of row l to `columns[i][l]`; there is a column for each feature.
    #[doc(hidden)]
    #[inline(always)]
    fn columns<I: Isa>(rows: [&[Self]; LANES], columns: &mut [[Self::Work; LANES]]) {
        // So many columns stay in a first-level cache until the last row is written.
        const FEATURES: usize = 32;
        for (piece, columns) in columns.chunks_mut(FEATURES).enumerate() {
            for (l, row) in rows.iter().enumerate() {
                for (column, &x) in columns.iter_mut().zip(&row[piece * FEATURES..]) {
                    column[l] = x.to_work();
                }
            }
        }
    }
}

impl Scalar for u8 {
    type Work = f32;
    const BYTES: bool = true;

    #[inline(always)]
    fn to_work(self) -> f32 {
        f32::from(self)
    }

    fn typed(values: &[Self]) -> TypedValues<'_> {
        TypedValues::U8(values)
    }

    #[inline(always)]
    fn columns<I: Isa>(rows: [&[u8]; LANES], columns: &mut [[f32; LANES]]) {
        /// Features that are converted before they are transposed.
        const FEATURES: usize = 64;
        let mut values = [[0.0_f32; FEATURES]; LANES];
        for (piece, columns) in columns.chunks_mut(FEATURES).enumerate() {
            for (values, row) in values.iter_mut().zip(rows) {
                let row = &row[piece * FEATURES..][..columns.len()];
                for (value, &x) in values.iter_mut().zip(row) {
                    *value = f32::from(x);
                }
            }
            let mut rows: [&[f32]; LANES] = [&[]; LANES];
            rows.iter_mut().zip(&values).for_each(|(row, values)| *row = values);
            I::transpose(rows, columns);
        }
    }
}

impl Scalar for f32 {
    type Work = f32;
    const BYTES: bool = false;

    #[inline(always)]
    fn to_work(self) -> f32 {
        self
    }

    fn typed(values: &[Self]) -> TypedValues<'_> {
        TypedValues::F32(values)
    }

    #[inline(always)]
    fn columns<I: Isa>(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
        I::transpose(rows, columns);
    }
}

impl Scalar for f64 {
    type Work = f64;
    const BYTES: bool = false;

    #[inline(always)]
    fn to_work(self) -> f64 {
        self
    }

    fn typed(values: &[Self]) -> TypedValues<'_> {
        TypedValues::F64(values)
    }
}

/// A floating-point type that distances are computed in: `f32` or `f64`.
///
/// This trait is sealed: other types cannot implement it.
pub trait Work: NdFloat + Float + Scalar<Work = Self> {
    /// Largest relative error of one rounding.
    const ROUNDING: f64;
    /// Largest exponent e such that `2^e` and `2^-e` are both normal numbers.
    const EXPONENT: f64;
    /// Smallest positive normal number.
    const TINY: f64;
    /// Fewest partial sums in which the kernels add up a product of two rows.
    #[doc(hidden)]
    const FEWEST_LANES: usize;
    /// Positive infinity, which is more than any distance.
    const INFINITY: Self;

    /// Returns the nearest number of this type.
    ///
    /// ```
    /// use clustering::Work;
    ///
    /// assert_eq!(f32::narrow(0.1), 0.1_f32);
    /// assert_eq!(f64::narrow(0.1), 0.1_f64);
    /// ```
    fn narrow(value: f64) -> Self;
}

impl Work for f32 {
    const FEWEST_LANES: usize = 8;
    const INFINITY: Self = f32::INFINITY;
    const ROUNDING: f64 = f32::EPSILON as f64 / 2.0;
    const EXPONENT: f64 = 126.0;
    const TINY: f64 = f32::MIN_POSITIVE as f64;

    #[inline(always)]
    fn narrow(value: f64) -> Self {
        value as f32
    }
}

impl Work for f64 {
    const FEWEST_LANES: usize = 4;
    const INFINITY: Self = f64::INFINITY;
    const ROUNDING: f64 = f64::EPSILON / 2.0;
    const EXPONENT: f64 = 1022.0;
    const TINY: f64 = f64::MIN_POSITIVE;

    #[inline(always)]
    fn narrow(value: f64) -> Self {
        value
    }
}
