//! Tests of the library by its public functions. `scripts/tests` reads the weights with PyTorch.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::ops::ControlFlow;

use autoencoder::{
    Activation, Architecture, Augment, Device, EpochOutcome, Error, Keep, Loss, Network,
    NetworkKind, Normalize, Pixels, Precision, Progress, Schedule, TrainParams, Training, decode,
    denormalize, encode, train,
};
use ndarray::{Array2, ArrayView2, s};

mod checkpoints;
mod foreign;
mod scale;

/// Returns images of 12 pixels that two latents describe: a ramp and a step of some height each.
fn images(n: usize) -> Array2<u8> {
    Array2::from_shape_fn((n, 12), |(i, pixel)| {
        let (ramp, step) = (i % 7, i % 5);
        (ramp * pixel + if pixel > 5 { 20 * step } else { 0 }) as u8
    })
}

fn architecture() -> Architecture {
    Architecture { input: 12, hidden: vec![16, 8], latent: 2, ..Architecture::default() }
}

/// Returns a network for the images as 4 x 3 pixels, which become 2 x 2 and then 1 x 1.
fn convolutional() -> Architecture {
    let network = NetworkKind::Conv { height: 4, width: 3 };
    Architecture { network, hidden: vec![6, 9], ..architecture() }
}

fn params(epochs: usize) -> TrainParams {
    TrainParams { epochs, batch: 32, lr: 1e-2, seed: 3, ..TrainParams::default() }
}

fn trained(architecture: &Architecture, epochs: usize) -> autoencoder::Trained {
    let images = images(210);
    train(Pixels::U8(images.view()), None, architecture, &params(epochs), Device::Cpu, &mut |_| {})
        .unwrap()
}

fn latents(network: &Network, images: ArrayView2<u8>) -> Array2<f32> {
    encode(network, Pixels::U8(images), &mut |_| {}).unwrap()
}

/// Computes the mean squared difference of images (n, pixels) from gray levels.
fn squared_error(images: &Array2<f32>, levels: ArrayView2<u8>) -> f64 {
    let pairs = images.iter().zip(levels);
    pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b) / 255.0).powi(2)).sum::<f64>()
        / images.len() as f64
}

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

#[test]
fn training_lowers_the_loss_and_says_how_far_it_is() {
    let images = images(210);
    let validation = images.slice(s![..50, ..]).to_owned();
    let mut events = Vec::new();
    let (images, validation) = (Pixels::U8(images.view()), Pixels::U8(validation.view()));
    let trained =
        train(images, Some(validation), &architecture(), &params(20), Device::Cpu, &mut |event| {
            events.push(event);
        })
        .unwrap();
    let (first, last) = (&trained.losses[0], &trained.losses[19]);
    assert!(last.train < 0.2 * first.train, "{} to {}", first.train, last.train);
    assert!(last.validation.unwrap() < 0.2 * first.validation.unwrap());
    assert_eq!(
        trained.losses.iter().map(|losses| losses.epoch).collect::<Vec<_>>(),
        (1..=20).collect::<Vec<_>>()
    );

    let epochs = events.iter().filter(|event| matches!(event, Progress::Epoch { .. })).count();
    assert_eq!(epochs, 20);
    let seen = events.iter().rev().find_map(|event| match event {
        Progress::Batch(batch) => Some(batch.images),
        Progress::Epoch { .. } => None,
    });
    assert_eq!(seen, Some(20 * 210), "the last partial batch counts");
}

/// Returns parameters that switch on everything that a checkpoint stores.
fn eventful() -> TrainParams {
    TrainParams {
        schedule: Schedule::OneCycle,
        weight_decay: 0.01,
        clip: Some(0.1),
        keep: Keep::Best,
        patience: Some(7),
        augment: Augment { noise: 0.2, ..Augment::default() },
        ..params(8)
    }
}

