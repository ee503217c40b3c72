//! Reads tensors as f32.

use std::collections::BTreeMap;

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::write::METADATA;
use super::{Error, Result};

/// The tensors of a file, by names without the prefixes of PyTorch's wrapper modules.
#[derive(Debug)]
pub struct Tensors<'a> {
    views: BTreeMap<String, TensorView<'a>>,
    metadata: Option<String>,
}

impl<'a> Tensors<'a> {
    /// Indexes the tensors of a safetensors file.
    ///
    /// ```
    /// use model_io::weights::{NamedTensor, Tensors, write};
    ///
    /// let name = "_orig_mod.encoder.0.bias".to_owned();
    /// let bytes = write(&[NamedTensor { name, shape: vec![2], values: vec![0.5, 1.0] }], "{}")?;
    /// let tensors = Tensors::read(&bytes)?;
    /// assert_eq!(tensors.names().collect::<Vec<_>>(), ["encoder.0.bias"]);
    /// # Ok::<(), model_io::weights::Error>(())
    /// ```
    ///
    /// # Errors
    /// Bytes that are no safetensors file; two tensors with the same name but for the prefixes.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut views = BTreeMap::new();
        for (name, view) in SafeTensors::deserialize(bytes)?.tensors() {
            let parts = name.split('.').filter(|part| !matches!(*part, "_orig_mod" | "module"));
            let plain = parts.collect::<Vec<_>>().join(".");
            if views.insert(plain.clone(), view).is_some() {
                return Err(Error::Tensors(format!("{plain} twice, under different prefixes")));
            }
        }
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let metadata =
            header.metadata().as_ref().and_then(|entries| entries.get(METADATA)).cloned();
        Ok(Self { views, metadata })
    }

    /// Returns the text that was written beside the tensors, if there is one.
    ///
    /// ```
    /// # use model_io::weights::{Tensors, write};
    /// let bytes = write(&[], r#"{"activation":"relu"}"#)?;
    /// assert_eq!(Tensors::read(&bytes)?.metadata(), Some(r#"{"activation":"relu"}"#));
    /// # Ok::<(), model_io::weights::Error>(())
    /// ```
    pub fn metadata(&self) -> Option<&str> {
        self.metadata.as_deref()
    }

    /// Names of all tensors, sorted.
    ///
    /// ```
    /// # use model_io::weights::{Tensors, write};
    /// assert_eq!(Tensors::read(&write(&[], "{}")?)?.names().count(), 0);
    /// # Ok::<(), model_io::weights::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.views.keys().map(String::as_str)
    }

    /// Returns the shape of the tensor of this name, if there is one.
    ///
    /// ```
    /// # use model_io::weights::{NamedTensor, Tensors, write};
    /// # let name = "encoder.0.bias".to_owned();
    /// let bytes = write(&[NamedTensor { name, shape: vec![2], values: vec![0.5, 1.0] }], "{}")?;
    /// let tensors = Tensors::read(&bytes)?;
    /// assert_eq!(tensors.shape("encoder.0.bias"), Some([2].as_slice()));
    /// assert_eq!(tensors.shape("encoder.2.bias"), None);
    /// # Ok::<(), model_io::weights::Error>(())
    /// ```
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.views.get(name).map(TensorView::shape)
    }

    /// Converts the tensor of this name and shape to f32, row-major.
    ///
    /// ```
    /// # use model_io::weights::{NamedTensor, Tensors, write};
    /// # let name = "encoder.0.bias".to_owned();
    /// let bytes = write(&[NamedTensor { name, shape: vec![2], values: vec![0.5, 1.0] }], "{}")?;
    /// let tensors = Tensors::read(&bytes)?;
    /// assert_eq!(tensors.values("encoder.0.bias", &[2])?, [0.5, 1.0]);
    /// assert!(tensors.values("encoder.0.bias", &[3]).is_err());
    /// # Ok::<(), model_io::weights::Error>(())
    /// ```
    ///
    /// # Errors
    /// No such tensor; another dtype than f16, bf16, f32 or f64; another shape; values that are not
    /// finite.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let Some(view) = self.views.get(name) else {
            return Err(Error::Tensors(format!("no {name}")));
        };
        let values = to_f32(view).filter(|_| view.shape() == shape).ok_or_else(|| {
            let found = format!("{name} of dtype {:?} and shape {:?}", view.dtype(), view.shape());
            Error::Tensors(found)
        })?;
        if values.iter().all(|x| x.is_finite()) {
            Ok(values)
        } else {
            Err(Error::Tensors(format!("values in {name} that are not finite")))
        }
    }

    /// Checks that encoder and decoder have no tensors but those of `known`.
    ///
    /// ```
    /// # use model_io::weights::{NamedTensor, Tensors, write};
    /// # let name = "encoder.0.bias".to_owned();
    /// let bytes = write(&[NamedTensor { name, shape: vec![1], values: vec![0.5] }], "{}")?;
    /// let tensors = Tensors::read(&bytes)?;
    /// assert!(tensors.check_no_others(&["encoder.0.bias".to_owned()]).is_ok());
    /// assert!(tensors.check_no_others(&[]).is_err());
    /// # Ok::<(), model_io::weights::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first other tensor, by its name.
    pub fn check_no_others(&self, known: &[String]) -> Result<()> {
        let part = |name: &str| name.starts_with("encoder.") || name.starts_with("decoder.");
        match self.views.keys().find(|name| part(name) && !known.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Error::Tensors(format!(
                "{name}, which is of no layer that is known here (dense or convolutional)"
            ))),
        }
    }
}

/// Converts the values of a tensor; `None` for a dtype that is not read.
fn to_f32(view: &TensorView) -> Option<Vec<f32>> {
    let bytes = view.data();
    Some(match view.dtype() {
        Dtype::F16 => convert(bytes, |x| f16::from_le_bytes(x).to_f32()),
        Dtype::BF16 => convert(bytes, |x| bf16::from_le_bytes(x).to_f32()),
        Dtype::F32 => convert(bytes, f32::from_le_bytes),
        Dtype::F64 => convert(bytes, |x| f64::from_le_bytes(x) as f32),
        _ => return None,
    })
}

/// Converts each element of `SIZE` bytes.
fn convert<const SIZE: usize>(bytes: &[u8], to: impl Fn([u8; SIZE]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&element| to(element)).collect()
}
