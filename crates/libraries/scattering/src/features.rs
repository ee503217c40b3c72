//! The model that turns images into features.

use std::ops::Range;

use ndarray::Array1;
use pca::Pca;

use crate::color::Channels;
use crate::shape::shape_of;
use crate::{Error, Result};

/// Deviations of values that `f32` can hold: a quotient by one of them can be squared.
const DEVIATIONS: Range<f64> = 1e-60..1e60;

/// A model that turns images into points for clustering.
///
/// Each path of the [`Scattering`](crate::Scattering) transform is divided by its standard
/// deviation, so that fine edges count as much as large areas; each image by its length, so that
/// brightness does not count; and the scores of the first principal components are kept.
/// [`fit`](crate::fit()) finds deviations and components. Images in color have the paths of
/// [three planes](crate#color).
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    size: (usize, usize),
    channels: Channels,
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
        channels: Channels,
        scales: usize,
        angles: usize,
        deviations: Array1<f64>,
        pca: Pca,
    ) -> Self {
        Self { size, channels, scales, angles, deviations, pca }
    }

    /// Makes a model from its parts, such as those read from a file.
    ///
    /// `size` is `(height, width)` of the images, `deviations` `(planes * paths,)` are what paths
    /// are divided by: those of one plane for gray images, of three for images in color.
    /// A `pca` without components leaves the values as they are.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use scattering::{Channels, Features, Params, fit};
    ///
    /// let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?.model;
    /// let (deviations, pca) = (model.deviations().clone(), model.pca().clone());
    /// let (scales, angles) = (model.scales(), model.angles());
    /// let same = Features::new((8, 8), Channels::Gray, scales, angles, deviations, pca)?;
    /// assert_eq!(same, model);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::Parameter`] as [`Scattering::new`](crate::Scattering::new).
    /// - [`Error::Model`] if the parts do not fit one another, or a value is out of range.
    pub fn new(
        size: (usize, usize),
        channels: Channels,
        scales: usize,
        angles: usize,
        deviations: Array1<f64>,
        pca: Pca,
    ) -> Result<Self> {
        // Checked before anything is allocated that is as large as the model claims.
        let (paths, rows, columns) = shape_of(size, scales, angles)?;
        let paths = channels.count() * paths;
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
        Ok(Self { size, channels, scales, angles, deviations, pca })
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

    /// Returns what the values of a pixel are.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Channels, Params, fit};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?.model;
    /// assert_eq!(model.channels(), Channels::Gray);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn channels(&self) -> Channels {
        self.channels
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

    /// Returns what each path is divided by, shape `(paths,)`, in the unit of the pixels.
    ///
    /// For gray images it is the standard deviation, over images and places, by their number and
    /// not by one less. In color there are as many paths of [each plane](crate#color).
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
}
