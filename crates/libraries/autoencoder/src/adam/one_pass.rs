//! The step on the CPU, in one pass over memory.
//!
//! Memory traffic is what the step costs, and libtorch's operators, one after the other, pass over
//! memory more than twice as often.

use std::sync::{Mutex, PoisonError};

use multiversion::multiversion;
use tch::{Device, Kind, Tensor};

use super::factors::{EPSILON, Factors, NEW1, NEW2, SMALLEST1, SMALLEST2};
use crate::openmp::parallel_for;
use crate::{Error, Result};

/// Values that a thread processes at a time.
pub(super) const BLOCK: usize = 1 << 15;

/// Takes the step for tensors (length), f32, on the CPU.
///
/// `means` are the running means of the gradient and of its square.
pub(super) fn step(
    values: &mut Tensor,
    grad: &mut Tensor,
    [first, second]: [&mut Tensor; 2],
    factors: Factors,
) -> Result<()> {
    let values = slice(values)?.chunks_mut(BLOCK);
    let grad = slice(grad)?.chunks(BLOCK);
    let means = slice(first)?.chunks_mut(BLOCK).zip(slice(second)?.chunks_mut(BLOCK));
    // The locks make the blocks shareable; no two threads ever take the same block.
    let blocks: Vec<_> = values.zip(grad).zip(means).map(Mutex::new).collect();
    parallel_for(blocks.len(), &|i| {
        let mut block = blocks[i].lock().unwrap_or_else(PoisonError::into_inner);
        let ((values, grads), (first, second)) = &mut *block;
        step_block(values, grads, first, second, factors);
    });
    Ok(())
}

/// Takes the step for a block of values.
///
/// Each value depends on its own state alone, so the result does not depend on blocks or threads.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn step_block(
    values: &mut [f32],
    grads: &[f32],
    first: &mut [f32],
    second: &mut [f32],
    factors: Factors,
) {
    let Factors { decay, step, root } = factors;
    let (new1, new2, epsilon) = (NEW1, NEW2, EPSILON as f32);
    let means = first.iter_mut().zip(second);
    for ((value, &grad), (first, second)) in values.iter_mut().zip(grads).zip(means) {
        let mean = *first + new1 * (grad - *first);
        let square = *second + new2 * (grad * grad - *second);
        *first = if mean.abs() < SMALLEST1 { 0.0 } else { mean };
        *second = if square < SMALLEST2 { 0.0 } else { square };
        *value = *value * decay - step * *first / (second.sqrt() * root + epsilon);
    }
}

/// Borrows the values of a contiguous f32 tensor on the CPU.
#[allow(unsafe_code, reason = "libtorch gives the memory of a tensor as a pointer")]
pub(super) fn slice(tensor: &mut Tensor) -> Result<&mut [f32]> {
    if tensor.device() != Device::Cpu || tensor.kind() != Kind::Float || !tensor.is_contiguous() {
        return Err(Error::tensor_layout(tensor));
    }
    // SAFETY: a contiguous f32 tensor on the CPU is `numel` initialized f32 from `data_ptr` on, and
    // they live as long as the borrowed tensor. The layers are views of the same memory, but only
    // operators of libtorch use them; on the CPU these are done when they return, and none runs
    // while this borrow lasts.
    Ok(unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast::<f32>(), tensor.numel()) })
}
