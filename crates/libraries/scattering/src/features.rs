//! The model that turns images into features.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, Axis, Zip};
use pca::Pca;
use rayon::prelude::*;

use crate::progress::{Progress, Reporter};
use crate::shape::shape_of;
use crate::{Error, Result, Scattering};

/// Deviations of values that `f32` can hold: a quotient by one of them can be squared.
const DEVIATIONS: Range<f64> = 1e-60..1e60;

/// Images that are transformed at once by one thread.
pub(crate) const ROWS: usize = 128;

/// A model that turns images into points for clustering.
///
/// Each path of the [`Scattering`] transform is divided by its standard deviation, so that fine
/// edges count as much as large areas; each image by its length, so that brightness does not count;
/// and the scores of the first principal components are kept. [`fit`](crate::fit()) finds
/// deviations and components.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    size: (usize, usize),
    scales: usize,
    angles: usize,
    deviations: Array1<f64>,
    /// Without components if there are no more values than dims: then values stay as they are.
    pca: Pca,
}

impl Features {
    /// Makes a model from what a fit found, which needs no checks.
    pub(crate) fn of_fit(
        size: (usize, usize),
        scales: usize,
        angles: usize,
        deviations: Array1<f64>,
        pca: Pca,
    ) -> Self {
        Self { size, scales, angles, deviations, pca }
    }

    /// Makes a model from its parts, such as those read from a file.
    ///
    /// `size` is `(height, width)` of the images, `deviations` `(paths,)` are standard deviations.
    /// A `pca` without components leaves the values as they are.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use scattering::{Features, Params, fit};
    ///
    /// let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?.model;
    /// let (deviations, pca) = (model.deviations().clone(), model.pca().clone());
    /// let same = Features::new(model.size(), model.scales(), model.angles(), deviations, pca)?;
    /// assert_eq!(same, model);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::Parameter`] as [`Scattering::new`].
    /// - [`Error::Model`] if the parts do not fit one another, or a value is out of range.
    pub fn new(
        size: (usize, usize),
        scales: usize,
        angles: usize,
        deviations: Array1<f64>,
        pca: Pca,
    ) -> Result<Self> {
        // Checked before anything is allocated that is as large as the model claims.
        let (paths, rows, columns) = shape_of(size, scales, angles)?;
        let values = paths * rows * columns;
        let found = (deviations.len(), pca.mean().len(), pca.components().ncols());
        if found != (paths, values, values) {
            return Err(Error::Model {
                expected: format!(
                    "{paths} deviations, {values} means and components of {values} values"
                ),
                found: format!("{found:?}"),
            });
        }
        let mut numbers = deviations.iter().chain(pca.mean()).chain(pca.components());
        if let Some(wrong) = numbers.find(|x| !x.is_finite()) {
            let expected = "finite values in the model".into();
            return Err(Error::Model { expected, found: wrong.to_string() });
        }
        if let Some(wrong) = deviations.iter().find(|x| **x != 0.0 && !DEVIATIONS.contains(*x)) {
            let expected = format!(
                "deviations of 0 or from {:e} to {:e} in the model",
                DEVIATIONS.start, DEVIATIONS.end
            );
            return Err(Error::Model { expected, found: wrong.to_string() });
        }
        Ok(Self { size, scales, angles, deviations, pca })
    }

    /// Turns new images `(m, height * width)` into points `(m, dims)`.
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
    /// - [`Error::Pixels`] if the images have another size.
    /// - [`Error::NonFinite`] if a pixel is not finite.
    pub fn transform(
        &self,
        images: ArrayView2<f32>,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Array2<f32>> {
        let scattering = Scattering::new(self.size, self.scales, self.angles)?;
        scattering.check_images(images)?;
        Ok(self.points(&scattering, images, None, &Reporter::new(images.nrows(), on_progress)))
    }

    /// Returns height and width of the images, in pixels.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, fit};
    /// # let images = Array2::from_shape_fn((20, 80), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 10), &Params::default(), &mut |_| ())?.model;
    /// assert_eq!(model.size(), (8, 10));
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Returns the number of scales of the wavelets.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, fit, scales};
    /// # let images = Array2::from_shape_fn((20, 80), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 10), &Params::default(), &mut |_| ())?.model;
    /// assert_eq!(model.scales(), scales(8, 10));
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn scales(&self) -> usize {
        self.scales
    }

