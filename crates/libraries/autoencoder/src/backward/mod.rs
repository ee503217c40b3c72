//! The backward pass: the losses of a batch, and the gradient of their mean.
//!
//! The gradients of dense networks are computed by hand, into buffers that are allocated once:
//! libtorch's autograd allocates every tensor anew, and its page faults cost more than the
//! arithmetic between two products. Convolutions use autograd, and the tests compare the two.

use tch::{Kind, Tensor};

use crate::flat_params::FlatParams;
use crate::loss::losses_of;
use crate::network::{Layer, activate, forward};
use crate::pixels::{channels_first, channels_last};
use crate::{Architecture, Network, NetworkKind, Precision, Result};

use self::dense::DenseBackward;

mod dense;

/// Computes gradients for one network, batch after batch.
#[derive(Debug)]
pub(crate) struct Backward {
    method: Method,
    /// The type that products are computed in.
    kind: Kind,
}

#[derive(Debug)]
enum Method {
    Manual(DenseBackward),
    /// The layers with leaves of the autograd graph as weights, which share the network's memory.
    Autograd(Vec<Layer>),
}

impl Backward {
    /// Prepares the backward pass for batches of up to `batch` images.
    pub(crate) fn new(
        network: &Network,
        parameters: &FlatParams,
        precision: Precision,
        batch: i64,
    ) -> Result<Self> {
        let kind = if precision == Precision::Bf16 { Kind::BFloat16 } else { Kind::Float };
        let method = if network.architecture.network == NetworkKind::Dense {
            Method::Manual(DenseBackward::new(network, parameters, precision, kind, batch)?)
        } else {
            Method::Autograd(leaves(network)?)
        };
        Ok(Self { method, kind })
    }

    /// Computes the loss of each image, and the gradient of their mean into `parameters.grad`.
    ///
    /// The losses, (rows), compare the reconstruction of `input` with `target`, both
    /// (rows, pixels).
    pub(crate) fn losses_and_grad(
        &mut self,
        network: &Network,
        parameters: &mut FlatParams,
        input: &Tensor,
        target: &Tensor,
    ) -> Result<Tensor> {
        match &mut self.method {
            Method::Manual(dense) => tch::no_grad(|| {
                let input = input.f_to_kind(self.kind)?;
                dense.losses_and_grad(network, parameters, &input, target)
            }),
            Method::Autograd(leaves) => {
                autograd(network, parameters, leaves, self.kind, input, target)
            }
        }
    }
}

/// Returns the layers with weights that autograd tracks, in the same memory.
fn leaves(network: &Network) -> Result<Vec<Layer>> {
    let leaf = |tensor: &Tensor| tensor.f_detach()?.f_set_requires_grad(true);
    let layers = network.layers.iter().map(|layer| {
        let (weight, bias) = (leaf(&layer.weight)?, leaf(&layer.bias)?);
        Ok(Layer { shape: layer.shape.clone(), weight, bias })
    });
    layers.collect()
}

/// Computes losses and gradient as [`Backward::losses_and_grad`] does, by libtorch's autograd.
fn autograd(
    network: &Network,
    parameters: &mut FlatParams,
    leaves: &[Layer],
    kind: Kind,
    input: &Tensor,
    target: &Tensor,
) -> Result<Tensor> {
    let Architecture { activation, loss, network: network_kind, .. } = network.architecture;
    let layers = leaves.iter().map(|Layer { shape, weight, bias }| {
        Ok(Layer {
            shape: shape.clone(),
            weight: weight.f_to_kind(kind)?,
            bias: bias.f_to_kind(kind)?,
        })
    });
    let layers = layers.collect::<Result<Vec<Layer>>>()?;
    let (encoder, decoder) = layers.split_at(network.architecture.encoder_depth());
    let activated = |values: Tensor| activate(activation, &values);
    let planes = channels_first(&input.f_to_kind(kind)?, network_kind.channels())?;
    let planes = forward(decoder, &forward(encoder, &planes, activated)?, activated)?;
    let output = channels_last(&planes, network_kind.channels())?;
    let losses = losses_of(loss, &output.f_to_kind(Kind::Float)?, target)?;
    let inputs: Vec<&Tensor> =
        leaves.iter().flat_map(|layer| [&layer.weight, &layer.bias]).collect();
    let found = Tensor::f_run_backward(&[losses.f_mean(Kind::Float)?], &inputs, false, false)?;
    for ((mut weight, mut bias), found) in
        parameters.views(&parameters.grad, network)?.into_iter().zip(found.chunks(2))
    {
        weight.f_copy_(&found[0])?;
        bias.f_copy_(&found[1])?;
    }
    Ok(losses.f_detach()?)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::{Activation, Init, Loss};

    #[test]
    fn manual_gradients_equal_those_of_autograd() {
        compare_with_autograd(Device::Cpu);
    }

    #[test]
    #[ignore = "needs a CUDA device: make test-cuda"]
    fn manual_gradients_equal_those_of_autograd_on_cuda() {
        compare_with_autograd(Device::Cuda(0));
    }

    /// Compares, for every activation and loss, batches that fill the buffers and smaller ones.
    fn compare_with_autograd(device: Device) {
        for activation in [
            Activation::Relu,
            Activation::Elu,
            Activation::Gelu,
            Activation::Tanh,
            Activation::Sigmoid,
        ] {
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
                let mut parameters = FlatParams::new(&mut network).unwrap();
                let mut manual = Backward::new(&network, &parameters, Precision::F32, 9).unwrap();
                let method = Method::Autograd(leaves(&network).unwrap());
                let mut by_autograd = Backward { method, kind: Kind::Float };
                for rows in [9, 4, 1, 9] {
                    let target = Tensor::rand([rows, 12], (Kind::Float, device));
                    let input = Tensor::rand([rows, 12], (Kind::Float, device));
                    let mut found = |method: &mut Backward| {
                        let losses = method
                            .losses_and_grad(&network, &mut parameters, &input, &target)
                            .unwrap();
                        (losses, parameters.grad.copy())
                    };
                    let (expected_losses, expected) = found(&mut by_autograd);
                    let (losses, gradient) = found(&mut manual);
                    assert!(expected.abs().max().double_value(&[]) > 1e-3);
                    for (name, a, b) in
                        [("losses", losses, expected_losses), ("gradient", gradient, expected)]
                    {
                        let difference = (a - b).abs().max().double_value(&[]);
                        assert!(
                            difference < 1e-6,
                            "{name}, {activation} {loss}, {rows} rows: {difference}"
                        );
                    }
                }
            }
        }
    }
}
