//! Notices a network that has learned nothing but the mean image.

use artifact::Images;
use artifact::Pixels as Levels;
use autoencoder::{Network, Pixels, decode, denormalize, encode};
use ndarray::{Array2, ArrayView2, Axis, s};

/// Images that are reconstructed to find out.
const SAMPLE: usize = 1000;

/// Share of the variance of the pixels that a reconstruction leaves if it is hardly better than the
/// mean image.
const COLLAPSED: f64 = 0.9;

/// Warns if reconstructions are hardly better than the mean image.
///
/// # Errors
/// Images that the network cannot take.
pub fn warn_if_collapsed(network: &Network, images: &Images) -> autoencoder::Result<()> {
    let n = images.dim().0;
    let step = n.div_ceil(SAMPLE).max(1);
    let sample = match &images.pixels {
        Levels::U8(levels) => levels.slice(s![..;step, ..]).mapv(|level| f32::from(level) / 255.0),
        Levels::F32(values) => values.slice(s![..;step, ..]).to_owned(),
    };
    let pixels = Pixels::F32(sample.view());
    let codes = encode(network, pixels, &mut |_| ())?;
    let mut made = decode(network, codes.view(), &mut |_| ())?;
    denormalize(pixels, network, &mut made);
    if let Some(left) = variance_left(sample.view(), &made)
        && left > COLLAPSED
    {
        cli::warn(&format!(
            "the network has collapsed: its reconstructions leave {:.0} % of the variance of the \
             pixels, the mean image leaves 100 %; raise --epochs, lower --lr, or try --activation \
             elu",
            100.0 * left
        ));
    }
    Ok(())
}

/// Computes the squared error of `made` relative to that of the mean image.
///
/// Returns `None` for images that are all alike.
fn variance_left(images: ArrayView2<f32>, made: &Array2<f32>) -> Option<f64> {
    let wide = images.mapv(f64::from);
    let mean = wide.mean_axis(Axis(0))?;
    let spread = (&wide - &mean).mapv(|x| x * x).sum();
    let error = (&wide - &made.mapv(f64::from)).mapv(|x| x * x).sum();
    (spread > 0.0).then(|| error / spread)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_mean_image_leaves_all_of_the_variance() {
        let images = array![[0.0, 1.0], [1.0, 0.0], [0.5, 0.8]];
        let mean = array![[0.5, 0.6], [0.5, 0.6], [0.5, 0.6]];
        assert!((variance_left(images.view(), &mean).unwrap() - 1.0).abs() < 1e-6);
        assert_eq!(variance_left(images.view(), &images), Some(0.0));
        assert_eq!(variance_left(array![[0.5_f32], [0.5]].view(), &array![[0.1], [0.1]]), None);
    }
}
