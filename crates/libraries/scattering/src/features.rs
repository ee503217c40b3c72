//! Features for clustering from scattering transforms.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, Axis, Zip, s};
use pca::Pca;
use rayon::prelude::*;

use crate::shape::{scales, shape_of};
use crate::{Error, Result, Scattering};

/// Largest number of images that deviations and components are found from.
const SAMPLE: usize = 10_000;

/// Deviations of values that `f32` can hold: a quotient by one of them can be squared.
const DEVIATIONS: Range<f64> = 1e-60..1e60;

/// Images that are transformed at once by one thread.
const ROWS: usize = 128;

/// Parameters of [`Features::fit`].
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Scales J of the wavelets; if not given, as many as leave 3 x 3 places.
    pub scales: Option<usize>,
    /// Angles L of the wavelets (default 8).
    pub angles: usize,
    /// Largest number of features of a point (default 500).
    ///
    /// The default is that of Zhang, You, Vidal and Li, *Learning a self-expressive network for
    /// subspace clustering*, CVPR 2021.
    pub dims: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self { scales: None, angles: 8, dims: 500 }
    }
}

/// A model that turns images into points for clustering.
///
/// Each path of the [`Scattering`] transform is divided by its standard deviation, so that fine
/// edges count as much as large areas; each image by its length, so that brightness does not count;
/// and the scores of the first principal components are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Sides of the images.
    pub size: (usize, usize),
    /// Scales of the wavelets.
    pub scales: usize,
    /// Angles of the wavelets.
    pub angles: usize,
    /// Standard deviation of each path, shape `(paths,)`.
    pub deviations: Array1<f64>,
    /// Principal components that are kept, `(dims, values)`.
    ///
    /// There are none if there are no more values than dims: then values stay as they are.
    pub pca: Pca,
}

/// Callback with the number of images done, and the number of images.
type OnImages<'a> = &'a mut (dyn FnMut(usize, usize) + Send);

impl Features {
    /// Fits deviations and components, and turns all images into points `(n, dims)`.
    ///
    /// `images` are `(n, height * width)`, `size` is `(height, width)`. The fit takes at most
    /// 10,000 of them, evenly over all. Each image is transformed once. The number of threads does
    /// not change the result.
    ///
    /// Bright images weigh more in the deviations: all images times a number have the same
    /// features, however small or large the number is, but an image that is far brighter than all
    /// others decides alone what the paths are divided by.
    ///
    /// Memory beside images and points: 10,000 transformed images and a matrix of all pairs of
    /// values (139 and 96 MB for 28 x 28 pixels), and a few MB for each thread.
    ///
    /// # Errors
    /// - [`Error::Parameter`] if there are fewer than two images, if they have another size or one
    ///   too small to transform, or if a parameter makes no sense.
    /// - [`Error::NotFinite`] if a pixel is not finite.
    pub fn fit(
        images: ArrayView2<f32>,
        size: (usize, usize),
        params: &Params,
        progress: OnImages,
    ) -> Result<(Self, Array2<f32>)> {
        let scales = params.scales.unwrap_or_else(|| scales(size.0, size.1));
        let scattering = Scattering::new(size, scales, params.angles)?;
        check(images, params)?;
        scattering.check_images(images)?;
        let (n, rows) = (images.nrows(), images.nrows().min(SAMPLE));
        let mut sample = Array2::zeros((rows, scattering.values()));
        let mut sizes = Array1::zeros(rows);
        let (done, progress) = (AtomicUsize::new(0), Mutex::new(progress));
        let chunks = sample.axis_chunks_iter_mut(Axis(0), ROWS).into_par_iter();
        chunks.zip(sizes.axis_chunks_iter_mut(Axis(0), ROWS)).enumerate().for_each(
            |(chunk, (mut to, mut sizes))| {
                let mut work = scattering.work();
                for (at, (row, size)) in to.outer_iter_mut().zip(&mut sizes).enumerate() {
                    *size = scattering.image(
                        images.row((chunk * ROWS + at) * n / rows),
                        &mut work,
                        row,
                    );
                }
                report_progress(&done, to.nrows(), n, &progress);
            },
        );
        let deviations = deviations(sample.view(), &sizes, scattering.shape().0);
        sample.outer_iter_mut().into_par_iter().for_each(|row| scale(row, &deviations));
        let (dims, values) = (params.dims.min(rows), scattering.values());
        let pca = if dims < values {
            Pca::fit(sample.view(), dims)
        } else {
            Pca { mean: Array1::zeros(values), components: Array2::zeros((0, values)) }
        };
        let features = Self { size, scales, angles: params.angles, deviations, pca };
        let points = features.points(&scattering, images, Some(sample.view()), &done, &progress);
        Ok((features, points))
    }

