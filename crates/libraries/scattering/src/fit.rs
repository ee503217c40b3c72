//! Fits features to images.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use pca::Pca;
use rayon::prelude::*;

use crate::features::{Features, ROWS, scale};
use crate::params::Params;
use crate::progress::{Progress, Reporter};
use crate::shape::scales;
use crate::{Error, Result, Scattering};

/// Largest number of images that deviations and components are found from.
const SAMPLE: usize = 10_000;

/// Result of [`fit`]: a model, and the features of the images that it was fitted to.
#[derive(Debug, Clone, PartialEq)]
pub struct FeaturesFit {
    /// The model, which turns new images into features.
    pub model: Features,
    /// Features of the images, shape `(n, dims)`: equal to `model.transform` of the same images.
    pub points: Array2<f32>,
}

/// Fits deviations and components to images, and computes the features `(n, dims)` of all.
///
/// `images` are `(n, height * width)`, `size` is `(height, width)`. The fit takes at most 10,000 of
/// them, evenly over all. Each image is transformed once. The number of threads does not change the
/// result. `on_progress` may be called by any thread, by one at a time.
///
/// Bright images weigh more in the deviations: all images times a number have the same features,
/// however small or large the number is, but an image that is far brighter than all others decides
/// alone what the paths are divided by.
///
/// Memory beside images and points: 10,000 transformed images and a matrix of all pairs of values
/// (139 and 96 MB for 28 x 28 pixels), and a few MB for each thread.
///
/// Tested by hand on what [`Scattering::transform`] gives.
///
/// ```
/// use ndarray::Array2;
/// use scattering::{Params, fit};
///
/// let images = Array2::from_shape_fn((30, 144), |(i, j)| ((i * j) % 7) as f32);
/// let params = Params { dims: 10, ..Params::default() };
/// let fitted = fit(images.view(), (12, 12), &params, &mut |_| ())?;
/// assert_eq!(fitted.points.dim(), (30, 10));
/// # Ok::<(), scattering::Error>(())
/// ```
///
/// # Errors
/// - [`Error::Parameter`] if there are fewer than two images, if they are too small or too large to
///   transform, or if a parameter is out of its range.
/// - [`Error::Pixels`] if the images are not of `size`.
/// - [`Error::NonFinite`] if a pixel is not finite.
pub fn fit(
    images: ArrayView2<f32>,
    size: (usize, usize),
    params: &Params,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<FeaturesFit> {
    let scale_count = params.scales.unwrap_or_else(|| scales(size.0, size.1));
    let scattering = Scattering::new(size, scale_count, params.angles)?;
    check(images, params)?;
    scattering.check_images(images)?;
    let (n, rows) = (images.nrows(), images.nrows().min(SAMPLE));
    let reporter = Reporter::new(n, on_progress);
    // Row `at` of the sample is image `at * n / rows`.
    let mut sample = Array2::zeros((rows, scattering.values()));
    let mut factors = Array1::zeros(rows);
    let chunks = sample.axis_chunks_iter_mut(Axis(0), ROWS).into_par_iter();
    let chunks = chunks.zip(factors.axis_chunks_iter_mut(Axis(0), ROWS));
    chunks.enumerate().for_each(|(chunk, (mut to, mut factors))| {
        let mut work = scattering.work();
        for (at, row) in to.outer_iter_mut().enumerate() {
            let image = images.row((chunk * ROWS + at) * n / rows);
            factors[at] = scattering.image(image, &mut work, row);
        }
        reporter.add(to.nrows());
    });
    let deviations = deviations(sample.view(), &factors, scattering.shape().0);
    sample.outer_iter_mut().into_par_iter().for_each(|row| scale(row, &deviations));
    let (dims, values) = (params.dims.min(rows), scattering.values());
    let pca = if dims < values {
        Pca::fit(sample.view(), dims)
    } else {
        Pca::from_parts(Array1::zeros(values), Array2::zeros((0, values)))
            .expect("as many features of both")
    };
    let model = Features::of_fit(size, scale_count, params.angles, deviations, pca);
    let points = model.points(&scattering, images, Some(sample.view()), &reporter);
    Ok(FeaturesFit { model, points })
}

/// Computes the standard deviation of each path over images and places, shape `(paths,)`.
///
/// Rows of `scattered` `(n, paths * places)` are to be multiplied by `factors` `(n,)`.
fn deviations(scattered: ArrayView2<f32>, factors: &Array1<f64>, paths: usize) -> Array1<f64> {
    let places = scattered.ncols() / paths;
    let of_path = |path: usize| {
        let values = scattered.slice(s![.., path * places..(path + 1) * places]);
        let n = values.len() as f64;
        let values = || {
            values
                .outer_iter()
                .zip(factors)
                .flat_map(|(row, factor)| row.into_iter().map(move |&x| f64::from(x) * factor))
        };
        let mean = values().sum::<f64>() / n;
        (values().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    Array1::from((0..paths).into_par_iter().map(of_path).collect::<Vec<_>>())
}

/// Checks that there are images to fit and dims to keep.
fn check(images: ArrayView2<f32>, params: &Params) -> Result<()> {
    let refuse = |expected: &str, found: usize, hint| {
        Err(Error::Parameter { expected: expected.into(), found: found.to_string(), hint })
    };
    if images.nrows() < 2 {
        return refuse("at least 2 images", images.nrows(), "give more");
    }
    if params.dims == 0 {
        return refuse("at least 1 of dims", 0, "500 are usual");
    }
    Ok(())
}
