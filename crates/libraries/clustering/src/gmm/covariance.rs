//! The four kinds of covariance.

use std::fmt;
use std::str::FromStr;

use ndarray::{Array1, Array2, Array3, ArrayD, ArrayView2, ArrayViewD, Axis, Ix1, Ix2, Ix3};

use super::cholesky::{Factors, precision_cholesky};
use crate::Error;
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
    /// The name that scikit-learn and the model files use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Tied => "tied",
            Self::Diag => "diag",
            Self::Spherical => "spherical",
        }
    }

    /// The shape of the covariances of k components over d features.
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
    /// Covariances of k components over d features from an array of any dimension, for example from a file.
    ///
    /// Errors: [`Error::Shape`] when the shape is not [`CovarianceType::shape`].
    pub fn from_array(
        kind: CovarianceType,
        array: ArrayD<f64>,
        (k, d): (usize, usize),
    ) -> Result<Self, Error> {
        let (expected, found) = (kind.shape(k, d), array.shape().to_vec());
        if expected != found {
            return Err(Error::Shape { what: "covariances", expected, found });
        }
        // Files may hold them in Fortran order.
        let array = array.as_standard_layout().into_owned();
        let same = "the dimension was compared above";
        Ok(match kind {
            CovarianceType::Full => Self::Full(array.into_dimensionality::<Ix3>().expect(same)),
            CovarianceType::Tied => Self::Tied(array.into_dimensionality::<Ix2>().expect(same)),
            CovarianceType::Diag => Self::Diag(array.into_dimensionality::<Ix2>().expect(same)),
            CovarianceType::Spherical => Self::Spherical(array.into_dimensionality::<Ix1>().expect(same)),
        })
    }

    /// Which of the four kinds these are.
    pub fn kind(&self) -> CovarianceType {
        match self {
            Self::Full(_) => CovarianceType::Full,
            Self::Tied(_) => CovarianceType::Tied,
            Self::Diag(_) => CovarianceType::Diag,
            Self::Spherical(_) => CovarianceType::Spherical,
        }
    }

    /// The values, in the shape of their kind.
    pub fn view(&self) -> ArrayViewD<'_, f64> {
        match self {
            Self::Full(matrices) => matrices.view().into_dyn(),
            Self::Tied(matrix) => matrix.view().into_dyn(),
            Self::Diag(variances) => variances.view().into_dyn(),
            Self::Spherical(variances) => variances.view().into_dyn(),
        }
    }

    /// The factors of the inverses, for k components over d features.
    ///
    /// Errors: [`Error::NotPositiveDefinite`] with the first component concerned.
    pub(super) fn factors(&self, (k, d): (usize, usize)) -> Result<Factors, Error> {
        match self {
            Self::Full(matrices) => {
                let factor = |(c, matrix)| factor(matrix, || format!("of component {c}"));
                let factors = map(matrices.outer_iter().enumerate(), factor);
                Ok(Factors::Own(factors.into_iter().collect::<Result<_, _>>()?))
            }
            Self::Tied(matrix) => {
                Ok(Factors::Shared(factor(matrix.view(), || "that all components share".into())?))
            }
            Self::Diag(variances) => inverse_deviations(variances.clone()),
            Self::Spherical(variances) => {
                let columns = variances.view().insert_axis(Axis(1));
                inverse_deviations(columns.broadcast((k, d)).expect("one variance per component").to_owned())
            }
        }
    }
}

fn factor(matrix: ArrayView2<f64>, which: impl FnOnce() -> String) -> Result<Array2<f64>, Error> {
    let refuse = || Error::NotPositiveDefinite { covariance: format!("the one {}", which()) };
    precision_cholesky(matrix).ok_or_else(refuse)
}

fn inverse_deviations(variances: Array2<f64>) -> Result<Factors, Error> {
    for ((component, _), &variance) in variances.indexed_iter() {
        if !(variance.is_finite() && variance > 0.0) {
            let covariance = format!("the one of component {component}");
            return Err(Error::NotPositiveDefinite { covariance });
        }
    }
    Ok(Factors::Diagonal(variances.mapv(|variance| 1.0 / variance.sqrt())))
}
