//! The CUDA kernel of the optimizer, and the few calls that compile and launch it.
//!
//! The folder holds one kernel, [`ADAM_SOURCE`], because libtorch's operators pass over the memory
//! of the optimizer more than twice as often as one fused kernel. The kernel is compiled by NVRTC
//! at run time. NVRTC comes with libtorch, so the bindings in `nvrtc.rs` are a dozen functions that
//! are looked up by name: no further crate, no CUDA toolkit to build, and no GPU to run on the CPU.

use std::ffi::CStr;

mod nvrtc;

pub(crate) use nvrtc::{Argument, Kernel};

/// Source of the kernel `adam`: one step of the optimizer for all values, in CUDA C++.
pub(crate) const ADAM_SOURCE: &CStr =
    match CStr::from_bytes_with_nul(concat!(include_str!("adam.cu"), "\0").as_bytes()) {
        Ok(source) => source,
        Err(_) => panic!("a zero byte in adam.cu"),
    };
