//! The model as an archive of NumPy arrays.

use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Npz, Outputs};
use manifold::{Curve, Manifold, Metric};
use ndarray::{Array2, ArrayD, Ix2, arr1};

/// `points` (n, d), `embedding` (n, dims), both f4, and `settings` (4,), f8: a, b, neighbors, metric (0 Euclidean, 1
/// cosine).
pub fn write(outputs: &mut Outputs, path: &Path, manifold: &Manifold) -> artifact::Result<()> {
    let metric = if manifold.metric == Metric::Cosine { 1.0 } else { 0.0 };
    let Curve { a, b } = manifold.curve;
    let settings = arr1(&[a, b, manifold.neighbors as f64, metric]);
    outputs.npz(path, |archive| {
        archive.add_array("points", &manifold.points)?;
        archive.add_array("embedding", &manifold.embedding)?;
        archive.add_array("settings", &settings)
    })
}

pub fn read(path: &Path) -> anyhow::Result<(Manifold, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let (points, embedding) = (archive.array("points")?, archive.array("embedding")?);
    let settings = archive.array("settings")?;
    let manifold = (|| {
        let (points, embedding) = (matrix("points", points)?, matrix("embedding", embedding)?);
        let found = settings.shape().to_vec();
        let settings: Vec<f64> = settings.iter().copied().collect();
        let &[a, b, neighbors, metric] = settings.as_slice() else {
            anyhow::bail!("expected settings of shape (4,), found {found:?}")
        };
        Manifold::new(points, embedding, Curve { a, b }, neighbors as usize, metric_of(metric)?)
            .map_err(Into::into)
    })();
    Ok((manifold.with_context(|| format!("{}: write it with --model", path.display()))?, record))
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
