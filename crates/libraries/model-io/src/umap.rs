//! UMAP embeddings: an `.npz` archive.
//!
//! The arrays are `points` (n, d) in the coordinates of the frame and `embedding` (n, dims), both
//! f4; `center` (d,) of the frame and `settings` (5,), both f8. The settings are the two numbers
//! a and b of the curve, the number of neighbors, the metric (0 Euclidean, 1 cosine), and the
//! exponent of the frame.

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Npz, Outputs};
use ndarray::{Array1, Array2, ArrayD, Ix1, Ix2, arr1};
use umap::{Curve, Frame, Metric, Umap};

/// Exponents that a frame can have: those of f64, and what it takes to bring f64 into f32.
const EXPONENTS: RangeInclusive<f64> = -1200.0..=1200.0;

/// Adds an embedding and the frame of its points to `outputs`.
///
/// # Errors
/// The file cannot be written.
pub fn write(
    outputs: &mut Outputs,
    path: &Path,
    model: &Umap,
    frame: &Frame,
) -> artifact::Result<()> {
    let metric = if model.metric() == Metric::Cosine { 1.0 } else { 0.0 };
    let Curve { a, b } = model.curve();
    let settings = arr1(&[a, b, model.neighbors() as f64, metric, f64::from(frame.exponent())]);
    outputs.npz(path, |archive| {
        archive.add_array("points", model.points())?;
        archive.add_array("embedding", model.embedding())?;
        archive.add_array("center", frame.center())?;
        archive.add_array("settings", &settings)
    })
}

/// Reads an embedding, the frame of its points, and the record of the file.
///
/// Settings may have four values, without exponent and center: version 0.1 and the stand-in that
/// runs umap-learn write those. Their points are in no frame.
///
/// # Errors
/// A file that cannot be read, or that `embed-umap --model` did not write.
pub fn read(path: &Path) -> anyhow::Result<(Umap, Frame, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let (points, embedding) = (archive.array("points")?, archive.array("embedding")?);
    let settings = archive.array("settings")?;
    let center = if settings.len() == 5 { Some(archive.array("center")?) } else { None };
    let model = (|| {
        let (points, embedding) = (matrix("points", points)?, matrix("embedding", embedding)?);
        let found = settings.shape().to_vec();
        let settings: Vec<f64> = settings.iter().copied().collect();
        let &[a, b, neighbors, metric, ref exponent @ ..] = settings.as_slice() else {
            anyhow::bail!("expected settings of shape (5,), found {found:?}")
        };
        let metric = metric_of(metric)?;
        let frame = match (exponent, center) {
            ([], _) => Frame::identity(points.ncols(), metric),
            (&[exponent], Some(center)) => frame(exponent, center, points.ncols(), metric)?,
            _ => anyhow::bail!("expected settings of shape (5,), found {found:?}"),
        };
        let model = Umap::new(points, embedding, Curve { a, b }, neighbors as usize, metric)?;
        Ok((model, frame))
    })();
    let about = || format!("{}: write it with --model", path.display());
    let (model, frame) = model.with_context(about)?;
    Ok((model, frame, record))
}

/// Checks exponent and center of a frame of `d` columns.
fn frame(exponent: f64, center: ArrayD<f64>, d: usize, metric: Metric) -> anyhow::Result<Frame> {
    ensure!(
        exponent.fract() == 0.0 && EXPONENTS.contains(&exponent),
        "expected a whole exponent of {EXPONENTS:?}, found {exponent}"
    );
    let shape = center.shape().to_vec();
    let center: Option<Array1<f64>> = center.into_dimensionality::<Ix1>().ok();
    let center = center
        .filter(|center| center.len() == d && center.iter().all(|x| x.is_finite()))
        .with_context(|| format!("expected a finite center of shape ({d},), found {shape:?}"))?;
    Ok(Frame::new(center, exponent as i32, metric)?)
}

/// Gives the metric that `code` stands for.
fn metric_of(code: f64) -> anyhow::Result<Metric> {
    ensure!(code == 0.0 || code == 1.0, "expected metric 0 or 1, found {code}");
    Ok(if code == 1.0 { Metric::Cosine } else { Metric::Euclidean })
}

/// Converts `array` to a matrix of f32.
fn matrix(name: &str, array: ArrayD<f64>) -> anyhow::Result<Array2<f32>> {
    let shape = array.shape().to_vec();
    let array = array
        .into_dimensionality::<Ix2>()
        .with_context(|| format!("expected {name} of shape (n, d), found {shape:?}"))?;
    Ok(array.mapv(|x| x as f32))
}
