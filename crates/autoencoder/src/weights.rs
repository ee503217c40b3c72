//! Weights as safetensors, which PyTorch opens as they are.
//!
//! Tensors `encoder.N.weight`, `encoder.N.bias`, `decoder.N...` with N = 0, 2, 4...: the names that a PyTorch module with
//! two `Sequential`s called `encoder` and `decoder` gives its linear layers, so `load_state_dict` takes the file. Those of
//! a convolutional network have a `Flatten` and an `Unflatten` beside the code, which shows in N. What the shapes do not
//! tell, kind of network, activation, loss and normalisation, stands in the file's metadata; a file without it is read
//! with the defaults.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::layers::code_layer;
use crate::network::Layer;
use crate::{Activation, Architecture, Error, Loss, Network, NetworkKind, Normalize, Result};

/// One entry, since the order of several would change from run to run.
const METADATA: &str = "autoencoder";

/// What the shapes of the tensors do not tell.
#[derive(Serialize, Deserialize)]
struct Metadata {
    activation: Activation,
    loss: Loss,
    /// Left out by the first versions, which knew no other.
    #[serde(default)]
    normalize: Normalize,
    /// Left out where it is dense, as by the first versions.
    #[serde(default, skip_serializing_if = "is_default")]
    network: NetworkKind,
}

impl Network {
    /// The weights as the bytes of a safetensors file. The same network gives the same bytes.
    ///
    /// # Errors
    /// No memory.
    pub fn to_safetensors(&self) -> Result<Vec<u8>> {
        serialize(&self.tensors()?, HashMap::from([self.metadata()?]))
    }

    /// All weights and biases, in the order of the layers.
    pub(crate) fn tensors(&self) -> Result<Vec<OwnedTensor>> {
        let mut tensors = Vec::new();
        for Layer { shape, weight, bias } in &self.layers {
            let mut add = |name, size, tensor| -> Result<()> {
                let name = format!("{}.{name}", shape.name);
                tensors.push(OwnedTensor { name, shape: size, bytes: bytes(tensor)? });
                Ok(())
            };
            add("weight", shape.weight(), weight)?;
            add("bias", vec![shape.bias()], bias)?;
        }
        Ok(tensors)
    }

    /// The entry of the metadata that says what the shapes do not.
    pub(crate) fn metadata(&self) -> Result<(String, String)> {
        let Architecture { activation, loss, normalize, network, .. } = self.architecture;
        let metadata = Metadata { activation, loss, normalize, network };
        Ok((METADATA.to_owned(), serde_json::to_string(&metadata).map_err(refused)?))
    }

    /// The network in the bytes of a safetensors file; its shape comes from the file.
    ///
    /// # Errors
    /// Bytes that are no safetensors file, tensors that do not chain up to an autoencoder, values that are not finite.
    pub fn from_safetensors(bytes: &[u8], device: Device) -> Result<Self> {
        let file = SafeTensors::deserialize(bytes).map_err(refused)?;
        let Metadata { activation, loss, normalize, network } = metadata(bytes)?;
        let (input, hidden, latent) = match network {
            NetworkKind::Dense => dense_widths(&file)?,
            NetworkKind::Conv { height, width } => {
                let (filters, latent) = filters(&file)?;
                (height.saturating_mul(width), filters, latent)
            }
        };
        let architecture = Architecture { input, network, hidden, latent, activation, loss, normalize };
        architecture.validate()?;
        let layers = architecture.layers().into_iter().map(|shape| {
            let weight = tensor(&file, &format!("{}.weight", shape.name), &shape.weight(), device)?;
            let bias = tensor(&file, &format!("{}.bias", shape.name), &[shape.bias()], device)?;
            Ok(Layer { shape, weight, bias })
        });
        let layers = layers.collect::<Result<Vec<Layer>>>()?;
        Ok(Self { architecture, layers, device })
    }
}

/// A tensor on its way into a file.
pub(crate) struct OwnedTensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// f32, row-major, little endian
    pub(crate) bytes: Vec<u8>,
}

/// The bytes of a safetensors file.
pub(crate) fn serialize(tensors: &[OwnedTensor], metadata: HashMap<String, String>) -> Result<Vec<u8>> {
    let views = tensors.iter().map(|OwnedTensor { name, shape, bytes }| {
        Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(refused)?))
    });
    safetensors::serialize(views.collect::<Result<Vec<_>>>()?, Some(metadata)).map_err(refused)
}

