//! The optimiser: Adam (Kingma and Ba, *Adam: a method for stochastic optimization*, ICLR 2015), with the weight decay of AdamW
//! (Loshchilov and Hutter, *Decoupled weight decay regularization*, ICLR 2019). Tested against PyTorch's `AdamW`.

use std::ffi::CStr;
use std::sync::{Mutex, PoisonError};

use multiversion::multiversion;
use tch::{Device, Kind, Tensor};

use crate::cuda::{Argument, Kernel};
use crate::parameters::Parameters;
use crate::threads::for_each;
use crate::{Error, Result};

/// Decay rates of the mean and of the mean square of the gradient, and what keeps the denominator from 0: as in the paper.
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;
/// What a step adds to either mean, as a share.
const NEW1: f32 = (1.0 - BETA1) as f32;
const NEW2: f32 = (1.0 - BETA2) as f32;
/// Means below these become 0. Those of a unit that has died shrink with every step, into numbers so
/// small (denormal) that a processor takes a hundred times as long for each. Both are far below what
/// moves a weight: a mean of 1e-30 over ε = 1e-8 moves it by 1e-22 times the learning rate, and the root
/// of a mean square of 1e-34 is lost beside ε in f32. They are also large enough for the products of a
/// step to stay normal.
const SMALLEST1: f32 = 1e-30;
const SMALLEST2: f32 = 1e-34;
/// Values that one thread takes at a time.
const BLOCK: usize = 1 << 15;
/// The same on a CUDA device, four values a thread.
const KERNEL: &CStr = match CStr::from_bytes_with_nul(concat!(include_str!("adam.cu"), "\0").as_bytes()) {
    Ok(source) => source,
    Err(_) => panic!("a zero byte in adam.cu"),
};
const VALUES_PER_THREAD: usize = 4;

/// Running means over the steps, for all parameters at once.
#[derive(Debug)]
pub(crate) struct Adam {
    /// Of the gradient: (length), f32
    pub(crate) first: Tensor,
    /// Of its square: (length), f32
    pub(crate) second: Tensor,
    /// Done so far.
    pub(crate) steps: u64,
    /// On a CUDA device, the step.
    kernel: Option<Kernel>,
}

/// What is the same for all values in one step.
#[derive(Debug, Clone, Copy)]
struct Factors {
    /// On each value before anything else.
    decay: f32,
    /// On the mean over the root of the mean square.
    step: f32,
    /// On the root of the mean square.
    root: f32,
}

impl Adam {
    /// No step done yet for `length` values.
    pub(crate) fn new(length: i64, device: Device) -> Result<Self> {
        let zeros = || Tensor::f_zeros([length], (Kind::Float, device));
        let (first, second) = (zeros()?, zeros()?);
        let kernel = match device {
            Device::Cuda(index) => Kernel::compile(KERNEL, c"adam", index)?,
            _ => None,
        };
        Ok(Self { first, second, steps: 0, kernel })
    }

    /// One step along the gradient: `values -= lr · (mean / (√(mean square) + ε) + weight_decay · values)`, with both means
    /// corrected for having started at 0.
    ///
    /// # Errors
    /// No memory, on a device other than the CPU.
    pub(crate) fn step(&mut self, parameters: &mut Parameters, lr: f64, weight_decay: f64) -> Result<()> {
        self.steps += 1;
        let correction = |beta: f64| 1.0 - beta.powf(self.steps as f64);
        let factors = Factors {
            decay: (1.0 - lr * weight_decay) as f32,
            step: (lr / correction(BETA1)) as f32,
            root: (1.0 / correction(BETA2).sqrt()) as f32,
        };
        match &self.kernel {
            _ if parameters.values.device() == Device::Cpu => self.in_one_pass(parameters, factors),
            Some(kernel) => self.by_kernel(kernel, parameters, factors),
            None => self.by_tensors(parameters, factors),
        }
    }

    /// Reads and writes each value once, which is what the step costs: libtorch's operators, one after the other, pass over
    /// memory more than twice as often.
    fn in_one_pass(&mut self, parameters: &mut Parameters, factors: Factors) -> Result<()> {
        let values = slice(&mut parameters.values)?.chunks_mut(BLOCK);
        let gradient = slice(&mut parameters.gradient)?.chunks(BLOCK);
        let means = slice(&mut self.first)?.chunks_mut(BLOCK).zip(slice(&mut self.second)?.chunks_mut(BLOCK));
        // Locks hand the blocks out; no two threads ever want the same.
        let blocks: Vec<_> = values.zip(gradient).zip(means).map(Mutex::new).collect();
        for_each(blocks.len(), &|i| {
            let mut block = blocks[i].lock().unwrap_or_else(PoisonError::into_inner);
            let ((values, gradient), (first, second)) = &mut *block;
            step_block(values, gradient, first, second, factors);
        });
        Ok(())
    }

