//! What a batch says about the weights: the loss of each image, and the gradient of their mean.
//!
//! Dense networks are differentiated by hand, into memory that is taken once: libtorch's own differentiation takes memory
//! anew for everything it writes, and the pages of it cost more than the arithmetic between two products. It is what this is
//! tested against, and what differentiates convolutions.

use tch::{Device, Kind, Reduction, Tensor};

use crate::network::{Layer, activate, activate_in_place, run};
use crate::parameters::Parameters;
use crate::{Activation, Architecture, Loss, Network, NetworkKind, Precision, Result};

/// Finds gradients for one network, batch after batch.
#[derive(Debug)]
pub(crate) struct Differentiation {
    method: Method,
    /// What products are computed in.
    kind: Kind,
}

#[derive(Debug)]
enum Method {
    ByHand(Dense),
    /// The layers with leaves of libtorch's graph for weights: views of the same memory as the network's.
    ByLibtorch(Vec<Layer>),
}

impl Differentiation {
    /// For batches of up to `batch` images.
    pub(crate) fn new(
        network: &Network,
        parameters: &Parameters,
        precision: Precision,
        batch: i64,
    ) -> Result<Self> {
        let kind = if precision == Precision::Bf16 { Kind::BFloat16 } else { Kind::Float };
        let method = if network.architecture.network == NetworkKind::Dense {
            let bias_first = network.device != Device::Cpu && precision == Precision::F32;
            Method::ByHand(Dense::new(network, parameters, kind, batch, bias_first)?)
        } else {
            Method::ByLibtorch(leaves(network)?)
        };
        Ok(Self { method, kind })
    }

    /// Loss (rows) of the reconstruction of each image of `target` from that of `input`, both (rows, pixels); the gradient
    /// of their mean goes into `parameters.gradient`.
    pub(crate) fn of_batch(
        &mut self,
        network: &Network,
        parameters: &mut Parameters,
        input: &Tensor,
        target: &Tensor,
    ) -> Result<Tensor> {
        match &mut self.method {
            Method::ByHand(dense) => {
                tch::no_grad(|| dense.of_batch(network, parameters, &input.f_to_kind(self.kind)?, target))
            }
            Method::ByLibtorch(leaves) => by_libtorch(network, parameters, leaves, self.kind, input, target),
        }
    }
}

/// Loss of each image of `target` (rows, pixels), the mean over its pixels, from what the network made of it: (rows).
///
/// Image by image, since libtorch sums a whole matrix in an order that depends on the number of threads.
pub(crate) fn losses_of(loss: Loss, output: &Tensor, target: &Tensor) -> Result<Tensor> {
    let per_pixel = match loss {
        Loss::Mse => output.f_mse_loss(target, Reduction::None)?,
        Loss::Bce => {
            output.f_binary_cross_entropy_with_logits::<Tensor>(target, None, None, Reduction::None)?
        }
    };
    Ok(per_pixel.f_mean_dim(1, false, Kind::Float)?)
}

fn leaves(network: &Network) -> Result<Vec<Layer>> {
    let leaf = |tensor: &Tensor| tensor.f_detach()?.f_set_requires_grad(true);
    let layers = network.layers.iter();
    layers
        .map(|layer| {
            Ok(Layer { shape: layer.shape.clone(), weight: leaf(&layer.weight)?, bias: leaf(&layer.bias)? })
        })
        .collect()
}

fn by_libtorch(
    network: &Network,
    parameters: &mut Parameters,
    leaves: &[Layer],
    kind: Kind,
    input: &Tensor,
    target: &Tensor,
) -> Result<Tensor> {
    let Architecture { activation, loss, .. } = network.architecture;
    let layers = leaves.iter().map(|Layer { shape, weight, bias }| {
        Ok(Layer { shape: shape.clone(), weight: weight.f_to_kind(kind)?, bias: bias.f_to_kind(kind)? })
    });
    let layers = layers.collect::<Result<Vec<Layer>>>()?;
    let (encoder, decoder) = layers.split_at(network.architecture.encoder_depth());
    let activated = |values: Tensor| activate(activation, &values);
    let output = run(decoder, &run(encoder, &input.f_to_kind(kind)?, activated)?, activated)?;
    let losses = losses_of(loss, &output.f_to_kind(Kind::Float)?, target)?;
    let inputs: Vec<&Tensor> = leaves.iter().flat_map(|layer| [&layer.weight, &layer.bias]).collect();
    let found = Tensor::f_run_backward(&[losses.f_mean(Kind::Float)?], &inputs, false, false)?;
    for ((mut weight, mut bias), found) in
        parameters.views(&parameters.gradient, network)?.into_iter().zip(found.chunks(2))
    {
        weight.f_copy_(&found[0])?;
        bias.f_copy_(&found[1])?;
    }
    Ok(losses.f_detach()?)
}

