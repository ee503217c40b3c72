//! Tests of the library by its public functions. `scripts/tests` reads the weights with PyTorch.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use autoencoder::{
    Architecture, Channels, Device, Network, NetworkKind, Pixels, TrainParams, encode, train,
};
use ndarray::{Array2, ArrayView2};

mod by_hand;
mod checkpoints;
mod color;
mod decoding;
mod foreign;
mod scale;
mod training;
mod weights_files;

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
    let network = NetworkKind::Conv { height: 4, width: 3, channels: Channels::Gray };
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
