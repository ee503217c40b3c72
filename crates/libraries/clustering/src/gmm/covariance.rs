//! The four types of covariance.

use std::fmt;
use std::str::FromStr;

use ndarray::{Array1, Array2, Array3, ArrayD, ArrayView2, ArrayViewD, Axis, Ix1, Ix2, Ix3};

use super::cholesky::{PrecisionFactors, precision_cholesky};
use crate::error::Error;
use crate::parallel::map;

/// How many free parameters the covariances have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CovarianceType {
    /// Every component has its own matrix.
    Full,
    /// All components share one matrix.
    Tied,
    /// Every component has its own variance per feature.
    Diag,
    /// Every component has one variance.
    Spherical,
}

impl CovarianceType {
    /// Returns the name that scikit-learn and the model files use.
    ///
    /// ```
    /// # use clustering::gmm::CovarianceType;
    /// assert_eq!(CovarianceType::Tied.as_str(), "tied");
    /// assert_eq!("tied".parse(), Ok(CovarianceType::Tied));
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Tied => "tied",
            Self::Diag => "diag",
            Self::Spherical => "spherical",
        }
    }

    /// Returns the shape of the covariances of k components over d features.
    ///
    /// ```
    /// # use clustering::gmm::CovarianceType;
    /// assert_eq!(CovarianceType::Full.shape(3, 2), [3, 2, 2]);
    /// assert_eq!(CovarianceType::Spherical.shape(3, 2), [3]);
    /// ```
    pub fn shape(self, k: usize, d: usize) -> Vec<usize> {
        match self {
            Self::Full => vec![k, d, d],
            Self::Tied => vec![d, d],
            Self::Diag => vec![k, d],
            Self::Spherical => vec![k],
        }
    }
}

impl fmt::Display for CovarianceType {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CovarianceType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let all = [Self::Full, Self::Tied, Self::Diag, Self::Spherical];
        all.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| Error::Parameter {
            name: "covariance type",
            expected: "to be full, tied, diag or spherical",
            found: name.to_owned(),
        })
    }
}

/// The covariances of a mixture, in the shapes of scikit-learn's `covariances_`.
#[derive(Debug, Clone, PartialEq)]
pub enum Covariances {
    /// One matrix per component, shape `(k, d, d)`.
    Full(Array3<f64>),
    /// The matrix that all components share, shape `(d, d)`.
    Tied(Array2<f64>),
    /// Variances per component and feature, shape `(k, d)`.
    Diag(Array2<f64>),
    /// One variance per component, shape `(k,)`.
    Spherical(Array1<f64>),
}

impl Covariances {
    /// Takes the covariances of k components over d features from an array.
    ///
    /// ```
    /// use clustering::gmm::{CovarianceType, Covariances};
    /// use ndarray::array;
    ///
    /// let variances = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].into_dyn();
    /// let covariances = Covariances::from_array(CovarianceType::Diag, variances, (3, 2))?;
    /// assert_eq!(covariances.kind(), CovarianceType::Diag);
    /// assert_eq!(covariances.view()[[2, 1]], 6.0);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if the shape is not [`CovarianceType::shape`].
    pub fn from_array(
        kind: CovarianceType,
        array: ArrayD<f64>,
        (k, d): (usize, usize),
    ) -> Result<Self, Error> {
        let (expected, found) = (kind.shape(k, d), array.shape().to_vec());
        if expected != found {
            return Err(Error::Shape { what: "covariances", expected, found });
        }
        // Files may hold arrays in Fortran order.
        let array = array.as_standard_layout().into_owned();
        let same = "the dimension was compared above";
        Ok(match kind {
            CovarianceType::Full => Self::Full(array.into_dimensionality::<Ix3>().expect(same)),
            CovarianceType::Tied => Self::Tied(array.into_dimensionality::<Ix2>().expect(same)),
            CovarianceType::Diag => Self::Diag(array.into_dimensionality::<Ix2>().expect(same)),
            CovarianceType::Spherical => {
                Self::Spherical(array.into_dimensionality::<Ix1>().expect(same))
            }
        })
    }

    /// Returns the type of these covariances. [`Covariances::from_array`] has an example.
    pub fn kind(&self) -> CovarianceType {
        match self {
            Self::Full(_) => CovarianceType::Full,
            Self::Tied(_) => CovarianceType::Tied,
            Self::Diag(_) => CovarianceType::Diag,
            Self::Spherical(_) => CovarianceType::Spherical,
        }
    }

    /// Returns the values in the shape of their type.
    ///
    /// [`Covariances::from_array`] has an example.
    pub fn view(&self) -> ArrayViewD<'_, f64> {
        match self {
            Self::Full(matrices) => matrices.view().into_dyn(),
            Self::Tied(matrix) => matrix.view().into_dyn(),
            Self::Diag(variances) => variances.view().into_dyn(),
            Self::Spherical(variances) => variances.view().into_dyn(),
        }
    }

    /// Copies the covariances of the components `of`; the shared one stays as it is.
    pub(super) fn select(&self, of: &[usize]) -> Self {
        match self {
            Self::Full(matrices) => Self::Full(matrices.select(Axis(0), of)),
            Self::Tied(matrix) => Self::Tied(matrix.clone()),
            Self::Diag(variances) => Self::Diag(variances.select(Axis(0), of)),
            Self::Spherical(variances) => Self::Spherical(variances.select(Axis(0), of)),
        }
    }

    /// Computes the factors of the precision matrices of k components over d features.
    ///
    /// # Errors
    ///
    /// [`Error::NotPositiveDefinite`] with the first component whose covariance has no factor.
    pub(super) fn factors(&self, (k, d): (usize, usize)) -> Result<PrecisionFactors, Error> {
        match self {
            Self::Full(matrices) => {
                let factor = |(c, matrix)| factor(matrix, || format!("of component {c}"));
                let factors = map(matrices.outer_iter().enumerate(), factor);
                Ok(PrecisionFactors::Own(factors.into_iter().collect::<Result<_, _>>()?))
            }
            Self::Tied(matrix) => Ok(PrecisionFactors::Shared(factor(matrix.view(), || {
                "that all components share".into()
            })?)),
            Self::Diag(variances) => inverse_deviations(variances.clone()),
            Self::Spherical(variances) => {
                let columns = variances.view().insert_axis(Axis(1));
                inverse_deviations(
                    columns.broadcast((k, d)).expect("one variance per component").to_owned(),
                )
            }
        }
    }
}

/// Computes the factor of one precision matrix, or an error that names its component.
fn factor(matrix: ArrayView2<f64>, which: impl FnOnce() -> String) -> Result<Array2<f64>, Error> {
    let refuse = || Error::NotPositiveDefinite { covariance: format!("the one {}", which()) };
    precision_cholesky(matrix).ok_or_else(refuse)
}

/// Computes inverse standard deviations from variances `(k, d)`.
fn inverse_deviations(variances: Array2<f64>) -> Result<PrecisionFactors, Error> {
    for ((component, _), &variance) in variances.indexed_iter() {
        if !(variance.is_finite() && variance > 0.0) {
            let covariance = format!("the one of component {component}");
            return Err(Error::NotPositiveDefinite { covariance });
        }
    }
    Ok(PrecisionFactors::Diagonal(variances.mapv(|variance| 1.0 / variance.sqrt())))
}
