//! Turns images into points block by block.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};

use crate::block::Block;
use crate::features::Features;
use crate::points::points;
use crate::progress::{Progress, Reporter};
use crate::sample::{Known, Sample};
use crate::{Error, Result, Scattering};

/// A model that turns images into points block by block.
///
/// [`Fitting::finish`](crate::Fitting::finish) gives one that remembers the images of the fit.
///
/// ```
/// use ndarray::{Array2, s};
/// use scattering::{Params, Transformer, fit};
///
/// let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
/// let fitted = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?;
/// let transformer = Transformer::new(fitted.model, 20)?;
/// let some = images.slice(s![15.., ..]);
/// let points = transformer.points(15..20, Some(some), &mut |_| ())?;
/// assert_eq!(points, fitted.points.slice(s![15.., ..]));
/// # Ok::<(), scattering::Error>(())
/// ```
pub struct Transformer {
    model: Features,
    scattering: Scattering,
    sample: Sample,
    /// Transformed and scaled images of the sample.
    scaled: Array2<f32>,
}

impl Transformer {
    /// Makes ready to transform `n` images.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, Transformer, fit};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?.model;
    /// let transformer = Transformer::new(model, 1_000_000)?;
    /// assert!(!transformer.knows_all());
    /// # Ok::<(), scattering::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`Scattering::new`].
    pub fn new(model: Features, n: usize) -> Result<Self> {
        let scattering = Scattering::new(model.size(), model.scales(), model.angles())?;
        Ok(Self::of_fit(model, scattering, Sample { n, rows: 0 }, Array2::zeros((0, 0))))
    }

    /// Takes over what a fit has computed.
    pub(crate) fn of_fit(
        model: Features,
        scattering: Scattering,
        sample: Sample,
        scaled: Array2<f32>,
    ) -> Self {
        Self { model, scattering, sample, scaled }
    }

    /// Returns the model.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, Transformer, fit};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?.model;
    /// assert_eq!(Transformer::new(model.clone(), 20)?.model(), &model);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn model(&self) -> &Features {
        &self.model
    }

    /// Returns the model and drops what the fit remembers.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, Transformer, fit};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?.model;
    /// assert_eq!(Transformer::new(model.clone(), 20)?.into_model(), model);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn into_model(self) -> Features {
        self.model
    }

    /// Whether the transforms of all images are remembered.
    ///
    /// Then [`Transformer::points`] needs no images.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Fitting, Params};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let mut fitting = Fitting::new(20, (8, 8), &Params::default())?;
    /// fitting.add(images.view(), &mut |_| ())?;
    /// assert!(fitting.finish().knows_all());
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn knows_all(&self) -> bool {
        self.sample.rows == self.sample.n
    }

    /// Computes the features of some of the images, `(rows, dims)`.
    ///
    /// `rows` are their indices, and `images` those images as for [`Features::transform`].
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use scattering::{Params, Transformer, fit};
    /// # let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
    /// let model = fit(images.view(), (8, 8), &Params::default(), &mut |_| ())?.model;
    /// let transformer = Transformer::new(model, 20)?;
    /// assert_eq!(transformer.points(0..20, Some(images.view()), &mut |_| ())?.dim(), (20, 20));
    /// assert!(transformer.points(0..20, None, &mut |_| ()).is_err(), "no images are known");
    /// # Ok::<(), scattering::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Features::transform`]; [`Error::Parameter`] if `images` are missing where they are
    /// needed, or are not as many as `rows`.
    pub fn points(
        &self,
        rows: Range<usize>,
        images: Option<ArrayView2<f32>>,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Array2<f32>> {
        let (model, sample) = (&self.model, self.sample);
        let given = images.map_or(if self.knows_all() { rows.len() } else { 0 }, |x| x.nrows());
        if rows.end > sample.n || given != rows.len() {
            let expected = format!("images {rows:?} of {}", sample.n);
            let hint = "give the images that were announced";
            return Err(Error::Parameter { expected, found: format!("{given} images"), hint });
        }
        if let Some(images) = images {
            Block { images, first: rows.start }.check(model.size(), model.channels())?;
        }
        // Images of the sample were counted when they were transformed.
        let done = sample.rows + rows.start - sample.rows_in(0..rows.start).len();
        let reporter = Reporter::starting(done, sample.n, on_progress);
        let known = Known { sample, scaled: &self.scaled };
        Ok(points(model, &self.scattering, rows, images, Some(known), &reporter))
    }
}
