//! A network as tensors: its initial weights and the forward pass.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::{Device, Tensor};

use crate::pixels::{channels_first, channels_last};
use crate::{Activation, Architecture, Init, LayerKind, LayerShape, Result, TrainedOn};

/// An autoencoder with its weights on a device.
#[derive(Debug)]
pub struct Network {
    pub(crate) architecture: Architecture,
    /// Encoder, then decoder, in the order of [`Architecture::layers`].
    pub(crate) layers: Vec<Layer>,
    pub(crate) device: Device,
    /// The images it was trained on, if known.
    pub(crate) trained_on: Option<TrainedOn>,
    /// Whether activation and loss were assumed, since the file has no metadata.
    pub(crate) assumed: bool,
}

/// A layer with its weights.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) shape: LayerShape,
    /// Weight of shape [`LayerShape::weight`], f32.
    pub(crate) weight: Tensor,
    /// Bias, (output) or (output channels), f32.
    pub(crate) bias: Tensor,
}

impl Network {
    /// Draws the initial weights of a network.
    ///
    /// They depend on `init` and `seed` alone, not on the device or the number of threads.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if the architecture is invalid; memory that
    /// runs out.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Device, Init, Network};
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let network = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
    /// let again = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
    /// assert_eq!(network.to_safetensors()?, again.to_safetensors()?);
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn new(architecture: &Architecture, init: Init, seed: u64, device: Device) -> Result<Self> {
        architecture.validate()?;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut uniform = |count: usize, bound: f32| -> Vec<f32> {
            (0..count).map(|_| rng.gen_range(-bound..=bound)).collect()
        };
        let layers = architecture.layers().into_iter().map(|shape| {
            let (size, (fan_in, fan_out)) = (shape.weight(), shape.fans());
            let values = size.iter().product();
            let (weight, bias) = match init {
                Init::Keras => {
                    let bound = (6.0 / (fan_in + fan_out) as f32).sqrt();
                    (uniform(values, bound), vec![0.0; shape.bias()])
                }
                Init::PyTorch => {
                    let bound = 1.0 / (fan_in as f32).sqrt();
                    (uniform(values, bound), uniform(shape.bias(), bound))
                }
            };
            let size: Vec<i64> = size.into_iter().map(|side| side as i64).collect();
            let weight = Tensor::f_from_slice(&weight)?.f_view(&size[..])?;
            let (weight, bias) =
                (weight.f_to_device(device)?, Tensor::f_from_slice(&bias)?.f_to_device(device)?);
            Ok(Layer { shape, weight, bias })
        });
        let layers = layers.collect::<Result<Vec<Layer>>>()?;
        Ok(Self {
            architecture: architecture.clone(),
            layers,
            device,
            trained_on: None,
            assumed: false,
        })
    }

    /// Returns the architecture of the network.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Device, Init, Network};
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let network = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
    /// assert_eq!(network.architecture(), &architecture);
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Returns sides and range of the training images, if they are known.
    ///
    /// They are unknown before a training, and for a file without metadata.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Device, Init, Network};
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let network = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
    /// // Training a network records its images.
    /// assert_eq!(network.trained_on(), None);
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn trained_on(&self) -> Option<&TrainedOn> {
        self.trained_on.as_ref()
    }

    /// Tells whether activation and loss were assumed, since its file has no metadata.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Device, Init, Network};
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let network = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
    /// // Only a network from a file can be without metadata.
    /// assert!(!network.is_assumed());
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn is_assumed(&self) -> bool {
        self.assumed
    }

    /// Encodes images (rows, input) to latents (rows, latent).
    pub(crate) fn encode(&self, images: &Tensor) -> Result<Tensor> {
        let images = channels_first(images, self.architecture.network.channels())?;
        self.forward_in_place(&self.layers[..self.architecture.encoder_depth()], &images)
    }

    /// Reconstructs images (rows, input); for the loss bce without the final sigmoid.
    pub(crate) fn reconstruct(&self, images: &Tensor) -> Result<Tensor> {
        self.decode(&self.encode(images)?)
    }

    /// Decodes latents (rows, latent) to images (rows, input); for bce without the final sigmoid.
    pub(crate) fn decode(&self, latents: &Tensor) -> Result<Tensor> {
        let decoder = &self.layers[self.architecture.encoder_depth()..];
        let planes = self.forward_in_place(decoder, latents)?;
        channels_last(&planes, self.architecture.network.channels())
    }

    /// Runs [`forward`] without keeping tensors for gradients.
    fn forward_in_place(&self, layers: &[Layer], input: &Tensor) -> Result<Tensor> {
        tch::no_grad(|| {
            forward(layers, input, |mut values| {
                activate_in_place(self.architecture.activation, &mut values)
            })
        })
    }
}

