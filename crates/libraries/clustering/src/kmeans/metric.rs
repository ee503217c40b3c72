//! Metrics: what k-means compares points by.

use std::fmt;
use std::str::FromStr;

use super::unit_length::unit_rows;
use crate::points::{Rows, TypedRows};
use crate::{Error, Scalar};

/// Metric that assigns points to centroids.
///
/// ```
/// use clustering::kmeans::Metric;
///
/// assert_eq!("cosine".parse(), Ok(Metric::Cosine));
/// assert_eq!(Metric::default().to_string(), "euclidean");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Metric {
    /// Euclidean distance: k-means.
    #[default]
    Euclidean,
    /// Cosine of the angle between point and centroid: spherical k-means, which does not see the
    /// lengths of points.
    ///
    /// Points are scaled to unit length, and centroids after each update. A point belongs to the
    /// centroid of the largest cosine. Of unit vectors that is the nearest one, because their
    /// squared distance is 2 (1 - cosine), so all algorithms and their bounds hold. The points are
    /// copied for it, bytes as `f32`. A point of zeros alone has no direction and is refused.
    ///
    /// Dhillon and Modha, *Concept decompositions for large sparse text data using clustering*,
    /// Machine Learning 42, 2001.
    Cosine,
}

impl Metric {
    /// Computes the values that this metric compares, if they are not those of the points:
    /// `(n, d)`.
    ///
    /// # Errors
    ///
    /// [`Error::NoDirection`] for a point that cannot be scaled to unit length.
    pub(super) fn values<F: Scalar>(self, points: Rows<F>) -> Result<Option<Vec<F::Work>>, Error> {
        match self {
            Self::Euclidean => Ok(None),
            Self::Cosine => unit_rows(points).map(Some),
        }
    }
}

/// Returns the points with the values of [`Metric::values`], or with their own.
pub(super) fn compared<'a, F: Scalar>(
    points: Rows<'a, F>,
    values: &'a Option<Vec<F::Work>>,
) -> TypedRows<'a> {
    match values {
        None => points.typed(),
        Some(values) => points.with_values(values).typed(),
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Euclidean => "euclidean",
            Self::Cosine => "cosine",
        })
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "euclidean" => Ok(Self::Euclidean),
            "cosine" => Ok(Self::Cosine),
            _ => Err(Error::Parameter {
                name: "metric",
                expected: "to be euclidean or cosine",
                found: name.to_owned(),
            }),
        }
    }
}
