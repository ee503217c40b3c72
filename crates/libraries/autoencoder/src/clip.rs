//! Clipping of a gradient by its norm.

use tch::Tensor;

use crate::Result;
use crate::flat_params::ROW;

/// Added to the norm of the gradient before dividing by it, as in PyTorch.
const CLIP_EPSILON: f64 = 1e-6;

/// Scales the gradient down, if necessary, to a Euclidean norm of at most `max_norm`.
///
/// PyTorch's `clip_grad_norm_`: Pascanu, Mikolov and Bengio, *On the difficulty of training
/// recurrent neural networks*, ICML 2013.
pub(crate) fn clip(grad: &mut Tensor, max_norm: f64) -> Result<()> {
    // Takes the norm of each row, then of the row norms. There are too few rows for libtorch to
    // split among threads, so the order of the sum is fixed.
    let rows = grad.f_view([-1, ROW as i64])?;
    let norm = rows.f_norm_scalaropt_dim(2.0, [1], false)?.f_norm()?;
    let factor = (norm.f_add_scalar(CLIP_EPSILON)?.f_reciprocal()?.f_mul_scalar(max_norm)?)
        .f_clamp_max(1.0)?;
    let _ = grad.f_mul_(&factor)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn a_gradient_is_shrunk_to_the_length_asked_for_and_never_stretched() {
        let grads: Vec<f32> = (0..2 * ROW).map(|i| ((i * 7) % 11) as f32 - 5.0).collect();
        let mut grad = Tensor::from_slice(&grads);
        let before = grad.copy();
        let length = before.to_kind(Kind::Double).norm().double_value(&[]);
        clip(&mut grad, 2.0 * length).unwrap();
        assert_eq!(largest_difference(&grad, &before), 0.0);
        clip(&mut grad, 0.5).unwrap();
        let expected = &before * (0.5 / length);
        let difference = largest_difference(&grad, &expected);
        assert!(difference < 1e-6 * 0.5, "{difference}");
    }
}
