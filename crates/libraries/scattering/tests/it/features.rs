//! Features: what they are made for, and how they are made.

use ndarray::{Array2, Axis, s};
use scattering::{Params, Scattering};

use crate::support::{fit, images};

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
    let after = features.transform(moved.view(), &mut |_| ()).unwrap();
    let (of_pixels, of_points) = (
        distance(&moved, &originals) / unlike(&originals),
        distance(&after, &points) / unlike(&points),
    );
    assert!(of_points < 0.7 * of_pixels, "{of_points} {of_pixels}");

    let darker = originals.mapv(|x| 0.5 * x);
    let after = features.transform(darker.view(), &mut |_| ()).unwrap();
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
    assert_eq!(features.transform(originals.view(), &mut |_| ()).unwrap(), points);
}

#[test]
fn points_of_a_fit_are_those_of_its_model_where_not_all_images_are_sampled() {
    // 10,000 images are looked at; the others are scattered later.
    let some = images(300, 6);
    let rows: Vec<usize> = (0..10_700).map(|i| (i * 7) % 300).collect();
    let many = some.select(Axis(0), &rows);
    let (model, points) = fit(&many, 6, &Params { dims: 12, angles: 4, ..Params::default() });
    assert_eq!(model.transform(many.view(), &mut |_| ()).unwrap(), points);
}
