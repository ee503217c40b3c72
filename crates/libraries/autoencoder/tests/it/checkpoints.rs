//! Checkpoints: which ones a training continues from, and that the same state is the same bytes.

use autoencoder::{Device, Keep, Pixels, TrainParams, Training};

use crate::{architecture, go_on, images, params};

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
