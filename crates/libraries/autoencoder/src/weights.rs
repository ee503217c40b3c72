//! Weights as safetensors, which PyTorch opens as they are.
//!
//! Tensors `encoder.N.weight`, `encoder.N.bias`, `decoder.N...` with N = 0, 2, 4...: the names that a PyTorch module with
//! two `Sequential`s called `encoder` and `decoder` gives its linear layers, so `load_state_dict` takes the file. Those of
//! a convolutional network have a `Flatten` and an `Unflatten` beside the code, which shows in N. What the shapes do not
//! tell, kind of network, activation, loss, normalization and which images it was trained on, stands in the file's
//! metadata; of a file without it, kind and normalization are the defaults, activation and loss what the caller assumes.
//!
//! Files of PyTorch are read as they come: with the prefixes that compiled and distributed modules give their tensors
//! (`_orig_mod.`, `module.`), as f16, bf16, f32 or f64. A tensor of encoder or decoder that such a network does not have
//! (those of a batch normalization, say) is refused: without it all codes would be wrong.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::layers::code_layer;
use crate::network::Layer;
use crate::{
    Activation, Architecture, Error, Loss, Network, NetworkKind, Normalize, Result, TrainedOn,
};

/// The file's metadata has this one entry: the order of several would change from run to run.
const METADATA: &str = "autoencoder";

/// What the shapes of the tensors do not tell.
#[derive(Serialize, Deserialize)]
pub(crate) struct Metadata {
    activation: Activation,
    loss: Loss,
    /// Left out by the first versions, which knew no other.
    #[serde(default)]
    normalize: Normalize,
    /// Left out where it is dense, as by the first versions.
    #[serde(default, skip_serializing_if = "is_default")]
    network: NetworkKind,
    /// Left out by the first versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    images: Option<TrainedOn>,
    /// The state of a training, in a checkpoint alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) training: Option<String>,
}

/// Settings a caller supplies for a file without metadata, such as PyTorch writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Assumed {
    /// Default relu.
    pub activation: Option<Activation>,
    /// Default mse, a linear output.
    pub loss: Option<Loss>,
}

/// The tensors of a file by the names they have here.
struct Tensors<'a>(BTreeMap<String, TensorView<'a>>);

impl<'a> Tensors<'a> {
    /// Takes the tensors of `file`, without the prefixes of PyTorch's wrappers.
    fn of(file: &SafeTensors<'a>) -> Result<Self> {
        let mut tensors = BTreeMap::new();
        for (name, view) in file.tensors() {
            let parts = name.split('.').filter(|part| !matches!(*part, "_orig_mod" | "module"));
            let plain = parts.collect::<Vec<_>>().join(".");
            if tensors.insert(plain.clone(), view).is_some() {
                return Err(Error::Weights {
                    found: format!("{plain} twice, under different prefixes"),
                });
            }
        }
        Ok(Self(tensors))
    }

    fn get(&self, name: &str) -> Option<&TensorView<'a>> {
        self.0.get(name)
    }

    /// Refuses what belongs to encoder or decoder and is none of `known`.
    fn refuse_others(&self, known: &[String]) -> Result<()> {
        let part = |name: &str| name.starts_with("encoder.") || name.starts_with("decoder.");
        match self.0.keys().find(|name| part(name) && !known.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Error::Weights {
                found: format!(
                    "{name}, which is of no layer that is known here (dense or convolutional)"
                ),
            }),
        }
    }
}

