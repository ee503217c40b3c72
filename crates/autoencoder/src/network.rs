//! The network as tensors.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::{Device, Kind, Tensor};

use crate::{Activation, Architecture, Result};

/// A dense autoencoder with its weights on a device.
#[derive(Debug)]
pub struct Network {
    pub(crate) architecture: Architecture,
    /// Encoder, then decoder, in the order of [`Architecture::layers`].
    pub(crate) layers: Vec<Layer>,
    pub(crate) device: Device,
}

/// `output = weight input + bias`
#[derive(Debug)]
pub(crate) struct Layer {
    /// (output, input), f32
    pub(crate) weight: Tensor,
    /// (output), f32
    pub(crate) bias: Tensor,
}

impl Network {
    /// A new network: weights uniform in ±√(6 / (input + output)) (Glorot and Bengio 2010; the default of Keras, which
    /// the report was made with), biases 0. The values depend on `seed` alone, not on the device or the threads.
    ///
    /// # Errors
    /// A layer without width; no memory.
    pub fn new(architecture: &Architecture, seed: u64, device: Device) -> Result<Self> {
        architecture.validate()?;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let layers = architecture.layers().into_iter().map(|shape| {
            let bound = (6.0 / (shape.input + shape.output) as f32).sqrt();
            let weight: Vec<f32> =
                (0..shape.input * shape.output).map(|_| rng.gen_range(-bound..=bound)).collect();
            let size = [shape.output as i64, shape.input as i64];
            let weight = Tensor::f_from_slice(&weight)?.f_view(size)?.f_to_device(device)?;
            let bias = Tensor::f_zeros([shape.output as i64], (Kind::Float, device))?;
            Ok(Layer { weight, bias })
        });
        let layers = layers.collect::<Result<Vec<Layer>>>()?;
        Ok(Self { architecture: architecture.clone(), layers, device })
    }

    /// Shape of the network.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Images (rows, input) to latents (rows, latent).
    pub(crate) fn encode(&self, images: &Tensor) -> Result<Tensor> {
        self.run(&self.layers[..self.architecture.encoder_depth()], images)
    }

    /// Images (rows, input) to reconstructions (rows, input), for the loss bce before the sigmoid.
    pub(crate) fn reconstruct(&self, images: &Tensor) -> Result<Tensor> {
        let latents = self.encode(images)?;
        self.run(&self.layers[self.architecture.encoder_depth()..], &latents)
    }

    /// Dense layers with the activation between them, none after the last.
    fn run(&self, layers: &[Layer], input: &Tensor) -> Result<Tensor> {
        let mut values = input.shallow_clone();
        for (i, layer) in layers.iter().enumerate() {
            if i > 0 {
                values = activate(self.architecture.activation, &values)?;
            }
            values = values.f_linear(&layer.weight, Some(&layer.bias))?;
        }
        Ok(values)
    }
}

fn activate(activation: Activation, values: &Tensor) -> Result<Tensor> {
    Ok(match activation {
        Activation::Relu => values.f_relu()?,
        Activation::Elu => values.f_elu()?,
        Activation::Gelu => values.f_gelu("none")?,
        Activation::Tanh => values.f_tanh()?,
        Activation::Sigmoid => values.f_sigmoid()?,
    })
}