    /// Returns the number of angles of the wavelets.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, fit};
    /// # let images = Array2::from_shape_fn((20, 80), |(i, j)| ((i * j) % 7) as f32);
    /// let params = Params { angles: 4, ..Params::default() };
    /// let model = fit(images.view(), (8, 10), &params, &mut |_| ())?.model;
    /// assert_eq!(model.angles(), 4);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn angles(&self) -> usize {
        self.angles
    }

    /// Returns the standard deviation of each path, shape `(paths,)`, in the unit of the pixels.
    ///
    /// It is taken over images and places, and divides by their number, not by one less.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, fit};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?.model;
    /// // One average, and one path for each of eight angles.
    /// assert_eq!(model.deviations().len(), 9);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn deviations(&self) -> &Array1<f64> {
        &self.deviations
    }

    /// Returns the principal components that are kept: `(dims, values)`.
    ///
    /// There are none if there are no more values than dims: then values stay as they are.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, fit};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let params = Params { dims: 5, ..Params::default() };
    /// let model = fit(images.view(), (8, 8), &params, &mut |_| ())?.model;
    /// // 9 paths at 4 x 4 places.
    /// assert_eq!(model.pca().components().dim(), (5, 144));
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn pca(&self) -> &Pca {
        &self.pca
    }

    /// Returns the number of features of a point.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, fit};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?.model;
    /// // As many as images, since 20 images have no more components.
    /// assert_eq!(model.dims(), 20);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn dims(&self) -> usize {
        match self.pca.components().nrows() {
            0 => self.pca.mean().len(),
            dims => dims,
        }
    }

    /// Turns all images into points.
    ///
    /// `sample` holds those that are transformed and scaled already, evenly over all images.
    pub(crate) fn points(
        &self,
        scattering: &Scattering,
        images: ArrayView2<f32>,
        sample: Option<ArrayView2<f32>>,
        reporter: &Reporter,
    ) -> Array2<f32> {
        let n = images.nrows();
        // The sample holds image `at * n / rows` in row `at`.
        let row_in_sample = |i: usize, rows: usize| {
            let at = (i * rows).div_ceil(n);
            (at < rows && at * n / rows == i).then_some(at)
        };
        let mut points = Array2::zeros((images.nrows(), self.dims()));
        let chunks = points.axis_chunks_iter_mut(Axis(0), ROWS).into_par_iter();
        chunks.zip(images.axis_chunks_iter(Axis(0), ROWS)).enumerate().for_each(
            |(chunk, (mut to, images))| {
                let mut work = scattering.work();
                let mut scattered = Array2::zeros((images.nrows(), scattering.values()));
                let mut new = 0;
                let rows = images.outer_iter().zip(scattered.outer_iter_mut());
                for (i, (image, mut row)) in (chunk * ROWS..).zip(rows) {
                    let sampled = sample.and_then(|sample| {
                        let at = row_in_sample(i, sample.nrows())?;
                        Some(sample.index_axis_move(Axis(0), at))
                    });
                    if let Some(sampled) = sampled {
                        row.assign(&sampled);
                    } else {
                        // Points have length 1, whatever the brightness of their images.
                        let _ = scattering.image(image, &mut work, row.view_mut());
                        scale(row, &self.deviations);
                        new += 1;
                    }
                }
                if self.pca.components().is_empty() {
                    to.assign(&scattered);
                } else {
                    let scores = self.pca.transform(scattered.view());
                    Zip::from(&mut to).and(&scores).for_each(|to, &score| *to = score as f32);
                }
                reporter.add(new);
            },
        );
        points
    }
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