/// (input, hidden, latent) of a dense network.
fn dense_widths(file: &SafeTensors) -> Result<(usize, Vec<usize>, usize)> {
    let encoder = widths(file, "encoder")?;
    let decoder = widths(file, "decoder")?;
    if !encoder.iter().eq(decoder.iter().rev()) {
        let found = format!("an encoder of widths {encoder:?} and a decoder of {decoder:?}");
        return Err(Error::Weights { found });
    }
    match encoder.as_slice() {
        [input, hidden @ .., latent] => Ok((*input, hidden.to_vec(), *latent)),
        _ => Err(Error::Weights { found: "no encoder layers".into() }),
    }
}

/// (filters, latent) of a convolutional network. Whether its tensors fit each other shows when they are read.
fn filters(file: &SafeTensors) -> Result<(Vec<usize>, usize)> {
    let mut filters = Vec::new();
    while let Ok(view) = file.tensor(&format!("encoder.{}.weight", 2 * filters.len())) {
        let &[count, _, _, _] = view.shape() else {
            let found = format!("encoder.{}.weight of shape {:?}", 2 * filters.len(), view.shape());
            return Err(Error::Weights { found });
        };
        filters.push(count);
    }
    let name = format!("{}.weight", code_layer(filters.len()));
    match file.tensor(&name).map(|view| view.shape().to_vec()) {
        Ok(shape) if shape.len() == 2 => Ok((filters, shape[0])),
        Ok(shape) => Err(Error::Weights { found: format!("{name} of shape {shape:?}") }),
        Err(_) => Err(Error::Weights { found: format!("no {name}") }),
    }
}

/// Widths from the first layer's input to the last layer's output, chained.
fn widths(file: &SafeTensors, part: &str) -> Result<Vec<usize>> {
    let mut widths = Vec::new();
    for i in 0.. {
        let name = format!("{part}.{}.weight", 2 * i);
        let Ok(view) = file.tensor(&name) else { break };
        let &[output, input] = view.shape() else {
            return Err(Error::Weights { found: format!("{name} of shape {:?}", view.shape()) });
        };
        match widths.last() {
            None => widths.push(input),
            Some(&width) if width == input => {}
            Some(&width) => {
                let found = format!("{name} that takes {input} values where the layer before gives {width}");
                return Err(Error::Weights { found });
            }
        }
        widths.push(output);
    }
    if widths.is_empty() {
        let mut names = file.names();
        names.sort_unstable();
        names.truncate(5);
        return Err(Error::Weights { found: format!("no {part}.0.weight among {}", names.join(", ")) });
    }
    Ok(widths)
}

fn metadata(bytes: &[u8]) -> Result<Metadata> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(refused)?;
    match header.metadata().as_ref().and_then(|entries| entries.get(METADATA)) {
        Some(text) => serde_json::from_str(text).map_err(refused),
        None => Ok(Metadata {
            activation: Activation::Relu,
            loss: Loss::Mse,
            normalize: Normalize::None,
            network: NetworkKind::Dense,
        }),
    }
}

/// The tensor of this name, which has to be f32, of this shape and finite.
pub(crate) fn tensor(file: &SafeTensors, name: &str, shape: &[usize], device: Device) -> Result<Tensor> {
    let view = file.tensor(name).map_err(|_| Error::Weights { found: format!("no {name}") })?;
    if view.shape() != shape || view.dtype() != Dtype::F32 {
        let found = format!("{name} of dtype {:?} and shape {:?}", view.dtype(), view.shape());
        return Err(Error::Weights { found });
    }
    let size: Vec<i64> = shape.iter().map(|&width| width as i64).collect();
    let tensor = Tensor::f_from_data_size(view.data(), &size, Kind::Float)?;
    if !bool::try_from(tensor.f_isfinite()?.f_all()?)? {
        return Err(Error::Weights { found: format!("values in {name} that are not finite") });
    }
    Ok(tensor.f_to_device(device)?)
}

fn is_default(network: &NetworkKind) -> bool {
    *network == NetworkKind::default()
}

/// The values of an f32 tensor, row-major, little endian.
pub(crate) fn bytes(tensor: &Tensor) -> Result<Vec<u8>> {
    let tensor = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    let mut values = vec![0.0f32; tensor.numel()];
    let length = values.len();
    tensor.f_copy_data(&mut values, length)?;
    Ok(values.into_iter().flat_map(f32::to_le_bytes).collect())
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Weights { found: format!("something else ({error})") }
}
