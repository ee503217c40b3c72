//! UMAP embeddings: an `.npz` archive.
//!
//! | array | dtype, shape | meaning |
//! | --- | --- | --- |
//! | `format_version` | i8 () | 1 |
//! | `points` | f4 (n, d) | points in the coordinates of the frame |
//! | `embedding` | f4 (n, dims) | their embedding |
//! | `a`, `b` | f8 () | the curve by which attraction falls with distance |
//! | `neighbors` | i8 () | neighbors of a point, itself included |
//! | `metric` | text () | `euclidean` or `cosine` |
//! | `center` | f8 (d,) | center of the frame |
//! | `exponent` | i8 () | exponent of the frame |
//!
//! A file need not have `center` and `exponent`; then the points are in no frame.
//!
//! Files of before 0.1.0 have no `format_version`, and one array `settings` (5,) in place of the
//! fields of one value: a, b, neighbors, metric (0 Euclidean, 1 cosine) and exponent. Four values
//! stand for points in no frame. Such files are read, too.

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Npz, Outputs, Text};
use ndarray::{Array1, Array2, ArrayD, Ix1, Ix2, arr0};
use umap::{Curve, Frame, Metric, Umap};

use crate::fields::{self, VERSION, as_whole, number, whole};

/// Version of the format that [`write`] writes.
const FORMAT_VERSION: i64 = 1;

/// Exponents that a frame can have: those of f64, and what it takes to bring f64 into f32.
const EXPONENTS: RangeInclusive<f64> = -1200.0..=1200.0;

/// Numbers of neighbors that a model can have; rows have indices of 32 bits.
const NEIGHBORS: RangeInclusive<i64> = 2..=u32::MAX as i64;

/// Names of the metrics in a file, in the order of their codes in files of before 0.1.0.
const METRICS: [(&str, Metric); 2] = [("euclidean", Metric::Euclidean), ("cosine", Metric::Cosine)];

/// The fields of one value, and the center, which only points in a frame have.
struct Settings {
    a: f64,
    b: f64,
    neighbors: i64,
    metric: Metric,
    frame: Option<(f64, ArrayD<f64>)>,
}

/// Adds an embedding and the frame of its points to `outputs`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use artifact::{Outputs, Provenance};
/// use ndarray::array;
/// use umap::{Curve, Frame, Metric, Umap};
///
/// let path = folder.path().join("model.npz");
/// let (points, embedding) = (array![[0.0, 1.0], [1.0, 0.0]], array![[0.0], [1.0]]);
/// let curve = Curve { a: 1.0, b: 1.0 };
/// let model = Umap::new(points, embedding, curve, 2, Metric::Euclidean)?;
/// let frame = Frame::identity(2, Metric::Euclidean);
/// let mut outputs = Outputs::new();
/// model_io::umap::write(&mut outputs, &path, &model, &frame)?;
/// outputs.commit(Provenance::default())?;
/// assert!(path.exists());
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// The file cannot be written.
pub fn write(
    outputs: &mut Outputs,
    path: &Path,
    model: &Umap,
    frame: &Frame,
) -> artifact::Result<()> {
    let metric = metric_name(model.metric());
    outputs.npz(path, |archive| {
        archive.add_array(VERSION, &arr0(FORMAT_VERSION))?;
        archive.add_array("points", model.points())?;
        archive.add_array("embedding", model.embedding())?;
        archive.add_array("a", &arr0(model.curve().a))?;
        archive.add_array("b", &arr0(model.curve().b))?;
        archive.add_array("neighbors", &arr0(model.neighbors() as i64))?;
        archive.add_array("metric", &arr0(Text::from(metric)))?;
        archive.add_array("center", frame.center())?;
        archive.add_array("exponent", &arr0(i64::from(frame.exponent())))
    })
}

