//! The Adam optimizer with decoupled weight decay, and the clipping of gradients.
//!
//! Kingma and Ba, *Adam: a method for stochastic optimization*, ICLR 2015; the weight decay is that
//! of AdamW (Loshchilov and Hutter, *Decoupled weight decay regularization*, ICLR 2019). Tested
//! against PyTorch's `AdamW`.

use std::sync::{Mutex, PoisonError};

use multiversion::multiversion;
use tch::{Device, Kind, Tensor};

use crate::cuda::{ADAM_SOURCE, Argument, Kernel};
use crate::flat_params::FlatParams;
use crate::openmp::parallel_for;
use crate::{Error, Result};

/// Decay rate of the running mean of the gradient: β₁ of the paper.
const BETA1: f64 = 0.9;
/// Decay rate of the running mean of the squared gradient: β₂ of the paper.
const BETA2: f64 = 0.999;
/// Added to the denominator, which keeps it from 0: ε of the paper.
const EPSILON: f64 = 1e-8;
/// Weights of the new gradient and of its square in their running means.
const NEW1: f32 = (1.0 - BETA1) as f32;
const NEW2: f32 = (1.0 - BETA2) as f32;
/// A running mean below its constant is set to 0.
///
/// The means of a dead unit shrink with every step, into denormal numbers, which take a processor a
/// hundred times as long. Both constants are far below what moves a weight: a mean of 1e-30 over
/// ε = 1e-8 moves it by 1e-22 times the learning rate, and the root of a mean square of 1e-34 is
/// lost beside ε in f32. Both are large enough for the products of a step to stay normal.
const SMALLEST1: f32 = 1e-30;
const SMALLEST2: f32 = 1e-34;
/// Added to the norm of the gradient before dividing by it, as in PyTorch.
const CLIP_EPSILON: f64 = 1e-6;
/// Values that a CPU thread processes at a time.
const BLOCK: usize = 1 << 15;
/// Values per thread of the CUDA kernel, which reads and writes them as one `float4`.
const VALUES_PER_THREAD: usize = 4;

/// RunningLoss means over the steps, for all parameters at once.
#[derive(Debug)]
pub(crate) struct Adam {
    /// Running mean of the gradient, (length), f32.
    pub(crate) first: Tensor,
    /// Running mean of the squared gradient, (length), f32.
    pub(crate) second: Tensor,
    /// Steps done so far.
    pub(crate) steps: u64,
    /// The fused step, on a CUDA device whose libtorch brings NVRTC.
    kernel: Option<Kernel>,
}

/// The factors of one step, which are the same for all values.
#[derive(Debug, Clone, Copy)]
struct Factors {
    /// Multiplies each value: the weight decay.
    decay: f32,
    /// Multiplies the quotient of mean and root: the learning rate over the mean's bias correction.
    step: f32,
    /// Multiplies the root of the mean square: the correction for its bias.
    root: f32,
}

impl Adam {
    /// Starts with running means of 0 for `length` values.
    pub(crate) fn new(length: i64, device: Device) -> Result<Self> {
        let zeros = || Tensor::f_zeros([length], (Kind::Float, device));
        let (first, second) = (zeros()?, zeros()?);
        let kernel = match device {
            Device::Cuda(index) => Kernel::compile(ADAM_SOURCE, c"adam", index)?,
            _ => None,
        };
        Ok(Self { first, second, steps: 0, kernel })
    }

    /// Takes one step of Adam.
    ///
    /// `values -= lr · (mean / (√(mean square) + ε) + weight_decay · values)`, where
    /// both means are corrected for having started at 0.
    ///
    /// # Errors
    /// Fails only if memory runs out, and not on the CPU.
    pub(crate) fn step(
        &mut self,
        parameters: &mut FlatParams,
        lr: f64,
        weight_decay: f64,
    ) -> Result<()> {
        self.steps += 1;
        let correction = |beta: f64| 1.0 - beta.powf(self.steps as f64);
        let factors = Factors {
            decay: (1.0 - lr * weight_decay) as f32,
            step: (lr / correction(BETA1)) as f32,
            root: (1.0 / correction(BETA2).sqrt()) as f32,
        };
        match &self.kernel {
            _ if parameters.values.device() == Device::Cpu => self.step_fused(parameters, factors),
            Some(kernel) => self.step_cuda(kernel, parameters, factors),
            None => self.step_operators(parameters, factors),
        }
    }