impl Network {
    /// The weights as the bytes of a safetensors file. The same network gives the same bytes.
    ///
    /// # Errors
    /// No memory.
    pub fn to_safetensors(&self) -> Result<Vec<u8>> {
        serialize(&self.tensors()?, &self.metadata())
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

    /// Metadata for whatever the shapes do not tell.
    pub(crate) fn metadata(&self) -> Metadata {
        let Architecture { activation, loss, normalize, network, .. } = self.architecture;
        Metadata { activation, loss, normalize, network, images: self.trained_on, training: None }
    }

    /// The network in the bytes of a safetensors file; its shape comes from the file.
    ///
    /// # Errors
    /// Bytes that are no safetensors file, tensors that do not chain up to an autoencoder or that are none of its
    /// own, values that are not finite.
    pub fn from_safetensors(bytes: &[u8], device: Device) -> Result<Self> {
        Self::from_safetensors_assuming(bytes, device, Assumed::default())
    }

    /// The same, with what to assume where the file does not say it.
    ///
    /// # Errors
    /// As [`Network::from_safetensors`]; [`Error::OptionMismatch`] where the file says another thing.
    pub fn from_safetensors_assuming(
        bytes: &[u8],
        device: Device,
        assume: Assumed,
    ) -> Result<Self> {
        let file = SafeTensors::deserialize(bytes).map_err(refused)?;
        let file = Tensors::of(&file)?;
        let said = metadata(bytes)?;
        let assumed = said.is_none();
        let Metadata { activation, loss, normalize, network, images, .. } =
            said.unwrap_or_else(|| Metadata::assumed(assume));
        agree("activation", activation, assume.activation)?;
        agree("loss", loss, assume.loss)?;
        let (input, hidden, latent) = match network {
            NetworkKind::Dense => dense_widths(&file)?,
            NetworkKind::Conv { height, width } => {
                let (filters, latent) = filters(&file)?;
                (height.saturating_mul(width), filters, latent)
            }
        };
        let architecture =
            Architecture { input, network, hidden, latent, activation, loss, normalize };
        architecture.validate()?;
        let mut known = Vec::new();
        let layers = architecture.layers().into_iter().map(|shape| {
            let (weight, bias) = (format!("{}.weight", shape.name), format!("{}.bias", shape.name));
            known.extend([weight.clone(), bias.clone()]);
            let weight = tensor(file.get(&weight), &weight, &shape.weight(), device)?;
            let bias = tensor(file.get(&bias), &bias, &[shape.bias()], device)?;
            Ok(Layer { shape, weight, bias })
        });
        let layers = layers.collect::<Result<Vec<Layer>>>()?;
        file.refuse_others(&known)?;
        Ok(Self { architecture, layers, device, trained_on: images, assumed })
    }
}

impl Metadata {
    /// That of a file without any.
    fn assumed(assume: Assumed) -> Self {
        Self {
            activation: assume.activation.unwrap_or(Activation::Relu),
            loss: assume.loss.unwrap_or(Loss::Mse),
            normalize: Normalize::None,
            network: NetworkKind::Dense,
            images: None,
            training: None,
        }
    }
}

/// Refuses another value of an option than the file has.
fn agree<T: PartialEq + std::fmt::Display>(
    name: &'static str,
    said: T,
    asked: Option<T>,
) -> Result<()> {
    match asked {
        Some(asked) if asked != said => {
            Err(Error::OptionMismatch { name, said: said.to_string(), found: asked.to_string() })
        }
        _ => Ok(()),
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
pub(crate) fn serialize(tensors: &[OwnedTensor], metadata: &Metadata) -> Result<Vec<u8>> {
    let metadata = serde_json::to_string(metadata).map_err(refused)?;
    let metadata = HashMap::from([(METADATA.to_owned(), metadata)]);
    let views = tensors.iter().map(|OwnedTensor { name, shape, bytes }| {
        Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(refused)?))
    });
    safetensors::serialize(views.collect::<Result<Vec<_>>>()?, Some(metadata)).map_err(refused)
}

/// (input, hidden, latent) of a dense network.
fn dense_widths(file: &Tensors) -> Result<(usize, Vec<usize>, usize)> {
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
fn filters(file: &Tensors) -> Result<(Vec<usize>, usize)> {
    let mut filters = Vec::new();
    while let Some(view) = file.get(&format!("encoder.{}.weight", 2 * filters.len())) {
        let &[count, _, _, _] = view.shape() else {
            let found = format!("encoder.{}.weight of shape {:?}", 2 * filters.len(), view.shape());
            return Err(Error::Weights { found });
        };
        filters.push(count);
    }
    let name = format!("{}.weight", code_layer(filters.len()));
    match file.get(&name).map(|view| view.shape().to_vec()) {
        Some(shape) if shape.len() == 2 => Ok((filters, shape[0])),
        Some(shape) => Err(Error::Weights { found: format!("{name} of shape {shape:?}") }),
        None => Err(Error::Weights { found: format!("no {name}") }),
    }
}

/// Widths from the first layer's input to the last layer's output, chained.
fn widths(file: &Tensors, part: &str) -> Result<Vec<usize>> {
    let mut widths = Vec::new();
    for i in 0.. {
        let name = format!("{part}.{}.weight", 2 * i);
        let Some(view) = file.get(&name) else { break };
        let &[output, input] = view.shape() else {
            return Err(Error::Weights { found: format!("{name} of shape {:?}", view.shape()) });
        };
        match widths.last() {
            None => widths.push(input),
            Some(&width) if width == input => {}
            Some(&width) => {
                let found = format!(
                    "{name} that takes {input} values where the layer before gives {width}"
                );
                return Err(Error::Weights { found });
            }
        }
        widths.push(output);
    }
    if widths.is_empty() {
        let names: Vec<&str> = file.0.keys().take(5).map(String::as_str).collect();
        return Err(Error::Weights {
            found: format!("no {part}.0.weight among {}", names.join(", ")),
        });
    }
    Ok(widths)
}

/// Reads the metadata in the file of `bytes`, if there is any.
pub(crate) fn metadata(bytes: &[u8]) -> Result<Option<Metadata>> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(refused)?;
    let text = header.metadata().as_ref().and_then(|entries| entries.get(METADATA));
    text.map(|text| serde_json::from_str(text).map_err(refused)).transpose()
}

/// `view`, the tensor of this name, as f32; it has to be of this shape and finite.
pub(crate) fn tensor(
    view: Option<&TensorView>,
    name: &str,
    shape: &[usize],
    device: Device,
) -> Result<Tensor> {
    let view = view.ok_or_else(|| Error::Weights { found: format!("no {name}") })?;
    let kind = match view.dtype() {
        Dtype::F16 => Some(Kind::Half),
        Dtype::BF16 => Some(Kind::BFloat16),
        Dtype::F32 => Some(Kind::Float),
        Dtype::F64 => Some(Kind::Double),
        _ => None,
    };
    let Some(kind) = kind.filter(|_| view.shape() == shape) else {
        let found = format!("{name} of dtype {:?} and shape {:?}", view.dtype(), view.shape());
        return Err(Error::Weights { found });
    };
    let size: Vec<i64> = shape.iter().map(|&width| width as i64).collect();
    let tensor = Tensor::f_from_data_size(view.data(), &size, kind)?.f_to_kind(Kind::Float)?;
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