/// A dense network with memory for all that a batch needs.
#[derive(Debug)]
struct Dense {
    /// The network's layers, with its own weights or, in a lower precision, with copies of them.
    layers: Vec<Layer>,
    /// Their weights the other way round: (input, output)
    transposed: Vec<Tensor>,
    /// The gradient of each layer's (weight, bias).
    gradients: Vec<(Tensor, Tensor)>,
    /// In a lower precision: all weights and all of the gradient, (length) each.
    copies: Option<(Tensor, Tensor)>,
    /// What each layer gives: (batch, output)
    outputs: Vec<Tensor>,
    /// The gradient by that, for all but the last: (batch, output)
    slopes: Vec<Tensor>,
    /// Whether products are added to a bias that has been written for each image before. libtorch has others done together with
    /// the bias by cuBLASLt, which takes twice as long for them in f32 (an H200, batches of 256).
    bias_first: bool,
}

impl Dense {
    fn new(
        network: &Network,
        parameters: &Parameters,
        kind: Kind,
        batch: i64,
        bias_first: bool,
    ) -> Result<Self> {
        let lower = |whole: &Tensor| whole.f_to_kind(kind);
        let copies =
            (kind != Kind::Float).then(|| Ok((lower(&parameters.values)?, lower(&parameters.gradient)?)));
        let copies = copies.transpose().map_err(crate::Error::Torch)?;
        let (values, gradient) = match &copies {
            Some((values, gradient)) => (values, gradient),
            None => (&parameters.values, &parameters.gradient),
        };
        let room = |layers: &[Layer]| -> Result<Vec<Tensor>> {
            let widths = layers.iter().map(|layer| layer.shape.output[0] as i64);
            widths.map(|width| Ok(Tensor::f_zeros([batch, width], (kind, network.device))?)).collect()
        };
        let layers = parameters.layers(values, network)?;
        let transposed = layers.iter().map(|layer| Ok(layer.weight.f_transpose(0, 1)?));
        Ok(Self {
            transposed: transposed.collect::<Result<_>>()?,
            layers,
            gradients: parameters.views(gradient, network)?,
            outputs: room(&network.layers)?,
            slopes: room(&network.layers[..network.layers.len() - 1])?,
            copies,
            bias_first,
        })
    }

    fn of_batch(
        &mut self,
        network: &Network,
        parameters: &mut Parameters,
        input: &Tensor,
        target: &Tensor,
    ) -> Result<Tensor> {
        if let Some((values, _)) = &mut self.copies {
            values.f_copy_(&parameters.values)?;
        }
        let rows = input.size()[0];
        let Architecture { activation, loss, .. } = network.architecture;
        // No activation on the code and none on what comes out.
        let linear = [network.architecture.encoder_depth() - 1, self.layers.len() - 1];

        // What each layer took, and what the derivative of the activation after it is computed from.
        let mut inputs = vec![input.shallow_clone()];
        let mut activated = Vec::new();
        for (i, (layer, output)) in self.layers.iter().zip(&self.outputs).enumerate() {
            let mut output = first(output, rows)?;
            let bias = if self.bias_first {
                layer.bias.f_expand([rows, -1], false)?
            } else {
                layer.bias.shallow_clone()
            };
            let _ = bias.f_addmm_out(&output, &inputs[i], &self.transposed[i])?;
            activated.push(output.shallow_clone());
            inputs.push(if linear.contains(&i) {
                output
            } else {
                activate_in_place(activation, &mut output)?
            });
        }

        let output = inputs[self.layers.len()].f_to_kind(Kind::Float)?;
        let losses = losses_of(loss, &output, target)?;
        // The gradient of the mean over images and pixels.
        let (mut slope, factor) = match loss {
            Loss::Mse => (output.f_sub(target)?, 2.0),
            Loss::Bce => (output.f_sigmoid()?.f_sub(target)?, 1.0),
        };
        let _ = slope.f_mul_scalar_(factor / (rows * target.size()[1]) as f64)?;
        let mut slope = slope.f_to_kind(self.layers[0].weight.kind())?;

        for (i, layer) in self.layers.iter().enumerate().rev() {
            if !linear.contains(&i) {
                slope_before(activation, &slope, &activated[i])?;
            }
            let (weight, bias) = &self.gradients[i];
            let _ = slope.f_transpose(0, 1)?.f_mm_out(weight, &inputs[i])?;
            let _ = slope.f_sum_intlist_out(bias, 0, false, bias.kind())?;
            if i > 0 {
                let before = first(&self.slopes[i - 1], rows)?;
                let _ = slope.f_mm_out(&before, &layer.weight)?;
                slope = before;
            }
        }
        if let Some((_, gradient)) = &self.copies {
            parameters.gradient.f_copy_(gradient)?;
        }
        Ok(losses)
    }
}

