//! Points and their weights, as they lie in files.

use std::path::Path;

use artifact::{FileRecord, Points, read_points, read_weights};

pub struct Input {
    pub points: Points,
    /// Shape `(n,)`.
    pub weights: Option<Vec<f64>>,
    /// Of both files.
    pub records: Vec<FileRecord>,
}

impl Input {
    pub fn read(points: &Path, weights: Option<&Path>) -> artifact::Result<Self> {
        let (points, record) = read_points(points)?;
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

/// `$body` with `$name` for the weighted points of an [`Input`], whatever they are made of.
macro_rules! on_points {
    ($input:expr, $name:ident => $body:expr) => {
        match &$input.points {
            artifact::Points::U8 { values, scale } => {
                let $name = $input.weigh(clustering::Points::new(values.view()).scale(*scale));
                $body
            }
            artifact::Points::F32(values) => {
                let $name = $input.weigh(clustering::Points::new(values.view()));
                $body
            }
            artifact::Points::F64(values) => {
                let $name = $input.weigh(clustering::Points::new(values.view()));
                $body
            }
        }
    };
}

pub(crate) use on_points;
