//! Every format: what is written is read as the same.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![cfg(all(
    feature = "clustering",
    feature = "consensus",
    feature = "hdbscan",
    feature = "pca",
    feature = "scattering",
    feature = "umap"
))]

use std::path::Path;

use artifact::{Npz, Outputs, Provenance, Run};
use clustering::gmm::{CovarianceType, GaussianMixture};
use clustering::kmeans::KMeans;
use model_io::consensus::{Maps, Model};
use ndarray::{Array2, arr0, array};
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

/// The readers of all formats, which give the message of the error.
const READERS: [fn(&Path) -> String; 8] = [
    |path| format!("{:#}", model_io::kmeans::read(path).err().unwrap()),
    |path| format!("{:#}", model_io::gmm::read(path).err().unwrap()),
    |path| format!("{:#}", model_io::scattering::read(path).err().unwrap()),
    |path| format!("{:#}", model_io::umap::read(path).err().unwrap()),
    |path| format!("{:#}", model_io::consensus::read(path).err().unwrap()),
    |path| format!("{:#}", model_io::hdbscan::read(path).err().unwrap()),
    |path| format!("{:#}", model_io::pca::read(path).err().unwrap()),
    |path| format!("{:#}", model_io::neighbors::read(path, Metric::Cosine).err().unwrap()),
];

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
        &["format_version", "centroids"],
    );
    assert_eq!(found.centroids(), model.centroids());
    assert!(record.path.ends_with("model.npz") && record.dtype.is_none());
}

#[test]
fn centroids_of_spherical_kmeans() {
    // Rounding leaves lengths that are not quite 1, which reading must not round again.
    let centroids = array![[0.1, -2.5, 7.0], [1e300, 3.0, 1e300]];
    let model = KMeans::with_metric(centroids, clustering::kmeans::Metric::Cosine).unwrap();
    let (found, _) = round_trip(
        |outputs, path| model_io::kmeans::write(outputs, path, &model),
        |path| model_io::kmeans::read(path).unwrap(),
        &["format_version", "centroids", "metric"],
    );
    assert_eq!(found, model);
    let version = round_trip(
        |outputs, path| model_io::kmeans::write(outputs, path, &model),
        |path| Npz::open(path).unwrap().0.array("format_version").unwrap(),
        &[],
    );
    assert_eq!(version.sum(), 2.0, "older releases refuse it");
    let told = |metric: &'static str, centroids: Array2<f64>| {
        round_trip(
            |outputs, path| {
                outputs.npz(path, |npz| {
                    npz.add_array("centroids", &centroids)?;
                    npz.add_array("metric", &arr0(artifact::Text::from(metric)))
                })
            },
            READERS[0],
            &["metric"],
        )
    };
    let error = told("manhattan", array![[1.0]]);
    assert!(
        error.contains("expected metric to be euclidean or cosine, found manhattan"),
        "{error}"
    );
    let error = told("cosine", array![[1.0], [0.0]]);
    assert!(error.contains("centroids with a direction, found zeros alone in row 1"), "{error}");
}

#[test]
fn a_euclidean_model_has_no_metric() {
    let model = KMeans::new(array![[3.0]]).unwrap();
    let has_metric = round_trip(
        |outputs, path| model_io::kmeans::write(outputs, path, &model),
        |path| Npz::open(path).unwrap().0.contains("metric"),
        &["centroids"],
    );
    assert!(!has_metric);
}

#[test]
fn gaussian_mixtures() {
    let (weights, means) = (array![0.25, 0.75], array![[0.0, 1.0], [2.0, 3.0]]);
    let variances = array![[1.0, 2.0], [0.5, 0.25]].into_dyn();
    let model = GaussianMixture::new(weights, means, variances, CovarianceType::Diag).unwrap();
    let (found, _) = round_trip(
        |outputs, path| model_io::gmm::write(outputs, path, &model),
        |path| model_io::gmm::read(path).unwrap(),
        &[
            "format_version",
            "weights",
            "means",
            "covariances",
            "covariance_type",
            "origin",
            "offsets",
        ],
    );
    assert_eq!((found.weights(), found.means()), (model.weights(), model.means()));
    assert_eq!((found.origin(), found.offsets()), (model.origin(), model.offsets()));
    assert_eq!(found.covariance_type(), CovarianceType::Diag);
}

/// Twelve images of 16 x 16 pixels, and features that were fitted to them.
fn scattered() -> (Array2<f32>, Features) {
    let images = Array2::from_shape_fn((12, 256), |(i, j)| ((i * 31 + j * j * 7) % 19) as f32);
    let params = scattering::Params { dims: 5, ..scattering::Params::default() };
    let model = scattering::fit(images.view(), (16, 16), &params, &mut |_| ()).unwrap().model;
    (images, model)
}

