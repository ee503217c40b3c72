//! Features from principal components: how many, of standardized points or not, whitened or not.

use ndarray::{Array1, Array2, ArrayView2};

use crate::Pca;
use crate::encoder_params::{Keep, Params};
use crate::error::{Error, Result};
use crate::fitting::{deviations, keep};
use crate::value::Value;

/// Deviation of a feature, in units of its mean, that is nothing but rounding.
const ROUNDING: f64 = 10.0 * f64::EPSILON;

/// A fitted model that turns points into features.
///
/// ```
/// use ndarray::array;
/// use pca::{Encoder, Keep, Params};
///
/// let points = array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]];
/// let params = Params { keep: Keep::Dims(1), whiten: true, ..Params::default() };
/// let encoder = Encoder::fit(points.view(), &params)?;
/// let features = encoder.transform(points.view())?;
/// assert!((&features - &array![[-1.0], [0.0], [1.0]]).iter().all(|x| x.abs() < 1e-12));
/// # Ok::<(), pca::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Encoder {
    /// Its mean is that of the points over the scale.
    pca: Pca,
    /// Divisor of each feature of the points; `None` if they stay as they are.
    scale: Option<Array1<f64>>,
    explained_variance: Array1<f64>,
    total_variance: f64,
    whiten: bool,
}

impl Encoder {
    /// Fits a model to `points` `(n, d)`.
    ///
    /// Standard deviations that divide the points are over n, as those of scikit-learn's
    /// `StandardScaler`, and 1 for features that are constant; variances of scores are over n - 1,
    /// as those of its `PCA`.
    ///
    /// Tested against scikit-learn.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::{Encoder, Keep, Params};
    ///
    /// let points = array![[0.0, 1.0], [1.0, -1.0], [2.0, -1.0], [3.0, 1.0]];
    /// let params = Params { keep: Keep::Variance(0.5), ..Params::default() };
    /// assert_eq!(Encoder::fit(points.view(), &params)?.components().dim(), (1, 2));
    /// # Ok::<(), pca::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are no more components than 0 or than the smaller of n and d,
    /// a share out of range, or points that are all equal or too large for their variance.
    pub fn fit<T: Value>(points: ArrayView2<T>, params: &Params) -> Result<Self> {
        let most = points.nrows().min(points.ncols());
        match params.keep {
            Keep::Dims(dims) if !(1..=most).contains(&dims) => {
                return Err(Error::Parameter {
                    expected: format!("1 to {most} components, the smaller side of the points"),
                    found: dims.to_string(),
                    hint: "ask for as many",
                });
            }
            Keep::Variance(share) if !(share > 0.0 && share <= 1.0) => {
                return Err(Error::Parameter {
                    expected: "a share of the variance above 0, up to 1".into(),
                    found: share.to_string(),
                    hint: "ask for another",
                });
            }
            _ => {}
        }
        let (deviations, means) = deviations(points);
        let total = |scale: Option<&Array1<f64>>| {
            let scaled = |j: usize| scale.map_or(deviations[j], |scale| deviations[j] / scale[j]);
            let n = points.nrows() as f64;
            (0..points.ncols()).map(scaled).map(|x| x * x).sum::<f64>() * n / (n - 1.0).max(1.0)
        };
        let scale = params.standardize.then(|| {
            let least = means.mapv(|mean| ROUNDING * mean.abs());
            let is_constant = |(&x, &least): (&f64, &f64)| if x <= least { 1.0 } else { x };
            deviations.iter().zip(&least).map(is_constant).collect::<Array1<f64>>()
        });
        let total_variance = total(scale.as_ref());
        if !(total_variance > 0.0 && total_variance.is_finite()) {
            return Err(Error::Parameter {
                expected: "points with a variance above 0 that a number holds".into(),
                found: total_variance.to_string(),
                hint: "give rows that differ, or scale them",
            });
        }
        let pca = match &scale {
            Some(scale) => {
                let scaled = points.mapv(Into::into) / scale;
                keep(scaled.view(), params.keep, total_variance)
            }
            None => keep(points, params.keep, total_variance),
        };
        let explained_variance = pca.explained_variance().cloned().unwrap_or_default();
        Ok(Self { pca, scale, explained_variance, total_variance, whiten: params.whiten })
    }

    /// Makes a model that was fitted before.
    ///
    /// `pca` has the mean of the scaled points, `explained_variance` the variance along each of its
    /// components, which whitening divides by, and `scale` a divisor of each feature.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::{Encoder, Pca};
    ///
    /// let pca = Pca::from_parts(array![1.0, 1.0], array![[0.0, 1.0]])?;
    /// let encoder = Encoder::from_parts(pca, Some(array![1.0, 2.0]), array![4.0], 5.0, true)?;
    /// assert_eq!(encoder.transform(array![[5.0, 10.0]].view())?, array![[2.0]]);
    /// # Ok::<(), pca::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if lengths do not fit one another, a divisor is not above 0, or a
    /// variance is below 0.
    pub fn from_parts(
        pca: Pca,
        scale: Option<Array1<f64>>,
        explained_variance: Array1<f64>,
        total_variance: f64,
        whiten: bool,
    ) -> Result<Self> {
        let refuse = |expected: String, found: String| {
            Err(Error::Parameter { expected, found, hint: "give the parts of one model" })
        };
        let (count, d) = pca.components().dim();
        if explained_variance.len() != count {
            let expected = format!("{count} variances, one for each component");
            return refuse(expected, explained_variance.len().to_string());
        }
        let variances = || explained_variance.iter().chain([&total_variance]);
        if let Some(wrong) = variances().find(|x| !(x.is_finite() && **x >= 0.0)) {
            return refuse("variances of at least 0".into(), wrong.to_string());
        }
        if let Some(scale) = &scale {
            if scale.len() != d {
                let expected = format!("a scale of {d} features");
                return refuse(expected, scale.len().to_string());
            }
            if let Some(wrong) = scale.iter().find(|x| !(x.is_finite() && **x > 0.0)) {
                return refuse("a scale above 0".into(), wrong.to_string());
            }
        }
        Ok(Self { pca, scale, explained_variance, total_variance, whiten })
    }

