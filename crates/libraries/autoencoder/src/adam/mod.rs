//! The Adam optimizer with decoupled weight decay.
//!
//! Kingma and Ba, *Adam: a method for stochastic optimization*, ICLR 2015; the weight decay is that
//! of AdamW (Loshchilov and Hutter, *Decoupled weight decay regularization*, ICLR 2019). Tested
//! against PyTorch's `AdamW`.
//!
//! A step is the same arithmetic in three forms: in one pass on the CPU (`one_pass`), by one kernel
//! on a CUDA device (`kernel`), and by operators of libtorch on a device without the kernel
//! (`operators`).

use tch::{Device, Kind, Tensor};

use self::factors::Factors;
use crate::Result;
use crate::cuda::{ADAM_SOURCE, Kernel};
use crate::flat_params::FlatParams;

mod factors;
mod kernel;
mod one_pass;
mod operators;

/// Running means over the steps, for all parameters at once.
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
        let factors = Factors::new(self.steps, lr, weight_decay);
        let FlatParams { values, grad, .. } = parameters;
        let means = [&mut self.first, &mut self.second];
        match &self.kernel {
            _ if values.device() == Device::Cpu => one_pass::step(values, grad, means, factors),
            Some(kernel) => {
                let [first, second] = means;
                kernel::step(kernel, [values, grad, first, second], factors)
            }
            None => operators::step(values, grad, means, factors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::factors::{BETA1, BETA2, EPSILON, NEW1, NEW2};
    use super::one_pass::{BLOCK, slice};
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
            let FlatParams { values, grad, .. } = &mut b;
            operators::step(values, grad, [&mut other.first, &mut other.second], factors).unwrap();
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
}
