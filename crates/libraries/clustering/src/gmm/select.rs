//! How many components: a fit for every number in a range, compared by an information criterion.

use std::ops::RangeInclusive;

use super::{GmmFit, GmmParams, Progress, fit};
use crate::points::Points;
use crate::{Error, Scalar};

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

/// Fits a mixture with every number of components in `range`, both ends included, and the other parameters of `params`.
/// `on_progress` gets the k that is being fitted and what [`fit`] tells. [`lowest_bic`] suggests one of them.
///
/// Memory beyond one fit: the fits themselves, with one `i32` per point and k.
///
/// Errors: those of [`fit`]; [`Error::Parameter`] for an empty range.
pub fn select_k<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    params: &GmmParams,
    range: RangeInclusive<usize>,
    on_progress: &mut dyn FnMut(usize, &Progress),
) -> Result<Vec<Candidate>, Error> {
    if range.is_empty() {
        let found = format!("{}..{}", range.start(), range.end());
        return Err(Error::Parameter { name: "the range of k", expected: "not empty", found });
    }
    let points = points.into();
    for k in [*range.start(), *range.end()] {
        GmmParams { k, ..params.clone() }.check((points.positive(), points.dim().1))?;
    }
    let candidate = |k| {
        let params = GmmParams { k, ..params.clone() };
        let fit = fit(points.clone(), &params, &mut |event| on_progress(k, event))?;
        Ok(Candidate { k, n_parameters: fit.model.n_parameters(), fit })
    };
    range.map(candidate).collect()
}

/// The candidate with the lowest BIC (Schwarz 1978), the first of equally good ones; `None` of none.
pub fn lowest_bic(candidates: &[Candidate]) -> Option<&Candidate> {
    candidates.iter().min_by(|a, b| a.fit.bic.total_cmp(&b.fit.bic))
}
