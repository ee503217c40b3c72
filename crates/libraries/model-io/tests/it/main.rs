//! Every format: what is written is read as the same.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![cfg(all(feature = "clustering", feature = "scattering", feature = "umap"))]

use std::path::Path;

use artifact::{Npz, Outputs, Provenance, Run};
use clustering::gmm::{CovarianceType, GaussianMixture};
use clustering::kmeans::KMeans;
use model_io::consensus::{Maps, Model};
use ndarray::{Array2, array};
use scattering::Features;
use serde_json::Value;
use tempfile::tempdir;
use umap::{Curve, Frame, Metric, Umap};

/// Writes one model, reads it with `read`, and checks the names of its arrays.
fn round_trip<T>(
    write: impl FnOnce(&mut Outputs, &Path) -> artifact::Result<()>,
    read: impl FnOnce(&Path) -> T,
    names: &[&str],
) -> T {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.npz");
    let mut outputs = Outputs::new();
    write(&mut outputs, &path).unwrap();
    outputs.commit(provenance()).unwrap();
    let (archive, _) = Npz::open(&path).unwrap();
    for name in names {
        assert!(archive.contains(name), "{name}");
    }
    read(&path)
}

/// Makes a provenance that tells nothing.
fn provenance() -> Provenance {
    Provenance {
        stage: "test".into(),
        version: String::new(),
        parameters: Value::Null,
        inputs: Vec::new(),
        outputs: Vec::new(),
        result: Value::Null,
        run: Run {
            seconds: 0.0,
            threads: 1,
            device: "cpu".into(),
            peak_memory: None,
            argv: Vec::new(),
        },
    }
}

#[test]
fn centroids_of_kmeans() {
    let model = KMeans::new(array![[0.1, -2.5], [1e300, 3.0]]).unwrap();
    let (found, record) = round_trip(
        |outputs, path| model_io::kmeans::write(outputs, path, &model),
        |path| model_io::kmeans::read(path).unwrap(),
        &["centroids"],
    );
    assert_eq!(found.centroids(), model.centroids());
    assert!(record.path.ends_with("model.npz") && record.dtype.is_none());
}

#[test]
fn gaussian_mixtures() {
    let (weights, means) = (array![0.25, 0.75], array![[0.0, 1.0], [2.0, 3.0]]);
    let variances = array![[1.0, 2.0], [0.5, 0.25]].into_dyn();
    let model = GaussianMixture::new(weights, means, variances, CovarianceType::Diag).unwrap();
    let (found, _) = round_trip(
        |outputs, path| model_io::gmm::write(outputs, path, &model),
        |path| model_io::gmm::read(path).unwrap(),
        &["weights", "means", "covariances", "covariance_type", "origin", "offsets"],
    );
    assert_eq!((found.weights(), found.means()), (model.weights(), model.means()));
    assert_eq!((found.origin(), found.offsets()), (model.origin(), model.offsets()));
    assert_eq!(found.covariance_type(), CovarianceType::Diag);
}

#[test]
fn scattering_features() {
    let images = Array2::from_shape_fn((12, 256), |(i, j)| ((i * 31 + j * j * 7) % 19) as f32);
    let params = scattering::Params { dims: 5, ..scattering::Params::default() };
    let model = scattering::fit(images.view(), (16, 16), &params, &mut |_| ()).unwrap().model;
    let (found, _) = round_trip(
        |outputs, path| model_io::scattering::write(outputs, path, &model),
        |path| model_io::scattering::read(path).unwrap(),
        &["deviations", "mean", "directions", "settings"],
    );
    let points = |model: &Features| model.transform(images.view(), &mut |_| ()).unwrap();
    assert_eq!(found.size(), (16, 16));
    assert_eq!(points(&found), points(&model));
}

#[test]
fn umap_embeddings() {
    let points = Array2::from_shape_fn((8, 3), |(i, j)| (i * 3 + j) as f32);
    let embedding = Array2::from_shape_fn((8, 2), |(i, j)| (i + 10 * j) as f32);
    let curve = Curve { a: 1.5, b: 0.75 };
    let model = Umap::new(points, embedding, curve, 4, Metric::Cosine).unwrap();
    let frame = Frame::new(array![0.5, 1.0, -2.0], -3, Metric::Cosine).unwrap();
    let (found, found_frame, _) = round_trip(
        |outputs, path| model_io::umap::write(outputs, path, &model, &frame),
        |path| model_io::umap::read(path).unwrap(),
        &["points", "embedding", "center", "settings"],
    );
    assert_eq!((found.points(), found.embedding()), (model.points(), model.embedding()));
    assert_eq!((found.curve(), found.neighbors()), (curve, 4));
    assert_eq!((found.metric(), found_frame.metric()), (Metric::Cosine, Metric::Cosine));
    assert_eq!(found_frame, frame);
}

#[test]
fn consensus_maps() {
    let maps = Maps { k: 2, of_runs: vec![vec![Some(1), Some(0)], vec![None, Some(1), Some(0)]] };
    let known = vec![vec![0, 7], vec![1, 2, 9]];
    let model = Model::new(known, maps, &["a.npy", "b.npy"]).unwrap();
    let (found, _) = round_trip(
        |outputs, path| model_io::consensus::write(outputs, path, &model),
        |path| model_io::consensus::read(path).unwrap(),
        &["runs", "k", "map"],
    );
    assert_eq!(found, model);
}

#[test]
fn ids_beyond_the_digits_of_f64_are_refused() {
    let maps = Maps { k: 1, of_runs: vec![vec![Some(0)]] };
    let error = Model::new(vec![vec![(1 << 53) + 1]], maps, &["a.npy"]).unwrap_err().to_string();
    assert!(error.starts_with("a.npy: expected cluster ids up to"), "{error}");
}

#[test]
fn other_archives_are_refused_by_name() {
    let error = |read: fn(&Path) -> String| {
        round_trip(
            |outputs, path| outputs.npz(path, |npz| npz.add_array("other", &array![1.0])),
            read,
            &["other"],
        )
    };
    let readers: [fn(&Path) -> String; 5] = [
        |path| format!("{:#}", model_io::kmeans::read(path).err().unwrap()),
        |path| format!("{:#}", model_io::gmm::read(path).err().unwrap()),
        |path| format!("{:#}", model_io::scattering::read(path).err().unwrap()),
        |path| format!("{:#}", model_io::umap::read(path).err().unwrap()),
        |path| format!("{:#}", model_io::consensus::read(path).err().unwrap()),
    ];
    for read in readers {
        let told = error(read);
        assert!(told.contains("model.npz: expected"), "{told}");
    }
}