    /// Takes the step on the CPU in one pass over memory.
    ///
    /// Memory traffic is what the step costs, and libtorch's operators, one after the other, pass
    /// over memory more than twice as often.
    fn step_fused(&mut self, parameters: &mut FlatParams, factors: Factors) -> Result<()> {
        let values = slice(&mut parameters.values)?.chunks_mut(BLOCK);
        let grad = slice(&mut parameters.grad)?.chunks(BLOCK);
        let means = slice(&mut self.first)?
            .chunks_mut(BLOCK)
            .zip(slice(&mut self.second)?.chunks_mut(BLOCK));
        // The locks make the blocks shareable; no two threads ever take the same block.
        let blocks: Vec<_> = values.zip(grad).zip(means).map(Mutex::new).collect();
        parallel_for(blocks.len(), &|i| {
            let mut block = blocks[i].lock().unwrap_or_else(PoisonError::into_inner);
            let ((values, grads), (first, second)) = &mut *block;
            step_block(values, grads, first, second, factors);
        });
        Ok(())
    }

    /// Takes the step on a CUDA device in one pass over memory.
    fn step_cuda(&self, kernel: &Kernel, parameters: &FlatParams, factors: Factors) -> Result<()> {
        let tensors = [&parameters.values, &parameters.grad, &self.first, &self.second];
        let length = parameters.values.numel();
        if let Some(odd) = tensors.iter().find(|tensor| {
            let aligned = tensor.is_contiguous() && length.is_multiple_of(VALUES_PER_THREAD);
            tensor.kind() != Kind::Float || tensor.numel() != length || !aligned
        }) {
            return Err(unexpected_layout(odd));
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

    /// Takes the step by operators of libtorch, on any device.
    fn step_operators(&mut self, parameters: &mut FlatParams, factors: Factors) -> Result<()> {
        let FlatParams { values, grad, .. } = parameters;
        let _ = self.first.f_lerp_(grad, 1.0 - BETA1)?;
        let _ = self.second.f_lerp_(&grad.f_square()?, 1.0 - BETA2)?;
        let small1 = self.first.f_abs()?.f_lt(f64::from(SMALLEST1))?;
        let small2 = self.second.f_lt(f64::from(SMALLEST2))?;
        let _ = self.first.f_masked_fill_(&small1, 0.0)?;
        let _ = self.second.f_masked_fill_(&small2, 0.0)?;
        let mut denominator = self.second.f_sqrt()?;
        let _ = denominator.f_mul_scalar_(f64::from(factors.root))?.f_add_scalar_(EPSILON)?;
        let mut change = self.first.f_div(&denominator)?;
        let _ = change.f_mul_scalar_(f64::from(factors.step))?;
        let _ = values.f_mul_scalar_(f64::from(factors.decay))?.f_sub_(&change)?;
        Ok(())
    }
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
fn slice(tensor: &mut Tensor) -> Result<&mut [f32]> {
    if tensor.device() != Device::Cpu || tensor.kind() != Kind::Float || !tensor.is_contiguous() {
        return Err(unexpected_layout(tensor));
    }
    // SAFETY: a contiguous f32 tensor on the CPU is `numel` initialized f32 from `data_ptr` on, and
    // they live as long as the borrowed tensor. The layers are views of the same memory, but only
    // operators of libtorch use them; on the CPU these are done when they return, and none runs
    // while this borrow lasts.
    Ok(unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast::<f32>(), tensor.numel()) })
}

fn unexpected_layout(tensor: &Tensor) -> Error {
    let found = format!("{:?} {:?} on {:?}", tensor.kind(), tensor.size(), tensor.device());
    Error::Parameter {
        name: "a tensor to step over",
        expected: "contiguous f32, as long as the others",
        found,
    }
}

/// Scales the gradient down, if necessary, to a Euclidean norm of at most `max_norm`.
///
/// PyTorch's `clip_grad_norm_`: Pascanu, Mikolov and Bengio, *On the difficulty of training
/// recurrent neural networks*, ICML 2013.
pub(crate) fn clip(grad: &mut Tensor, max_norm: f64) -> Result<()> {
    // The norm of each row and then the norm of these: their number is too small for libtorch to
    // divide it among threads, so the sum has one order.
    let rows = grad.f_view([-1, crate::flat_params::ROW as i64])?;
    let norm = rows.f_norm_scalaropt_dim(2.0, [1], false)?.f_norm()?;
    let factor = (norm.f_add_scalar(CLIP_EPSILON)?.f_reciprocal()?.f_mul_scalar(max_norm)?)
        .f_clamp_max(1.0)?;
    let _ = grad.f_mul_(&factor)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, Init, Network};

