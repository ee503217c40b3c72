//! Tests of the public API: against Kymatio, and of what features are made for.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array2, Axis, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use scattering::{Error, Features, Params, Scattering, scales};
use serde_json::Value;

/// Bright rectangles of random sides and places on black.
fn images(n: usize, side: usize) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(side as u64);
    let mut images = Array2::zeros((n, side * side));
    for mut image in images.outer_iter_mut() {
        let (top, left) = (rng.gen_range(1..side / 3), rng.gen_range(1..side / 3));
        let (bottom, right) =
            (rng.gen_range(side / 2..side - 2), rng.gen_range(side / 2..side - 2));
        let grey = rng.gen_range(0.3..1.0_f32);
        for y in top..bottom {
            image.slice_mut(s![y * side + left..y * side + right]).fill(grey);
        }
    }
    images
}

fn fit(images: &Array2<f32>, side: usize, params: &Params) -> (Features, Array2<f32>) {
    Features::fit(images.view(), (side, side), params, &mut |_, _| ()).unwrap()
}

/// golden: scripts/golden/make_scattering.py
#[test]
fn it_is_kymatios_transform() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("golden/kymatio.json")).unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let numbers =
            |name: &str| -> Vec<f32> { serde_json::from_value(case[name].clone()).unwrap() };
        let setting = |name: &str| case[name].as_u64().unwrap() as usize;
        let size = (setting("height"), setting("width"));
        let scattering = Scattering::new(size, setting("scales"), setting("angles")).unwrap();
        let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
        let (paths, rows, columns) = scattering.shape();
        assert_eq!(shape, [paths, rows, columns]);
        let image = Array2::from_shape_vec((1, size.0 * size.1), numbers("image")).unwrap();
        let found = scattering.transform(image.view()).unwrap();
        let expected = numbers("scattered");
        let most = expected.iter().fold(0.0_f32, |most, x| most.max(*x));
        let wrong = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
        // Kymatio takes 3.1415 for π, and works in single precision.
        assert!(wrong < 1e-4 * most, "{size:?}: {wrong} of {most}");
    }
}

#[test]
fn as_many_scales_as_leave_three_places() {
    assert_eq!([scales(28, 28), scales(8, 8), scales(32, 100), scales(6, 6)], [3, 1, 3, 1]);
    // 28 pixels get black margins to be 4 windows of 8.
    assert_eq!(Scattering::new((28, 28), 3, 8).unwrap().shape(), (217, 4, 4));
}

#[test]
fn a_moved_image_stays_near_and_a_darker_one_stays() {
    let side = 28;
    let originals = images(200, side);
    let (features, points) = fit(&originals, side, &Params::default());
    let moved = {
        let mut moved = Array2::zeros(originals.dim());
        moved.slice_mut(s![.., 1..]).assign(&originals.slice(s![.., ..-1]));
        moved
    };
    let distance = |a: &Array2<f32>, b: &Array2<f32>| {
        let squared = (a - b).mapv(|x| x * x).sum_axis(Axis(1)).mapv(f32::sqrt);
        squared.mean().unwrap()
    };
    let unlike = |points: &Array2<f32>| {
        let mut turned = points.clone();
        turned.slice_mut(s![1.., ..]).assign(&points.slice(s![..-1, ..]));
        distance(&turned, points)
    };
    let after = features.transform(moved.view(), &mut |_, _| ()).unwrap();
    let (of_pixels, of_points) = (
        distance(&moved, &originals) / unlike(&originals),
        distance(&after, &points) / unlike(&points),
    );
    assert!(of_points < 0.7 * of_pixels, "{of_points} {of_pixels}");

    let darker = originals.mapv(|x| 0.5 * x);
    let after = features.transform(darker.view(), &mut |_, _| ()).unwrap();
    assert!(distance(&after, &points) < 1e-5);
}

#[test]
fn directions_are_kept_up_to_dims_and_distances_with_them() {
    let originals = images(300, 12);
    let all = fit(&originals, 12, &Params { dims: 10_000, ..Params::default() }).1;
    assert_eq!(all.dim(), (300, 300), "no more directions than images");
    let distances = |points: &Array2<f32>| {
        (&points.slice(s![1.., ..]) - &points.slice(s![..-1, ..])).mapv(|x| x * x).sum_axis(Axis(1))
    };
    let few = fit(&originals, 12, &Params { dims: 100, ..Params::default() }).1;
    assert_eq!(few.ncols(), 100);
    let (before, after) = (distances(&all), distances(&few));
    assert!(before.iter().zip(&after).all(|(before, after)| *after <= before * 1.0001));
    assert!(after.sum() > 0.98 * before.sum(), "{} {}", after.sum(), before.sum());
    // Fewer values than dims: they stay as they are, of length 1.
    let small = fit(&images(300, 8), 8, &Params::default());
    assert_eq!((small.1.dim(), small.0.dims()), ((300, 144), 144));
    assert!(small.1.outer_iter().all(|row| (row.dot(&row) - 1.0).abs() < 1e-5));
}

