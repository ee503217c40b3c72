//! Points of `f64`, which a frame brings to `f32`.

use ndarray::{Array2, array, s};
use umap::{Error, Frame, Metric, Params, fit};

use crate::support::{blobs, kept};

#[test]
fn points_and_points_that_are_moved_are_embedded_alike() {
    // One component starts from the spectral embedding, five start from principal components.
    for k in [1, 5] {
        let base = blobs(300, 4, k, 9).mapv(|x| (f64::from(x) * 1024.0).round() / 1024.0);
        let params = Params { dims: 3, epochs: Some(40), ..Params::default() };
        let embed = |points: &Array2<f64>| {
            let frame = Frame::of(points.view(), Metric::Euclidean);
            let narrowed = frame.narrow(points.view()).unwrap();
            let umap = narrowed.fit(&params, &mut |_| ()).unwrap().model;
            let new = frame.narrow(points.slice(s![..20, ..])).unwrap();
            let places = umap.transform(new.points().view(), 0, &mut |_| ()).unwrap();
            (umap.embedding().clone(), places)
        };
        let expected = embed(&base);
        assert!(kept(expected.0.view(), k) > 0.98);
        for moved in [1e3, -1e6, 1e9, 1e12] {
            assert_eq!(embed(&(&base + moved)), expected, "{k} moved by {moved}");
        }
        // Of `f32` it takes no frame.
        let single = |moved: f32| {
            let points = base.mapv(|x| x as f32) + moved;
            let fitted = fit(points.view(), &params, &mut |_| ()).unwrap();
            fitted.model.embedding().clone()
        };
        assert_eq!(single(1024.0), single(0.0), "{k}");
        for exponent in [-1000, -300, 300, 1000] {
            let scaled = embed(&(&base * 2.0_f64.powi(exponent)));
            assert!(kept(scaled.0.view(), k) > 0.98, "{k} times 2^{exponent}");
        }
    }
}

#[test]
fn what_single_precision_does_not_hold_is_refused() {
    let base = blobs(300, 4, 3, 3).mapv(f64::from);
    let fitted = |points: &Array2<f64>| {
        let frame = Frame::of(points.view(), Metric::Euclidean);
        frame
            .narrow(points.view())
            .and_then(|narrowed| narrowed.fit(&Params::default(), &mut |_| ()))
    };
    // Blobs that are points to f32, and blobs of which rounding leaves a coarse grid.
    for far in [1e12, 3e8] {
        let apart = Array2::from_shape_fn((300, 4), |(i, j)| base[[i, j]] + far * (i % 3) as f64);
        let error = fitted(&apart).unwrap_err();
        assert!(matches!(error, Error::Unresolved { n: 300, .. }), "{far}: {error}");
        assert!(
            error.to_string().contains("of 300 rows") && !error.to_string().contains('\n'),
            "{error}"
        );
    }
    // Rows that differ by the rounding of f64 are as good as equal.
    let noisy = Array2::from_shape_fn((300, 4), |(i, j)| {
        if i < 150 { 3.0 + 1e-15 * i as f64 } else { base[[i, j]] }
    });
    assert_eq!(fitted(&noisy).unwrap().unresolved, 0);
    // A new point that overflows f32 in the frame of the model.
    let frame = Frame::of(base.view(), Metric::Euclidean);
    let far = array![[1.0, 1.0, 1.0, 1.0], [1e300, 0.0, 0.0, 0.0]];
    assert_eq!(frame.narrow(far.view()).unwrap_err(), Error::TooFar { row: 1 });
    // A point whose squared distance overflows.
    let umap = fitted(&base).unwrap().model;
    let error = umap.transform(array![[0.0, 0.0, 0.0, 1e30]].view(), 0, &mut |_| ()).unwrap_err();
    assert_eq!(error, Error::TooFar { row: 0 });
}

#[test]
fn a_frame_out_of_range_is_refused() {
    let refused = |center: Vec<f64>, exponent: i32| {
        Frame::new(center.into(), exponent, Metric::Euclidean).unwrap_err().to_string()
    };
    assert_eq!(
        refused(vec![0.0, f64::NAN], 0),
        "expected a center of finite values, found NaN; give another model"
    );
    assert!(refused(vec![0.0], 1201).contains("an exponent of -1200..=1200, found 1201"));
    let frame = Frame::new(array![1.0, -2.0], -1200, Metric::Cosine).unwrap();
    assert_eq!((frame.center(), frame.exponent()), (&array![1.0, -2.0], -1200));
    let error = frame.narrow(array![[1.0]].view()).unwrap_err();
    assert_eq!(error, Error::Features { expected: 2, found: 1 });
}
