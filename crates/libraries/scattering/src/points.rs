//! Turns images into points by a model.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, Zip, s};
use rayon::prelude::*;

use crate::block::Block;
use crate::color::{Channels, plane};
use crate::features::Features;
use crate::progress::{Progress, Reporter};
use crate::sample::Known;
use crate::transform::{Work, size};
use crate::{Result, Scattering};

/// Transformed values that are in memory at once, in `f32` and in `f64`: 96 MB.
const BLOCK_VALUES: usize = 8 << 20;

/// Points and components that one thread multiplies at once.
///
/// The product packs both anew for each such part, which takes time that many rows outweigh.
const PART: (usize, usize) = (256, 128);

/// Images that one thread transforms at least before it hands back its memory.
const IMAGES: usize = 8;

impl Features {
    /// Turns new images into points `(m, dims)`.
    ///
    /// Gray images are `(m, height * width)`. In color they are `(m, height * width * 3)`, with the
    /// three values of a pixel side by side.
    ///
    /// A point depends on its image and the model alone. `on_progress` may be called by any thread,
    /// by one at a time.
    ///
    /// Tested against the points of the fit.
    ///
    /// ```
    /// use ndarray::{Array2, s};
    /// use scattering::{Params, fit};
    ///
    /// let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let fitted = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?;
    /// let again = fitted.model.transform(images.slice(s![..5, ..]), &mut |_| ())?;
    /// assert_eq!(again, fitted.points.slice(s![..5, ..]));
    /// # Ok::<(), scattering::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`crate::Error::Pixels`] or [`crate::Error::ColorPixels`] if the images have another size.
    /// - [`crate::Error::NonFinite`] if a pixel is not finite.
    pub fn transform(
        &self,
        images: ArrayView2<f32>,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Array2<f32>> {
        let scattering = Scattering::new(self.size(), self.scales(), self.angles())?;
        Block { images, first: 0 }.check(self.size(), self.channels())?;
        let reporter = Reporter::new(images.nrows(), on_progress);
        Ok(points(self, &scattering, 0..images.nrows(), Some(images), None, &reporter))
    }
}

/// Transforms an image of any channels, and returns a factor left out of `out`.
///
/// In color `out` holds the transforms of luminance and of both planes of chroma, one after the
/// other. The factor is that of [`Scattering::image`], by the largest value of all channels.
pub(crate) fn scatter(
    scattering: &Scattering,
    channels: Channels,
    image: ArrayView1<f32>,
    work: &mut Work,
    mut out: ArrayViewMut1<f32>,
) -> f64 {
    if channels == Channels::Gray {
        return scattering.image(image, work, out);
    }
    let size = size(image);
    for (at, mut out) in out.exact_chunks_mut(scattering.values()).into_iter().enumerate() {
        // Most pictures without color have no chroma at all, of which the transform is 0.
        if at > 0 && (0..image.len() / 3).all(|pixel| plane(image, pixel, at) == 0.0) {
            out.fill(0.0);
            continue;
        }
        let out = out.as_slice_mut().expect("a row of an array in standard layout");
        scattering.pad(|pixel| (plane(image, pixel, at) / size) as f32, work);
        scattering.padded(work, out);
    }
    size
}

/// Turns images into points `(m, dims)`, in blocks that bound the memory.
///
/// `rows` are the indices of the images among all; `images` may be missing if all are `known`.
pub(crate) fn points(
    model: &Features,
    scattering: &Scattering,
    rows: Range<usize>,
    images: Option<ArrayView2<f32>>,
    known: Option<Known>,
    reporter: &Reporter,
) -> Array2<f32> {
    let values = model.pca().mean().len();
    let mut points = Array2::zeros((rows.len(), model.dims()));
    let block = (BLOCK_VALUES / values).max(1);
    let mut scattered = Array2::zeros((block.min(rows.len()), values));
    for (at, mut to) in points.axis_chunks_iter_mut(Axis(0), block).enumerate() {
        let start = at * block;
        let mut scattered = scattered.slice_mut(s![..to.nrows(), ..]);
        let rows_of_block = scattered.axis_iter_mut(Axis(0)).into_par_iter().enumerate();
        rows_of_block.with_min_len(IMAGES).for_each_init(
            || scattering.work(),
            |work, (i, mut row)| {
                let i = start + i;
                if known.as_ref().is_some_and(|known| known.copy(rows.start + i, row.view_mut())) {
                    return;
                }
                let Some(images) = images else { return };
                // Points have length 1, whatever the brightness of their images.
                let channels = model.channels();
                let _ = scatter(scattering, channels, images.row(i), work, row.view_mut());
                scale(row, model.deviations());
                reporter.add(1);
            },
        );
        if model.pca().components().is_empty() {
            to.assign(&scattered);
        } else {
            project(model, scattered.view(), to);
        }
    }
    points
}

/// Writes the scores of transformed images along the components.
fn project(model: &Features, scattered: ArrayView2<f32>, mut to: ArrayViewMut2<f32>) {
    let pca = model.pca();
    let rows = to.axis_chunks_iter_mut(Axis(0), PART.0).into_par_iter();
    rows.zip(scattered.axis_chunks_iter(Axis(0), PART.0)).for_each(|(mut to, scattered)| {
        let centered = scattered.mapv(f64::from) - pca.mean();
        let columns = to.axis_chunks_iter_mut(Axis(1), PART.1).into_par_iter();
        columns.zip(pca.components().axis_chunks_iter(Axis(0), PART.1)).for_each(
            |(to, components)| {
                let scores = centered.dot(&components.t());
                Zip::from(to).and(&scores).for_each(|to, &score| *to = score as f32);
            },
        );
    });
}

/// Divides each path of an image by its deviation, then all values by their length.
///
/// Paths without deviation, and black images, become 0.
pub(crate) fn scale(mut image: ArrayViewMut1<f32>, deviations: &Array1<f64>) {
    let places = image.len() / deviations.len();
    let mut length = 0.0;
    let factors =
        deviations.iter().map(|&deviation| if deviation > 0.0 { 1.0 / deviation } else { 0.0 });
    for (path, factor) in image.exact_chunks(places).into_iter().zip(factors.clone()) {
        length += path.iter().map(|&x| (f64::from(x) * factor).powi(2)).sum::<f64>();
    }
    let length = if length > 0.0 { length.sqrt() } else { 1.0 };
    for (mut path, factor) in image.exact_chunks_mut(places).into_iter().zip(factors) {
        path.mapv_inplace(|x| (f64::from(x) * factor / length) as f32);
    }
}