    /// Makes a model from its parts.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the parts do not fit one another, or a value is not finite.
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
        let found = (deviations.len(), pca.mean.len(), pca.components.ncols());
        if found != (paths, values, values) {
            return Err(Error::Parameter {
                expected: format!(
                    "{paths} deviations, {values} means and directions of {values} values"
                ),
                found: format!("{found:?}"),
                cure: "give another model",
            });
        }
        let numbers = deviations.iter().chain(&pca.mean).chain(&pca.components);
        if let Some(wrong) = numbers.clone().find(|x| !x.is_finite()) {
            let expected = "finite values in the model".into();
            return Err(Error::Parameter {
                expected,
                found: wrong.to_string(),
                cure: "give another model",
            });
        }
        if let Some(wrong) = deviations.iter().find(|x| **x != 0.0 && !DEVIATIONS.contains(*x)) {
            let expected = format!(
                "deviations of 0 or from {:e} to {:e} in the model",
                DEVIATIONS.start, DEVIATIONS.end
            );
            return Err(Error::Parameter {
                expected,
                found: wrong.to_string(),
                cure: "give another model",
            });
        }
        Ok(Self { size, scales, angles, deviations, pca })
    }

    /// Turns new images `(m, height * width)` into points `(m, dims)`.
    ///
    /// # Errors
    /// - [`Error::Parameter`] if the images have another size.
    /// - [`Error::NotFinite`] if a pixel is not finite.
    pub fn transform(&self, images: ArrayView2<f32>, progress: OnImages) -> Result<Array2<f32>> {
        let scattering = Scattering::new(self.size, self.scales, self.angles)?;
        scattering.check_images(images)?;
        Ok(self.points(&scattering, images, None, &AtomicUsize::new(0), &Mutex::new(progress)))
    }

    /// Number of features of a point.
    pub fn dims(&self) -> usize {
        match self.pca.components.nrows() {
            0 => self.pca.mean.len(),
            dims => dims,
        }
    }

    /// Turns all images into points.
    ///
    /// `sample` holds those that are transformed and scaled already, evenly over all images.
    fn points(
        &self,
        scattering: &Scattering,
        images: ArrayView2<f32>,
        sample: Option<ArrayView2<f32>>,
        done: &AtomicUsize,
        progress: &Mutex<OnImages>,
    ) -> Array2<f32> {
        let n = images.nrows();
        // The sample holds image `at * n / rows` in row `at`.
        let known = |i: usize| {
            let rows = sample?.nrows();
            let at = (i * rows).div_ceil(n);
            (at < rows && at * n / rows == i)
                .then(|| sample.map(|sample| sample.row(at).to_owned()))?
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
                    if let Some(known) = known(i) {
                        row.assign(&known);
                    } else {
                        // Points have length 1, whatever the brightness of their images.
                        let _ = scattering.image(image, &mut work, row.view_mut());
                        scale(row, &self.deviations);
                        new += 1;
                    }
                }
                if self.pca.components.is_empty() {
                    to.assign(&scattered);
                } else {
                    let scores = self.pca.transform(scattered.view());
                    Zip::from(&mut to).and(&scores).for_each(|to, &score| *to = score as f32);
                }
                report_progress(done, new, n, progress);
            },
        );
        points
    }
}

/// Adds `some` images to those done, and reports them.
fn report_progress(done: &AtomicUsize, some: usize, all: usize, progress: &Mutex<OnImages>) {
    let done = done.fetch_add(some, Ordering::Relaxed) + some;
    // If another thread holds the lock, skips this report.
    if let Ok(mut progress) = progress.try_lock() {
        progress(done, all);
    }
}

/// Computes the standard deviation of each path over images and places, shape `(paths,)`.
///
/// Rows of `scattered` `(n, paths * places)` are in units of `sizes` `(n,)`.
fn deviations(scattered: ArrayView2<f32>, sizes: &Array1<f64>, paths: usize) -> Array1<f64> {
    let places = scattered.ncols() / paths;
    let of_path = |path: usize| {
        let values = scattered.slice(s![.., path * places..(path + 1) * places]);
        let n = values.len() as f64;
        let values = || {
            values
                .outer_iter()
                .zip(sizes)
                .flat_map(|(row, size)| row.into_iter().map(move |&x| f64::from(x) * size))
        };
        let mean = values().sum::<f64>() / n;
        (values().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    Array1::from((0..paths).into_par_iter().map(of_path).collect::<Vec<_>>())
}

/// Divides each path of an image by its deviation, then all values by their length.
///
/// Paths without deviation, and black images, become 0.
fn scale(mut image: ArrayViewMut1<f32>, deviations: &Array1<f64>) {
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

/// Checks that there are images to fit and dims to keep.
fn check(images: ArrayView2<f32>, params: &Params) -> Result<()> {
    let refuse = |expected: &str, found: usize, cure| {
        Err(Error::Parameter { expected: expected.into(), found: found.to_string(), cure })
    };
    if images.nrows() < 2 {
        return refuse("at least 2 images", images.nrows(), "give more");
    }
    if params.dims == 0 {
        return refuse("at least 1 of dims", 0, "500 are usual");
    }
    Ok(())
}
