//! Clusterings by density: an `.npz` archive.
//!
//! | array | dtype, shape | meaning |
//! | --- | --- | --- |
//! | `format_version` | i8 () | 1 |
//! | `points` | f4 (n, d) | points in the coordinates of the frame |
//! | `center` | f8 (d,) | center of the frame |
//! | `exponent` | i8 () | exponent of the frame |
//! | `metric` | text () | `euclidean` or `cosine` |
//! | `min_samples` | i8 () | points within the core distance of a point |
//! | `alpha` | f8 () | divisor of distances |
//! | `core_distances` | f8 (n,) | core distances of the points |
//! | `parents` | i4 (c,) | parent of each cluster of the condensed tree; 0, the root, comes first |
//! | `births`, `deaths` | f8 (c,) | inverse distances at which a cluster begins and ends |
//! | `sizes` | i4 (c,) | points of each cluster of the tree |
//! | `stabilities` | f8 (c,) | their stabilities |
//! | `last_clusters` | i4 (n,) | last cluster of the tree that each point belongs to |
//! | `lambdas` | f8 (n,) | inverse distance at which the point leaves that cluster |
//! | `selected` | i4 (k,) | cluster of the tree that has each label, ascending |
//! | `threshold` | f8 () | least `lambdas` of a point of the root, if that is the cluster |
//!
//! Where points are equal, inverse distances are infinite.

use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Npz, Outputs, Text};
use hdbscan::{Cluster, Hdbscan, Parts};
use ndarray::{Array1, ArrayD, Ix1, Ix2, arr0};
use umap::Frame;

use crate::fields::{VERSION, as_whole, number, read_version, whole};
use crate::umap::{metric_name, metric_of_name};

/// Version of the format that [`write`] writes.
const FORMAT_VERSION: i64 = 1;

/// Exponents that a frame can have: those of f64, and what it takes to bring f64 into f32.
const EXPONENTS: std::ops::RangeInclusive<i64> = -1200..=1200;

/// Adds a clustering to `outputs`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use artifact::{Outputs, Provenance};
/// use hdbscan::{Params, fit};
/// use ndarray::Array2;
///
/// let path = folder.path().join("model.npz");
/// let points = Array2::from_shape_fn((40, 1), |(i, _)| (i % 2 * 90 + i) as f32);
/// let model = fit(points.view(), None, &Params::default(), &mut |_| ())?.model;
/// let mut outputs = Outputs::new();
/// model_io::hdbscan::write(&mut outputs, &path, &model)?;
/// outputs.commit(Provenance::default())?;
/// assert_eq!(model_io::hdbscan::read(&path)?.0, model);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// The file cannot be written.
pub fn write(outputs: &mut Outputs, path: &Path, model: &Hdbscan) -> artifact::Result<()> {
    let parts = model.parts();
    let frame = &parts.frame;
    // There are no more points or clusters than an index of 31 bits can tell.
    let indices = |of: &[u32]| of.iter().map(|&index| index as i32).collect::<Array1<i32>>();
    let of_clusters = |of: fn(&Cluster) -> f64| parts.clusters.iter().map(of).collect();
    let counts = |of: fn(&Cluster) -> u32| parts.clusters.iter().map(of).collect::<Vec<u32>>();
    let [births, deaths, stabilities]: [Array1<f64>; 3] = [
        of_clusters(|cluster| cluster.birth),
        of_clusters(|cluster| cluster.death),
        of_clusters(|cluster| cluster.stability),
    ];
    outputs.npz(path, |archive| {
        archive.add_array(VERSION, &arr0(FORMAT_VERSION))?;
        archive.add_array("points", &parts.points)?;
        archive.add_array("center", frame.center())?;
        archive.add_array("exponent", &arr0(i64::from(frame.exponent())))?;
        archive.add_array("metric", &arr0(Text::from(metric_name(frame.metric()))))?;
        archive.add_array("min_samples", &arr0(parts.min_samples as i64))?;
        archive.add_array("alpha", &arr0(parts.alpha))?;
        archive.add_array("core_distances", &parts.core_distances)?;
        archive.add_array("parents", &indices(&counts(|cluster| cluster.parent)))?;
        archive.add_array("births", &births)?;
        archive.add_array("deaths", &deaths)?;
        archive.add_array("sizes", &indices(&counts(|cluster| cluster.size)))?;
        archive.add_array("stabilities", &stabilities)?;
        archive.add_array("last_clusters", &indices(&parts.cluster_of))?;
        archive.add_array("lambdas", &Array1::from(parts.lambdas.clone()))?;
        archive.add_array("selected", &indices(&parts.selected))?;
        archive.add_array("threshold", &arr0(parts.threshold))
    })
}

