//! The CUDA kernel of the optimizer, and the few calls that compile and launch it.
//!
//! The folder holds one kernel, [`ADAM_SOURCE`], because libtorch's operators, one after the other,
//! pass over the memory of the optimizer more than twice as often as one fused kernel. The kernel
//! is compiled by NVRTC at run time. NVRTC comes with libtorch, so the bindings in `nvrtc.rs` are a
//! dozen functions that are looked up by name: no further crate, no CUDA toolkit to build, and no
//! GPU to run on the CPU.
//!
//! # Why not libtorch's fused operator
//!
//! libtorch 2.11 has `_fused_adamw_`, which steps over lists of tensors in one kernel.
//!
//! - tch and torch-sys 0.24 do not bind it. The optimizers that they do bind (`ato_adam`,
//!   `ato_adamw`) are those of the C++ frontend, which run operator by operator.
//! - A shim in C++ reaches it: a function of six lines compiles against the headers of libtorch in
//!   ten seconds, and was seen to take the step on the CPU. It takes a list of one tensor, our flat
//!   vector, for each argument. The number of the step is a further tensor on the device, which
//!   needs a launch of its own to count.
//! - The mathematics are the same (decoupled decay, both corrections for the bias), the rounding is
//!   not: the operator computes the corrections and the decay in f32 on the device, we compute them
//!   in f64 for each step. After 1000 steps at a learning rate of 0.01 the operator's formula and
//!   ours differed by up to 1.5e-5 in a value. The mean squares differed by 1e-5 of themselves.
//! - It does not set small means to 0. After these 1000 steps a fifth of the values, those whose
//!   gradient had vanished, had denormal means. A GPU does not mind, but a checkpoint would carry
//!   them to a CPU, and the kernel would no longer be tested against `adam`'s own step.
//! - It gives each block of 512 threads 65,536 values: 98 blocks for the default network, fewer
//!   than the 132 multiprocessors of an H100 or H200. Whether that costs speed is not known.
//!
//! The last point, and the losses on a GPU, can only be measured with a GPU, and the shim has not
//! run on one. The kernel here was tested and measured on a GPU (`make test-cuda`,
//! docs/benchmarks.md), so it stays until the shim has been measured beside it.
//!
//! # Why not cudarc
//!
//! The crate would replace the bindings, not the kernel, nor the `unsafe` launch.
//!
//! - Version 0.19 fixes the version of CUDA when it is built. Our bindings take the functions that
//!   they find, with signatures that have been the same since CUDA 11.
//! - It opens `libnvrtc.so` by names of its own, so that of a CUDA installed on the machine comes
//!   before that of libtorch.
//! - It has 140,000 lines, in place of the 250 of `nvrtc.rs`.

use std::ffi::CStr;

mod nvrtc;

pub(crate) use nvrtc::{Argument, Kernel};

/// Source of the kernel `adam`, one step of the optimizer, in CUDA C++.
pub(crate) const ADAM_SOURCE: &CStr =
    match CStr::from_bytes_with_nul(concat!(include_str!("adam.cu"), "\0").as_bytes()) {
        Ok(source) => source,
        Err(_) => panic!("a zero byte in adam.cu"),
    };