    /// The same on a CUDA device, in one pass too.
    fn by_kernel(&self, kernel: &Kernel, parameters: &Parameters, factors: Factors) -> Result<()> {
        let tensors = [&parameters.values, &parameters.gradient, &self.first, &self.second];
        let length = parameters.values.numel();
        if let Some(odd) = tensors.iter().find(|tensor| {
            let aligned = tensor.is_contiguous() && length.is_multiple_of(VALUES_PER_THREAD);
            tensor.kind() != Kind::Float || tensor.numel() != length || !aligned
        }) {
            return Err(refused(odd));
        }
        let count = (length / VALUES_PER_THREAD) as u64;
        let Factors { decay, step, root } = factors;
        let numbers = [decay, step, root, NEW1, NEW2, EPSILON as f32, SMALLEST1, SMALLEST2];
        let mut arguments = tensors.map(|tensor| Argument::Pointer(tensor.data_ptr())).to_vec();
        arguments.push(Argument::U64(count));
        arguments.extend(numbers.map(Argument::F32));
        // SAFETY: these are the kernel's arguments in its order; each of the tensors, which are on its device as the optimiser is,
        // holds `count` times four f32.
        #[allow(unsafe_code, reason = "a kernel writes to the memory of tensors")]
        unsafe {
            kernel.run(count, &mut arguments)
        }
    }

    /// The same by operators of libtorch, on any device.
    fn by_tensors(&mut self, parameters: &mut Parameters, factors: Factors) -> Result<()> {
        let Parameters { values, gradient, .. } = parameters;
        let _ = self.first.f_lerp_(gradient, 1.0 - BETA1)?;
        let _ = self.second.f_lerp_(&gradient.f_square()?, 1.0 - BETA2)?;
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

/// One value after the other: no sums, so that blocks and threads leave no trace.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn step_block(values: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32], factors: Factors) {
    let Factors { decay, step, root } = factors;
    let (new1, new2, epsilon) = (NEW1, NEW2, EPSILON as f32);
    let means = first.iter_mut().zip(second);
    for ((value, &slope), (first, second)) in values.iter_mut().zip(gradient).zip(means) {
        let mean = *first + new1 * (slope - *first);
        let square = *second + new2 * (slope * slope - *second);
        *first = if mean.abs() < SMALLEST1 { 0.0 } else { mean };
        *second = if square < SMALLEST2 { 0.0 } else { square };
        *value = *value * decay - step * *first / (second.sqrt() * root + epsilon);
    }
}

/// The values of a tensor in the memory of the processor.
#[allow(unsafe_code, reason = "libtorch gives the memory of a tensor as a pointer")]
fn slice(tensor: &mut Tensor) -> Result<&mut [f32]> {
    if tensor.device() != Device::Cpu || tensor.kind() != Kind::Float || !tensor.is_contiguous() {
        return Err(refused(tensor));
    }
    // SAFETY: a contiguous f32 tensor on the CPU is `numel` initialised f32 from `data_ptr` on, which live as long as the tensor
    // that is borrowed. The layers are views of the same memory, but they are used by operators of libtorch alone; on the
    // CPU these are done when they return, and none runs while this borrow lasts.
    Ok(unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast::<f32>(), tensor.numel()) })
}

fn refused(tensor: &Tensor) -> Error {
    let found = format!("{:?} {:?} on {:?}", tensor.kind(), tensor.size(), tensor.device());
    Error::Parameter {
        name: "a tensor to step over",
        expected: "contiguous f32, as long as the others",
        found,
    }
}

