//! The scale of later images is checked against that of the training images.

use autoencoder::{Architecture, Device, Error, Network, Normalize, Pixels, Training};
use ndarray::Array2;

use crate::{architecture, images, params};

fn trained_on(images: Pixels, architecture: &Architecture) -> Network {
    let mut training = Training::new(images, None, architecture, &params(1), Device::Cpu).unwrap();
    training.set_sides([4, 3]);
    let bytes = training.network().to_safetensors().unwrap();
    // What counts is what comes back from the file.
    Network::from_safetensors(&bytes, Device::Cpu).unwrap()
}

#[test]
fn images_far_out_of_the_range_of_the_training_are_refused() {
    let levels = images(210);
    let floats = levels.mapv(f32::from);
    let unit = floats.mapv(|x| x / 255.0);
    let standardized = unit.mapv(|x| (x - 0.2) / 0.3);
    let blank = Array2::<u8>::zeros((5, 12));
    let bytes = Pixels::U8(levels.view());
    let all = [
        ("u1", bytes),
        ("0..1", Pixels::F32(unit.view())),
        ("standardized", Pixels::F32(standardized.view())),
        ("0..255", Pixels::F32(floats.view())),
        ("blank", Pixels::U8(blank.view())),
    ];
    for (trained, accepted) in [
        (bytes, ["u1", "0..1", "standardized", "blank"].as_slice()),
        (all[3].1, &["0..255", "blank"]),
    ] {
        for normalize in [Normalize::None, Normalize::L2] {
            let architecture = Architecture { normalize, ..architecture() };
            let network = trained_on(trained, &architecture);
            let known = network.trained_on().unwrap();
            for (name, images) in all {
                let outcome = known
                    .check_values(images, 0, &architecture)
                    .and_then(|()| known.check_span(images.range(), &architecture));
                let good = normalize == Normalize::L2 || accepted.contains(&name);
                assert_eq!(outcome.is_ok(), good, "{name}: {outcome:?}");
            }
        }
    }
    let network = trained_on(bytes, &architecture());
    let mut one = unit.clone();
    one[[7, 3]] = 200.0;
    let error =
        network.trained_on().unwrap().check_values(Pixels::F32(one.view()), 100, &architecture());
    assert!(matches!(error, Err(Error::Scale { row: 107, found: 200.0, .. })), "{error:?}");
}

#[test]
fn a_dense_network_knows_the_sides_of_its_images() {
    let images = images(210);
    let network = trained_on(Pixels::U8(images.view()), &architecture());
    network.check_sides(&[9, 4, 3]).unwrap();
    network.check_sides(&[9, 12]).unwrap();
    let error = network.check_sides(&[9, 2, 6]).unwrap_err().to_string();
    assert!(error.starts_with("expected images of 4 rows of 3 pixels, found 2 of 6"), "{error}");
}

#[test]
fn scales_that_a_network_does_not_learn_from_are_told() {
    let unusual = |images: &Array2<f32>, normalize| {
        let architecture = Architecture { normalize, ..architecture() };
        let network = trained_on(Pixels::F32(images.view()), &architecture);
        network.trained_on().unwrap().is_unusual(&architecture)
    };
    let floats = images(50).mapv(f32::from);
    assert!(unusual(&floats, Normalize::None));
    assert!(unusual(&floats.mapv(|x| -x / 10.0), Normalize::None));
    assert!(!unusual(&floats, Normalize::L2));
    assert!(!unusual(&floats.mapv(|x| (x - 100.0) / 255.0), Normalize::None));
}
