//! Trainings: losses, precisions, activations, seeds, and what is refused.

use autoencoder::{
    Activation, Architecture, Augment, Channels, Device, Error, Keep, Loss, NetworkKind, Pixels,
    Precision, Progress, TrainParams, encode, train,
};
use ndarray::{Array2, s};

use crate::{architecture, convolutional, images, params, trained};

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
        let network = NetworkKind::Conv { height, width, channels: Channels::Gray };
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

    let conv = |height, width, channels| NetworkKind::Conv { height, width, channels };
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
        (Architecture { network: conv(3, 3, Channels::Gray), ..architecture() }, params(1)),
        (Architecture { network: conv(4, 3, Channels::Rgb), ..architecture() }, params(1)),
        (
            Architecture { network: conv(1 << 40, 1 << 40, Channels::Gray), ..architecture() },
            params(1),
        ),
        (
            Architecture { network: conv(1 << 31, 1 << 32, Channels::Rgb), ..architecture() },
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
