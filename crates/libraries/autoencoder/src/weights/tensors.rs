//! Tensors between weights files and libtorch.

use model_io::weights::Tensors;
use tch::{Device, Tensor};

use crate::{Error, Result};

impl From<model_io::weights::Error> for Error {
    fn from(error: model_io::weights::Error) -> Self {
        Self::Weights { found: error.to_string() }
    }
}

/// Reads a tensor of a file as f32 on `device`.
///
/// # Errors
/// No such tensor; another dtype than f16, bf16, f32 or f64; another shape; values that are not
/// finite.
pub(crate) fn read_tensor(
    file: &Tensors,
    name: &str,
    shape: &[usize],
    device: Device,
) -> Result<Tensor> {
    let values = file.values(name, shape)?;
    let size: Vec<i64> = shape.iter().map(|&width| width as i64).collect();
    Ok(Tensor::f_from_slice(&values)?.f_reshape(size)?.f_to_device(device)?)
}

/// Copies the values of an f32 tensor, row-major.
pub(crate) fn to_values(tensor: &Tensor) -> Result<Vec<f32>> {
    let tensor = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    let mut values = vec![0.0f32; tensor.numel()];
    let length = values.len();
    tensor.f_copy_data(&mut values, length)?;
    Ok(values)
}
