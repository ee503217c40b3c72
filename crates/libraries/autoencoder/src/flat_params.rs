//! All trained values of a network in one tensor, and their gradient in another.

use tch::{Kind, Tensor};

use crate::network::Layer;
use crate::{LayerShape, Network, Result};

/// Each weight and bias starts at a multiple of so many values.
///
/// They are 64 bytes, the widest SIMD vector.
const ALIGNMENT: usize = 16;
/// The length of the whole is a multiple of this.
///
/// It can therefore be summed row by row.
pub(crate) const ROW: usize = 1 << 15;

/// Offsets of a layer's weight and bias in the whole, in values.
#[derive(Debug, Clone, Copy)]
struct Offsets {
    weight: usize,
    bias: usize,
}

/// The values of a network, which its layers are views of, and their gradient.
///
/// A step of the optimizer is one pass over the two tensors, whatever the number of layers.
#[derive(Debug)]
pub(crate) struct FlatParams {
    /// Weights and biases, (length), f32; the padding between them is 0.
    pub(crate) values: Tensor,
    /// Their gradient, (length), f32; the padding is 0.
    pub(crate) grad: Tensor,
    offsets: Vec<Offsets>,
}

impl FlatParams {
    /// Moves the values of `network` into one tensor, and makes its layers views of it.
    pub(crate) fn new(network: &mut Network) -> Result<Self> {
        let mut length = 0usize;
        let mut reserve = |values: usize| {
            let start = length;
            length += values.next_multiple_of(ALIGNMENT);
            start
        };
        let offsets = network.layers.iter().map(|layer| {
            let weight = reserve(layer.shape.weight().iter().product());
            Offsets { weight, bias: reserve(layer.shape.bias()) }
        });
        let offsets: Vec<Offsets> = offsets.collect();
        let options = (Kind::Float, network.device);
        let length = length.next_multiple_of(ROW) as i64;
        let values = Tensor::f_zeros([length], options)?;
        let parameters = Self { values, grad: Tensor::f_zeros([length], options)?, offsets };
        let views = parameters.views(&parameters.values, network)?;
        for (layer, (mut weight, mut bias)) in network.layers.iter_mut().zip(views) {
            weight.f_copy_(&layer.weight)?;
            bias.f_copy_(&layer.bias)?;
            (layer.weight, layer.bias) = (weight, bias);
        }
        Ok(parameters)
    }

    /// Returns views of each layer's (weight, bias) in `whole`, (length).
    ///
    /// `whole` is the values, their gradient or a copy of either.
    pub(crate) fn views(&self, whole: &Tensor, network: &Network) -> Result<Vec<(Tensor, Tensor)>> {
        let shapes = network.layers.iter().map(|layer| &layer.shape);
        shapes.zip(&self.offsets).map(|(shape, offsets)| view(whole, shape, *offsets)).collect()
    }

    /// Returns the layers of `network` with the values in `whole`, (length), instead of its own.
    pub(crate) fn layers_over(&self, whole: &Tensor, network: &Network) -> Result<Vec<Layer>> {
        let views = self.views(whole, network)?.into_iter().zip(&network.layers);
        Ok(views
            .map(|((weight, bias), layer)| Layer { shape: layer.shape.clone(), weight, bias })
            .collect())
    }
}

fn view(whole: &Tensor, shape: &LayerShape, offsets: Offsets) -> Result<(Tensor, Tensor)> {
    let size: Vec<i64> = shape.weight().into_iter().map(|side| side as i64).collect();
    let weight =
        whole.f_narrow(0, offsets.weight as i64, size.iter().product())?.f_view(&size[..])?;
    Ok((weight, whole.f_narrow(0, offsets.bias as i64, shape.bias() as i64)?))
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::{Architecture, Channels, Init, NetworkKind};

    #[test]
    fn a_network_keeps_its_values_and_they_do_not_overlap() {
        let network = NetworkKind::Conv { height: 5, width: 3, channels: Channels::Gray };
        let convolutional = Architecture {
            input: 15,
            network,
            hidden: vec![3],
            latent: 2,
            ..Architecture::default()
        };
        let dense =
            Architecture { input: 15, hidden: vec![7], latent: 2, ..Architecture::default() };
        for architecture in [convolutional, dense] {
            let before = Network::new(&architecture, Init::PyTorch, 1, Device::Cpu).unwrap();
            let mut network = Network::new(&architecture, Init::PyTorch, 1, Device::Cpu).unwrap();
            let parameters = FlatParams::new(&mut network).unwrap();
            assert_eq!(network.to_safetensors().unwrap(), before.to_safetensors().unwrap());
            // Each value has its own offset: views of the numbers 0.. contain no number twice.
            let length = parameters.values.numel();
            let numbers = Tensor::arange(length as i64, (Kind::Float, Device::Cpu));
            let mut seen = Vec::new();
            for (weight, bias) in parameters.views(&numbers, &network).unwrap() {
                seen.extend(Vec::<f32>::try_from(weight.flatten(0, -1)).unwrap());
                seen.extend(Vec::<f32>::try_from(bias).unwrap());
            }
            assert_eq!(seen.len(), architecture.parameters());
            assert!(seen.is_sorted_by(|a, b| a < b), "one after the other");
        }
    }
}
