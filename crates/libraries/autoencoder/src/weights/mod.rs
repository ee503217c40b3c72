//! Networks from weights files and back. [`model_io::weights`] reads and writes the files.
//!
//! The tensors have the names of the linear layers of a PyTorch module with two `Sequential`s
//! called `encoder` and `decoder`: `encoder.N.weight`, N = 0, 2, 4... A convolutional network has a
//! `Flatten` and an `Unflatten` beside the code, which N counts. The file's metadata holds what the
//! shapes do not tell: the kind of network, activation, loss, normalization and the images it was
//! trained on. For a file without metadata, kind and normalization are the defaults, and the caller
//! may supply activation and loss.
//!
//! An encoder or decoder with a tensor that such a network does not have (of a batch normalization,
//! for example) is refused, since without it all codes would be wrong.

use model_io::weights::{NamedTensor, Tensors, write};
use tch::Device;

use self::metadata::{check_option, not_weights};
use crate::layers::code_layer;
use crate::network::Layer;
use crate::{Architecture, Error, Network, NetworkKind, Result};

pub use self::metadata::Assumed;
pub(crate) use self::metadata::{Metadata, read_metadata};
pub(crate) use self::tensors::{read_tensor, to_values};

mod metadata;
mod tensors;

impl Network {
    /// Writes the weights as the bytes of a safetensors file.
    ///
    /// The same network gives the same bytes.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn to_safetensors(&self) -> Result<Vec<u8>> {
        serialize(&self.tensors()?, &self.metadata())
    }

    /// Returns all weights and biases in the order of the layers.
    pub(crate) fn tensors(&self) -> Result<Vec<NamedTensor>> {
        let mut tensors = Vec::new();
        for Layer { shape, weight, bias } in &self.layers {
            let mut add = |name, size, tensor| -> Result<()> {
                let name = format!("{}.{name}", shape.name);
                tensors.push(NamedTensor { name, shape: size, values: to_values(tensor)? });
                Ok(())
            };
            add("weight", shape.weight(), weight)?;
            add("bias", vec![shape.bias()], bias)?;
        }
        Ok(tensors)
    }

    /// Returns the settings that the shapes of the tensors do not tell.
    pub(crate) fn metadata(&self) -> Metadata {
        let Architecture { activation, loss, normalize, network, .. } = self.architecture;
        Metadata { activation, loss, normalize, network, images: self.trained_on, training: None }
    }

    /// Reads a network from the bytes of a safetensors file, which determines its shape.
    ///
    /// # Errors
    /// [`Error::Weights`]: bytes that are no safetensors file, tensors that do not chain up to an
    /// autoencoder, further tensors in encoder or decoder, values that are not finite.
    pub fn from_safetensors(bytes: &[u8], device: Device) -> Result<Self> {
        Self::from_safetensors_assuming(bytes, device, Assumed::default())
    }

    /// Reads a network, with settings for a file without metadata.
    ///
    /// # Errors
    /// As [`Network::from_safetensors`]; [`Error::OptionMismatch`] if the file has metadata with
    /// another value.
    pub fn from_safetensors_assuming(
        bytes: &[u8],
        device: Device,
        assume: Assumed,
    ) -> Result<Self> {
        let file = Tensors::read(bytes)?;
        let stored = read_metadata(&file)?;
        let assumed = stored.is_none();
        let Metadata { activation, loss, normalize, network, images, .. } =
            stored.unwrap_or_else(|| Metadata::assumed(assume));
        check_option("activation", activation, assume.activation)?;
        check_option("loss", loss, assume.loss)?;
        let (input, hidden, latent) = match network {
            NetworkKind::Dense => dense_widths(&file)?,
            NetworkKind::Conv { height, width, channels } => {
                let (filters, latent) = filters(&file)?;
                let values = height.saturating_mul(width).saturating_mul(channels.count());
                (values, filters, latent)
            }
        };
        let architecture =
            Architecture { input, network, hidden, latent, activation, loss, normalize };
        architecture.validate()?;
        let mut known = Vec::new();
        let layers = architecture.layers().into_iter().map(|shape| {
            let (weight, bias) = (format!("{}.weight", shape.name), format!("{}.bias", shape.name));
            known.extend([weight.clone(), bias.clone()]);
            let weight = read_tensor(&file, &weight, &shape.weight(), device)?;
            let bias = read_tensor(&file, &bias, &[shape.bias()], device)?;
            Ok(Layer { shape, weight, bias })
        });
        let layers = layers.collect::<Result<Vec<Layer>>>()?;
        file.check_no_others(&known)?;
        Ok(Self { architecture, layers, device, trained_on: images, assumed })
    }
}

/// Names of tensors that a message about a missing one lists.
const SHOWN_NAMES: usize = 5;

/// Writes tensors and metadata as the bytes of a safetensors file.
pub(crate) fn serialize(tensors: &[NamedTensor], metadata: &Metadata) -> Result<Vec<u8>> {
    Ok(write(tensors, &serde_json::to_string(metadata).map_err(not_weights)?)?)
}

/// Reads (input, hidden, latent) of a dense network from the shapes of its weights.
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

/// Reads (filters, latent) of a convolutional network from the shapes of its weights.
///
/// Whether the shapes fit each other is checked when the tensors are read.
fn filters(file: &Tensors) -> Result<(Vec<usize>, usize)> {
    let mut filters = Vec::new();
    while let Some(shape) = file.shape(&format!("encoder.{}.weight", 2 * filters.len())) {
        let &[count, _, _, _] = shape else {
            let found = format!("encoder.{}.weight of shape {shape:?}", 2 * filters.len());
            return Err(Error::Weights { found });
        };
        filters.push(count);
    }
    let name = format!("{}.weight", code_layer(filters.len()));
    match file.shape(&name) {
        Some(&[latent, _]) => Ok((filters, latent)),
        Some(shape) => Err(Error::Weights { found: format!("{name} of shape {shape:?}") }),
        None => Err(Error::Weights { found: format!("no {name}") }),
    }
}

/// Reads the widths of encoder or decoder, from its input to its output.
///
/// # Errors
/// A layer that takes another number of values than the one before it gives; no layer at all.
fn widths(file: &Tensors, part: &str) -> Result<Vec<usize>> {
    let mut widths = Vec::new();
    for i in 0.. {
        let name = format!("{part}.{}.weight", 2 * i);
        let Some(shape) = file.shape(&name) else { break };
        let &[output, input] = shape else {
            return Err(Error::Weights { found: format!("{name} of shape {shape:?}") });
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
        let names: Vec<&str> = file.names().take(SHOWN_NAMES).collect();
        return Err(Error::Weights {
            found: format!("no {part}.0.weight among {}", names.join(", ")),
        });
    }
    Ok(widths)
}