#[test]
fn paths_weigh_alike_and_images_too() {
    let originals = images(300, 8);
    let (_, points) = fit(&originals, 8, &Params::default());
    // By hand: each path is divided by its standard deviation over images and places, each image
    // by its length.
    let scattering = Scattering::new((8, 8), 1, 8).unwrap();
    let mut expected = scattering.transform(originals.view()).unwrap();
    let (paths, rows, columns) = scattering.shape();
    for mut path in expected.axis_chunks_iter_mut(Axis(1), rows * columns) {
        let deviation = path.std(0.0);
        path.mapv_inplace(|x| x / deviation);
    }
    assert_eq!(expected.ncols() / (rows * columns), paths);
    for (mut image, point) in expected.outer_iter_mut().zip(points.outer_iter()) {
        let length = image.dot(&image).sqrt();
        image.mapv_inplace(|x| x / length);
        let wrong = (&image - &point).iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        assert!(wrong < 1e-5, "{wrong}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing_and_a_black_image_is_no_trouble() {
    let mut originals = images(150, 12);
    originals.row_mut(7).fill(0.0);
    let params = Params { dims: 20, ..Params::default() };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit(&originals, 12, &params))
    };
    let (features, points) = with(1);
    assert_eq!((features.clone(), points.clone()), with(5));
    assert!(points.iter().all(|x| x.is_finite()));
    assert_eq!(features.transform(originals.view(), &mut |_, _| ()).unwrap(), points);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let originals = images(10, 12);
    let told = |size, params: &Params| {
        Features::fit(originals.view(), size, params, &mut |_, _| ()).unwrap_err().to_string()
    };
    assert_eq!(
        told((6, 12), &Params::default()),
        "expected images of 6 x 12 pixels, found 144 pixels; give images of that size"
    );
    assert!(
        told((12, 12), &Params { scales: Some(3), ..Params::default() })
            .starts_with("expected 1 to 2 scales")
    );
    assert!(
        told((12, 12), &Params { angles: 1, ..Params::default() })
            .starts_with("expected 2 to 64 angles")
    );
    assert!(told((12, 12), &Params { dims: 0, ..Params::default() }).contains("dims"));
    assert!(Scattering::new((3, 40), 1, 8).err().unwrap().to_string().contains("3 x 40"));
    // A model whose arrays are of other images, such as one that promises large ones.
    let (model, _) = fit(&originals, 12, &Params::default());
    let other = Features::new((4096, 4096), 10, 64, model.deviations.clone(), model.pca.clone());
    assert!(other.unwrap_err().to_string().contains("give another model"));
    let same = Features::new(
        model.size,
        model.scales,
        model.angles,
        model.deviations.clone(),
        model.pca.clone(),
    );
    assert_eq!(same, Ok(model));
    let mut wrong = originals.clone();
    wrong[[3, 5]] = f32::NAN;
    let error =
        Features::fit(wrong.view(), (12, 12), &Params::default(), &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, Error::NotFinite { row: 3, column: 5, .. }));
}

#[test]
fn all_images_times_a_number_have_the_same_features() {
    let originals = images(200, 12);
    let params = Params { dims: 30, ..Params::default() };
    let (_, expected) = fit(&originals, 12, &params);
    for factor in [1e-36_f32, 1e-23, 1e-9, 3.0, 1e20, 1e38] {
        let (model, points) = fit(&originals.mapv(|x| x * factor), 12, &params);
        let wrong = (&points - &expected).iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        assert!(wrong < 1e-5, "{factor}: {wrong}");
        // A new image of any size lies where the same image of another size does.
        let some = originals.slice(s![..20, ..]);
        let (small, large) = (some.mapv(|x| x * 1e-30), some.mapv(|x| x * 1e30));
        let found =
            [small, large].map(|images| model.transform(images.view(), &mut |_, _| ()).unwrap());
        for found in found {
            let wrong = (&found - &expected.slice(s![..20, ..]))
                .iter()
                .fold(0.0_f32, |most, x| most.max(x.abs()));
            assert!(wrong < 1e-5, "{factor}, others: {wrong}");
        }
    }
}

#[test]
fn one_bright_image_makes_no_feature_infinite() {
    let mut originals = images(100, 12);
    originals.row_mut(17).mapv_inplace(|x| x * 1e20);
    for dims in [20, 10_000] {
        let (model, points) = fit(&originals, 12, &Params { dims, ..Params::default() });
        assert!(points.iter().all(|x| x.is_finite()));
        assert!(model.deviations.iter().all(|x| x.is_finite()));
        // Each still is itself, and not all the same.
        assert!((&points.row(3) - &points.row(4)).iter().any(|x| x.abs() > 1e-3));
    }
    let scattering = Scattering::new((12, 12), 2, 8).unwrap();
    let bright = Array2::from_elem((2, 144), 3e38_f32);
    match scattering.transform(bright.view()) {
        Ok(found) => assert!(found.iter().all(|x| x.is_finite())),
        Err(error) => assert_eq!(error, Error::TooLarge { row: 0 }),
    }
}

#[test]
fn points_of_a_fit_are_those_of_its_model_where_not_all_images_are_sampled() {
    // 10,000 images are looked at; the others are scattered later.
    let some = images(300, 6);
    let rows: Vec<usize> = (0..10_700).map(|i| (i * 7) % 300).collect();
    let many = some.select(Axis(0), &rows);
    let (model, points) = fit(&many, 6, &Params { dims: 12, angles: 4, ..Params::default() });
    assert_eq!(model.transform(many.view(), &mut |_, _| ()).unwrap(), points);
}