    /// Returns the values of a small network with the gradient `grad(i)` for value i.
    fn parameters(grad: impl Fn(usize) -> f32) -> FlatParams {
        let architecture =
            Architecture { input: 200, hidden: vec![170], latent: 3, ..Architecture::default() };
        let mut network = Network::new(&architecture, Init::Keras, 1, Device::Cpu).unwrap();
        let mut parameters = FlatParams::new(&mut network).unwrap();
        let length = parameters.grad.numel();
        let grads: Vec<f32> = (0..length).map(grad).collect();
        parameters.grad.copy_(&Tensor::from_slice(&grads));
        parameters
    }

    fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn one_pass_and_operators_take_the_same_steps() {
        let grad = |i: usize| {
            if i.is_multiple_of(5) {
                0.0
            } else {
                (i as f32).sin() * 10f32.powi((i % 7) as i32 - 5)
            }
        };
        let (mut a, mut b) = (parameters(grad), parameters(grad));
        let length = a.values.numel() as i64;
        assert!(a.values.numel() > 2 * BLOCK, "several blocks");
        let (mut one, mut other) =
            (Adam::new(length, Device::Cpu).unwrap(), Adam::new(length, Device::Cpu).unwrap());
        for _ in 0..3 {
            one.step(&mut a, 0.01, 0.1).unwrap();
            other.steps += 1;
            let correction = |beta: f64| 1.0 - beta.powf(other.steps as f64);
            let factors = Factors {
                decay: 0.999,
                step: (0.01 / correction(BETA1)) as f32,
                root: (1.0 / correction(BETA2).sqrt()) as f32,
            };
            other.step_operators(&mut b, factors).unwrap();
        }
        let moved = largest_difference(&a.values, &parameters(grad).values);
        assert!(moved > 0.02, "{moved}");
        let difference = largest_difference(&a.values, &b.values);
        assert!(difference < 1e-6, "{difference}");
    }

    /// Takes the step for one value without setting small means to 0.
    fn plain_step(means: &mut [f32; 2], value: &mut f32, grad: f32, factors: Factors) {
        means[0] += NEW1 * (grad - means[0]);
        means[1] += NEW2 * (grad * grad - means[1]);
        *value = *value * factors.decay
            - factors.step * means[0] / (means[1].sqrt() * factors.root + EPSILON as f32);
    }

