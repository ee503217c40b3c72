//! The element types of points.

/// Element type of points: `f32` or `f64`.
///
/// ```
/// use ndarray::{Array2, ArrayView2};
/// use pca::{Pca, Value};
///
/// /// Projects points of either type to a plane.
/// fn plane<T: Value>(points: ArrayView2<T>) -> Array2<f64> {
///     Pca::fit(points, 2).transform(points)
/// }
/// assert_eq!(plane(Array2::<f32>::zeros((5, 3)).view()).dim(), (5, 2));
/// ```
pub trait Value: Copy + Into<f64> + Send + Sync {}

impl Value for f32 {}
impl Value for f64 {}
