//! Geometric transforms of images: shift, scale and blur, with parameters of each image's own.
//!
//! Images are (rows, pixels), `width` pixels wide, before and after. No sum runs over the images,
//! and the order of no sum depends on the number of threads.

use tch::{Device, Kind, Tensor};

use crate::Result;

/// A Gaussian is cut off at so many standard deviations, at 1/3000 of its height.
const CUTOFF: f64 = 4.0;
/// Smallest standard deviation: neighbors get 0 in f32, and its square is far from underflow.
const MIN_DEVIATION: f64 = 1e-3;

/// Moves each image by (down, right) pixels, filled with black.
pub(crate) fn translate(images: &Tensor, width: usize, moves: &[(i64, i64)]) -> Result<Tensor> {
    let pixels = images.size2()?.1 as usize;
    let height = pixels / width;
    let mut sources = Vec::with_capacity(moves.len() * pixels);
    for &(down, right) in moves {
        for y in 0..height as i64 {
            for x in 0..width as i64 {
                let (from_y, from_x) = (y - down, x - right);
                let inside =
                    (0..height as i64).contains(&from_y) && (0..width as i64).contains(&from_x);
                // Index `pixels` is the black pixel that is appended to each image.
                sources.push(if inside { from_y * width as i64 + from_x } else { pixels as i64 });
            }
        }
    }
    let sources = to_matrix(&sources, [moves.len(), pixels], images.device())?;
    Ok(images.f_constant_pad_nd([0, 1])?.f_gather(1, &sources, false)?)
}

/// Resizes each image about its center by a factor; below 1 it shrinks.
///
/// Bilinear, filled with black.
pub(crate) fn resize(images: &Tensor, width: usize, factors: &[f64]) -> Result<Tensor> {
    const BILINEAR: i64 = 0;
    const BLACK_OUTSIDE: i64 = 0;
    let planes = images.f_view([images.size()[0], 1, -1, width as i64])?;
    // Affine map from a target pixel (x, y, 1), measured from the center, to its source (x, y).
    let map = |factor: &f64| [(1.0 / factor) as f32, 0.0, 0.0, 0.0, (1.0 / factor) as f32, 0.0];
    let maps: Vec<f32> = factors.iter().flat_map(map).collect();
    let maps = to_matrix(&maps, [factors.len(), 6], images.device())?.f_view([-1, 2, 3])?;
    let grid = Tensor::f_affine_grid_generator(&maps, &planes.size()[..], false)?;
    Ok(planes.f_grid_sampler_2d(&grid, BILINEAR, BLACK_OUTSIDE, false)?.f_view_as(images)?)
}

/// Blurs each image with a Gaussian of its standard deviation in pixels.
///
/// Columns are blurred first, then rows. Beyond the edges all is black. The blur is a convolution
/// in which each image is a channel. Products of small matrices would do too, but MKL rounds those
/// of a single image differently when there are many threads.
pub(crate) fn gaussian_blur(images: &Tensor, width: usize, deviations: &[f64]) -> Result<Tensor> {
    let rows = images.size()[0];
    let planes = images.f_view([1, rows, -1, width as i64])?;
    let longest = planes.size()[2].max(planes.size()[3]);
    let widest = deviations.iter().copied().fold(0.0, f64::max);
    let radius = ((CUTOFF * widest).ceil() as i64).min(longest - 1);
    let exponent = |deviation: &f64| (-0.5 / deviation.max(MIN_DEVIATION).powi(2)) as f32;
    let exponents: Vec<f32> = deviations.iter().map(exponent).collect();
    let exponents = to_matrix(&exponents, [deviations.len(), 1], images.device())?;
    let squares =
        Tensor::f_arange_start(-radius, radius + 1, (Kind::Float, images.device()))?.f_square()?;
    // The Gaussians, (rows, 2 radius + 1), each of sum 1.
    let kernels = exponents.f_mul(&squares)?.f_softmax(1, Kind::Float)?;
    let blur = |planes: &Tensor, [down, right]: [i64; 2], padding: [i64; 2]| {
        let kernels = kernels.f_view([rows, 1, down, right])?;
        planes.f_conv2d(&kernels, None::<Tensor>, [1, 1], padding, [1, 1], rows)
    };
    let down = blur(&planes, [-1, 1], [radius, 0])?;
    Ok(blur(&down, [1, -1], [0, radius])?.f_reshape(images.size())?)
}

