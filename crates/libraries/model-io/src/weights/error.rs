//! The error of this module.

/// Result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// What was found in place of the weights of an autoencoder.
///
/// The message is a noun phrase, such as `no encoder.0.weight`, for a caller that knows the file
/// and what was expected of it.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are no safetensors file.
    #[error("something else ({0})")]
    NotSafetensors(#[from] safetensors::SafeTensorError),
    /// The file has other tensors than are needed.
    #[error("{0}")]
    Tensors(String),
}