/// Trains on so many batches and returns their number, or `None` once the training is over.
fn go_on(training: &mut Training, batches: usize) -> Option<usize> {
    let mut left = batches;
    while left > 0 {
        let outcome = training.epoch(&mut |_| {
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if outcome.unwrap() == EpochOutcome::Finished {
            return None;
        }
    }
    Some(batches)
}

/// The training stops after any batch: within an epoch or at its end, in the middle of the
/// learning rate cycle and of the comparison of validation losses.
#[test]
fn a_training_that_is_broken_off_ends_as_if_nothing_had_happened() {
    // The number of `Architecture::reproducible_threads`.
    tch::set_num_threads(1);
    let images = images(210);
    // Black comes out black of a network that has learned nothing, and less so later.
    let black = Array2::<u8>::zeros((20, 12));
    let (pixels, validation) = (Pixels::U8(images.view()), Some(Pixels::U8(black.view())));
    let params = eventful();
    for architecture in [architecture(), convolutional()] {
        let whole =
            train(pixels, validation, &architecture, &params, Device::Cpu, &mut |_| {}).unwrap();
        assert!((1..8).contains(&whole.epoch), "the best is not the last: {}", whole.epoch);
        // An epoch has 7 batches.
        for batches in [1, 5, 7, 16] {
            let mut training =
                Training::new(pixels, validation, &architecture, &params, Device::Cpu).unwrap();
            let mut pieces = 0;
            while go_on(&mut training, batches).is_some() {
                let state = training.checkpoint("digits").unwrap();
                training = Training::resume(
                    &state,
                    "digits",
                    pixels,
                    validation,
                    &architecture,
                    &params,
                    Device::Cpu,
                )
                .unwrap();
                pieces += 1;
            }
            assert!(pieces >= 2, "{pieces}");
            let trained = training.finish().unwrap();
            assert_eq!((trained.epoch, &trained.losses), (whole.epoch, &whole.losses), "{batches}");
            assert_eq!(
                trained.network.to_safetensors().unwrap(),
                whole.network.to_safetensors().unwrap(),
                "{batches}"
            );
        }
    }
}

#[test]
fn a_checkpoint_is_a_weights_file_too() {
    let images = images(210);
    let pixels = Pixels::U8(images.view());
    let mut training =
        Training::new(pixels, None, &architecture(), &params(3), Device::Cpu).unwrap();
    go_on(&mut training, 9);
    let read = Network::from_safetensors(&training.checkpoint("").unwrap(), Device::Cpu).unwrap();
    assert_eq!(read.to_safetensors().unwrap(), training.network().to_safetensors().unwrap());
}

#[test]
fn checkpoints_of_other_trainings_are_refused() {
    let images = images(210);
    let pixels = Pixels::U8(images.view());
    let params = params(3);
    let mut training = Training::new(pixels, None, &architecture(), &params, Device::Cpu).unwrap();
    go_on(&mut training, 9);
    let state = training.checkpoint("digits").unwrap();
    let resume = |state: &[u8], data: &str, architecture: &Architecture, params: &TrainParams| {
        Training::resume(state, data, pixels, None, architecture, params, Device::Cpu)
            .map_err(|error| error.to_string())
    };
    assert!(resume(&state, "digits", &architecture(), &params).is_ok());
    // Longer than it was begun, where the rate does not depend on it.
    assert!(
        resume(&state, "digits", &architecture(), &TrainParams { epochs: 30, ..params.clone() })
            .is_ok()
    );
    let other = Architecture { latent: 3, ..architecture() };
    let cut = &state[..state.len() - 4];
    let weights = training.network().to_safetensors().unwrap();
    for (state, data, architecture, params, expected) in [
        (&state[..], "letters", &architecture(), params.clone(), "found one with others"),
        (&state, "digits", &other, params.clone(), "latent 3, found one with latent 2"),
        (
            &state,
            "digits",
            &architecture(),
            TrainParams { lr: 0.02, ..params.clone() },
            "lr 0.02, found one with lr 0.01",
        ),
        (
            &state,
            "digits",
            &architecture(),
            TrainParams { seed: 9, ..params.clone() },
            "seed 9, found one with seed 3",
        ),
        (
            &state,
            "digits",
            &architecture(),
            TrainParams { schedule: Schedule::Cosine, epochs: 3, ..params.clone() },
            "schedule",
        ),
        (cut, "digits", &architecture(), params.clone(), "something else"),
        (&weights, "digits", &architecture(), params.clone(), "found weights alone"),
        (b"{}", "digits", &architecture(), params.clone(), "something else"),
    ] {
        let refused = resume(state, data, architecture, &params).unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    }
}

/// The validation images are negatives, whose loss does not fall in every epoch.
#[test]
fn patience_ends_a_training_that_does_not_get_better() {
    let images = images(210);
    let negatives = images.mapv(|level| 255 - level);
    let run = |epochs, keep, patience| {
        let params = TrainParams { keep, patience, ..params(epochs) };
        let (images, validation) = (Pixels::U8(images.view()), Pixels::U8(negatives.view()));
        train(images, Some(validation), &architecture(), &params, Device::Cpu, &mut |_| {}).unwrap()
    };
    let all = run(8, Keep::Last, None);
    let validation: Vec<f64> = all.losses.iter().map(|losses| losses.validation.unwrap()).collect();
    let best_of = |epochs: usize| {
        (1..=epochs).min_by(|&a, &b| validation[a - 1].total_cmp(&validation[b - 1])).unwrap()
    };
    // The first epoch that two worse ones follow.
    let end = (3..8).find(|&epoch| best_of(epoch) == epoch - 2).unwrap();
    assert!(best_of(8) > end, "better ones are missed: {validation:?}");
    assert_eq!((all.epoch, all.losses.len()), (8, 8));

    let last_of = |epochs| run(epochs, Keep::Last, None).network.to_safetensors().unwrap();
    for (keep, patience, epoch, epochs) in [
        (Keep::Best, Some(2), end - 2, end),
        (Keep::Last, Some(2), end, end),
        (Keep::Best, None, best_of(8), 8),
        (Keep::Best, Some(7), best_of(8), 8),
    ] {
        let trained = run(8, keep, patience);
        assert_eq!((trained.epoch, trained.losses.len()), (epoch, epochs), "{keep} {patience:?}");
        assert_eq!(trained.losses, all.losses[..epochs]);
        assert_eq!(
            trained.network.to_safetensors().unwrap(),
            last_of(epoch),
            "{keep} {patience:?}"
        );
    }
}

/// Training in 16 bits works, and gives other weights than training in 32.
#[test]
fn training_in_bf16_learns_as_well() {
    for architecture in [architecture(), convolutional()] {
        let images = images(210);
        let run = |precision| {
            let params = TrainParams { precision, ..params(20) };
            let images = Pixels::U8(images.view());
            train(images, None, &architecture, &params, Device::Cpu, &mut |_| {}).unwrap().losses
        };
        let (full, half) = (run(Precision::F32), run(Precision::Bf16));
        assert!((half[0].train - full[0].train).abs() < 0.02 * full[0].train, "{half:?} {full:?}");
        assert_ne!(half[0].train, full[0].train);
        assert!(half[19].train < 0.3 * half[0].train, "{half:?}");
    }
}

/// Images of any height and width keep their size, and augmented ones lead to the clean ones.
#[test]
fn convolutions_train_on_images_of_any_sides() {
    // The number of `Architecture::reproducible_threads`; with more, such small steps are slow.
    tch::set_num_threads(1);
    for (height, width, hidden) in
        [(4, 3, vec![6, 9]), (12, 1, vec![8]), (1, 12, vec![4, 4, 4]), (2, 6, vec![5])]
    {
        let network = NetworkKind::Conv { height, width };
        let architecture = Architecture { network, hidden, ..architecture() };
        let images = images(210);
        let augment = Augment { scale: 0.2, blur: 0.3, width: Some(width), ..Augment::default() };
        let (images, params) = (Pixels::U8(images.view()), TrainParams { augment, ..params(20) });
        let trained =
            train(images, None, &architecture, &params, Device::Cpu, &mut |_| {}).unwrap();
        let (first, last) = (trained.losses[0].train, trained.losses[19].train);
        assert!(last < 0.7 * first, "{height} x {width}: {first} to {last}");
    }
}

#[test]
fn every_activation_and_loss_trains() {
    for activation in
        [Activation::Relu, Activation::Elu, Activation::Gelu, Activation::Tanh, Activation::Sigmoid]
    {
        for loss in [Loss::Mse, Loss::Bce] {
            let trained = trained(&Architecture { activation, loss, ..architecture() }, 5);
            let (first, last) = (trained.losses[0].train, trained.losses[4].train);
            assert!(last < first, "{activation} {loss}: {first} to {last}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let once = trained(&architecture(), 2).network.to_safetensors().unwrap();
    assert_eq!(once, trained(&architecture(), 2).network.to_safetensors().unwrap());
    let images = images(210);
    let other = TrainParams { seed: 4, ..params(2) };
    let other =
        train(Pixels::U8(images.view()), None, &architecture(), &other, Device::Cpu, &mut |_| {})
            .unwrap();
    assert_ne!(once, other.network.to_safetensors().unwrap());
}

#[test]
fn weights_come_back_as_they_were_saved() {
    for architecture in [architecture(), convolutional()] {
        let architecture =
            Architecture { activation: Activation::Tanh, loss: Loss::Bce, ..architecture };
        let network = trained(&architecture, 1).network;
        let bytes = network.to_safetensors().unwrap();
        let read = Network::from_safetensors(&bytes, Device::Cpu).unwrap();
        assert_eq!(read.architecture(), &architecture);
        assert_eq!(read.to_safetensors().unwrap(), bytes);
        let images = images(30);
        assert_eq!(latents(&read, images.view()), latents(&network, images.view()));
    }
}

/// The file of a dense network is the same as before there were convolutional ones.
#[test]
fn the_metadata_of_a_dense_network_knows_no_other() {
    let bytes = trained(&architecture(), 1).network.to_safetensors().unwrap();
    let metadata = concat!(
        r#"{"__metadata__":{"autoencoder":"{\"activation\":\"relu\",\"loss\":\"mse\","#,
        r#"\"normalize\":\"none\",\"images\":{"#
    );
    assert!(
        bytes[8..].starts_with(metadata.as_bytes()),
        "{}",
        String::from_utf8_lossy(&bytes[8..200])
    );
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
fn a_loss_that_is_not_finite_ends_the_run() {
    let huge = Array2::from_elem((64, 12), 1e30f32);
    let outcome = train(
        Pixels::F32(huge.view()),
        None,
        &architecture(),
        &params(1),
        Device::Cpu,
        &mut |_| {},
    );
    let Err(error @ Error::Diverged { epoch: 1, .. }) = outcome else { panic!("{outcome:?}") };
    assert!(error.to_string().contains("lower the learning rate"), "{error}");

    // One batch in one epoch: its loss is looked at before the step that ruins the weights.
    let images = images(20);
    let params = TrainParams { lr: 1e30, ..params(1) };
    for validation in [None, Some(Pixels::U8(images.view()))] {
        let outcome = train(
            Pixels::U8(images.view()),
            validation,
            &architecture(),
            &params,
            Device::Cpu,
            &mut |_| {},
        );
        assert!(matches!(outcome, Err(Error::Diverged { epoch: 1, .. })), "{outcome:?}");
    }
}

#[test]
fn latents_that_are_not_finite_are_refused() {
    let network = trained(&architecture(), 1).network;
    let mut images = Array2::<f32>::zeros((1005, 12));
    images.row_mut(1003).fill(f32::MAX);
    let outcome = encode(&network, Pixels::F32(images.view()), &mut |_| {});
    assert!(matches!(outcome, Err(Error::LatentsNotFinite { row: 1003 })), "{outcome:?}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let network = trained(&architecture(), 1).network;
    let wide = Array2::<u8>::zeros((3, 13));
    let outcome = encode(&network, Pixels::U8(wide.view()), &mut |_| {});
    assert!(matches!(outcome, Err(Error::ImageSize { expected: 12, found: 13 })), "{outcome:?}");

    let mut bright = Array2::<f32>::zeros((3, 12));
    bright[[2, 5]] = 1.5;
    let bce = Architecture { loss: Loss::Bce, ..architecture() };
    let outcome =
        train(Pixels::F32(bright.view()), None, &bce, &params(1), Device::Cpu, &mut |_| {});
    assert!(matches!(outcome, Err(Error::PixelRange { row: 2, .. })), "{outcome:?}");

    for (architecture, params) in [
        (Architecture { latent: 0, ..architecture() }, params(1)),
        (architecture(), params(0)),
        (architecture(), TrainParams { batch: 0, ..params(1) }),
        (architecture(), TrainParams { lr: f64::NAN, ..params(1) }),
        (architecture(), TrainParams { lr: 1e38, ..params(1) }),
        (architecture(), TrainParams { weight_decay: -1.0, ..params(1) }),
        (architecture(), TrainParams { weight_decay: 1e9, ..params(1) }),
        (architecture(), TrainParams { clip: Some(0.0), ..params(1) }),
        (architecture(), TrainParams { clip: Some(f64::NAN), ..params(1) }),
        (architecture(), TrainParams { patience: Some(0), ..params(1) }),
        (architecture(), TrainParams { patience: Some(2), ..params(1) }),
        (architecture(), TrainParams { keep: Keep::Best, ..params(1) }),
        (architecture(), TrainParams { precision: Precision::Tf32, ..params(1) }),
        (Architecture { hidden: vec![9_999_999_999], ..architecture() }, params(1)),
        (Architecture { hidden: vec![1_000_000, 1_000_000], ..architecture() }, params(1)),
        (Architecture { hidden: vec![], ..convolutional() }, params(1)),
        (Architecture { hidden: vec![6, 0], ..convolutional() }, params(1)),
        (Architecture { hidden: vec![10_000, 10_000], ..convolutional() }, params(1)),
        (
            Architecture { network: NetworkKind::Conv { height: 3, width: 3 }, ..architecture() },
            params(1),
        ),
        (
            Architecture {
                network: NetworkKind::Conv { height: 1 << 40, width: 1 << 40 },
                ..architecture()
            },
            params(1),
        ),
    ] {
        let images = images(10);
        let outcome = train(
            Pixels::U8(images.view()),
            None,
            &architecture,
            &params,
            Device::Cpu,
            &mut |_| {},
        );
        assert!(matches!(outcome, Err(Error::Parameter { .. })), "{outcome:?}");
    }
}

fn refused(bytes: &[u8]) -> String {
    Network::from_safetensors(bytes, Device::Cpu).unwrap_err().to_string()
}

/// Returns the file with one name or number in its header changed.
fn changed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let header_length = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..header_length]).unwrap();
    assert!(header.contains(from), "{header}");
    [&bytes[..8], header.replace(from, to).as_bytes(), &bytes[header_length..]].concat()
}

/// Each invalid file is refused in one line.
#[test]
fn weights_that_are_none_are_refused() {
    let bytes = trained(&architecture(), 1).network.to_safetensors().unwrap();
    for length in [0, 7, 8, 100, bytes.len() - 1] {
        assert!(refused(&bytes[..length]).starts_with("expected the weights"), "{length} bytes");
    }
    assert!(refused(&u64::MAX.to_le_bytes()).starts_with("expected the weights"));

    let changed = |from: &str, to: &str| changed(&bytes, from, to);
    assert!(
        refused(&changed("encoder.0.weight", "encoder.0.height"))
            .contains("found no encoder.0.weight")
    );
    assert!(
        refused(&changed("decoder.2.bias", "decoder.2.base")).contains("found no decoder.2.bias")
    );
    assert!(refused(&changed("relu", "rely")).contains("found something else"));
    assert!(
        refused(&changed("[16,12]", "[12,16]")).contains("encoder.2.weight that takes 16 values")
    );
    let mut poisoned = bytes.clone();
    let last = poisoned.len() - 4;
    poisoned[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(refused(&poisoned).contains("that are not finite"));
}

#[test]
fn convolutions_that_do_not_fit_are_refused() {
    let bytes = trained(&convolutional(), 1).network.to_safetensors().unwrap();
    let refused = |from: &str, to: &str| refused(&changed(&bytes, from, to));
    assert!(refused("encoder.2.weight", "encoder.2.height").contains("found no encoder.3.weight"));
    assert!(refused("encoder.5.weight", "encoder.5.height").contains("found no encoder.5.weight"));
    assert!(refused("decoder.3.bias", "decoder.3.base").contains("found no decoder.3.bias"));
    assert!(
        refused("[9,6,3,3]", "[6,9,3,3]")
            .contains("encoder.2.weight of dtype F32 and shape [6, 9, 3, 3]")
    );
    assert!(refused("[6,1,5,5]", "[6, 25,1]").contains("encoder.0.weight of shape [6, 25, 1]"));
    assert!(refused("[2,9]", "[9,2]").contains("encoder.5.weight of dtype F32 and shape [9, 2]"));
    assert!(refused("\\\"height\\\":4", "\\\"height\\\":9").contains("shape [2, 9]"));
    assert!(refused("conv", "cone").contains("found something else"));
    let dense = refused(r#",\"network\":{\"conv\":{\"height\":4,\"width\":3}}"#, &" ".repeat(50));
    assert!(dense.contains("found encoder.0.weight of shape [6, 1, 5, 5]"), "{dense}");

    // Images of as many pixels in other rows.
    let error = convolutional().check_sides(&[7, 3, 4]).unwrap_err().to_string();
    assert!(error.starts_with("expected images of 4 rows of 3 pixels, found 3 of 4"), "{error}");
    for (architecture, shape) in [
        (convolutional(), &[7, 4, 3][..]),
        (convolutional(), &[7, 12]),
        (architecture(), &[7, 3, 4]),
    ] {
        architecture.check_sides(shape).unwrap();
    }
}

#[path = "../../../../../fuzz/checks/weights.rs"]
mod weights;

#[test]
fn what_fuzzing_kept_is_read_or_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fuzz/corpus/weights");
    let files =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let tried = files.map(|data| weights::check(&weights::file(&data))).count();
    assert!(tried > 20, "{tried} files");
}
