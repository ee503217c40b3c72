//! The reconstruction loss per image, over an epoch, and on validation images.

use tch::{Device, Kind, Reduction, Tensor};

use crate::pixels::{normalized, to_float};
use crate::{Loss, Network, Result};

/// Rows per block of an evaluation, which are limited by memory alone.
pub(crate) const EVALUATION_BLOCK: i64 = 1000;

/// Computes the loss of each image, (rows), as the mean over its pixels.
///
/// `output` and `target` are (rows, pixels). The mean is taken image by image, since libtorch sums
/// a whole matrix in an order that depends on the number of threads.
pub(crate) fn losses_of(loss: Loss, output: &Tensor, target: &Tensor) -> Result<Tensor> {
    let per_pixel = match loss {
        Loss::Mse => output.f_mse_loss(target, Reduction::None)?,
        Loss::Bce => output.f_binary_cross_entropy_with_logits::<Tensor>(
            target,
            None,
            None,
            Reduction::None,
        )?,
    };
    Ok(per_pixel.f_mean_dim(1, false, Kind::Float)?)
}

/// Computes the mean loss on images (n, input), without training on them.
pub(crate) fn evaluate(network: &Network, images: &Tensor) -> Result<f64> {
    let n = images.size()[0];
    let mut total = RunningLoss::new(n as usize, images.device())?;
    tch::no_grad(|| {
        for start in (0..n).step_by(EVALUATION_BLOCK as usize) {
            let images = to_float(&images.f_narrow(0, start, EVALUATION_BLOCK.min(n - start))?)?;
            let input = normalized(&images, network.architecture.normalize)?;
            total.add(&losses_of(
                network.architecture.loss,
                &network.reconstruct(&input)?,
                &input,
            )?)?;
        }
        total.mean()
    })
}

/// The losses of an epoch so far, kept on the device.
#[derive(Debug)]
pub(crate) struct RunningLoss {
    /// Losses (n), of which the first `seen` are filled.
    pub(crate) losses: Tensor,
    pub(crate) seen: usize,
    pub(crate) batches: usize,
}

impl RunningLoss {
    /// Makes room for the losses of `n` images.
    pub(crate) fn new(n: usize, device: Device) -> Result<Self> {
        Ok(Self {
            losses: Tensor::f_zeros([n as i64], (Kind::Float, device))?,
            seen: 0,
            batches: 0,
        })
    }

    /// Restores losses (n), of which the first `seen` are filled, from a checkpoint.
    pub(crate) fn resume(losses: Tensor, seen: usize) -> Self {
        Self { losses, seen, batches: 0 }
    }

    /// Appends the losses (rows) of a batch.
    pub(crate) fn add(&mut self, losses: &Tensor) -> Result<()> {
        let rows = losses.size()[0];
        self.losses.f_narrow(0, self.seen as i64, rows)?.f_copy_(losses)?;
        self.seen += rows as usize;
        self.batches += 1;
        Ok(())
    }

    /// Computes the mean of the losses so far.
    ///
    /// The sum is in f64 and in the order of the images.
    pub(crate) fn mean(&self) -> Result<f64> {
        let mut losses = vec![0.0f32; self.seen];
        let length = losses.len();
        self.losses
            .f_narrow(0, 0, length as i64)?
            .f_to_device(Device::Cpu)?
            .f_copy_data(&mut losses, length)?;
        Ok(losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / length as f64)
    }
}
