//! Reads points and their weights, for the programs that cluster.

use std::path::Path;

use artifact::{FileRecord, Points, read_points, read_weights};

/// The points of a run, their weights if there are any, and the files they come from.
#[derive(Debug)]
pub struct Input {
    /// The points, shape (n, d).
    pub points: Points,
    /// The weights of the points, shape (n,).
    pub weights: Option<Vec<f64>>,
    /// The record of the file of points, then that of the file of weights.
    pub records: Vec<FileRecord>,
}

impl Input {
    /// Reads the file of points and that of their weights.
    ///
    /// Calls `warn` with a message if the values of images are probably on another scale than
    /// their dtype says.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let (points, weights) = (folder.path().join("p.npy"), folder.path().join("w.npy"));
    /// # let mut outputs = artifact::Outputs::new();
    /// # outputs.npy(&points, &ndarray::array![[0.0], [1.0]])?;
    /// # outputs.npy(&weights, &ndarray::array![1.0, 0.5])?;
    /// # outputs.commit(artifact::Provenance::default())?;
    /// let input = model_io::points::Input::read(&points, Some(&weights), |_| {})?;
    /// assert_eq!(input.points.dim(), (2, 1));
    /// assert_eq!((input.weights, input.records.len()), (Some(vec![1.0, 0.5]), 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A file that cannot be read, or does not hold points or weights. Whether there is one weight
    /// per point is checked by the fit.
    pub fn read(
        points: &Path,
        weights: Option<&Path>,
        warn: impl FnOnce(&str),
    ) -> artifact::Result<Self> {
        let (points, record) = read_points(points)?;
        if let Some(message) = points.scale_warning(&record) {
            warn(&message);
        }
        let weights = weights.map(read_weights).transpose()?;
        let (weights, weights_record) =
            weights.map(|(values, record)| (values.to_vec(), record)).unzip();
        let records = [record].into_iter().chain(weights_record).collect();
        Ok(Self { points, weights, records })
    }

    /// Attaches the weights to `points`, if there are any.
    ///
    /// ```
    /// use model_io::on_points;
    /// use model_io::points::Input;
    ///
    /// let points = artifact::Points::F64(ndarray::array![[0.0], [1.0]]);
    /// let input = Input { points, weights: Some(vec![1.0, 0.5]), records: Vec::new() };
    /// assert_eq!(on_points!(&input.points, points => input.weigh(points).dim()), (2, 1));
    /// ```
    pub fn weigh<'a, F>(&'a self, points: clustering::Points<'a, F>) -> clustering::Points<'a, F> {
        match &self.weights {
            Some(weights) => points.weights(weights),
            None => points,
        }
    }
}

/// Evaluates `$body` with `$name` bound to a `clustering::Points` view of an `artifact::Points`.
///
/// The element type of the view is that of the file: u8 (with its scale), f32 or f64.
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