/// Shrinks the gradient so that its length (the root of the sum of all squares) is at most `most`, as PyTorch's
/// `clip_grad_norm_`: Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013.
pub(crate) fn clip(gradient: &mut Tensor, most: f64) -> Result<()> {
    // Row by row and then all rows, whose number is too small for libtorch to divide it among threads.
    let rows = gradient.f_view([-1, crate::parameters::ROW as i64])?;
    let length = rows.f_norm_scalaropt_dim(2.0, [1], false)?.f_norm()?;
    let factor = (length.f_add_scalar(1e-6)?.f_reciprocal()?.f_mul_scalar(most)?).f_clamp_max(1.0)?;
    let _ = gradient.f_mul_(&factor)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, Init, Network};

    /// Parameters of a small network with the gradient `slope(i)` for value i.
    fn parameters(slope: impl Fn(usize) -> f32) -> Parameters {
        let architecture =
            Architecture { input: 200, hidden: vec![170], latent: 3, ..Architecture::default() };
        let mut network = Network::new(&architecture, Init::Keras, 1, Device::Cpu).unwrap();
        let mut parameters = Parameters::of(&mut network).unwrap();
        let length = parameters.gradient.numel();
        let slopes: Vec<f32> = (0..length).map(slope).collect();
        parameters.gradient.copy_(&Tensor::from_slice(&slopes));
        parameters
    }

    fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn one_pass_and_operators_take_the_same_steps() {
        let slope = |i: usize| {
            if i.is_multiple_of(5) { 0.0 } else { (i as f32).sin() * 10f32.powi((i % 7) as i32 - 5) }
        };
        let (mut a, mut b) = (parameters(slope), parameters(slope));
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
            other.by_tensors(&mut b, factors).unwrap();
        }
        let moved = largest_difference(&a.values, &parameters(slope).values);
        assert!(moved > 0.02, "{moved}");
        let difference = largest_difference(&a.values, &b.values);
        assert!(difference < 1e-6, "{difference}");
    }

    /// The step without anything taken off small means.
    fn plain_step(means: &mut [f32; 2], value: &mut f32, slope: f32, factors: Factors) {
        means[0] += NEW1 * (slope - means[0]);
        means[1] += NEW2 * (slope * slope - means[1]);
        *value = *value * factors.decay
            - factors.step * means[0] / (means[1].sqrt() * factors.root + EPSILON as f32);
    }

    #[test]
    fn means_of_dead_units_end_at_0_and_weights_are_the_same_without_that() {
        // A value whose gradient vanishes after some steps, another that keeps one, one that has none.
        let slope = |i: usize, step: usize| match i % 3 {
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
        // The mean square shrinks by a thousandth a step: 1e-38 is 80,000 steps away, so it starts small.
        for step in 0..2_500 {
            let slopes: Vec<f32> = (0..length).map(|i| 1e-10 * slope(i, step)).collect();
            flushed.gradient.copy_(&Tensor::from_slice(&slopes));
            adam.step(&mut flushed, 0.01, 0.0).unwrap();
            let correction = |beta: f64| 1.0 - beta.powf(adam.steps as f64);
            let factors = Factors {
                decay: 1.0,
                step: (0.01 / correction(BETA1)) as f32,
                root: (1.0 / correction(BETA2).sqrt()) as f32,
            };
            for (i, (means, value)) in means.iter_mut().zip(&mut plain).enumerate() {
                plain_step(means, value, slopes[i], factors);
            }
        }
        let denormal = |values: &[f32]| values.iter().filter(|x| x.is_subnormal()).count();
        assert!(denormal(&means.iter().map(|means| means[0]).collect::<Vec<_>>()) > 50);
        for means in [&mut adam.first, &mut adam.second] {
            assert_eq!(denormal(slice(means).unwrap()), 0);
        }
        assert_eq!(&slice(&mut flushed.values).unwrap()[..LOOKED_AT], &plain[..]);
    }

    /// With the values of `parameters` and its gradient there.
    fn on_cuda(parameters: &Parameters) -> Parameters {
        let architecture =
            Architecture { input: 200, hidden: vec![170], latent: 3, ..Architecture::default() };
        let mut network = Network::new(&architecture, Init::Keras, 1, Device::Cuda(0)).unwrap();
        let mut there = Parameters::of(&mut network).unwrap();
        there.values.copy_(&parameters.values);
        there.gradient.copy_(&parameters.gradient);
        there
    }

    #[test]
    #[ignore = "needs a CUDA device: make test-cuda"]
    fn the_kernel_takes_the_same_steps() {
        let slope = |i: usize| {
            if i.is_multiple_of(5) { 0.0 } else { (i as f32).sin() * 10f32.powi((i % 7) as i32 - 5) }
        };
        let mut here = parameters(slope);
        let mut there = on_cuda(&here);
        let length = here.values.numel() as i64;
        let mut one = Adam::new(length, Device::Cpu).unwrap();
        let mut other = Adam::new(length, Device::Cuda(0)).unwrap();
        assert!(other.kernel.is_some(), "libtorch has its compiler beside it");
        for _ in 0..3 {
            one.step(&mut here, 0.01, 0.1).unwrap();
            other.step(&mut there, 0.01, 0.1).unwrap();
        }
        let moved = largest_difference(&here.values, &parameters(slope).values);
        assert!(moved > 0.02, "{moved}");
        for (a, b) in
            [(&here.values, &there.values), (&one.first, &other.first), (&one.second, &other.second)]
        {
            let difference = largest_difference(a, &b.to_device(Device::Cpu));
            assert!(difference < 1e-6, "{difference}");
        }
    }

    #[test]
    fn a_gradient_is_shrunk_to_the_length_asked_for_and_never_stretched() {
        let mut parameters = parameters(|i| ((i * 7) % 11) as f32 - 5.0);
        let before = parameters.gradient.copy();
        let length = before.to_kind(Kind::Double).norm().double_value(&[]);
        clip(&mut parameters.gradient, 2.0 * length).unwrap();
        assert_eq!(largest_difference(&parameters.gradient, &before), 0.0);
        clip(&mut parameters.gradient, 0.5).unwrap();
        let expected = &before * (0.5 / length);
        let difference = largest_difference(&parameters.gradient, &expected);
        assert!(difference < 1e-6 * 0.5, "{difference}");
    }
}