/// Copies values to a tensor (rows, columns) on a device.
pub(crate) fn to_matrix<T: tch::kind::Element>(
    values: &[T],
    [rows, columns]: [usize; 2],
    device: Device,
) -> Result<Tensor> {
    Ok(Tensor::f_from_slice(values)?.f_view([rows as i64, columns as i64])?.f_to_device(device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 7;

    /// Returns `rows` images of 9 x 7, black but for the pixel in the middle.
    fn lights(rows: i64) -> Tensor {
        let mut pixels = [0.0_f32; 63];
        pixels[31] = 1.0;
        Tensor::from_slice(&pixels).view([1, 63]).repeat([rows, 1])
    }

    fn uniform(rows: i64, level: f64) -> Tensor {
        Tensor::full([rows, 63], level, (Kind::Float, Device::Cpu))
    }

    fn sums(images: &Tensor) -> Vec<f32> {
        images.sum_dim_intlist(1, false, Kind::Float).try_into().unwrap()
    }

    fn image(images: &Tensor, row: i64) -> Vec<f32> {
        images.select(0, row).try_into().unwrap()
    }

    fn close(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        let largest = found
            .iter()
            .zip(expected)
            .map(|(found, expected)| (found - expected).abs())
            .fold(0.0, f32::max);
        assert!(largest < 2e-6, "{largest}: {found:?}, expected {expected:?}");
    }

    /// REFERENCE by hand: a bilinear pixel is a pyramid that ends at the neighboring pixels; at
    /// twice the size, at the pixels behind these.
    #[test]
    fn scaled_images_stay_where_they_are() {
        let scaled = resize(&lights(3), WIDTH, &[2.0, 1.0, 0.5]).unwrap();
        let twice = [0.25, 0.5, 0.25, 0.5, 1.0, 0.5, 0.25, 0.5, 0.25];
        let around = |image: &[f32]| -> Vec<f32> {
            [23, 24, 25, 30, 31, 32, 37, 38, 39].map(|pixel| image[pixel]).to_vec()
        };
        close(&around(&image(&scaled, 0)), &twice);
        close(&image(&scaled, 1), &image(&lights(1), 0));
        close(&image(&scaled, 2), &image(&lights(1), 0));
        close(&sums(&scaled), &[4.0, 1.0, 1.0]);
    }

    #[test]
    fn black_comes_in_where_images_shrink() {
        let white = resize(&uniform(2, 1.0), WIDTH, &[1.7, 0.5]).unwrap();
        close(&image(&white, 0), &[1.0; 63]);
        // Of 9 x 7 pixels, rows 2 to 6 and columns 2 to 4 come from within the image, their
        // neighbors from its edge.
        let line = |length: usize| -> Vec<f32> {
            let from = |place| 2.0 * (place as f32 - (length / 2) as f32) + (length / 2) as f32;
            let share = |place| {
                (1.0 - (0.0 - from(place)).max(from(place) - (length - 1) as f32)).clamp(0.0, 1.0)
            };
            (0..length).map(share).collect()
        };
        let expected: Vec<f32> = line(9)
            .iter()
            .flat_map(|down| line(WIDTH).into_iter().map(move |right| down * right))
            .collect();
        close(&image(&white, 1), &expected);
        close(&image(&resize(&uniform(1, 0.0), WIDTH, &[0.8]).unwrap(), 0), &[0.0; 63]);
    }

    #[test]
    fn blur_spreads_a_light_and_loses_nothing() {
        let blurred = gaussian_blur(&lights(3), WIDTH, &[0.0, 0.4, 0.7]).unwrap();
        close(&sums(&blurred), &[1.0; 3]);
        close(&image(&blurred, 0), &image(&lights(1), 0));
        for (row, deviation) in [(1, 0.4_f32), (2, 0.7)] {
            let density = |offset: f32| (-0.5 * (offset / deviation).powi(2)).exp();
            let all: f32 = (-3..=3).map(|offset| density(offset as f32)).sum();
            let at = |pixel: usize| {
                let (y, x) = ((pixel / WIDTH) as f32 - 4.0, (pixel % WIDTH) as f32 - 3.0);
                // The kernel is three pixels long on either side.
                if y.abs() > 3.0 { 0.0 } else { density(y) * density(x) / all.powi(2) }
            };
            close(&image(&blurred, row), &std::array::from_fn::<f32, 63, _>(at));
        }
    }

    /// A blur wider than the image, and one of almost 0: neither overflows.
    #[test]
    fn any_blur_is_finite() {
        let blurred = gaussian_blur(&lights(4), WIDTH, &[1e-300, 1e3, 1e300, f64::MAX]).unwrap();
        let sums = sums(&blurred);
        close(&sums[..1], &[1.0]);
        assert!(sums.iter().all(|sum| (0.2..1.01).contains(sum)), "{sums:?}");
    }
}