/// Reads an embedding, the frame of its points, and the record of the file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # use artifact::{Outputs, Provenance};
/// # use ndarray::array;
/// # use umap::{Curve, Frame, Metric, Umap};
/// # let path = folder.path().join("model.npz");
/// # let (points, embedding) = (array![[0.0, 1.0], [1.0, 0.0]], array![[0.0], [1.0]]);
/// # let curve = Curve { a: 1.0, b: 1.0 };
/// # let model = Umap::new(points, embedding, curve, 2, Metric::Euclidean)?;
/// # let frame = Frame::identity(2, Metric::Euclidean);
/// # let mut outputs = Outputs::new();
/// # model_io::umap::write(&mut outputs, &path, &model, &frame)?;
/// # outputs.commit(Provenance::default())?;
/// let (found, found_frame, _) = model_io::umap::read(&path)?;
/// assert_eq!((found, found_frame), (model, frame));
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read, or that `embed-umap --model` did not write.
pub fn read(path: &Path) -> anyhow::Result<(Umap, Frame, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let version = fields::read_version(&mut archive, path, FORMAT_VERSION)?;
    let (points, embedding) = (archive.array("points")?, archive.array("embedding")?);
    let about = || format!("{}: write it with --model", path.display());
    let settings = if version == 0 && archive.contains("settings") {
        positional_settings(&mut archive, about)?
    } else {
        named_settings(&mut archive, about)?
    };
    let model = (|| {
        let (points, embedding) = (matrix("points", points)?, matrix("embedding", embedding)?);
        let Settings { a, b, neighbors, metric, frame: center } = settings;
        let frame = match center {
            None => Frame::identity(points.ncols(), metric),
            Some((exponent, center)) => frame(exponent, center, points.ncols(), metric)?,
        };
        let model = Umap::new(points, embedding, Curve { a, b }, neighbors as usize, metric)?;
        anyhow::Ok((model, frame))
    })();
    let (model, frame) = model.with_context(about)?;
    Ok((model, frame, record))
}

/// Reads the fields of today's format.
fn named_settings(archive: &mut Npz, about: impl Fn() -> String) -> anyhow::Result<Settings> {
    let (a, b) = (archive.array("a")?, archive.array("b")?);
    let (neighbors, name) = (archive.array("neighbors")?, archive.text("metric")?);
    let frame = if archive.contains("center") || archive.contains("exponent") {
        Some((archive.array("exponent")?, archive.array("center")?))
    } else {
        None
    };
    let settings = (|| {
        let metric = metric_of_name(&name)?;
        let frame = frame
            .map(|(exponent, center)| anyhow::Ok((number("exponent", &exponent)?, center)))
            .transpose()?;
        anyhow::Ok(Settings {
            a: number("a", &a)?,
            b: number("b", &b)?,
            neighbors: whole("neighbors", &neighbors, NEIGHBORS)?,
            metric,
            frame,
        })
    })();
    settings.with_context(about)
}

/// Gives the name of a metric in a file.
pub(crate) fn metric_name(metric: Metric) -> &'static str {
    let found = METRICS.iter().find(|(_, known)| *known == metric);
    found.expect("every metric has a name").0
}

/// Gives the metric of a name in a file.
pub(crate) fn metric_of_name(name: &str) -> anyhow::Result<Metric> {
    let found = METRICS.iter().find(|(known, _)| *known == name);
    let (_, metric) =
        found.with_context(|| format!("expected metric euclidean or cosine, found {name}"))?;
    Ok(*metric)
}

/// Reads the array `settings` of files of before 0.1.0.
fn positional_settings(archive: &mut Npz, about: impl Fn() -> String) -> anyhow::Result<Settings> {
    let settings = archive.array("settings")?;
    let center = if settings.len() == 5 { Some(archive.array("center")?) } else { None };
    let found = settings.shape().to_vec();
    let settings: Vec<f64> = settings.iter().copied().collect();
    let settings = (|| {
        let &[a, b, neighbors, metric, ref exponent @ ..] = settings.as_slice() else {
            anyhow::bail!("expected settings of shape (5,), found {found:?}")
        };
        let metric = as_whole(metric, &(0..=1))
            .with_context(|| format!("expected metric 0 or 1, found {metric}"))?;
        let frame = match (exponent, center) {
            ([], _) => None,
            (&[exponent], Some(center)) => Some((exponent, center)),
            _ => anyhow::bail!("expected settings of shape (5,), found {found:?}"),
        };
        let neighbors = as_whole(neighbors, &NEIGHBORS).with_context(|| {
            format!("expected a whole number of neighbors, at least 2, found {neighbors}")
        })?;
        anyhow::Ok(Settings { a, b, neighbors, metric: METRICS[metric as usize].1, frame })
    })();
    settings.with_context(about)
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

/// Converts `array` to a matrix of f32.
fn matrix(name: &str, array: ArrayD<f64>) -> anyhow::Result<Array2<f32>> {
    let shape = array.shape().to_vec();
    let array = array
        .into_dimensionality::<Ix2>()
        .with_context(|| format!("expected {name} of shape (n, d), found {shape:?}"))?;
    Ok(array.mapv(|x| x as f32))
}
