//! The layers of an autoencoder, from the header of its file.

use std::collections::BTreeMap;

use safetensors::{SafeTensorError, SafeTensors};

/// The layers of an autoencoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers {
    /// Layers in the order of computation: the encoder, then the decoder.
    pub layers: Vec<Layer>,
    /// All metadata of the file, such as the activation.
    pub settings: BTreeMap<String, String>,
}

/// A layer with weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Name such as `encoder.0`.
    pub name: String,
    /// Shape of its weight.
    pub shape: Vec<usize>,
    /// Number of parameters, biases included.
    pub parameters: usize,
}

impl Layers {
    /// Finds the layers in a weights file of `train-ae`, or any with tensors of such names.
    ///
    /// There are none if no tensor is called `encoder.N...` or `decoder.N...`.
    ///
    /// ```
    /// use model_io::weights::{Layers, NamedTensor, write};
    ///
    /// let name = "encoder.0.weight".to_owned();
    /// let weight = NamedTensor { name, shape: vec![1, 2], values: vec![0.5, 1.0] };
    /// let bytes = write(&[weight], "{}")?;
    /// let layers = Layers::read(&bytes)?;
    /// assert_eq!((layers.layers[0].name.as_str(), layers.parameters()), ("encoder.0", 2));
    /// # Ok::<(), model_io::weights::Error>(())
    /// ```
    ///
    /// # Errors
    /// Bytes that are no safetensors file.
    pub fn read(bytes: &[u8]) -> Result<Self, SafeTensorError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes)?;
        let mut layers: BTreeMap<(bool, usize), Layer> = BTreeMap::new();
        for (name, tensor) in metadata.tensors() {
            let mut parts = name.split('.');
            let (Some(half @ ("encoder" | "decoder")), Some(Ok(number))) =
                (parts.next(), parts.next().map(str::parse::<usize>))
            else {
                continue;
            };
            let layer = layers.entry((half == "decoder", number)).or_insert_with(|| Layer {
                name: format!("{half}.{number}"),
                shape: Vec::new(),
                parameters: 0,
            });
            layer.parameters += tensor.shape.iter().product::<usize>();
            if parts.next() == Some("weight") {
                layer.shape.clone_from(&tensor.shape);
            }
        }
        let settings =
            metadata.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
        Ok(Self { layers: layers.into_values().collect(), settings })
    }

    /// Counts the parameters of all layers.
    ///
    /// ```
    /// # use model_io::weights::{Layers, write};
    /// assert_eq!(Layers::read(&write(&[], "{}")?)?.parameters(), 0);
    /// # Ok::<(), model_io::weights::Error>(())
    /// ```
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters).sum()
    }
}