    #[test]
    fn means_of_dead_units_end_at_0_and_weights_are_the_same_without_that() {
        // One value's gradient vanishes after some steps, one's remains, one's is always 0.
        let grad = |i: usize, step: usize| match i % 3 {
            0 if step < 20 => 0.1 * (i as f32).sin(),
            1 => (i + step) as f32 * 1e-6,
            _ => 0.0,
        };
        let first_values = parameters(|_| 0.0);
        let mut flushed = parameters(|_| 0.0);
        let length = flushed.values.numel();
        let mut adam = Adam::new(length as i64, Device::Cpu).unwrap();
        const LOOKED_AT: usize = 300;
        let mut plain: Vec<f32> = vec![0.0; LOOKED_AT];
        first_values.values.slice(0, 0, LOOKED_AT as i64, 1).copy_data(&mut plain, LOOKED_AT);
        let mut means = vec![[0.0_f32; 2]; LOOKED_AT];
        // The mean square shrinks by a thousandth a step. It would take 80,000 steps from 1 to
        // 1e-38, so it starts small.
        for step in 0..2_500 {
            let grads: Vec<f32> = (0..length).map(|i| 1e-10 * grad(i, step)).collect();
            flushed.grad.copy_(&Tensor::from_slice(&grads));
            adam.step(&mut flushed, 0.01, 0.0).unwrap();
            let correction = |beta: f64| 1.0 - beta.powf(adam.steps as f64);
            let factors = Factors {
                decay: 1.0,
                step: (0.01 / correction(BETA1)) as f32,
                root: (1.0 / correction(BETA2).sqrt()) as f32,
            };
            for (i, (means, value)) in means.iter_mut().zip(&mut plain).enumerate() {
                plain_step(means, value, grads[i], factors);
            }
        }
        let denormal = |values: &[f32]| values.iter().filter(|x| x.is_subnormal()).count();
        assert!(denormal(&means.iter().map(|means| means[0]).collect::<Vec<_>>()) > 50);
        for means in [&mut adam.first, &mut adam.second] {
            assert_eq!(denormal(slice(means).unwrap()), 0);
        }
        assert_eq!(&slice(&mut flushed.values).unwrap()[..LOOKED_AT], &plain[..]);
    }

    /// Copies values and gradient to the CUDA device.
    fn on_cuda(parameters: &FlatParams) -> FlatParams {
        let architecture =
            Architecture { input: 200, hidden: vec![170], latent: 3, ..Architecture::default() };
        let mut network = Network::new(&architecture, Init::Keras, 1, Device::Cuda(0)).unwrap();
        let mut there = FlatParams::new(&mut network).unwrap();
        there.values.copy_(&parameters.values);
        there.grad.copy_(&parameters.grad);
        there
    }

    #[test]
    #[ignore = "needs a CUDA device: make test-cuda"]
    fn the_kernel_takes_the_same_steps() {
        let grad = |i: usize| {
            if i.is_multiple_of(5) {
                0.0
            } else {
                (i as f32).sin() * 10f32.powi((i % 7) as i32 - 5)
            }
        };
        let mut here = parameters(grad);
        let mut there = on_cuda(&here);
        let length = here.values.numel() as i64;
        let mut one = Adam::new(length, Device::Cpu).unwrap();
        let mut other = Adam::new(length, Device::Cuda(0)).unwrap();
        assert!(other.kernel.is_some(), "libtorch has its compiler beside it");
        for _ in 0..3 {
            one.step(&mut here, 0.01, 0.1).unwrap();
            other.step(&mut there, 0.01, 0.1).unwrap();
        }
        let moved = largest_difference(&here.values, &parameters(grad).values);
        assert!(moved > 0.02, "{moved}");
        for (a, b) in [
            (&here.values, &there.values),
            (&one.first, &other.first),
            (&one.second, &other.second),
        ] {
            let difference = largest_difference(a, &b.to_device(Device::Cpu));
            assert!(difference < 1e-6, "{difference}");
        }
    }

    #[test]
    fn a_gradient_is_shrunk_to_the_length_asked_for_and_never_stretched() {
        let mut parameters = parameters(|i| ((i * 7) % 11) as f32 - 5.0);
        let before = parameters.grad.copy();
        let length = before.to_kind(Kind::Double).norm().double_value(&[]);
        clip(&mut parameters.grad, 2.0 * length).unwrap();
        assert_eq!(largest_difference(&parameters.grad, &before), 0.0);
        clip(&mut parameters.grad, 0.5).unwrap();
        let expected = &before * (0.5 / length);
        let difference = largest_difference(&parameters.grad, &expected);
        assert!(difference < 1e-6 * 0.5, "{difference}");
    }
}
