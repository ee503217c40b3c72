//! Latents and decoded images: of which images they are, and of what scale.

use autoencoder::{
    Architecture, Device, Error, Loss, Normalize, Pixels, decode, denormalize, encode, train,
};
use ndarray::{Array2, s};

use crate::{architecture, convolutional, images, latents, params, squared_error, trained};

#[test]
fn decoded_latents_are_the_images_that_the_loss_was_measured_on() {
    // The number of `Architecture::reproducible_threads`.
    tch::set_num_threads(1);
    for architecture in [architecture(), convolutional()] {
        let images = images(210);
        let trained = train(
            Pixels::U8(images.view()),
            Some(Pixels::U8(images.view())),
            &architecture,
            &params(5),
            Device::Cpu,
            &mut |_| {},
        );
        let trained = trained.unwrap();
        let latents = latents(&trained.network, images.view());
        let mut done = Vec::new();
        let decoded =
            decode(&trained.network, latents.view(), &mut |rows| done.push(rows)).unwrap();
        assert_eq!((decoded.dim(), done.as_slice()), (images.dim(), [210].as_slice()));
        let expected = trained.losses[4].validation.unwrap();
        let found = squared_error(&decoded, images.view());
        assert!((found - expected).abs() < 1e-6 * expected.max(1e-3), "{found} and {expected}");
        // One image is decoded as it is among others.
        let alone = decode(&trained.network, latents.slice(s![7..8, ..]), &mut |_| {}).unwrap();
        assert_eq!(alone.row(0), decoded.row(7));
        let outcome = decode(&trained.network, latents.slice(s![.., 1..]), &mut |_| {});
        assert!(matches!(outcome, Err(Error::LatentSize { .. })), "{outcome:?}");
    }
}

#[test]
fn images_decoded_by_a_network_of_normalized_ones_are_as_bright_as_theirs() {
    let architecture =
        Architecture { normalize: Normalize::L2, hidden: vec![16], ..architecture() };
    let images = images(210);
    let network = trained(&architecture, 40).network;
    let mut decoded =
        decode(&network, latents(&network, images.view()).view(), &mut |_| {}).unwrap();
    let before = squared_error(&decoded, images.view());
    denormalize(Pixels::U8(images.view()), &network, &mut decoded);
    let after = squared_error(&decoded, images.view());
    assert!(after < 0.01 && after < before / 20.0, "{before} and {after}");
    // A network of images as they are leaves them so.
    let plain = trained(&self::architecture(), 1).network;
    let unchanged = decoded.clone();
    denormalize(Pixels::U8(images.view()), &plain, &mut decoded);
    assert_eq!(decoded, unchanged);
}

#[test]
fn images_decoded_for_the_loss_bce_are_probabilities() {
    let architecture = Architecture { loss: Loss::Bce, ..architecture() };
    let images = images(210);
    let network = trained(&architecture, 5).network;
    let decoded = decode(&network, latents(&network, images.view()).view(), &mut |_| {}).unwrap();
    assert!(decoded.iter().all(|level| (0.0..=1.0).contains(level)));
    assert!(squared_error(&decoded, images.view()) < 0.1);
}

/// An image has the same latents, bit for bit, in a file of any length (blocks have 1,000 rows).
#[test]
fn latents_do_not_depend_on_what_stands_beside_an_image() {
    for architecture in [architecture(), convolutional()] {
        let network = trained(&architecture, 1).network;
        let images = images(2005);
        let all = latents(&network, images.view());
        assert_eq!(all.dim(), (2005, 2));
        for (start, end) in [(0, 1), (0, 1000), (3, 1004), (999, 2005), (2004, 2005)] {
            let part = latents(&network, images.slice(s![start..end, ..]));
            assert_eq!(part, all.slice(s![start..end, ..]), "{start}..{end}");
        }
    }
}

#[test]
fn gray_levels_and_their_255ths_are_the_same_images() {
    let network = trained(&architecture(), 1).network;
    let levels = images(20);
    let floats = levels.mapv(|level| f32::from(level) / 255.0);
    let encoded = encode(&network, Pixels::F32(floats.view()), &mut |_| {}).unwrap();
    assert_eq!(encoded, latents(&network, levels.view()));
}

#[test]
fn latents_that_are_not_finite_are_refused() {
    let network = trained(&architecture(), 1).network;
    let mut images = Array2::<f32>::zeros((1005, 12));
    images.row_mut(1003).fill(f32::MAX);
    let outcome = encode(&network, Pixels::F32(images.view()), &mut |_| {});
    assert!(matches!(outcome, Err(Error::LatentsNotFinite { row: 1003 })), "{outcome:?}");
}
