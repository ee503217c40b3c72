//! Embeddings: by the neighbors that they keep, and of awkward points.

use ndarray::{Array2, Axis, concatenate, s};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use umap::{Connectivity, Error, Init, Metric, Params, fit, neighbors};

use crate::support::{blobs, kept, normal, span};

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    for (d, connectivity) in
        [(8, Connectivity::Union), (70, Connectivity::Union), (8, Connectivity::Mutual)]
    {
        let points = blobs(900, d, 5, 2);
        let params =
            Params { dims: 3, neighbors: 12, epochs: Some(30), connectivity, ..Params::default() };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let umap = fit(points.view(), &params, &mut |_| ()).unwrap().model;
                let new = umap.transform(points.slice(s![..50, ..]), 1, &mut |_| ()).unwrap();
                (umap.embedding().clone(), new)
            })
        };
        let one = with(1);
        assert_eq!(one, with(2));
        assert_eq!(one, with(5));
        let other = fit(points.view(), &Params { seed: 1, ..params.clone() }, &mut |_| ()).unwrap();
        assert_ne!(one.0, other.model.embedding());
    }
}

#[test]
fn clusters_come_apart() {
    let points = blobs(1200, 15, 6, 5);
    for connectivity in [Connectivity::Union, Connectivity::Mutual] {
        for init in [Init::Spectral, Init::Pca] {
            let params =
                Params { dims: 2, connectivity, init, epochs: Some(200), ..Params::default() };
            let umap = fit(points.view(), &params, &mut |_| ()).unwrap().model;
            assert!(kept(umap.embedding().view(), 6) > 0.99, "{connectivity:?} {init:?}");
            let center = |k: usize| {
                let rows: Vec<usize> = (0..1200).filter(|i| i % 6 == k).collect();
                umap.embedding().select(Axis(0), &rows)
            };
            // Farther from one another than they are wide.
            let mean = |k: usize| center(k).mean_axis(Axis(0)).unwrap();
            let width = (center(0) - mean(0))
                .mapv(|x| x * x)
                .sum_axis(Axis(1))
                .mapv(f32::sqrt)
                .mean()
                .unwrap();
            let apart = (mean(0) - mean(1)).mapv(|x| x * x).sum().sqrt();
            assert!(apart > 3.0 * width, "{connectivity:?} {init:?}: {apart} apart, {width} wide");
        }
    }
}

#[test]
fn awkward_points_keep_their_neighbors() {
    let params = Params { dims: 4, neighbors: 5, epochs: Some(200), ..Params::default() };
    // Point i of blob i % k.
    let one_feature = Array2::from_shape_fn((60, 1), |(i, _)| (100 * (i % 3) + i / 3) as f32);
    let far = Array2::from_shape_fn((60, 3), |(i, j)| {
        1e6 * (i % 3) as f32 + (i / 3 * (j + 1) % 17) as f32
    });
    let wide = Array2::from_shape_fn((40, 3000), |(i, j)| (100 * (i % 2) + (i * j) % 13) as f32);
    let base = blobs(200, 4, 5, 1);
    for (name, points, k) in [
        ("as many as neighbors", blobs(5, 3, 1, 0), 1),
        ("one feature", one_feature, 3),
        ("components", far, 3),
        ("wide", wide, 2),
        ("times 1e-37", &base * 1e-37, 5),
        ("times 1e-25", &base * 1e-25, 5),
        ("times 1e-12", &base * 1e-12, 5),
        ("times 1e18", &base * 1e18, 5),
        ("times 1e19", &base * 1e19, 5),
        ("times 1e37", &base * 1e37, 5),
        ("far from the origin", &base + 1e5, 5),
    ] {
        for connectivity in [Connectivity::Union, Connectivity::Mutual] {
            let params = Params { connectivity, ..params.clone() };
            let umap = fit(points.view(), &params, &mut |_| ()).unwrap().model;
            assert_eq!(umap.embedding().dim(), (points.nrows(), 4));
            assert!(umap.embedding().iter().all(|x| x.is_finite()), "{name} {connectivity:?}");
            let kept = kept(umap.embedding().view(), k);
            assert!(kept > 0.98, "{name} {connectivity:?}: {kept}");
            let places = umap.transform(points.view(), 0, &mut |_| ()).unwrap();
            let all = concatenate![Axis(0), *umap.embedding(), places];
            let found = neighbors(all.view(), 1, Metric::Euclidean).unwrap();
            let n = points.nrows();
            let same = (n..2 * n)
                .filter(|&i| (found.indices[[i, 0]] as usize % n) % k == (i - n) % k)
                .count();
            assert!(
                same as f64 > 0.98 * n as f64,
                "{name} {connectivity:?}: {same} of {n} found their blob"
            );
        }
    }
}

