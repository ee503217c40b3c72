//! The step by operators of libtorch, on any device.

use tch::Tensor;

use super::factors::{BETA1, BETA2, EPSILON, Factors, SMALLEST1, SMALLEST2};
use crate::Result;

/// Takes the step for tensors (length), f32.
///
/// `means` are the running means of the gradient and of its square.
pub(super) fn step(
    values: &mut Tensor,
    grad: &Tensor,
    [first, second]: [&mut Tensor; 2],
    factors: Factors,
) -> Result<()> {
    let _ = first.f_lerp_(grad, 1.0 - BETA1)?;
    let _ = second.f_lerp_(&grad.f_square()?, 1.0 - BETA2)?;
    let small1 = first.f_abs()?.f_lt(f64::from(SMALLEST1))?;
    let small2 = second.f_lt(f64::from(SMALLEST2))?;
    let _ = first.f_masked_fill_(&small1, 0.0)?;
    let _ = second.f_masked_fill_(&small2, 0.0)?;
    let mut denominator = second.f_sqrt()?;
    let _ = denominator.f_mul_scalar_(f64::from(factors.root))?.f_add_scalar_(EPSILON)?;
    let mut change = first.f_div(&denominator)?;
    let _ = change.f_mul_scalar_(f64::from(factors.step))?;
    let _ = values.f_mul_scalar_(f64::from(factors.decay))?.f_sub_(&change)?;
    Ok(())
}
