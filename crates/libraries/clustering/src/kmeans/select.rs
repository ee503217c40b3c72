//! Selection of the number of clusters.

use std::ops::RangeInclusive;

use ndarray::ArrayView2;

use super::fit::fit_typed;
use super::metric::compared;
use super::params::{Init, KMeansParams};
use super::report::{KMeansFit, Progress};
use super::silhouette::silhouettes;
use crate::points::{Points, Rows};
use crate::{Error, Scalar};

/// Fits for several numbers of clusters, and which number two criteria prefer.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// The fits, in the order of k.
    pub candidates: Vec<Candidate>,
    /// The k after which more clusters gain least compared with what they gained before: see
    /// [`elbow`]. `None` for fewer than three numbers of clusters.
    pub elbow: Option<usize>,
    /// The k of the highest silhouette, the smallest one of ties.
    pub silhouette: Option<usize>,
}

/// Fit for one number of clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Number of clusters.
    pub k: usize,
    /// The best fit.
    pub fit: KMeansFit,
    /// Mean silhouette in -1..=1; `None` for a single cluster. With more than 5,000 points it is
    /// the mean over a sample drawn with the seed, the same for every k, each point measured
    /// against all points. It measures Euclidean distances, with
    /// [`Metric::Cosine`](super::Metric::Cosine) those of the points scaled to unit length.
    pub silhouette: Option<f64>,
    /// Standard error of the silhouette, 0 if all points are in the sample.
    pub silhouette_standard_error: Option<f64>,
}

/// Fits k-means with every k of `range` and the other parameters of `params`.
///
/// `on_progress` is called as by [`fit`](super::fit()), for one k after the other;
/// [`Progress::k`] tells which. The elbow and the silhouette are two criteria that may disagree.
///
/// # Errors
///
/// Those of [`super::fit()`]; [`Error::Parameter`] for an empty range or given centroids.
///
/// # Examples
///
/// ```
/// use clustering::kmeans::{KMeansParams, select_k};
/// use ndarray::array;
///
/// let points = array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]];
/// let selection = select_k(&points, &KMeansParams::default(), 1..=3, &mut |_| {})?;
/// assert_eq!(selection.silhouette, Some(2));
/// # Ok::<(), clustering::Error>(())
/// ```
pub fn select_k<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    params: &KMeansParams,
    range: RangeInclusive<usize>,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Selection, Error> {
    if range.is_empty() {
        let found = format!("{}..{}", range.start(), range.end());
        return Err(Error::Parameter { name: "range of k", expected: "that is not empty", found });
    }
    if let Init::Centroids(centroids) = &params.init {
        let found = format!("{} centroids", centroids.nrows());
        return Err(Error::Parameter { name: "init", expected: "that works for every k", found });
    }
    let points = points.into();
    let params = |k: usize| KMeansParams { k, ..params.clone() };
    params(*range.start()).check(points.dim())?;
    params(*range.end()).check(points.dim())?;
    let array = points.in_order();
    let points = Rows::new(&points, &array)?;
    let values = params(1).metric.values(points)?;
    let compared = compared(points, &values);
    let fits = range.map(|k| Ok((k, fit_typed(compared, &params(k), on_progress)?)));
    let fits = fits.collect::<Result<Vec<_>, Error>>()?;

    let labelings: Vec<_> = fits.iter().map(|(_, fit)| &fit.assignments).collect();
    let (weights, seed) = (points.weights(), params(1).seed);
    let silhouettes = match &values {
        None => silhouettes(array.view(), weights, &labelings, seed),
        Some(values) => {
            let unit = ArrayView2::from_shape(array.dim(), values).expect("n rows of d values");
            silhouettes(unit, weights, &labelings, seed)
        }
    };
    let candidates: Vec<Candidate> = fits
        .into_iter()
        .zip(silhouettes)
        .map(|((k, fit), found)| Candidate {
            k,
            fit,
            silhouette: found.value,
            silhouette_standard_error: found.standard_error,
        })
        .collect();
    let inertias: Vec<f64> = candidates.iter().map(|candidate| candidate.fit.inertia).collect();
    let best = candidates
        .iter()
        .filter(|candidate| candidate.silhouette.is_some())
        .reduce(|best, next| if next.silhouette > best.silhouette { next } else { best });
    let silhouette = best.map(|best| best.k);
    Ok(Selection { elbow: elbow(&inertias).map(|at| candidates[at].k), silhouette, candidates })
}

/// Finds the bend of a falling curve.
///
/// The result is the index of the value that lies farthest below the line from the first to the
/// last value. It is `None` for fewer than three values, and if no value lies below the line.
///
/// Satopää et al., *Finding a "kneedle" in a haystack*, ICDCS Workshops 2011, without their
/// smoothing.
///
/// # Examples
///
/// ```
/// use clustering::kmeans::elbow;
///
/// assert_eq!(elbow(&[100.0, 40.0, 10.0, 8.0, 6.0, 4.0]), Some(2));
/// ```
pub fn elbow(values: &[f64]) -> Option<usize> {
    let (first, last) = (*values.first()?, *values.last()?);
    let below = |at: usize| {
        let share = at as f64 / (values.len() - 1) as f64;
        first + (last - first) * share - values[at]
    };
    let lowest = (1..values.len().saturating_sub(1))
        .reduce(|a, b| if below(b) > below(a) { b } else { a })?;
    (below(lowest) > 0.0).then_some(lowest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_elbow_is_where_the_curve_bends() {
        assert_eq!(elbow(&[100.0, 40.0, 10.0, 8.0, 6.0, 4.0]), Some(2));
        assert_eq!(elbow(&[3.0, 2.0, 1.0]), None, "a straight line bends nowhere");
        assert_eq!((elbow(&[]), elbow(&[1.0]), elbow(&[2.0, 1.0])), (None, None, None));
    }
}
