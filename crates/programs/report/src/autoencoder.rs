//! Reads what training wrote: the layers in the weights file, and the losses.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, read_bytes, read_text};
use safetensors::SafeTensors;
use serde::Deserialize;

/// The layers of an autoencoder.
pub struct Layers {
    /// Layers in the order of computation: the encoder, then the decoder.
    pub layers: Vec<Layer>,
    /// Metadata of the file, such as the activation.
    pub settings: BTreeMap<String, String>,
}

/// A layer with weights.
pub struct Layer {
    /// Name such as `encoder.0`.
    pub name: String,
    /// Shape of its weight.
    pub shape: Vec<usize>,
    /// Number of parameters, biases included.
    pub parameters: usize,
}

impl Layers {
    /// Reads a weights file of `train-ae`, or any with tensors called `encoder.N.weight`.
    ///
    /// # Errors
    /// Fails if the file cannot be read or has no such tensors.
    pub fn read(path: &Path) -> anyhow::Result<(Self, FileRecord)> {
        let (bytes, record) = read_bytes(path)?;
        let expected = || {
            format!(
                "{}: expected the weights of an autoencoder, as train-ae writes them",
                path.display()
            )
        };
        let (_, metadata) = SafeTensors::read_metadata(&bytes).with_context(expected)?;
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
        if layers.is_empty() {
            bail!("{}, found no tensor called encoder.0.weight", expected());
        }
        let settings =
            metadata.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
        Ok((Self { layers: layers.into_values().collect(), settings }, record))
    }

    /// Counts the parameters of all layers.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters).sum()
    }
}

/// Bound on epochs and losses; larger values are refused.
const MOST: f64 = 1e15;

/// Losses by epoch.
pub struct Losses {
    /// Epoch, training loss, validation loss.
    pub epochs: Vec<(f64, f64, Option<f64>)>,
}

#[derive(Deserialize)]
struct Line {
    epoch: f64,
    train: f64,
    validation: Option<f64>,
}

impl Losses {
    /// Reads the `losses.csv` of `train-ae`.
    ///
    /// # Errors
    /// Fails if the file cannot be read or has no such columns.
    pub fn read(path: &Path) -> anyhow::Result<(Self, FileRecord)> {
        let (bytes, record) = read_text(path)?;
        let expected = || {
            format!(
                "{}: expected losses: .csv with the columns epoch, train and validation",
                path.display()
            )
        };
        let mut epochs: Vec<(f64, f64, Option<f64>)> = Vec::new();
        for line in csv::Reader::from_reader(bytes.as_slice()).deserialize() {
            let Line { epoch, train, validation } = line.with_context(expected)?;
            let finite =
                [epoch, train, validation.unwrap_or_default()].iter().all(|x| x.abs() < MOST);
            let later = epochs.last().is_none_or(|&(before, ..)| epoch > before);
            if !finite || !later {
                bail!(
                    "{}, found epoch {epoch} with {train}; each line is a later epoch with finite \
                     losses",
                    expected()
                );
            }
            epochs.push((epoch, train, validation));
        }
        if epochs.is_empty() {
            bail!("{}, found no epoch; train again", expected());
        }
        Ok((Self { epochs }, record))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    #[test]
    fn layers_are_in_the_order_of_computing() {
        let zeros = [0u8; 4 * 6];
        let tensor = |shape: &[usize]| {
            let bytes = &zeros[..4 * shape.iter().product::<usize>()];
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), bytes)
                .unwrap()
        };
        let tensors = [
            ("decoder.0.weight", tensor(&[3, 1])),
            ("decoder.0.bias", tensor(&[3])),
            ("encoder.10.weight", tensor(&[1, 2])),
            ("encoder.2.weight", tensor(&[2, 3])),
            ("encoder.2.bias", tensor(&[2])),
            ("step", tensor(&[1])),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        std::fs::write(&path, safetensors::serialize(tensors, None).unwrap()).unwrap();
        let (layers, _) = Layers::read(&path).unwrap();
        let found: Vec<_> =
            layers.layers.iter().map(|layer| (layer.name.as_str(), layer.parameters)).collect();
        assert_eq!(found, [("encoder.2", 8), ("encoder.10", 2), ("decoder.0", 6)]);
        assert_eq!(layers.layers[0].shape, [2, 3]);
        assert_eq!(layers.parameters(), 16);
    }

    #[test]
    fn losses_need_no_validation() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("losses.csv");
        std::fs::write(&path, "epoch,train,validation\n1,0.5,\n2,0.25,0.5\n").unwrap();
        let (losses, _) = Losses::read(&path).unwrap();
        assert_eq!(losses.epochs, [(1.0, 0.5, None), (2.0, 0.25, Some(0.5))]);
        let head = "epoch,train,validation\n";
        for wrong in [
            "a,b\n1,2\n",
            head,
            &format!("{head}nan,1,1\n"),
            &format!("{head}1,inf,\n"),
            &format!("{head}2,1,\n1,1,\n"),
        ] {
            std::fs::write(&path, wrong).unwrap();
            let error = format!("{:#}", Losses::read(&path).err().unwrap());
            assert!(error.contains("epoch, train and validation"), "{wrong}: {error}");
        }
    }

    #[test]
    fn what_fuzzing_kept_is_read_or_refused() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus");
        let mut tried = 0;
        for file in std::fs::read_dir(corpus.join("losses")).unwrap() {
            if let Ok((losses, _)) = Losses::read(&file.unwrap().path()) {
                assert!(losses.epochs.is_sorted_by(|a, b| a.0 < b.0));
            }
            tried += 1;
        }
        assert!(tried > 20, "{tried} files");
    }
}
