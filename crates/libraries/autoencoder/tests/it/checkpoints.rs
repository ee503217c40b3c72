//! Checkpoints: which ones a training continues from, and that the same state is the same bytes.

use std::ops::ControlFlow;

use autoencoder::{
    Architecture, Augment, Device, EpochOutcome, Keep, Network, Pixels, Schedule, TrainParams,
    Training, train,
};
use ndarray::Array2;

use crate::{architecture, convolutional, images, params};

fn resume(state: &[u8], params: &TrainParams) -> Result<Training, String> {
    let images = images(210);
    let pixels = Pixels::U8(images.view());
    Training::resume(state, "digits", pixels, Some(pixels), &architecture(), params, Device::Cpu)
        .map_err(|error| error.to_string())
}

/// Returns the checkpoint after so many batches; an epoch has seven.
fn state(params: &TrainParams, batches: usize) -> Vec<u8> {
    let images = images(210);
    let pixels = Pixels::U8(images.view());
    let mut training =
        Training::new(pixels, Some(pixels), &architecture(), params, Device::Cpu).unwrap();
    go_on(&mut training, batches);
    training.checkpoint("digits").unwrap()
}

#[test]
fn the_same_state_is_the_same_bytes() {
    // The order of a map's entries changes from one to the next: eight equal files are no chance.
    let first = state(&params(3), 9);
    for _ in 0..7 {
        assert!(state(&params(3), 9) == first);
    }
}

#[test]
fn a_training_that_is_past_its_end_is_refused() {
    // Within the third epoch.
    let state = state(&params(4), 16);
    for epochs in [1, 2] {
        let error = resume(&state, &params(epochs)).unwrap_err();
        let expected = format!(
            "expected the state of a training with at most {epochs} epochs, found one with 3 begun"
        );
        assert!(error.starts_with(&expected), "{error}");
    }
    for epochs in [3, 4, 9] {
        resume(&state, &params(epochs)).unwrap();
    }
}

#[test]
fn the_best_weights_cannot_be_asked_for_where_none_were_kept() {
    let state = state(&params(4), 9);
    for params in [
        TrainParams { keep: Keep::Best, ..params(4) },
        TrainParams { patience: Some(2), ..params(4) },
        TrainParams { patience: Some(2), keep: Keep::Best, ..params(4) },
    ] {
        let error = resume(&state, &params).unwrap_err();
        assert!(
            error.contains("the weights of its best epoch, found one with the last ones alone"),
            "{error}"
        );
    }
    let best = self::state(&TrainParams { keep: Keep::Best, ..params(4) }, 9);
    resume(&best, &TrainParams { keep: Keep::Best, patience: Some(2), ..params(4) }).unwrap();
    resume(&best, &params(4)).unwrap();
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
