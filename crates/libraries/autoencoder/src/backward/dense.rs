//! The backward pass of a dense network, written out by hand.

use tch::{Device, Kind, Tensor};

use crate::flat_params::FlatParams;
use crate::loss::losses_of;
use crate::network::{Layer, activate_in_place};
use crate::{Activation, Architecture, Loss, Network, Precision, Result};

/// Buffers for the forward and backward pass of a dense network, allocated once.
#[derive(Debug)]
pub(super) struct DenseBackward {
    /// The network's layers; in a lower precision, with copies of its weights.
    layers: Vec<Layer>,
    /// Transposed views of the weights, (input, output).
    transposed: Vec<Tensor>,
    /// The gradient of each layer's (weight, bias).
    param_grads: Vec<(Tensor, Tensor)>,
    /// In a lower precision, copies of all parameters and of their gradient, (length) each.
    copies: Option<(Tensor, Tensor)>,
    /// Output of each layer, (batch, output).
    outputs: Vec<Tensor>,
    /// Gradient with respect to the output of each layer but the last, (batch, output).
    output_grads: Vec<Tensor>,
    /// Whether the product is added to the bias broadcast to all rows.
    ///
    /// Given a bias vector, libtorch computes product and bias by cuBLASLt, which takes twice as
    /// long in f32 (measured on an H200 with batches of 256).
    expands_bias: bool,
}

impl DenseBackward {
    /// Allocates the buffers for batches of up to `batch` images, with products in `kind`.
    pub(super) fn new(
        network: &Network,
        parameters: &FlatParams,
        precision: Precision,
        kind: Kind,
        batch: i64,
    ) -> Result<Self> {
        let lower = |whole: &Tensor| whole.f_to_kind(kind);
        let copies = (kind != Kind::Float)
            .then(|| Ok((lower(&parameters.values)?, lower(&parameters.grad)?)));
        let copies = copies.transpose().map_err(crate::Error::Torch)?;
        let (values, grad) = match &copies {
            Some((values, grad)) => (values, grad),
            None => (&parameters.values, &parameters.grad),
        };
        let buffers = |layers: &[Layer]| -> Result<Vec<Tensor>> {
            let widths = layers.iter().map(|layer| layer.shape.output[0] as i64);
            widths
                .map(|width| Ok(Tensor::f_zeros([batch, width], (kind, network.device))?))
                .collect()
        };
        let layers = parameters.layers_over(values, network)?;
        let transposed = layers.iter().map(|layer| Ok(layer.weight.f_transpose(0, 1)?));
        Ok(Self {
            transposed: transposed.collect::<Result<_>>()?,
            layers,
            param_grads: parameters.views(grad, network)?,
            outputs: buffers(&network.layers)?,
            output_grads: buffers(&network.layers[..network.layers.len() - 1])?,
            copies,
            expands_bias: network.device != Device::Cpu && precision == Precision::F32,
        })
    }

    /// Computes the loss of each image, and the gradient of their mean into `parameters.grad`.
    ///
    /// `input` and `target` are (rows, pixels), the losses (rows).
    pub(super) fn losses_and_grad(
        &mut self,
        network: &Network,
        parameters: &mut FlatParams,
        input: &Tensor,
        target: &Tensor,
    ) -> Result<Tensor> {
        if let Some((values, _)) = &mut self.copies {
            values.f_copy_(&parameters.values)?;
        }
        let rows = input.size()[0];
        let Architecture { activation, loss, .. } = network.architecture;
        // The layers without an activation: the one that gives the latents, and the last.
        let linear = [network.architecture.encoder_depth() - 1, self.layers.len() - 1];

        // Input of each layer, and the tensor that the derivative of its activation needs.
        let mut inputs = vec![input.shallow_clone()];
        let mut saved = Vec::new();
        for (i, (layer, output)) in self.layers.iter().zip(&self.outputs).enumerate() {
            let mut output = first_rows(output, rows)?;
            let bias = if self.expands_bias {
                layer.bias.f_expand([rows, -1], false)?
            } else {
                layer.bias.shallow_clone()
            };
            let _ = bias.f_addmm_out(&output, &inputs[i], &self.transposed[i])?;
            saved.push(output.shallow_clone());
            inputs.push(if linear.contains(&i) {
                output
            } else {
                activate_in_place(activation, &mut output)?
            });
        }

        let output = inputs[self.layers.len()].f_to_kind(Kind::Float)?;
        let losses = losses_of(loss, &output, target)?;
        // The gradient of the mean over images and pixels.
        let (mut grad, factor) = match loss {
            Loss::Mse => (output.f_sub(target)?, 2.0),
            Loss::Bce => (output.f_sigmoid()?.f_sub(target)?, 1.0),
        };
        let _ = grad.f_mul_scalar_(factor / (rows * target.size()[1]) as f64)?;
        let mut grad = grad.f_to_kind(self.layers[0].weight.kind())?;

        for (i, layer) in self.layers.iter().enumerate().rev() {
            if !linear.contains(&i) {
                activation_backward(activation, &grad, &saved[i])?;
            }
            let (weight, bias) = &self.param_grads[i];
            let _ = grad.f_transpose(0, 1)?.f_mm_out(weight, &inputs[i])?;
            let _ = grad.f_sum_intlist_out(bias, 0, false, bias.kind())?;
            if i > 0 {
                let input_grad = first_rows(&self.output_grads[i - 1], rows)?;
                let _ = grad.f_mm_out(&input_grad, &layer.weight)?;
                grad = input_grad;
            }
        }
        if let Some((_, grad)) = &self.copies {
            parameters.grad.f_copy_(grad)?;
        }
        Ok(losses)
    }
}

/// Returns the first `rows` rows of a buffer.
///
/// Most batches fill the buffer. They need no view, which would be another call of libtorch.
fn first_rows(tensor: &Tensor, rows: i64) -> Result<Tensor> {
    Ok(if tensor.size()[0] == rows {
        tensor.shallow_clone()
    } else {
        tensor.f_narrow(0, 0, rows)?
    })
}

/// Multiplies the gradient, in place, by the derivative of the activation.
///
/// `saved` is the activation's output; for GELU, its input.
fn activation_backward(activation: Activation, grad: &Tensor, saved: &Tensor) -> Result<()> {
    let _ = match activation {
        Activation::Relu => saved.f_threshold_backward_grad_input(grad, grad, 0.0)?,
        Activation::Elu => {
            Tensor::f_elu_backward_grad_input(grad, grad, 1.0, 1.0, 1.0, true, saved)?
        }
        Activation::Gelu => saved.f_gelu_backward_grad_input(grad, grad, "none")?,
        Activation::Tanh => Tensor::f_tanh_backward_grad_input(grad, grad, saved)?,
        Activation::Sigmoid => Tensor::f_sigmoid_backward_grad_input(grad, grad, saved)?,
    };
    Ok(())
}
