//! Encoding of images to latents, and decoding of latents to images.

use ndarray::{Array2, ArrayView2, s};
use tch::{Device, Tensor};

use crate::pixels::{normalized, to_float};
use crate::{Error, Loss, Network, Normalize, Pixels, Result};

/// Rows that go through the network at once. The last block is padded to as many.
///
/// Matrix products round differently for different numbers of rows, and an image's latents must not
/// depend on the other images.
const BLOCK: usize = 1000;

/// Encodes images (n, pixels) to latents (n, latent).
///
/// The latents of an image are the same for any number of threads and any other images.
/// `on_progress` receives the number of images that are done.
///
/// # Errors
/// Images of another size than the network takes; latents that are not finite; memory that runs
/// out.
///
/// # Example
/// ```
/// use autoencoder::{Architecture, Device, Init, Network, Pixels, encode};
/// use ndarray::Array2;
///
/// let architecture =
///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
/// let network = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
/// let images = Array2::from_shape_fn((5, 16), |(i, pixel)| (i * pixel) as u8);
/// let latents = encode(&network, Pixels::U8(images.view()), &mut |_| {})?;
/// assert_eq!(latents.dim(), (5, 2));
/// # Ok::<(), autoencoder::Error>(())
/// ```
pub fn encode(
    network: &Network,
    images: Pixels,
    on_progress: &mut dyn FnMut(usize),
) -> Result<Array2<f32>> {
    let architecture = network.architecture();
    architecture.check_size(images.dim().1)?;
    let latents = by_blocks(
        network,
        images,
        architecture.latent,
        |stored| network.encode(&normalized(&to_float(stored)?, architecture.normalize)?),
        on_progress,
    )?;
    match first_not_finite(&latents) {
        Some(row) => Err(Error::LatentsNotFinite { row }),
        None => Ok(latents),
    }
}

/// Decodes latents (n, latent) to images (n, pixels).
///
/// The images have the scale that the network was trained on: about 0 to 1 if the training images
/// had, and normalized if it normalizes, see [`denormalize`]. They are as reproducible as the
/// latents of [`encode`].
///
/// # Errors
/// Latents of another width than the network's; images that are not finite; memory that runs out.
///
/// # Example
/// ```
/// use autoencoder::{Architecture, Device, Init, Network, decode};
/// use ndarray::Array2;
///
/// let architecture =
///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
/// let network = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
/// let latents = Array2::zeros((5, 2));
/// let images = decode(&network, latents.view(), &mut |_| {})?;
/// assert_eq!(images.dim(), (5, 16));
/// # Ok::<(), autoencoder::Error>(())
/// ```
pub fn decode(
    network: &Network,
    latents: ArrayView2<f32>,
    on_progress: &mut dyn FnMut(usize),
) -> Result<Array2<f32>> {
    let architecture = network.architecture();
    let found = latents.ncols();
    if found != architecture.latent {
        return Err(Error::LatentSize { expected: architecture.latent, found });
    }
    let decoded = |latents: &Tensor| {
        let images = network.decode(latents)?;
        Ok(if architecture.loss == Loss::Bce { images.f_sigmoid()? } else { images })
    };
    let images =
        by_blocks(network, Pixels::F32(latents), architecture.input, decoded, on_progress)?;
    match first_not_finite(&images) {
        Some(row) => Err(Error::ImagesNotFinite { row }),
        None => Ok(images),
    }
}

/// Undoes the network's [`Normalize`] on decoded images.
///
/// `images` (n, pixels) are those that `decoded` (n, pixels) were encoded from. Each decoded image
/// is multiplied by what the normalization divided its original by.
///
/// # Example
/// ```
/// use autoencoder::{
///     Architecture, Device, Init, Network, Normalize, Pixels, decode, denormalize, encode,
/// };
/// use ndarray::Array2;
///
/// let architecture = Architecture {
///     input: 16,
///     hidden: vec![8],
///     latent: 2,
///     normalize: Normalize::L2,
///     ..Architecture::default()
/// };
/// let network = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
/// let bright = Array2::from_shape_fn((1, 16), |(_, pixel)| pixel as f32 / 16.0);
/// let dark = &bright / 2.0;
/// let through = |images: &Array2<f32>| -> Result<_, autoencoder::Error> {
///     let pixels = Pixels::F32(images.view());
///     let latents = encode(&network, pixels, &mut |_| {})?;
///     let mut decoded = decode(&network, latents.view(), &mut |_| {})?;
///     denormalize(pixels, &network, &mut decoded);
///     Ok(decoded)
/// };
/// // The network sees the same image twice; its reconstructions are as bright as the originals.
/// let difference = through(&bright)? / 2.0 - through(&dark)?;
/// assert!(difference.iter().all(|x| x.abs() < 1e-6));
/// # Ok::<(), autoencoder::Error>(())
/// ```
pub fn denormalize(images: Pixels, network: &Network, decoded: &mut Array2<f32>) {
    if network.architecture().normalize == Normalize::None {
        return;
    }
    for (i, mut image) in decoded.outer_iter_mut().enumerate() {
        let mean_square =
            |squares: &mut dyn Iterator<Item = f64>| squares.sum::<f64>() / image.len() as f64;
        let scale = match images {
            Pixels::U8(images) => mean_square(
                &mut images.row(i).iter().map(|&level| (f64::from(level) / 255.0).powi(2)),
            ),
            Pixels::F32(images) => {
                mean_square(&mut images.row(i).iter().map(|&level| f64::from(level).powi(2)))
            }
        }
        .sqrt();
        image.mapv_inplace(|level| (f64::from(level) * scale) as f32);
    }
}

/// Applies `compute`, which maps stored rows to (rows, width), to all rows, block by block.
fn by_blocks(
    network: &Network,
    stored: Pixels,
    width: usize,
    compute: impl Fn(&Tensor) -> Result<Tensor>,
    on_progress: &mut dyn FnMut(usize),
) -> Result<Array2<f32>> {
    let n = stored.dim().0;
    let mut all = Array2::zeros((n, width));
    let mut block = vec![0.0f32; BLOCK * width];
    for start in (0..n).step_by(BLOCK) {
        let end = n.min(start + BLOCK);
        let values = tch::no_grad(|| -> Result<_> {
            let some = stored.rows(start, end).to_tensor(network.device)?;
            let full = match BLOCK - (end - start) {
                0 => some,
                missing => some.f_constant_pad_nd([0, 0, 0, missing as i64])?,
            };
            Ok(compute(&full)?.f_to_device(Device::Cpu)?)
        })?;
        let length = block.len();
        values.f_copy_data(&mut block, length)?;
        let rows = block.chunks(width);
        for (mut target, source) in
            all.slice_mut(s![start..end, ..]).rows_mut().into_iter().zip(rows)
        {
            target.iter_mut().zip(source).for_each(|(target, &value)| *target = value);
        }
        on_progress(end);
    }
    Ok(all)
}

/// Finds the first row with a value that is not finite.
fn first_not_finite(rows: &Array2<f32>) -> Option<usize> {
    rows.outer_iter().position(|row| row.iter().any(|value| !value.is_finite()))
}
