//! A type of covariance by name, or by the numbers of points and features.

use std::str::FromStr;

use super::covariance::CovarianceType;
use crate::error::Error;

/// Most features of which every component has its own matrix.
///
/// An iteration takes time in proportion to their square.
const WIDEST: usize = 100;

/// Least number of points a component for each value that it estimates from them.
///
/// It was chosen with labels in hand, on one set of letters of 90 points a component and on the
/// digits, which have 144; `docs/experiments.md` has the sets that it was tried on afterwards.
const POINTS_PER_VALUE: usize = 2;

/// A covariance type, or that it depends on the points.
///
/// ```
/// use clustering::gmm::{CovarianceChoice, CovarianceType};
///
/// assert_eq!("tied".parse(), Ok(CovarianceChoice::Given(CovarianceType::Tied)));
/// assert_eq!("auto".parse(), Ok(CovarianceChoice::Auto));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CovarianceChoice {
    /// The type that [`CovarianceChoice::for_points`] describes.
    Auto,
    /// This type.
    Given(CovarianceType),
}

impl CovarianceChoice {
    /// Returns the type for k components and n points of d features.
    ///
    /// [`CovarianceChoice::Auto`] gives every component its own matrix where the points bear it.
    /// A component's mean and matrix are d (d + 3) / 2 values; with fewer than two points for each
    /// of them, the components share one matrix, because their own would fit the chances of the
    /// sample, and every point would seem certain. Beyond 100 features each component has its
    /// variances alone, because matrices would take minutes.
    ///
    /// ```
    /// use clustering::gmm::{CovarianceChoice, CovarianceType};
    ///
    /// assert_eq!(CovarianceChoice::Auto.for_points((60_000, 10), 10), CovarianceType::Full);
    /// assert_eq!(CovarianceChoice::Auto.for_points((2_340, 10), 26), CovarianceType::Tied);
    /// assert_eq!(CovarianceChoice::Auto.for_points((60_000, 784), 10), CovarianceType::Diag);
    /// let given = CovarianceChoice::Given(CovarianceType::Full);
    /// assert_eq!(given.for_points((60_000, 784), 10), CovarianceType::Full);
    /// ```
    #[must_use]
    pub fn for_points(self, (n, d): (usize, usize), k: usize) -> CovarianceType {
        match self {
            Self::Given(kind) => kind,
            Self::Auto if d > WIDEST => CovarianceType::Diag,
            Self::Auto if n < k.saturating_mul(POINTS_PER_VALUE * d * (d + 3) / 2) => {
                CovarianceType::Tied
            }
            Self::Auto => CovarianceType::Full,
        }
    }
}

impl FromStr for CovarianceChoice {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        if name == "auto" {
            return Ok(Self::Auto);
        }
        name.parse().map(Self::Given).map_err(|_| Error::Parameter {
            name: "covariance type",
            expected: "to be auto, full, tied, diag or spherical",
            found: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_points_for_each_value_are_enough() {
        // Of 3 features a component has 3 + 6 values.
        let kind = |n| CovarianceChoice::Auto.for_points((n, 3), 4);
        assert_eq!(kind(4 * 2 * 9), CovarianceType::Full);
        assert_eq!(kind(4 * 2 * 9 - 1), CovarianceType::Tied);
    }

    #[test]
    fn a_hundred_features_have_matrices() {
        let kind = |d| CovarianceChoice::Auto.for_points((1_000_000, d), 2);
        assert_eq!((kind(100), kind(101)), (CovarianceType::Full, CovarianceType::Diag));
    }
}
