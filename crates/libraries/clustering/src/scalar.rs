//! What points may be made of, and the two floating-point types that distances are computed in.

use ndarray::NdFloat;

use crate::kernel::{self, LANES};
use crate::simd::Isa;

mod sealed {
    use ndarray::Array1;

    use crate::Error;
    use crate::gmm::{self, GmmFit, GmmParams};
    use crate::kmeans::{self, KMeans, KMeansFit, KMeansParams};
    use crate::points::Rows;

    /// The engines for points of this type: compiled once, here, and not again in every program that uses them.
    pub trait Engines: Sized {
        /// [`kmeans::fit`] on checked points.
        fn fit_kmeans(
            points: Rows<Self>,
            params: &KMeansParams,
            on_progress: &mut dyn FnMut(&kmeans::Progress),
        ) -> Result<KMeansFit, Error>;

        /// [`KMeans::predict`] on checked points.
        fn nearest(model: &KMeans, points: Rows<Self>) -> Array1<i32>;

        /// [`gmm::fit`] on checked points.
        fn fit_mixture(
            points: Rows<Self>,
            params: &GmmParams,
            on_progress: &mut dyn FnMut(&gmm::Progress),
        ) -> Result<GmmFit, Error>;
    }

    macro_rules! engines {
        ($($type:ty),*) => {$(
            impl Engines for $type {
                #[inline(never)]
                fn fit_kmeans(
                    points: Rows<Self>,
                    params: &KMeansParams,
                    on_progress: &mut dyn FnMut(&kmeans::Progress),
                ) -> Result<KMeansFit, Error> {
                    kmeans::fit_rows(points, params, on_progress)
                }

                #[inline(never)]
                fn nearest(model: &KMeans, points: Rows<Self>) -> Array1<i32> {
                    model.assign(points)
                }

                #[inline(never)]
                fn fit_mixture(
                    points: Rows<Self>,
                    params: &GmmParams,
                    on_progress: &mut dyn FnMut(&gmm::Progress),
                ) -> Result<GmmFit, Error> {
                    gmm::fit_rows(points, params, on_progress)
                }
            }
        )*};
    }
    engines!(u8, f32, f64);
}

/// `u8`, `f32` or `f64`: what points are made of. Sealed.
pub trait Scalar: Copy + Send + Sync + Into<f64> + PartialEq + sealed::Engines + 'static {
    /// What distances are computed in: `f32` for `u8` and `f32`, else `f64`.
    type Work: Work;

    /// Whether these are bytes: sums of as many as memory holds are exact in `f64`.
    const BYTES: bool;

    /// The same number.
    fn to_work(self) -> Self::Work;

    /// `columns[i][l]` is feature i of row l; there is a column for each feature.
    #[doc(hidden)]
    #[inline(always)]
    fn columns<I: Isa>(rows: [&[Self]; LANES], columns: &mut [[Self::Work; LANES]]) {
        for (l, row) in rows.iter().enumerate() {
            for (column, &x) in columns.iter_mut().zip(*row) {
                column[l] = x.to_work();
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
}

impl Scalar for f32 {
    type Work = f32;
    const BYTES: bool = false;

    #[inline(always)]
    fn to_work(self) -> f32 {
        self
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
}

/// `f32` or `f64`, what distances are computed in. Sealed.
///
/// `linfa::Float` is there for the reference engine ([`crate::kmeans::Algorithm::Linfa`]) alone.
pub trait Work: NdFloat + linfa::Float + Scalar<Work = Self> {
    /// Largest relative error of one rounding.
    const ROUNDING: f64;
    /// The largest exponent of 2 of a normal number whose inverse is one as well.
    const EXPONENT: f64;
    /// The smallest normal number.
    const TINY: f64;
    /// Fewest partial sums that a product of two rows is added up in ([`Work::products`]).
    #[doc(hidden)]
    const FEWEST_LANES: usize;
    /// 0
    const ZERO: Self;
    /// More than any distance.
    const INFINITY: Self;

    /// The nearest number of this type.
    fn narrow(value: f64) -> Self;

    /// `self * a + b` with one rounding.
    #[doc(hidden)]
    fn fused(self, a: Self, b: Self) -> Self;

    /// `centres` times `rows`, see [`crate::kernel`].
    #[doc(hidden)]
    fn products<I: Isa, const C: usize>(rows: [&[Self]; 4], centres: [&[Self]; C]) -> [[Self; 4]; C];
}

impl Work for f32 {
    const FEWEST_LANES: usize = 8;
    const ZERO: Self = 0.0;
    const INFINITY: Self = f32::INFINITY;
    const ROUNDING: f64 = f32::EPSILON as f64 / 2.0;
    const EXPONENT: f64 = 126.0;
    const TINY: f64 = f32::MIN_POSITIVE as f64;

    #[inline(always)]
    fn narrow(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn fused(self, a: Self, b: Self) -> Self {
        Self::mul_add(self, a, b)
    }

    #[inline(always)]
    fn products<I: Isa, const C: usize>(rows: [&[Self]; 4], centres: [&[Self]; C]) -> [[Self; 4]; C] {
        if I::WIDE {
            kernel::tile::<I, f32, 16, 4, C>(rows, centres)
        } else {
            kernel::halves::<I, f32, 8, C>(rows, centres)
        }
    }
}

impl Work for f64 {
    const FEWEST_LANES: usize = 4;
    const ZERO: Self = 0.0;
    const INFINITY: Self = f64::INFINITY;
    const ROUNDING: f64 = f64::EPSILON / 2.0;
    const EXPONENT: f64 = 1022.0;
    const TINY: f64 = f64::MIN_POSITIVE;

    #[inline(always)]
    fn narrow(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn fused(self, a: Self, b: Self) -> Self {
        Self::mul_add(self, a, b)
    }

    #[inline(always)]
    fn products<I: Isa, const C: usize>(rows: [&[Self]; 4], centres: [&[Self]; C]) -> [[Self; 4]; C] {
        if I::WIDE {
            kernel::tile::<I, f64, 8, 4, C>(rows, centres)
        } else {
            kernel::halves::<I, f64, 4, C>(rows, centres)
        }
    }
}
