//! The transform against Kymatio: `scripts/golden/make_scattering.py` makes the golden file.

use ndarray::Array2;
use scattering::{Scattering, scales};
use serde_json::Value;

/// golden: scripts/golden/make_scattering.py
#[test]
fn it_is_kymatios_transform() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../golden/kymatio.json")).unwrap();
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