#[test]
fn scattering_features_of_images_in_color() {
    let images = Array2::from_shape_fn((12, 768), |(i, j)| ((i * 31 + j * j * 7) % 19) as f32);
    let channels = scattering::Channels::Rgb;
    let params = scattering::Params { channels, dims: 5, ..scattering::Params::default() };
    let model = scattering::fit(images.view(), (16, 16), &params, &mut |_| ()).unwrap().model;
    let (found, _) = round_trip(
        |outputs, path| model_io::scattering::write(outputs, path, &model),
        |path| model_io::scattering::read(path).unwrap(),
        &[
            "format_version",
            "channels",
            "height",
            "width",
            "scales",
            "angles",
            "deviations",
            "mean",
            "components",
        ],
    );
    assert_eq!(found.channels(), channels);
    let points = model.transform(images.view(), &mut |_| ()).unwrap();
    assert_eq!(found.transform(images.view(), &mut |_| ()).unwrap(), points);
}

/// An embedding of eight points, and their frame.
fn embedded() -> (Umap, Frame) {
    let points = Array2::from_shape_fn((8, 3), |(i, j)| (i * 3 + j) as f32);
    let embedding = Array2::from_shape_fn((8, 2), |(i, j)| (i + 10 * j) as f32);
    let curve = Curve { a: 1.5, b: 0.75 };
    let model = Umap::new(points, embedding, curve, 4, Metric::Cosine).unwrap();
    let frame = Frame::new(array![0.5, 1.0, -2.0], -3, Metric::Cosine).unwrap();
    (model, frame)
}

#[test]
fn scattering_features() {
    let (images, model) = scattered();
    let (found, _) = round_trip(
        |outputs, path| model_io::scattering::write(outputs, path, &model),
        |path| model_io::scattering::read(path).unwrap(),
        &[
            "format_version",
            "height",
            "width",
            "scales",
            "angles",
            "deviations",
            "mean",
            "components",
        ],
    );
    let points = |model: &Features| model.transform(images.view(), &mut |_| ()).unwrap();
    assert_eq!(found.size(), (16, 16));
    assert_eq!(points(&found), points(&model));
}

#[test]
fn umap_embeddings() {
    let (model, frame) = embedded();
    let (found, found_frame, _) = round_trip(
        |outputs, path| model_io::umap::write(outputs, path, &model, &frame),
        |path| model_io::umap::read(path).unwrap(),
        &[
            "format_version",
            "points",
            "embedding",
            "a",
            "b",
            "neighbors",
            "metric",
            "center",
            "exponent",
        ],
    );
    assert_eq!((found.points(), found.embedding()), (model.points(), model.embedding()));
    assert_eq!((found.curve(), found.neighbors()), (model.curve(), 4));
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
        &["format_version", "runs", "k", "map"],
    );
    assert_eq!(found, model);
}

#[test]
fn files_of_before_0_1_0_are_read() {
    let (_, model) = scattered();
    let (found, _) = round_trip(
        |outputs, path| {
            let settings = [16, 16, model.scales(), model.angles()].map(|x| x as f64);
            outputs.npz(path, |npz| {
                npz.add_array("deviations", model.deviations())?;
                npz.add_array("mean", model.pca().mean())?;
                npz.add_array("directions", model.pca().components())?;
                npz.add_array(
                    "settings",
                    &array![settings[0], settings[1], settings[2], settings[3]],
                )
            })
        },
        |path| model_io::scattering::read(path).unwrap(),
        &["directions", "settings"],
    );
    assert_eq!((found.size(), found.scales(), found.angles()), ((16, 16), 2, model.angles()));
    assert_eq!(found.deviations(), model.deviations());
    assert_eq!(found.pca().mean(), model.pca().mean());
    assert_eq!(found.pca().components(), model.pca().components());

    let (model, frame) = embedded();
    let former = |settings: ndarray::Array1<f64>, center: bool| {
        let (model, frame) = (model.clone(), frame.clone());
        round_trip(
            move |outputs, path| {
                outputs.npz(path, |npz| {
                    npz.add_array("points", model.points())?;
                    npz.add_array("embedding", model.embedding())?;
                    if center {
                        npz.add_array("center", frame.center())?;
                    }
                    npz.add_array("settings", &settings)
                })
            },
            |path| model_io::umap::read(path).map_err(|error| format!("{error:#}")),
            &["settings"],
        )
    };
    let (found, found_frame, _) = former(array![1.5, 0.75, 4.0, 1.0, -3.0], true).unwrap();
    assert_eq!((found, found_frame), (model.clone(), frame.clone()));
    let (found, found_frame, _) = former(array![1.5, 0.75, 4.0, 1.0], false).unwrap();
    assert_eq!((found, found_frame), (model.clone(), Frame::identity(3, Metric::Cosine)));
    for neighbors in [4.5, -4.0, 1.0, f64::NAN, 1e12] {
        let told = former(array![1.5, 0.75, neighbors, 1.0], false).unwrap_err();
        assert!(told.contains("whole number of neighbors"), "{told}");
    }

    let maps = Maps { k: 1, of_runs: vec![vec![Some(0)]] };
    let (found, _) = round_trip(
        |outputs, path| {
            outputs.npz(path, |npz| {
                npz.add_array("runs", &arr0(1_i64))?;
                npz.add_array("k", &arr0(1_i64))?;
                npz.add_array("map", &array![[0_i64, 3, 0]])
            })
        },
        |path| model_io::consensus::read(path).unwrap(),
        &["map"],
    );
    assert_eq!(found, Model::new(vec![vec![3]], maps, &["a.npy"]).unwrap());
}

