//! Tensors between safetensors files and libtorch.

use std::collections::BTreeMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use tch::{Device, Kind, Tensor};

use crate::{Error, Result};

/// The tensors of a file, by names without the prefixes of PyTorch's wrapper modules.
pub(super) struct Tensors<'a>(BTreeMap<String, TensorView<'a>>);

impl<'a> Tensors<'a> {
    /// Indexes the tensors of `file`.
    ///
    /// # Errors
    /// Two tensors with the same name but for the prefixes.
    pub(super) fn new(file: &SafeTensors<'a>) -> Result<Self> {
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

    /// Returns the tensor of this name.
    pub(super) fn get(&self, name: &str) -> Option<&TensorView<'a>> {
        self.0.get(name)
    }

    /// Names of all tensors, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Checks that encoder and decoder have no tensors but those of `known`.
    ///
    /// # Errors
    /// [`Error::Weights`] with the name of such a tensor.
    pub(super) fn check_no_others(&self, known: &[String]) -> Result<()> {
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

/// A tensor to write into a file.
pub(crate) struct OwnedTensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// The values: f32, row-major, little endian.
    pub(crate) bytes: Vec<u8>,
}

/// Converts a tensor of a file to f32 on `device`.
///
/// # Errors
/// No such tensor; another dtype than f16, bf16, f32 or f64; another shape; values that are not
/// finite.
pub(crate) fn read_tensor(
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

/// Copies the values of an f32 tensor: row-major, little endian.
pub(crate) fn to_bytes(tensor: &Tensor) -> Result<Vec<u8>> {
    let tensor = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    let mut values = vec![0.0f32; tensor.numel()];
    let length = values.len();
    tensor.f_copy_data(&mut values, length)?;
    Ok(values.into_iter().flat_map(f32::to_le_bytes).collect())
}