/// Runs layers with the activation between them, and none after the last.
///
/// Input and output are (rows, values), of images with one channel after the other.
pub(crate) fn forward(
    layers: &[Layer],
    input: &Tensor,
    activate: impl Fn(Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let mut values = input.shallow_clone();
    for (i, layer) in layers.iter().enumerate() {
        if i > 0 {
            values = activate(values)?;
        }
        values = layer.forward(&values)?;
    }
    Ok(values.f_flatten(1, -1)?)
}

impl Layer {
    /// Runs the layer on values (rows, ...), which are reshaped to its input.
    ///
    /// The result is (rows, ...) with the shape's `output` for the rest.
    fn forward(&self, values: &Tensor) -> Result<Tensor> {
        let mut size = vec![values.size()[0]];
        size.extend(self.shape.input.iter().map(|&side| side as i64));
        let values = values.f_reshape(&size[..])?;
        let (weight, bias) = (&self.weight, Some(&self.bias));
        let (stride, dilation, groups) = ([2, 2], [1, 1], 1);
        let padding = |kernel: usize| [(kernel / 2) as i64; 2];
        Ok(match self.shape.kind {
            LayerKind::Dense => values.f_linear(weight, bias)?,
            LayerKind::Conv { kernel } => {
                values.f_conv2d(weight, bias, stride, padding(kernel), dilation, groups)?
            }
            LayerKind::TransposedConv { kernel } => {
                let more = self.shape.output_padding();
                values.f_conv_transpose2d(
                    weight,
                    bias,
                    stride,
                    padding(kernel),
                    more,
                    groups,
                    dilation,
                )?
            }
        })
    }
}

/// Applies an activation.
pub(crate) fn activate(activation: Activation, values: &Tensor) -> Result<Tensor> {
    Ok(match activation {
        Activation::Relu => values.f_relu()?,
        Activation::Elu => values.f_elu()?,
        Activation::Gelu => values.f_gelu("none")?,
        Activation::Tanh => values.f_tanh()?,
        Activation::Sigmoid => values.f_sigmoid()?,
    })
}

/// Applies an activation, in the same memory except for GELU.
pub(crate) fn activate_in_place(activation: Activation, values: &mut Tensor) -> Result<Tensor> {
    Ok(match activation {
        Activation::Relu => values.f_relu_()?,
        Activation::Elu => values.f_elu_()?,
        Activation::Tanh => values.f_tanh_()?,
        Activation::Sigmoid => values.f_sigmoid_()?,
        // The derivative of GELU is computed from its input, which therefore stays.
        Activation::Gelu => activate(activation, values)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channels, NetworkKind};

    /// Returns (smallest, largest) of the values.
    fn range(tensor: &Tensor) -> (f64, f64) {
        (tensor.min().double_value(&[]), tensor.max().double_value(&[]))
    }

    #[test]
    fn the_first_weights_fill_the_range_that_their_name_promises() {
        let dense =
            Architecture { input: 300, hidden: vec![200], latent: 100, ..Architecture::default() };
        let network = NetworkKind::Conv { height: 5, width: 4, channels: Channels::Gray };
        let conv = Architecture {
            input: 20,
            network,
            hidden: vec![20, 30],
            latent: 4,
            ..Architecture::default()
        };
        // The second layer of the convolutional network takes 20 channels through kernels of 3 x 3,
        // and its mirror, the fifth layer, gives as many. For PyTorch the fan in of a transposed
        // convolution is that of its output.
        let (keras, pytorch) = ((6.0f64 / (180.0 + 270.0)).sqrt(), 180f64.powf(-0.5));
        for (architecture, layer, init, weights, biases) in [
            (&dense, 0, Init::Keras, (6.0f64 / 500.0).sqrt(), 0.0),
            (&dense, 0, Init::PyTorch, 300f64.powf(-0.5), 300f64.powf(-0.5)),
            (&conv, 1, Init::Keras, keras, 0.0),
            (&conv, 1, Init::PyTorch, pytorch, pytorch),
            (&conv, 4, Init::Keras, keras, 0.0),
            (&conv, 4, Init::PyTorch, pytorch, pytorch),
        ] {
            let network = Network::new(architecture, init, 0, Device::Cpu).unwrap();
            let Layer { weight, bias, .. } = &network.layers[layer];
            // Few biases do not reach as far.
            for (tensor, bound, outcome) in [(weight, weights, 0.95), (bias, biases, 0.8)] {
                let (smallest, largest) = range(tensor);
                let slack = 1e-6;
                assert!(
                    -bound - slack <= smallest && smallest <= -outcome * bound,
                    "{init}: {smallest} of {bound}"
                );
                assert!(
                    outcome * bound <= largest && largest <= bound + slack,
                    "{init}: {largest} of {bound}"
                );
            }
        }
    }
}