#[test]
fn embeddings_of_other_programs_are_read() {
    let (model, _) = embedded();
    let foreign = |neighbors: f64, metric: &'static str, exponent: Option<f64>| {
        let model = model.clone();
        round_trip(
            move |outputs, path| {
                outputs.npz(path, |npz| {
                    npz.add_array("points", &model.points().mapv(f64::from))?;
                    npz.add_array("embedding", model.embedding())?;
                    npz.add_array("a", &array![1.5_f32])?;
                    npz.add_array("b", &arr0(0.75))?;
                    npz.add_array("neighbors", &arr0(neighbors))?;
                    if let Some(exponent) = exponent {
                        npz.add_array("exponent", &arr0(exponent))?;
                    }
                    npz.add_array("metric", &arr0(artifact::Text::from(metric)))
                })
            },
            |path| model_io::umap::read(path).map_err(|error| format!("{error:#}")),
            &["metric"],
        )
    };
    let (found, frame, _) = foreign(4.0, "cosine", None).unwrap();
    assert_eq!((found, frame), (model.clone(), Frame::identity(3, Metric::Cosine)));
    for (neighbors, metric, exponent, told) in [
        (0.0, "cosine", None, "expected neighbors to be one whole number from 2"),
        (f64::INFINITY, "cosine", None, "expected neighbors to be one whole number from 2"),
        (9.0, "cosine", None, "at least as many points as neighbors"),
        (4.0, "hamming", None, "expected metric euclidean or cosine, found hamming"),
        (4.0, "cosine", Some(0.0), "expected an array `center`, found"),
    ] {
        let error = foreign(neighbors, metric, exponent).unwrap_err();
        assert!(error.contains("model.npz: ") && error.contains(told), "{told}: {error}");
    }
}

#[test]
fn the_origin_of_a_mixture_needs_its_offsets() {
    let error = round_trip(
        |outputs, path| {
            outputs.npz(path, |npz| {
                npz.add_array("weights", &array![1.0])?;
                npz.add_array("means", &array![[0.0]])?;
                npz.add_array("covariances", &array![[1.0]])?;
                npz.add_array("covariance_type", &arr0(artifact::Text::from("diag")))?;
                npz.add_array("origin", &array![0.0])
            })
        },
        |path| model_io::gmm::read(path).err().unwrap().to_string(),
        &["origin"],
    );
    assert!(error.contains("expected an array `offsets`, found"), "{error}");
}

#[test]
fn files_of_a_newer_version_are_refused() {
    let newer = |version: f64| {
        move |outputs: &mut Outputs, path: &Path| {
            outputs.npz(path, |npz| {
                npz.add_array("format_version", &arr0(version))?;
                npz.add_array("centroids", &array![[1.0]])
            })
        }
    };
    for read in READERS {
        // Scattering features and centroids have two versions, all other models one.
        let told = round_trip(newer(3.0), read, &["format_version"]);
        assert!(told.contains(" or older, found 3; read it with"), "{told}");
        assert_eq!(told.lines().count(), 1);
        for version in [0.0, 1.5, -1.0, f64::NAN] {
            let told = round_trip(newer(version), read, &["format_version"]);
            assert!(told.contains("expected format_version to be one whole number"), "{told}");
        }
    }
    let read = |path: &Path| model_io::kmeans::read(path).unwrap();
    round_trip(newer(1.0), read, &["centroids"]);
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
    for read in READERS {
        let told = error(read);
        assert!(told.contains("model.npz: expected"), "{told}");
    }
}
