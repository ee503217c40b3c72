//! The step on a CUDA device, in one pass over memory.

use tch::{Kind, Tensor};

use super::factors::{EPSILON, Factors, NEW1, NEW2, SMALLEST1, SMALLEST2};
use crate::cuda::{Argument, Kernel};
use crate::{Error, Result};

/// Values per thread of the kernel, which reads and writes them as one `float4`.
const VALUES_PER_THREAD: usize = 4;

/// Takes the step for `tensors`: values, gradient and both running means, each (length), f32.
///
/// All of them are on the device that `kernel` was compiled for.
pub(super) fn step(kernel: &Kernel, tensors: [&Tensor; 4], factors: Factors) -> Result<()> {
    let length = tensors[0].numel();
    if let Some(odd) = tensors.iter().find(|tensor| {
        let aligned = tensor.is_contiguous() && length.is_multiple_of(VALUES_PER_THREAD);
        tensor.kind() != Kind::Float || tensor.numel() != length || !aligned
    }) {
        return Err(Error::tensor_layout(odd));
    }
    let count = (length / VALUES_PER_THREAD) as u64;
    let Factors { decay, step, root } = factors;
    let numbers = [decay, step, root, NEW1, NEW2, EPSILON as f32, SMALLEST1, SMALLEST2];
    let mut arguments = tensors.map(|tensor| Argument::Pointer(tensor.data_ptr())).to_vec();
    arguments.push(Argument::U64(count));
    arguments.extend(numbers.map(Argument::F32));
    // SAFETY: these are the kernel's arguments in its order. Each tensor is on the kernel's
    // device, as the optimizer is, and holds `count` times four f32.
    #[allow(unsafe_code, reason = "a kernel writes to the memory of tensors")]
    unsafe {
        kernel.run(count, &mut arguments)
    }
}
