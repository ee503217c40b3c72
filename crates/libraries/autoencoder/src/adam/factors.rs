//! The constants of Adam, and the factors of one step.

/// Decay rate of the running mean of the gradient: β₁ of the paper.
pub(super) const BETA1: f64 = 0.9;
/// Decay rate of the running mean of the squared gradient: β₂ of the paper.
pub(super) const BETA2: f64 = 0.999;
/// Added to the denominator, which keeps it from 0: ε of the paper.
pub(super) const EPSILON: f64 = 1e-8;
/// Weight of the new gradient in its running mean.
pub(super) const NEW1: f32 = (1.0 - BETA1) as f32;
/// Weight of the square of the new gradient in its running mean.
pub(super) const NEW2: f32 = (1.0 - BETA2) as f32;
/// A running mean of gradients below this is set to 0.
///
/// The means of a dead unit shrink with every step, into denormal numbers, which take a processor a
/// hundred times as long. Both constants are far below what moves a weight: a mean of 1e-30 over
/// ε = 1e-8 moves it by 1e-22 times the learning rate, and the root of a mean square of 1e-34 is
/// lost beside ε in f32. Both are large enough for the products of a step to stay normal.
pub(super) const SMALLEST1: f32 = 1e-30;
/// A running mean of squared gradients below this is set to 0, see [`SMALLEST1`].
pub(super) const SMALLEST2: f32 = 1e-34;

/// The factors of one step, which are the same for all values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factors {
    /// Multiplies each value: the weight decay.
    pub(super) decay: f32,
    /// Multiplies the quotient of mean and root: the learning rate over the mean's bias correction.
    pub(super) step: f32,
    /// Multiplies the root of the mean square: the correction for its bias.
    pub(super) root: f32,
}

impl Factors {
    /// Computes the factors of step number `steps`, counted from 1.
    pub(super) fn new(steps: u64, lr: f64, weight_decay: f64) -> Self {
        let correction = |beta: f64| 1.0 - beta.powf(steps as f64);
        Self {
            decay: (1.0 - lr * weight_decay) as f32,
            step: (lr / correction(BETA1)) as f32,
            root: (1.0 / correction(BETA2).sqrt()) as f32,
        }
    }
}
