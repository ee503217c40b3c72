//! Selection of the number of components by an information criterion.

use std::ops::RangeInclusive;

use super::fit::fit;
use super::params::GmmParams;
use super::report::{GmmFit, Progress};
use crate::error::Error;
use crate::points::Points;
use crate::scalar::Scalar;

/// The best fit with k components.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Number of components.
    pub k: usize,
    /// Number of free parameters of the mixture.
    pub n_parameters: usize,
    /// The fit, with its log-likelihood and both criteria.
    pub fit: GmmFit,
}

/// Fits a mixture with every number of components in `range`, both ends included.
///
/// All other parameters are those of `params`. `on_progress` is called as by [`fit`], for one k
/// after the other. [`lowest_bic`] suggests one of the candidates. Memory beyond one fit: the fits
/// themselves, with one `i32` per point and k.
///
/// ```
/// use clustering::gmm::{self, CovarianceType, GmmParams};
/// use ndarray::array;
///
/// let points = array![[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]];
/// let covariance_type = CovarianceType::Spherical;
/// let params = GmmParams { covariance_type, ..GmmParams::default() };
/// let candidates = gmm::select_k(&points, &params, 1..=2, &mut |_| {})?;
/// assert_eq!(gmm::lowest_bic(&candidates).map(|candidate| candidate.k), Some(2));
/// # Ok::<(), clustering::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`fit`], and [`Error::Parameter`] for an empty range.
pub fn select_k<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    params: &GmmParams,
    range: RangeInclusive<usize>,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Candidate>, Error> {
    if range.is_empty() {
        let found = format!("{}..{}", range.start(), range.end());
        return Err(Error::Parameter { name: "the range of k", expected: "not empty", found });
    }
    let points = points.into();
    for k in [*range.start(), *range.end()] {
        GmmParams { k, ..params.clone() }.check((points.positive(), points.dim().1))?;
    }
    let mut candidate = |k| {
        let params = GmmParams { k, ..params.clone() };
        let fit = fit(points.clone(), &params, on_progress)?;
        Ok(Candidate { k, n_parameters: fit.model.n_parameters(), fit })
    };
    range.map(&mut candidate).collect()
}

/// Returns the candidate with the lowest BIC (Schwarz 1978), or `None` if there are no candidates.
///
/// Of equally good candidates it is the first. [`select_k`] has an example.
pub fn lowest_bic(candidates: &[Candidate]) -> Option<&Candidate> {
    candidates.iter().min_by(|a, b| a.fit.bic.total_cmp(&b.fit.bic))
}
