//! The weights of the epoch with the smallest validation loss.

use tch::Tensor;

use crate::Result;

/// The epoch with the smallest validation loss so far.
#[derive(Debug)]
pub(crate) struct BestEpoch {
    pub(crate) epoch: usize,
    pub(crate) loss: f64,
    /// All parameters after the epoch, (length).
    pub(crate) values: Tensor,
}

impl BestEpoch {
    /// Replaces `best` by this epoch if its validation loss is smaller.
    pub(crate) fn update(
        best: &mut Option<Self>,
        epoch: usize,
        loss: f64,
        values: &Tensor,
    ) -> Result<()> {
        match best {
            Some(best) if loss < best.loss => {
                (best.epoch, best.loss) = (epoch, loss);
                best.values.f_copy_(values)?;
            }
            Some(_) => {}
            None => *best = Some(Self { epoch, loss, values: deep_copy(values)? }),
        }
        Ok(())
    }
}

/// Copies a tensor into memory of its own.
fn deep_copy(tensor: &Tensor) -> Result<Tensor> {
    let mut copy = tensor.f_empty_like()?;
    copy.f_copy_(tensor)?;
    Ok(copy)
}
