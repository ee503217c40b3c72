//! Fits features to images.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use pca::Pca;
use rayon::prelude::*;

use crate::block::Block;
use crate::color::divisors;
use crate::features::Features;
use crate::params::Params;
use crate::points::{scale, scatter};
use crate::progress::{Progress, Reporter};
use crate::sample::Sample;
use crate::shape::scales;
use crate::transformer::Transformer;
use crate::{Error, Result, Scattering};

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
/// `images` are `(n, height * width)`, or `(n, height * width * 3)` in color, and `size` is
/// `(height, width)`. The fit takes at most 10,000 of them, evenly over all, and fewer if they are
/// large: 40 million transformed values, or four images for each component. Each image is
/// transformed once. The number of threads does not change the result. `on_progress` may be called
/// by any thread, by one at a time.
///
/// Bright images weigh more in the deviations: all images times a number have the same features,
/// however small or large the number is, but an image that is far brighter than all others decides
/// alone what the paths are divided by.
///
/// Memory beside images and points: the transformed images of the fit, 160 MB for most sizes; a
/// matrix of all pairs of their values, or of the images if they are fewer, up to 320 MB; and
/// 96 MB for images that are transformed. [`Fitting`] takes images that do not fit into memory.
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
/// - [`Error::Pixels`] or [`Error::ColorPixels`] if the images are not of `size`.
/// - [`Error::NonFinite`] if a pixel is not finite.
pub fn fit(
    images: ArrayView2<f32>,
    size: (usize, usize),
    params: &Params,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<FeaturesFit> {
    let mut fitting = Fitting::new(images.nrows(), size, params)?;
    fitting.add(images, on_progress)?;
    let fitted = fitting.finish();
    let points = fitted.points(0..images.nrows(), Some(images), on_progress)?;
    Ok(FeaturesFit { model: fitted.into_model(), points })
}

/// A fit to images that are given block by block.
///
/// ```
/// use ndarray::{Array2, s};
/// use scattering::{Fitting, Params, fit};
///
/// let images = Array2::from_shape_fn((30, 144), |(i, j)| ((i * j) % 7) as f32);
/// let params = Params { dims: 10, ..Params::default() };
/// let mut fitting = Fitting::new(30, (12, 12), &params)?;
/// fitting.add(images.slice(s![..20, ..]), &mut |_| ())?;
/// fitting.add(images.slice(s![20.., ..]), &mut |_| ())?;
/// let fitted = fitting.finish();
/// let expected = fit(images.view(), (12, 12), &params, &mut |_| ())?;
/// assert_eq!(fitted.model(), &expected.model);
/// // So few images are all remembered.
/// assert!(fitted.knows_all());
/// let points = fitted.points(4..9, None, &mut |_| ())?;
/// assert_eq!(points, expected.points.slice(s![4..9, ..]));
/// # Ok::<(), scattering::Error>(())
/// ```
pub struct Fitting {
    size: (usize, usize),
    scales: usize,
    params: Params,
    scattering: Scattering,
    sample: Sample,
    /// Transformed images of the sample, each to be multiplied by its factor.
    scattered: Array2<f32>,
    factors: Array1<f64>,
    /// Images that were given.
    seen: usize,
}

impl Fitting {
    /// Begins a fit to `n` images of `size` `(height, width)`.
    ///
    /// ```
    /// use scattering::{Fitting, Params};
    ///
    /// assert!(Fitting::new(20, (8, 8), &Params::default()).is_ok());
    /// assert!(Fitting::new(1, (8, 8), &Params::default()).is_err(), "one image has no deviation");
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`fit`].
    pub fn new(n: usize, size: (usize, usize), params: &Params) -> Result<Self> {
        let scales = params.scales.unwrap_or_else(|| scales(size.0, size.1));
        let scattering = Scattering::new(size, scales, params.angles)?;
        check(n, params)?;
        let values = params.channels.count() * scattering.values();
        let sample = Sample::new(n, values, params.dims);
        Ok(Self {
            size,
            scales,
            params: params.clone(),
            scattering,
            sample,
            scattered: Array2::zeros((sample.rows, values)),
            factors: Array1::zeros(sample.rows),
            seen: 0,
        })
    }

    /// Takes the next images.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Fitting, Params};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let mut fitting = Fitting::new(20, (8, 8), &Params::default())?;
    /// fitting.add(images.view(), &mut |_| ())?;
    /// assert!(fitting.add(images.view(), &mut |_| ()).is_err(), "20 images were promised");
    /// # Ok::<(), scattering::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::Pixels`] or [`Error::ColorPixels`] if the images are not of the size.
    /// - [`Error::NonFinite`] if a pixel is not finite.
    /// - [`Error::Parameter`] if there are more images than promised.
    pub fn add(
        &mut self,
        images: ArrayView2<f32>,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<()> {
        let (first, channels) = (self.seen, self.params.channels);
        Block { images, first }.check(self.size, channels)?;
        self.seen += images.nrows();
        let Self { sample, scattering, scattered, factors, seen, .. } = self;
        let seen = *seen;
        if seen > sample.n {
            let (expected, found) = (format!("{} images", sample.n), format!("{seen} or more"));
            return Err(Error::Parameter { expected, found, hint: "give as many as promised" });
        }
        let rows = sample.rows_in(first..seen);
        let reporter = Reporter::starting(rows.start, sample.n, on_progress);
        let mut to = scattered.slice_mut(s![rows.clone(), ..]);
        let to = to.axis_iter_mut(Axis(0)).into_par_iter().zip(rows.clone());
        let mut factors = factors.slice_mut(s![rows]);
        to.zip(factors.axis_iter_mut(Axis(0))).with_min_len(8).for_each_init(
            || scattering.work(),
            |work, ((to, row), mut factor)| {
                let image = images.row(sample.image_of(row) - first);
                factor.fill(scatter(scattering, channels, image, work, to));
                reporter.add(1);
            },
        );
        Ok(())
    }

    /// Finds deviations and components of the images that were given.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Fitting, Params};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let mut fitting = Fitting::new(20, (8, 8), &Params::default())?;
    /// fitting.add(images.view(), &mut |_| ())?;
    /// assert_eq!(fitting.finish().model().dims(), 20);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn finish(self) -> Transformer {
        let Self { size, scales, params, scattering, sample, mut scattered, factors, .. } = self;
        let Params { channels, angles, dims, .. } = params;
        let paths = channels.count() * scattering.shape().0;
        let deviations = divisors(deviations(scattered.view(), &factors, paths), channels);
        let rows = scattered.axis_iter_mut(Axis(0)).into_par_iter();
        rows.for_each(|row| scale(row, &deviations));
        let (dims, values) = (dims.min(sample.rows), scattered.ncols());
        let (mean, components) = if dims < values {
            // Images without any color have the components of gray ones.
            let gray =
                deviations.iter().skip(scattering.shape().0).all(|&deviation| deviation == 0.0);
            let used = if gray { scattering.values() } else { values };
            let pca = Pca::fit(scattered.slice(s![.., ..used]), dims);
            let mut mean = Array1::zeros(values);
            let mut components = Array2::zeros((dims, values));
            mean.slice_mut(s![..used]).assign(pca.mean());
            components.slice_mut(s![.., ..used]).assign(pca.components());
            (mean, components)
        } else {
            (Array1::zeros(values), Array2::zeros((0, values)))
        };
        let pca = Pca::from_parts(mean, components).expect("as many features of both");
        let model = Features::of_fit(size, channels, scales, angles, deviations, pca);
        Transformer::of_fit(model, scattering, sample, scattered)
    }
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
fn check(n: usize, params: &Params) -> Result<()> {
    let refuse = |expected: &str, found: usize, hint| {
        Err(Error::Parameter { expected: expected.into(), found: found.to_string(), hint })
    };
    if n < 2 {
        return refuse("at least 2 images", n, "give more");
    }
    if params.dims == 0 {
        return refuse("at least 1 of dims", 0, "500 are usual");
    }
    Ok(())
}
