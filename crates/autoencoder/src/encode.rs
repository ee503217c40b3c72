//! From images to latents.

use ndarray::{Array2, s};
use tch::Device;

use crate::pixels::{normalized, to_float};
use crate::{Error, Network, Pixels, Result};

/// Images that go through the network at once. Fixed, and the last block is filled up to it: matrix products round
/// differently for different numbers of rows, and an image's latents must not depend on what stands beside it.
const BLOCK: usize = 1000;

/// Latents (n, latent) of images (n, pixels), row i of image i. The same for any number of threads and whatever other
/// images are in the file. `on_block` hears how many images are done.
///
/// # Errors
/// Images of another size than the network takes; latents that are not finite; no memory.
pub fn encode(network: &Network, images: Pixels, on_block: &mut dyn FnMut(usize)) -> Result<Array2<f32>> {
    let (n, found) = images.dim();
    let architecture = network.architecture();
    if found != architecture.input {
        return Err(Error::ImageSize { expected: architecture.input, found });
    }
    let mut latents = Array2::zeros((n, architecture.latent));
    let mut row = vec![0.0f32; BLOCK * architecture.latent];
    for start in (0..n).step_by(BLOCK) {
        let end = n.min(start + BLOCK);
        let values = tch::no_grad(|| -> Result<_> {
            let stored = images.rows(start, end).to_tensor(network.device)?;
            let padded = stored.f_constant_pad_nd([0, 0, 0, (BLOCK - (end - start)) as i64])?;
            Ok(network
                .encode(&normalized(&to_float(&padded)?, architecture.normalize)?)?
                .f_to_device(Device::Cpu)?)
        })?;
        let length = row.len();
        values.f_copy_data(&mut row, length)?;
        for (i, mut target) in latents.slice_mut(s![start..end, ..]).rows_mut().into_iter().enumerate() {
            let source = &row[i * architecture.latent..(i + 1) * architecture.latent];
            if source.iter().any(|value| !value.is_finite()) {
                return Err(Error::LatentsNotFinite { row: start + i });
            }
            target.iter_mut().zip(source).for_each(|(target, &value)| *target = value);
        }
        on_block(end);
    }
    Ok(latents)
}
