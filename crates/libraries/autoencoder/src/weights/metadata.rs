//! The metadata of a weights file: everything that the shapes of its tensors do not tell.

use model_io::weights::Tensors;
use serde::{Deserialize, Serialize};

use crate::{Activation, Error, Loss, NetworkKind, Normalize, Result, TrainedOn};

/// The settings of a network that the shapes of its tensors do not tell.
#[derive(Serialize, Deserialize)]
pub(crate) struct Metadata {
    pub(super) activation: Activation,
    pub(super) loss: Loss,
    /// Absent from files of the first versions, which did not normalize.
    #[serde(default)]
    pub(super) normalize: Normalize,
    /// Absent for a dense network, as in files of the first versions.
    #[serde(default, skip_serializing_if = "is_dense")]
    pub(super) network: NetworkKind,
    /// Absent from files of the first versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) images: Option<TrainedOn>,
    /// The state of a training, as JSON; only in a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) training: Option<String>,
}

/// Settings that a caller supplies for a file without metadata, as PyTorch writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Assumed {
    /// Activation between the layers. Default relu.
    pub activation: Option<Activation>,
    /// Loss that the network was trained with. Default mse, which has a linear output.
    pub loss: Option<Loss>,
}

impl Metadata {
    /// Returns the metadata to use for a file that has none.
    pub(super) fn assumed(assume: Assumed) -> Self {
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

/// Fails if the caller sets an option to another value than the file has.
pub(super) fn check_option<T: PartialEq + std::fmt::Display>(
    name: &'static str,
    stored: T,
    asked: Option<T>,
) -> Result<()> {
    match asked {
        Some(asked) if asked != stored => Err(Error::OptionMismatch {
            name,
            stored: stored.to_string(),
            found: asked.to_string(),
        }),
        _ => Ok(()),
    }
}

/// Parses the metadata of a weights file, if it has any.
pub(crate) fn read_metadata(file: &Tensors) -> Result<Option<Metadata>> {
    file.metadata().map(|text| serde_json::from_str(text).map_err(not_weights)).transpose()
}

/// Tells whether the network is dense.
fn is_dense(network: &NetworkKind) -> bool {
    *network == NetworkKind::default()
}

/// Converts an error of a parser.
pub(super) fn not_weights(error: impl std::fmt::Display) -> Error {
    Error::Weights { found: format!("something else ({error})") }
}
