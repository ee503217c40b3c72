//! The first parameters of a start: a given model, or an M step on starting responsibilities.

use kernels::simd::Isa;
use ndarray::{Array1, Array2, ArrayView1};
use rand::{Rng, RngCore};

use super::centered::Centered;
use super::em::Start;
use super::m_step::{Kept, m_step, means_around};
use super::model::GaussianMixture;
use super::params::{GmmParams, Init};
use super::responsibilities::{ByComponent, Responsibilities};
use super::simd_block::{BLOCK_LANES, Lanes};
use crate::check::in_order;
use crate::error::Error;
use crate::kmeans::{self, KMeans, KMeansParams};
use crate::rng;
use crate::scalar::Scalar;

/// Returns what start `start` begins with.
///
/// # Errors
///
/// [`Error::NotPositiveDefinite`], and those of k-means.
pub(super) fn starting_mixture<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    start: usize,
) -> Result<Start, Error> {
    let mut rng = rng::stream(params.seed, start);
    match &params.init {
        Init::KMeans => {
            // These are scikit-learn's defaults for this step.
            let (k, seed) = (params.k, rng.next_u64());
            let kmeans_params = KMeansParams {
                k,
                seed,
                starts: 1,
                max_iter: 300,
                tol: 1e-4,
                ..KMeansParams::default()
            };
            let fit = kmeans::fit_typed(points.rows().typed(), &kmeans_params, &mut |_| {})?;
            from_labels(points, params, fit.model.centroids(), &fit.assignments)
        }
        Init::Means(means) => {
            let means = in_order(means.clone());
            let labels = KMeans::new(means.clone())?.assign_typed(points.rows().typed());
            from_labels(points, params, &means, &labels)
        }
        Init::Assignments(assignments) => {
            let centers = Array2::zeros((params.k, points.d()));
            from_labels(points, params, &centers, assignments)
        }
        Init::Model(model) => {
            Ok(Start { model: model.with_origin(points.origin())?, labels: None })
        }
        Init::Random => {
            let mut responsibilities =
                Array2::from_shape_simple_fn((points.n(), params.k), || rng.r#gen::<f64>());
            for mut row in responsibilities.rows_mut() {
                row /= row.sum();
            }
            let origins = Array2::zeros((params.k, points.d()));
            let given = GivenResponsibilities(&responsibilities);
            let model = from_responsibilities(points, params, &origins, &given)?;
            Ok(Start { model, labels: None })
        }
    }
}

/// Responsibility 1 for the component of each point's label `(n,)`; none for a label of -1.
struct OneHot<'a>(&'a [i32]);

impl Responsibilities for OneHot<'_> {
    fn labels(&self) -> Option<&[i32]> {
        Some(self.0)
    }

    #[inline(always)]
    fn fill<I: Isa>(
        &self,
        rows: &[usize],
        _: &[Lanes],
        _: &mut [Lanes],
        to: &mut ByComponent,
    ) -> (Lanes, [i32; BLOCK_LANES]) {
        to.clear();
        let labels = lanes_of(rows, |i| self.0[i]);
        for (lane, &label) in labels[..rows.len()].iter().enumerate() {
            let Ok(c) = usize::try_from(label) else { continue };
            if to.components().last() != Some(&c) {
                // Points come in the order of their labels.
                to.push(c);
            }
            to.values_mut().last_mut().expect("a component was added")[lane] = 1.0;
        }
        ([0.0; BLOCK_LANES], labels)
    }
}

/// Responsibilities from an array of shape `(n, k)`.
struct GivenResponsibilities<'a>(&'a Array2<f64>);

impl Responsibilities for GivenResponsibilities<'_> {
    fn labels(&self) -> Option<&[i32]> {
        None
    }

    #[inline(always)]
    fn fill<I: Isa>(
        &self,
        rows: &[usize],
        _: &[Lanes],
        _: &mut [Lanes],
        to: &mut ByComponent,
    ) -> (Lanes, [i32; BLOCK_LANES]) {
        to.clear();
        for c in 0..self.0.ncols() {
            *to.push(c) = lanes_of(rows, |i| self.0[[i, c]]);
        }
        ([0.0; BLOCK_LANES], to.argmax())
    }
}

/// Collects a value of each of the points with indices `rows`; other lanes are 0.
#[inline(always)]
fn lanes_of<T: Copy + Default>(rows: &[usize], value: impl Fn(usize) -> T) -> [T; BLOCK_LANES] {
    let mut lanes = [T::default(); BLOCK_LANES];
    lanes.iter_mut().zip(rows).for_each(|(lane, &i)| *lane = value(i));
    lanes
}

/// Performs one M step in which each point belongs to the component of its label, or to none if
/// that is -1.
///
/// Each component is measured from its first point; a component without points stays at its row of
/// `centers` `(k, d)`.
pub(super) fn from_labels<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    centers: &Array2<f64>,
    labels: &Array1<i32>,
) -> Result<Start, Error> {
    let mut origins = centers - &ArrayView1::from(points.origin());
    let mut seen = vec![false; params.k];
    for (i, &label) in labels.iter().enumerate() {
        let Ok(c) = usize::try_from(label) else { continue };
        if !std::mem::replace(&mut seen[c], true) {
            origins.row_mut(c).iter_mut().zip(points.values(i)).for_each(|(to, x)| *to = x);
        }
    }
    let labels = labels.as_slice().expect("labels are made in order");
    let model = from_responsibilities(points, params, &origins, &OneHot(labels))?;
    Ok(Start { model, labels: Some(labels.to_vec()) })
}

/// Performs one M step without earlier means.
///
/// A first pass computes the means, around `origins` `(k, d)`, and a second pass the covariances
/// around these means. A component without points stays at its origin.
fn from_responsibilities<F: Scalar>(
    points: Centered<F>,
    params: &GmmParams,
    origins: &Array2<f64>,
    responsibilities: &impl Responsibilities,
) -> Result<GaussianMixture, Error> {
    let means = means_around(points, origins, responsibilities);
    let (kind, reg_covar) = (params.covariance_type, params.reg_covar);
    let (parameters, _) =
        m_step(points, &means, kind, reg_covar, responsibilities, &mut Kept::default());
    GaussianMixture::from_parameters(parameters, points.origin())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::gmm::CovarianceType;
    use crate::points::{Points, Rows};

    #[test]
    fn a_point_without_a_component_has_no_part_in_any_covariance() {
        let array = array![[0.0], [2.0], [10.0], [12.0], [1000.0]];
        let (points, labels) = (Points::from(&array), array![0, 0, 1, 1, -1]);
        let in_order = points.in_order();
        let rows = Rows::new(&points, &in_order).expect("finite points");
        for covariance_type in [CovarianceType::Tied, CovarianceType::Full] {
            let params =
                GmmParams { k: 2, covariance_type, reg_covar: 0.0, ..GmmParams::default() };
            let points = Centered::new(rows, &[0.0]);
            let start = from_labels(points, &params, &Array2::zeros((2, 1)), &labels);
            let model = start.expect("two components").model;
            assert_eq!(model.weights(), array![0.5, 0.5]);
            let variances = model.covariances().view().to_owned();
            assert!(variances.iter().all(|v| (v - 1.0).abs() < 1e-12), "{variances}");
        }
    }
}
