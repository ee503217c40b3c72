//! Clusterings by density: what is written is read, and damaged files are refused.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![cfg(feature = "hdbscan")]

use std::path::Path;

use artifact::{Npz, Outputs, Provenance, Text};
use hdbscan::{Hdbscan, Metric, Params, fit};
use ndarray::{Array1, Array2, ArrayD, arr0, array};
use tempfile::tempdir;

const NAMES: [&str; 15] = [
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

fn clustered(params: &Params) -> Hdbscan {
    let points = Array2::from_shape_fn((60, 2), |(i, j)| {
        1e9 + (i % 3 * 90) as f64 + (i / 3 * i / 3 * (j + 1) % 7) as f64
    });
    fit(points.view(), None, params, &mut |_| ()).unwrap().model
}

fn write(path: &Path, model: &Hdbscan) {
    let mut outputs = Outputs::new();
    model_io::hdbscan::write(&mut outputs, path, model).unwrap();
    outputs.commit(Provenance::default()).unwrap();
}

#[test]
fn what_is_written_is_read() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.npz");
    let single = Params { allow_single_cluster: true, min_cluster_size: 40, ..Params::default() };
    let cosine = Params { metric: Metric::Cosine, ..Params::default() };
    let none = Params { min_cluster_size: 40, ..Params::default() };
    for (params, k) in [(Params::default(), None), (single, None), (cosine, None), (none, Some(0))]
    {
        let model = clustered(&params);
        assert!(k.is_none_or(|k| model.k() == k));
        write(&path, &model);
        assert_eq!(model_io::hdbscan::read(&path).unwrap().0, model);
    }
}

/// Reads all arrays of a file, changes one and writes them again.
fn damage(path: &Path, name: &str, array: Option<ArrayD<f64>>, metric: &str) -> String {
    let (mut archive, _) = Npz::open(path).unwrap();
    let arrays: Vec<ArrayD<f64>> = NAMES.iter().map(|name| archive.array(name).unwrap()).collect();
    let damaged = path.with_file_name("damaged.npz");
    let mut outputs = Outputs::new();
    outputs
        .npz(&damaged, |npz| {
            npz.add_array("metric", &arr0(Text::from(metric)))?;
            for (known, values) in NAMES.iter().zip(&arrays) {
                match &array {
                    Some(array) if *known == name => npz.add_array(*known, array)?,
                    None if *known == name => (),
                    _ => npz.add_array(*known, values)?,
                }
            }
            Ok(())
        })
        .unwrap();
    outputs.commit(Provenance::default()).unwrap();
    format!("{:#}", model_io::hdbscan::read(&damaged).unwrap_err())
}

#[test]
fn damaged_files_are_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.npz");
    let model = clustered(&Params::default());
    write(&path, &model);
    for name in NAMES {
        let told = damage(&path, name, None, "euclidean");
        assert!(told.contains(&format!("expected an array `{name}`")), "{told}");
        for other in [
            Array1::<f64>::zeros(0).into_dyn(),
            array![[f64::NAN]].into_dyn(),
            array![-1.5].into_dyn(),
            Array1::from_elem(60, 1e300).into_dyn(),
        ] {
            // No labels are selected where there are no clusters, and so may be here.
            if name == "selected" && other.is_empty() {
                continue;
            }
            let one = other.len() == 1 && name == "threshold" && !other.iter().any(|x| x.is_nan());
            if one || (name == "lambdas" || name == "core_distances") && other.len() == 60 {
                continue;
            }
            let told = damage(&path, name, Some(other.clone()), "euclidean");
            assert!(
                told.contains("damaged.npz: ")
                    && told.contains("expected")
                    && told.contains("found"),
                "{name}, {other}: {told}"
            );
            assert_eq!(told.lines().count(), 1, "{told}");
        }
    }
    let told = damage(&path, "none", None, "hamming");
    assert!(told.contains("expected metric euclidean or cosine, found hamming"), "{told}");
}

#[test]
fn files_of_a_newer_version_are_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.npz");
    let mut outputs = Outputs::new();
    outputs.npz(&path, |npz| npz.add_array("format_version", &arr0(2_i64))).unwrap();
    outputs.commit(Provenance::default()).unwrap();
    let told = format!("{:#}", model_io::hdbscan::read(&path).unwrap_err());
    assert!(told.contains("format_version 1 or older, found 2"), "{told}");
}
