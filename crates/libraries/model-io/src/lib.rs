//! What the programs that cluster read: points and their weights, as they lie in files, for `clustering`.

use std::path::Path;

use artifact::{FileRecord, Points, read_points, read_weights};
#[doc(hidden)]
pub use {artifact, clustering};

/// Points, their weights if there are any, and where they come from.
pub struct Input {
    /// The points, `(n, d)`.
    pub points: Points,
    /// Their weights, shape `(n,)`.
    pub weights: Option<Vec<f64>>,
    /// Of both files.
    pub records: Vec<FileRecord>,
}

impl Input {
    /// Reads both files. Warns on stderr of images that are probably in another scale than their dtype says.
    ///
    /// # Errors
    /// What cannot be read, or meant as points and weights; that there is one weight per point is for the fit to check.
    pub fn read(points: &Path, weights: Option<&Path>) -> artifact::Result<Self> {
        let (points, record) = read_points(points)?;
        points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
        let weights = weights.map(read_weights).transpose()?;
        let (weights, of_weights) = weights.map(|(values, record)| (values.to_vec(), record)).unzip();
        Ok(Self { points, weights, records: [record].into_iter().chain(of_weights).collect() })
    }

    /// `points` with the weights.
    pub fn weigh<'a, F>(&'a self, points: clustering::Points<'a, F>) -> clustering::Points<'a, F> {
        match &self.weights {
            Some(weights) => points.weights(weights),
            None => points,
        }
    }
}

/// `$body`, with `$name` for a `clustering::Points` of what an `artifact::Points` holds, whatever that is made of.
///
/// ```
/// use model_io::on_points;
///
/// let points = artifact::Points::F64(ndarray::array![[0.0, 1.0]]);
/// assert_eq!(on_points!(&points, points => points.dim()), (1, 2));
/// ```
#[macro_export]
macro_rules! on_points {
    ($points:expr, $name:ident => $body:expr) => {
        match $points {
            $crate::artifact::Points::U8 { values, scale } => {
                let $name = $crate::clustering::Points::new(values.view()).scale(*scale);
                $body
            }
            $crate::artifact::Points::F32(values) => {
                let $name = $crate::clustering::Points::new(values.view());
                $body
            }
            $crate::artifact::Points::F64(values) => {
                let $name = $crate::clustering::Points::new(values.view());
                $body
            }
        }
    };
}