/// Reads a clustering, and the record of its file.
///
/// [`write()`] has an example.
///
/// # Errors
/// A file that cannot be read, or that `cluster-hdbscan --model` did not write.
pub fn read(path: &Path) -> anyhow::Result<(Hdbscan, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    read_version(&mut archive, path, FORMAT_VERSION)?;
    let about = || format!("{}: write it with --model", path.display());
    let metric = archive.text("metric")?;
    let names = [
        "points",
        "center",
        "exponent",
        "min_samples",
        "alpha",
        "core_distances",
        "parents",
        "births",
        "deaths",
        "sizes",
        "stabilities",
        "last_clusters",
        "lambdas",
        "selected",
        "threshold",
    ];
    let mut arrays = Vec::with_capacity(names.len());
    for name in names {
        arrays.push(archive.array(name)?);
    }
    let model = model(&names, arrays, &metric).with_context(about)?;
    Ok((model, record))
}

/// Makes a model of arrays with these names.
fn model(names: &[&str], arrays: Vec<ArrayD<f64>>, metric: &str) -> anyhow::Result<Hdbscan> {
    let mut arrays: std::collections::HashMap<&str, ArrayD<f64>> =
        names.iter().copied().zip(arrays).collect();
    let mut take =
        |name| arrays.remove(name).with_context(|| format!("expected an array `{name}`"));
    let points = take("points")?;
    let shape = points.shape().to_vec();
    let points = points
        .into_dimensionality::<Ix2>()
        .with_context(|| format!("expected points of shape (n, d), found {shape:?}"))?;
    let (n, d) = points.dim();
    let center = vector("center", take("center")?, Some(d))?;
    let found = center.iter().find(|x| !x.is_finite());
    ensure!(found.is_none(), "expected a finite center, found {}", found.unwrap_or(&0.0));
    let exponent = whole("exponent", &take("exponent")?, EXPONENTS)? as i32;
    let frame = Frame::new(center, exponent, metric_of_name(metric)?)?;
    let parents = indices("parents", take("parents")?, None)?;
    let count = Some(parents.len());
    let (births, deaths) =
        (vector("births", take("births")?, count)?, vector("deaths", take("deaths")?, count)?);
    let sizes = indices("sizes", take("sizes")?, count)?;
    let stabilities = vector("stabilities", take("stabilities")?, count)?;
    let cluster = |at: usize| Cluster {
        parent: parents[at],
        birth: births[at],
        death: deaths[at],
        size: sizes[at],
        stability: stabilities[at],
    };
    let threshold =
        vector("threshold", take("threshold")?.flatten().into_owned().into_dyn(), Some(1))?;
    let parts = Parts {
        points: points.mapv(|x| x as f32),
        frame,
        core_distances: vector("core_distances", take("core_distances")?, Some(n))?,
        min_samples: whole("min_samples", &take("min_samples")?, 1..=n.max(1) as i64)? as usize,
        alpha: number("alpha", &take("alpha")?)?,
        clusters: (0..parents.len()).map(cluster).collect(),
        cluster_of: indices("last_clusters", take("last_clusters")?, Some(n))?,
        lambdas: vector("lambdas", take("lambdas")?, Some(n))?.to_vec(),
        selected: indices("selected", take("selected")?, None)?,
        threshold: threshold[0],
    };
    Ok(Hdbscan::new(parts)?)
}

/// Converts `array` to a vector, of `length` values if that is known.
fn vector(name: &str, array: ArrayD<f64>, length: Option<usize>) -> anyhow::Result<Array1<f64>> {
    let shape = array.shape().to_vec();
    let vector = array.into_dimensionality::<Ix1>().ok();
    let vector = vector.filter(|vector| length.is_none_or(|length| vector.len() == length));
    vector.with_context(|| match length {
        Some(length) => format!("expected {name} of shape ({length},), found {shape:?}"),
        None => format!("expected {name} of one dimension, found shape {shape:?}"),
    })
}

/// Converts `array` to indices or counts, of which there are `length` if that is known.
fn indices(name: &str, array: ArrayD<f64>, length: Option<usize>) -> anyhow::Result<Vec<u32>> {
    let index = |&value: &f64| {
        let index = as_whole(value, &(0..=i64::from(i32::MAX)));
        index.map(|index| index as u32).with_context(|| {
            format!("expected {name} of whole numbers of at least 0, found {value}")
        })
    };
    vector(name, array, length)?.iter().map(index).collect()
}
