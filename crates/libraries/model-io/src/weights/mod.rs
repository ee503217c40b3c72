//! Weights of autoencoders as safetensors files, which PyTorch opens as they are.
//!
//! This module knows the file and no network: it reads and writes named tensors of f32 and one text
//! beside them. The library `autoencoder` makes a network of them. Nothing here links libtorch or
//! opens a file.
//!
//! The tensors are `encoder.N.weight`, `encoder.N.bias` and `decoder.N...` with N = 0, 2, 4...: the
//! names of the linear layers of a PyTorch module with two `Sequential`s called `encoder` and
//! `decoder`, so `load_state_dict` takes the file. The metadata has one entry, `autoencoder`, with
//! what the shapes do not tell, as JSON.
//!
//! Files of PyTorch are read as they come: with the prefixes that compiled and distributed modules
//! give their tensors (`_orig_mod.`, `module.`), as f16, bf16, f32 or f64.

mod error;
mod layers;
mod read;
mod write;

pub use error::{Error, Result};
pub use layers::{Layer, Layers};
pub use read::Tensors;
pub use safetensors::SafeTensorError;
pub use write::{NamedTensor, write};