    /// Turns `points` `(n, d)` into features `(n, count)`.
    ///
    /// Whitened scores of components without variance are 0.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::{Encoder, Keep, Params};
    ///
    /// let points = array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]];
    /// let params = Params { keep: Keep::Dims(1), whiten: true, standardize: false };
    /// let encoder = Encoder::fit(points.view(), &params)?;
    /// assert_eq!(encoder.transform(points.view())?.dim(), (3, 1));
    /// # Ok::<(), pca::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if the points have another number of features than the model.
    pub fn transform<T: Value>(&self, points: ArrayView2<T>) -> Result<Array2<f64>> {
        let (expected, found) = (self.pca.mean().len(), points.ncols());
        if expected != found {
            return Err(Error::Parameter {
                expected: format!("points of {expected} features, as the model's"),
                found: found.to_string(),
                hint: "give points of the same kind as those of the fit",
            });
        }
        let mut scores = match &self.scale {
            Some(scale) => self.pca.transform((points.mapv(Into::into) / scale).view()),
            None => self.pca.transform(points),
        };
        if self.whiten {
            let divisors =
                self.explained_variance.mapv(|x| if x > 0.0 { x.sqrt() } else { f64::INFINITY });
            scores /= &divisors;
        }
        Ok(scores)
    }

    /// Returns the mean of the scaled points, shape `(d,)`.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::{Encoder, Keep, Params};
    ///
    /// let points = array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]];
    /// let params = Params { keep: Keep::Dims(1), whiten: true, standardize: false };
    /// let encoder = Encoder::fit(points.view(), &params)?;
    /// assert_eq!(encoder.mean(), array![4.0, 3.0]);
    /// # Ok::<(), pca::Error>(())
    /// ```
    pub fn mean(&self) -> &Array1<f64> {
        self.pca.mean()
    }

    /// Returns the components in rows, shape `(count, d)`, by falling variance.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::{Encoder, Keep, Params};
    ///
    /// let points = array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]];
    /// let params = Params { keep: Keep::Dims(1), whiten: true, standardize: false };
    /// let encoder = Encoder::fit(points.view(), &params)?;
    /// assert!((encoder.components()[[0, 1]] - 0.6).abs() < 1e-12);
    /// # Ok::<(), pca::Error>(())
    /// ```
    pub fn components(&self) -> &Array2<f64> {
        self.pca.components()
    }

    /// Returns what each feature of the points is divided by, shape `(d,)`.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::{Encoder, Keep, Params};
    ///
    /// let points = array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]];
    /// let params = Params { keep: Keep::Dims(1), whiten: true, standardize: true };
    /// let encoder = Encoder::fit(points.view(), &params)?;
    /// let deviation = (32.0_f64 / 3.0).sqrt();
    /// assert!(encoder.scale().is_some_and(|scale| (scale[0] - deviation).abs() < 1e-12));
    /// # Ok::<(), pca::Error>(())
    /// ```
    pub fn scale(&self) -> Option<&Array1<f64>> {
        self.scale.as_ref()
    }

    /// Returns the variance of the scores of each component before whitening, shape `(count,)`.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::{Encoder, Keep, Params};
    ///
    /// let points = array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]];
    /// let params = Params { keep: Keep::Dims(1), whiten: true, standardize: false };
    /// let encoder = Encoder::fit(points.view(), &params)?;
    /// assert!((encoder.explained_variance()[0] - 25.0).abs() < 1e-12);
    /// # Ok::<(), pca::Error>(())
    /// ```
    pub fn explained_variance(&self) -> &Array1<f64> {
        &self.explained_variance
    }

    /// Returns the sum of the variances of all features of the scaled points.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::{Encoder, Keep, Params};
    ///
    /// let points = array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]];
    /// let params = Params { keep: Keep::Dims(1), whiten: true, standardize: false };
    /// let encoder = Encoder::fit(points.view(), &params)?;
    /// assert!((encoder.total_variance() - 25.0).abs() < 1e-12);
    /// # Ok::<(), pca::Error>(())
    /// ```
    pub fn total_variance(&self) -> f64 {
        self.total_variance
    }

    /// Returns whether scores are divided by their standard deviation.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::{Encoder, Keep, Params};
    ///
    /// let points = array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]];
    /// let params = Params { keep: Keep::Dims(1), whiten: true, standardize: false };
    /// let encoder = Encoder::fit(points.view(), &params)?;
    /// assert!(encoder.whiten());
    /// # Ok::<(), pca::Error>(())
    /// ```
    pub fn whiten(&self) -> bool {
        self.whiten
    }
}
