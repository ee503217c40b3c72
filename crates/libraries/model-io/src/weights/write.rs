//! Writes tensors of f32.

use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::Result;

/// Name of the one entry of the metadata.
///
/// The order of several entries would change from run to run.
pub(super) const METADATA: &str = "autoencoder";

/// A tensor to write into a file.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Name in the file, such as `encoder.0.weight`.
    pub name: String,
    /// Lengths of the dimensions.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub values: Vec<f32>,
}

/// Writes tensors, and a text beside them, as the bytes of a safetensors file.
///
/// The same tensors and text give the same bytes.
///
/// ```
/// use model_io::weights::{NamedTensor, write};
///
/// let name = "encoder.0.bias".to_owned();
/// let tensor = NamedTensor { name, shape: vec![1, 2], values: vec![0.5, 1.0] };
/// assert!(write(&[tensor], "{}")?.ends_with(&1.0_f32.to_le_bytes()));
/// # Ok::<(), model_io::weights::Error>(())
/// ```
///
/// # Errors
/// A shape of more or fewer elements than there are values.
pub fn write(tensors: &[NamedTensor], metadata: &str) -> Result<Vec<u8>> {
    let metadata = HashMap::from([(METADATA.to_owned(), metadata.to_owned())]);
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|tensor| tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|(tensor, bytes)| {
        Ok((tensor.name.as_str(), TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)?))
    });
    Ok(safetensors::serialize(views.collect::<Result<Vec<_>>>()?, Some(metadata))?)
}
