//! The model as an archive of NumPy arrays.

use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Npz, Outputs};
use ndarray::{Array1, Array2, ArrayD, Ix1, Ix2, arr1};
use umap::{Curve, Frame, Metric, Umap};

/// Exponents of `f64`, and of what `f32` is left for; no frame has others.
const EXPONENTS: std::ops::RangeInclusive<f64> = -1200.0..=1200.0;

/// `points` (n, d) as they lie in the frame, and `embedding` (n, dims), both f4; `center` (d,) and `settings` (5,), both
/// f8: a, b, neighbors, metric (0 Euclidean, 1 cosine), and the exponent of the frame.
pub fn write(outputs: &mut Outputs, path: &Path, manifold: &Umap, frame: &Frame) -> artifact::Result<()> {
    let metric = if manifold.metric == Metric::Cosine { 1.0 } else { 0.0 };
    let Curve { a, b } = manifold.curve;
    let settings = arr1(&[a, b, manifold.neighbors as f64, metric, f64::from(frame.exponent)]);
    outputs.npz(path, |archive| {
        archive.add_array("points", &manifold.points)?;
        archive.add_array("embedding", &manifold.embedding)?;
        archive.add_array("center", &frame.center)?;
        archive.add_array("settings", &settings)
    })
}

/// Reads a model, with the frame that its points lie in. Settings of four values have neither exponent nor center: so
/// write version 0.1 and umap-learn's stand-in, whose points lie where they were.
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
        let manifold = Umap::new(points, embedding, Curve { a, b }, neighbors as usize, metric)?;
        Ok((manifold, frame))
    })();
    let (manifold, frame) = model.with_context(|| format!("{}: write it with --model", path.display()))?;
    Ok((manifold, frame, record))
}

fn frame(exponent: f64, center: ArrayD<f64>, d: usize, metric: Metric) -> anyhow::Result<Frame> {
    ensure!(
        exponent.fract() == 0.0 && EXPONENTS.contains(&exponent),
        "expected a whole exponent of {EXPONENTS:?}, found {exponent}"
    );
    let shape = center.shape().to_vec();
    let center: Option<Array1<f64>> = center.into_dimensionality::<Ix1>().ok();
    let center = center.filter(|center| center.len() == d && center.iter().all(|x| x.is_finite()));
    let center =
        center.with_context(|| format!("expected a finite center of shape ({d},), found {shape:?}"))?;
    Ok(Frame { center, exponent: exponent as i32, metric })
}

fn metric_of(code: f64) -> anyhow::Result<Metric> {
    ensure!(code == 0.0 || code == 1.0, "expected metric 0 or 1, found {code}");
    Ok(if code == 1.0 { Metric::Cosine } else { Metric::Euclidean })
}

fn matrix(name: &str, array: ArrayD<f64>) -> anyhow::Result<Array2<f32>> {
    let shape = array.shape().to_vec();
    let array = array
        .into_dimensionality::<Ix2>()
        .with_context(|| format!("expected {name} of shape (n, d), found {shape:?}"))?;
    Ok(array.mapv(|x| x as f32))
}
