//! The element types of points.

/// Element type of points: `f32` or `f64`.
pub trait Value: Copy + Into<f64> + Send + Sync {}

impl Value for f32 {}
impl Value for f64 {}