/// The first rows. Most batches fill the memory there is for them, and need no view of it, which is another call of libtorch.
fn first(tensor: &Tensor, rows: i64) -> Result<Tensor> {
    Ok(if tensor.size()[0] == rows { tensor.shallow_clone() } else { tensor.f_narrow(0, 0, rows)? })
}

/// Turns the gradient by what came out of an activation into that by what went in. `known` is what came out, for GELU what
/// went in.
fn slope_before(activation: Activation, slope: &Tensor, known: &Tensor) -> Result<()> {
    let _ = match activation {
        Activation::Relu => known.f_threshold_backward_grad_input(slope, slope, 0.0)?,
        Activation::Elu => Tensor::f_elu_backward_grad_input(slope, slope, 1.0, 1.0, 1.0, true, known)?,
        Activation::Gelu => known.f_gelu_backward_grad_input(slope, slope, "none")?,
        Activation::Tanh => Tensor::f_tanh_backward_grad_input(slope, slope, known)?,
        Activation::Sigmoid => Tensor::f_sigmoid_backward_grad_input(slope, slope, known)?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Init;

    #[test]
    fn gradients_by_hand_are_libtorchs() {
        compare_with_libtorch(Device::Cpu);
    }

    #[test]
    #[ignore = "needs a CUDA device: make test-cuda"]
    fn gradients_by_hand_are_libtorchs_on_cuda() {
        compare_with_libtorch(Device::Cuda(0));
    }

    /// Batches that fill the memory there is for them and those that do not, for every activation and loss.
    fn compare_with_libtorch(device: Device) {
        for activation in
            [Activation::Relu, Activation::Elu, Activation::Gelu, Activation::Tanh, Activation::Sigmoid]
        {
            for loss in [Loss::Mse, Loss::Bce] {
                let hidden = vec![30, 20];
                let architecture = Architecture {
                    input: 12,
                    hidden,
                    latent: 3,
                    activation,
                    loss,
                    ..Architecture::default()
                };
                let mut network = Network::new(&architecture, Init::PyTorch, 7, device).unwrap();
                let mut parameters = Parameters::of(&mut network).unwrap();
                let mut by_hand = Differentiation::new(&network, &parameters, Precision::F32, 9).unwrap();
                let method = Method::ByLibtorch(leaves(&network).unwrap());
                let mut by_libtorch = Differentiation { method, kind: Kind::Float };
                for rows in [9, 4, 1, 9] {
                    let target = Tensor::rand([rows, 12], (Kind::Float, device));
                    let input = Tensor::rand([rows, 12], (Kind::Float, device));
                    let mut found = |method: &mut Differentiation| {
                        let losses = method.of_batch(&network, &mut parameters, &input, &target).unwrap();
                        (losses, parameters.gradient.copy())
                    };
                    let (expected_losses, expected) = found(&mut by_libtorch);
                    let (losses, gradient) = found(&mut by_hand);
                    assert!(expected.abs().max().double_value(&[]) > 1e-3);
                    for (name, a, b) in
                        [("losses", losses, expected_losses), ("gradient", gradient, expected)]
                    {
                        let difference = (a - b).abs().max().double_value(&[]);
                        assert!(difference < 1e-6, "{name}, {activation} {loss}, {rows} rows: {difference}");
                    }
                }
            }
        }
    }
}
