//! Images of any brightness.

use ndarray::{Array2, s};
use scattering::{Error, Params, Scattering};

use crate::support::{fit, images};

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
            [small, large].map(|images| model.transform(images.view(), &mut |_| ()).unwrap());
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
        assert!(model.deviations().iter().all(|x| x.is_finite()));
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
