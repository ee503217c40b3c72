//! All trained values of a network in one piece of memory.

use tch::{Kind, Tensor};

use crate::network::Layer;
use crate::{LayerShape, Network, Result};

/// Tensors start where the widest vectors of a processor do: 64 bytes.
const ALIGNMENT: usize = 16;
/// The length of the whole is a multiple of this, so that it can be summed row by row.
pub(crate) const ROW: usize = 1 << 15;

/// Where the weight and the bias of a layer start.
#[derive(Debug, Clone, Copy)]
struct Place {
    weight: usize,
    bias: usize,
}

/// The values of a network, of which its layers are views, and room for their gradient: one pass over two pieces of memory
/// is a step of the optimiser, whatever the number of layers.
#[derive(Debug)]
pub(crate) struct Parameters {
    /// (length), f32; zero between the tensors
    pub(crate) values: Tensor,
    /// (length), f32; zero between the tensors
    pub(crate) gradient: Tensor,
    places: Vec<Place>,
}

impl Parameters {
    /// Moves the values of `network` into one piece of memory.
    pub(crate) fn of(network: &mut Network) -> Result<Self> {
        let mut length = 0usize;
        let mut take = |values: usize| {
            let start = length;
            length += values.next_multiple_of(ALIGNMENT);
            start
        };
        let places = network.layers.iter().map(|layer| {
            let weight = take(layer.shape.weight().iter().product());
            Place { weight, bias: take(layer.shape.bias()) }
        });
        let places: Vec<Place> = places.collect();
        let options = (Kind::Float, network.device);
        let length = length.next_multiple_of(ROW) as i64;
        let values = Tensor::f_zeros([length], options)?;
        let parameters = Self { values, gradient: Tensor::f_zeros([length], options)?, places };
        let views = parameters.views(&parameters.values, network)?;
        for (layer, (mut weight, mut bias)) in network.layers.iter_mut().zip(views) {
            weight.f_copy_(&layer.weight)?;
            bias.f_copy_(&layer.bias)?;
            (layer.weight, layer.bias) = (weight, bias);
        }
        Ok(parameters)
    }

    /// The (weight, bias) of each layer within `whole` (length), which may be the values, their gradient or a copy of either.
    pub(crate) fn views(&self, whole: &Tensor, network: &Network) -> Result<Vec<(Tensor, Tensor)>> {
        let shapes = network.layers.iter().map(|layer| &layer.shape);
        shapes.zip(&self.places).map(|(shape, place)| view(whole, shape, *place)).collect()
    }

    /// The layers of `network` with the values in `whole` (length) in place of its own.
    pub(crate) fn layers(&self, whole: &Tensor, network: &Network) -> Result<Vec<Layer>> {
        let views = self.views(whole, network)?.into_iter().zip(&network.layers);
        Ok(views.map(|((weight, bias), layer)| Layer { shape: layer.shape.clone(), weight, bias }).collect())
    }
}

fn view(whole: &Tensor, shape: &LayerShape, place: Place) -> Result<(Tensor, Tensor)> {
    let size: Vec<i64> = shape.weight().into_iter().map(|side| side as i64).collect();
    let weight = whole.f_narrow(0, place.weight as i64, size.iter().product())?.f_view(&size[..])?;
    Ok((weight, whole.f_narrow(0, place.bias as i64, shape.bias() as i64)?))
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::{Architecture, Init, NetworkKind};

    #[test]
    fn a_network_keeps_its_values_and_they_keep_apart() {
        let network = NetworkKind::Conv { height: 5, width: 3 };
        let convolutional =
            Architecture { input: 15, network, hidden: vec![3], latent: 2, ..Architecture::default() };
        let dense = Architecture { input: 15, hidden: vec![7], latent: 2, ..Architecture::default() };
        for architecture in [convolutional, dense] {
            let before = Network::new(&architecture, Init::PyTorch, 1, Device::Cpu).unwrap();
            let mut network = Network::new(&architecture, Init::PyTorch, 1, Device::Cpu).unwrap();
            let parameters = Parameters::of(&mut network).unwrap();
            assert_eq!(network.to_safetensors().unwrap(), before.to_safetensors().unwrap());
            // Each value has a place of its own: numbered, they are all there.
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
