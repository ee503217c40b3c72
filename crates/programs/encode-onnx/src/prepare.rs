//! Brings images to the size and the scale that a network takes.

use anyhow::Context;
use artifact::{ImageShape, Pixels};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{F32, F32x3, U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use ndarray::s;

use crate::model::Layout;
use crate::size::Size;

/// How images are resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// A triangle as wide as the pixels of the smaller image.
    Bilinear,
    /// Cubic convolution with a = -0.5, as wide as four pixels of the smaller image.
    Bicubic,
}

impl Filter {
    /// Names the filter, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
        }
    }
}

/// How images become the input of a network.
pub struct Recipe {
    /// Sides and channels of the images.
    pub from: ImageShape,
    /// Size that the network takes.
    pub size: Size,
    /// Channels that the network takes, 1 or 3.
    pub channels: usize,
    /// Order of the values.
    pub layout: Layout,
    /// How images are resized.
    pub filter: Filter,
    /// What is subtracted from each channel.
    pub mean: [f32; 3],
    /// What each channel is divided by.
    pub std: [f32; 3],
}

impl Recipe {
    /// Whether images have another size than the network takes.
    pub fn resizes(&self) -> bool {
        (self.from.height, self.from.width) != (self.size.height, self.size.width)
    }

    /// Makes the input for the image in row `row` of a block, and appends it to `input`.
    ///
    /// # Errors
    /// An image that cannot be resized; none is known.
    pub fn append(
        &self,
        block: &Pixels,
        row: usize,
        resizer: &mut Resizer,
        input: &mut Vec<f32>,
    ) -> anyhow::Result<()> {
        let image = match block {
            Pixels::U8(levels) => {
                let levels: Vec<u8> = levels.slice(s![row, ..]).to_vec();
                let levels = match self.from.channels {
                    1 => self.resized(levels.into_iter().map(U8::new), resizer)?,
                    _ => {
                        self.resized(levels.as_chunks().0.iter().map(|&x| U8x3::new(x)), resizer)?
                    }
                };
                levels.into_iter().map(|level| f32::from(level) / 255.0).collect()
            }
            Pixels::F32(values) => {
                let values: Vec<f32> = values.slice(s![row, ..]).to_vec();
                match self.from.channels {
                    1 => self.resized(values.into_iter().map(F32::new), resizer)?,
                    _ => {
                        self.resized(values.as_chunks().0.iter().map(|&x| F32x3::new(x)), resizer)?
                    }
                }
            }
        };
        self.normalize(&image, input);
        Ok(())
    }

    /// Resizes the pixels of one image, and gives its values.
    fn resized<P>(
        &self,
        pixels: impl Iterator<Item = P>,
        resizer: &mut Resizer,
    ) -> anyhow::Result<Vec<P::Component>>
    where
        P: PixelTrait,
    {
        let pixels: Vec<P> = pixels.collect();
        if !self.resizes() {
            return Ok(P::components(&pixels).to_vec());
        }
        let side = |side: usize| u32::try_from(side).context("an image is too large to resize");
        let filter = match self.filter {
            Filter::Bilinear => FilterType::Bilinear,
            Filter::Bicubic => FilterType::CatmullRom,
        };
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        let source = TypedImageRef::new(side(self.from.width)?, side(self.from.height)?, &pixels)?;
        let mut target = TypedImage::<P>::new(side(self.size.width)?, side(self.size.height)?);
        resizer.resize_typed(&source, &mut target, &options)?;
        Ok(P::components(target.pixels()).to_vec())
    }

    /// Appends the values of an image (height, width, channels) as the network takes them.
    fn normalize(&self, image: &[f32], input: &mut Vec<f32>) {
        let (has, wants) = (self.from.channels, self.channels);
        let value = |pixel: &[f32], channel: usize| {
            // A gray image has one value for all channels.
            (pixel[channel.min(has - 1)] - self.mean[channel]) / self.std[channel]
        };
        match self.layout {
            Layout::Nchw => {
                for channel in 0..wants {
                    input.extend(image.chunks_exact(has).map(|pixel| value(pixel, channel)));
                }
            }
            Layout::Nhwc => {
                for pixel in image.chunks_exact(has) {
                    input.extend((0..wants).map(|channel| value(pixel, channel)));
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    fn recipe(channels: usize, size: (usize, usize)) -> Recipe {
        Recipe {
            from: ImageShape { height: 1, width: 2, channels },
            size: Size { height: size.0, width: size.1 },
            channels: 3,
            layout: Layout::Nchw,
            filter: Filter::Bilinear,
            mean: [0.0, 0.5, 0.0],
            std: [1.0, 0.5, 2.0],
        }
    }

    fn input(recipe: &Recipe, block: &Pixels, row: usize) -> Vec<f32> {
        let mut input = Vec::new();
        recipe.append(block, row, &mut Resizer::new(), &mut input).unwrap();
        input
    }

    #[test]
    fn channels_come_first_or_last() {
        let block = Pixels::F32(array![[0.0; 6], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]]);
        let first = recipe(3, (1, 2));
        let last = Recipe { layout: Layout::Nhwc, ..recipe(3, (1, 2)) };
        let close = |found: Vec<f32>, expected: [f32; 6]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        };
        close(input(&first, &block, 1), [0.1, 0.4, -0.6, 0.0, 0.15, 0.3]);
        close(input(&last, &block, 1), [0.1, -0.6, 0.15, 0.4, 0.0, 0.3]);
    }

    #[test]
    fn gray_levels_are_repeated_for_three_channels() {
        let block = Pixels::U8(array![[0, 255]]);
        assert_eq!(input(&recipe(1, (1, 2)), &block, 0), [0.0, 1.0, -1.0, 1.0, 0.0, 0.5]);
    }

    #[test]
    fn images_are_resized_alike_in_levels_and_numbers() {
        let levels = Array2::from_shape_fn((1, 6), |(_, at)| (60 + at * 15) as u8);
        let numbers = Pixels::F32(levels.mapv(|level| f32::from(level) / 255.0));
        for filter in [Filter::Bilinear, Filter::Bicubic] {
            let recipe = Recipe { filter, ..recipe(3, (3, 5)) };
            let from_levels = input(&recipe, &Pixels::U8(levels.clone()), 0);
            let from_numbers = input(&recipe, &numbers, 0);
            assert_eq!(from_levels.len(), 45);
            for (a, b) in from_levels.iter().zip(&from_numbers) {
                assert!((a - b).abs() < 0.03, "{a} {b}");
            }
        }
    }
}
