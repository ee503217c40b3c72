//! Points in single precision, in a frame that keeps them apart.

use artifact::Points;
use ndarray::Array2;
use umap::{Frame, Metric, Narrowed, Neighbors, Params, UmapFit};

use crate::args::NeighborsMode;
use crate::progress::Shown;

/// Points of any dtype as `f32`, in a frame in which single precision tells them apart.
///
/// Points of `f4` and `u1` stay as they are.
pub enum InFrame {
    Narrowed(Narrowed, Frame),
    Single(Array2<f32>, Frame),
}

impl InFrame {
    /// Brings points into a frame.
    ///
    /// # Errors
    /// Values that no frame holds.
    pub fn of(points: Points, metric: Metric) -> umap::Result<Self> {
        let d = points.dim().1;
        Ok(match points {
            Points::F64(points) => {
                let frame = Frame::of(points.view(), metric);
                Self::Narrowed(frame.narrow(points.view())?, frame)
            }
            narrow => {
                let frame = Frame::identity(d, metric);
                Self::Single(single(narrow, &frame)?, frame)
            }
        })
    }

    /// Finds the neighbors before the embedding.
    pub fn neighbors(
        &self,
        params: &Params,
        mode: NeighborsMode,
        progress: &mut Shown,
    ) -> umap::Result<Neighbors> {
        let (points, frame) = match self {
            Self::Narrowed(narrowed, frame) => (narrowed.points().view(), frame),
            Self::Single(points, frame) => (points.view(), frame),
        };
        frame.check_unscaled()?;
        let mut show = |event| progress.show(event);
        let Params { neighbors, metric, .. } = *params;
        match mode {
            NeighborsMode::Exact => umap::distinct_neighbors(points, neighbors, metric, &mut show),
            NeighborsMode::Approximate => {
                umap::approximate_neighbors(points, neighbors, metric, &mut show)
            }
        }
    }

    /// Embeds the points, with the `given` neighbors if there are any.
    pub fn fit(
        &self,
        given: Option<&Neighbors>,
        params: &Params,
        progress: &mut Shown,
    ) -> umap::Result<UmapFit> {
        let mut show = |event| progress.show(event);
        match (self, given) {
            (Self::Narrowed(narrowed, _), None) => narrowed.fit(params, &mut show),
            (Self::Narrowed(narrowed, frame), Some(given)) => {
                frame.check_unscaled()?;
                narrowed.fit_with_neighbors(given, params, &mut show)
            }
            (Self::Single(points, _), None) => umap::fit(points.view(), params, &mut show),
            (Self::Single(points, _), Some(given)) => {
                umap::fit_with_neighbors(points.view(), given, params, &mut show)
            }
        }
    }

    /// Gives the frame.
    pub fn into_frame(self) -> Frame {
        match self {
            Self::Narrowed(_, frame) | Self::Single(_, frame) => frame,
        }
    }
}

/// Brings new points into the frame of a model.
pub fn narrow(points: Points, frame: &Frame) -> umap::Result<Array2<f32>> {
    let as_they_are = frame.exponent() == 0 && frame.center().iter().all(|&x| x == 0.0);
    match points {
        Points::F64(points) => Ok(frame.narrow(points.view())?.into_points()),
        narrow if as_they_are => single(narrow, frame),
        narrow => {
            let wide = single(narrow, frame)?.mapv(f64::from);
            Ok(frame.narrow(wide.view())?.into_points())
        }
    }
}

/// Converts points to f32, pixel values of images in 0..=1.
fn single(points: Points, frame: &Frame) -> umap::Result<Array2<f32>> {
    Ok(match points {
        Points::U8 { values, scale } => values.mapv(|x| (f64::from(x) * scale) as f32),
        Points::F32(values) => values,
        Points::F64(values) => frame.narrow(values.view())?.into_points(),
    })
}
