//! The two floating-point types that points may have.

use ndarray::NdFloat;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32` or `f64`: what points are made of. Sealed.
///
/// `linfa::Float` is there for the reference engine ([`crate::kmeans::Algorithm::Linfa`]) alone.
pub trait Scalar: NdFloat + linfa::Float + Into<f64> + sealed::Sealed {
    /// The type's name in messages.
    const NAME: &'static str;

    /// Rounds `value` to this type.
    fn narrow(value: f64) -> Self;
}

impl Scalar for f32 {
    const NAME: &'static str = "f32";

    fn narrow(value: f64) -> Self {
        value as f32
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "f64";

    fn narrow(value: f64) -> Self {
        value
    }
}