/// Squares of a far outlier leave the differences of the others few digits.
#[test]
fn an_outlier_does_not_hide_the_others() {
    let mut points = blobs(300, 4, 3, 3);
    points.row_mut(299).fill(1e25);
    let params = Params { dims: 2, ..Params::default() };
    let umap = fit(points.view(), &params, &mut |_| ()).unwrap().model;
    assert!(kept(umap.embedding().slice(s![..299, ..]), 3) > 0.99);
    // This outlier leaves the others no digits.
    points.row_mut(299).fill(1e38);
    points *= 1e-3;
    let error = fit((points * 1e-28).view(), &Params::default(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::Unresolved { n: 300, .. }), "{error}");
}

/// Hubs stay near the other points although hundreds of edges attract each of them.
///
/// A few points are among the nearest of all others. umap-learn's span is 4 to 5.
#[test]
fn hubs_do_not_throw_points_across_the_map() {
    for seed in 0..4 {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut points = Array2::from_shape_fn((1005, 50), |_| normal(&mut rng));
        for (i, mut row) in points.outer_iter_mut().enumerate() {
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.mapv_inplace(|x| if i < 1000 { x / length } else { 1e-3 * x });
        }
        for (dims, init) in [(10, Init::Spectral), (2, Init::Pca)] {
            let params = Params { dims, init, ..Params::default() };
            let umap = fit(points.view(), &params, &mut |_| ()).unwrap().model;
            let span = span(umap.embedding().view());
            assert!(span < 15.0, "{seed} {init:?}: {span}");
        }
    }
}

/// Copies lie in one place, and do not change the embedding of the others.
#[test]
fn copies_are_embedded_once() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let some = Array2::from_shape_fn((300, 10), |_| normal(&mut rng));
    let copies = Array2::from_shape_fn((2000, 10), |(_, j)| j as f32 * 0.1);
    let points = concatenate![Axis(0), some, copies];
    for init in [Init::Pca, Init::Spectral] {
        for connectivity in [Connectivity::Union, Connectivity::Mutual] {
            let params =
                Params { dims: 2, init, connectivity, epochs: Some(100), ..Params::default() };
            let fitted = fit(points.view(), &params, &mut |_| ()).unwrap();
            assert_eq!(fitted.distinct, 301);
            let umap = fitted.model;
            let place = umap.embedding().row(300);
            assert!(umap.embedding().slice(s![300.., ..]).outer_iter().all(|row| row == place));
            let once = fit(points.slice(s![..301, ..]), &params, &mut |_| ()).unwrap().model;
            assert_eq!(once.embedding(), umap.embedding().slice(s![..301, ..]));
            let places = umap.transform(points.slice(s![299..302, ..]), 0, &mut |_| ()).unwrap();
            assert_eq!(places.row(1), places.row(2));
        }
    }
    // Fewer distinct points than neighbors, one, and none but 0 and -0.
    let params = Params { dims: 2, epochs: Some(20), ..Params::default() };
    for (name, distinct, points) in [
        ("five", 5, Array2::from_shape_fn((50, 3), |(i, j)| (i % 5 * (j + 1)) as f32)),
        ("one", 1, Array2::ones((30, 3))),
        ("zeros", 1, Array2::from_shape_fn((30, 3), |(i, _)| if i % 2 == 0 { 0.0 } else { -0.0 })),
    ] {
        for connectivity in [Connectivity::Union, Connectivity::Mutual] {
            let params = Params { connectivity, ..params.clone() };
            let fitted = fit(points.view(), &params, &mut |_| ()).unwrap();
            assert_eq!(fitted.distinct, distinct, "{name}");
            let umap = fitted.model;
            assert!(umap.embedding().iter().all(|x| x.is_finite()), "{name}");
            for i in distinct..points.nrows() {
                assert_eq!(umap.embedding().row(i), umap.embedding().row(i % distinct), "{name}");
            }
            umap.transform(points.slice(s![..7, ..]), 0, &mut |_| ()).unwrap();
        }
    }
}
