//! The first parameters of a start: a given model, or an M step on responsibilities that need none.

use std::ops::Range;

use ndarray::{Array1, Array2};
use rand::{Rng, RngCore};

use super::covariance::CovarianceType;
use super::model::GaussianMixture;
use super::moments::{Moments, Responsibilities};
use super::panel::{LANES, Lanes};
use super::{GmmParams, Init};
use crate::kmeans::{KMeans, KMeansParams};
use crate::points::Rows;
use crate::simd::Isa;
use crate::{Error, Scalar, rng};

/// The mixture that start `start` begins with.
///
/// Errors: [`Error::NotPositiveDefinite`], and those of k-means.
pub(super) fn starting_mixture<F: Scalar>(
    points: Rows<F>,
    params: &GmmParams,
    start: usize,
) -> Result<GaussianMixture, Error> {
    let mut rng = rng::stream(params.seed, start);
    match &params.init {
        Init::KMeans => {
            // scikit-learn's defaults for this step; its tolerance is enough for a start.
            let (k, seed) = (params.k, rng.next_u64());
            let kmeans =
                KMeansParams { k, seed, starts: 1, max_iter: 300, tol: 1e-4, ..KMeansParams::default() };
            let fit = F::fit_kmeans(points, &kmeans, &mut |_| {})?;
            from_responsibilities(points, params, fit.model.centroids(), &Labels(&fit.assignments))
        }
        Init::Means(means) => {
            let labels = F::nearest(&KMeans::new(means.clone())?, points);
            from_responsibilities(points, params, means, &Labels(&labels))
        }
        Init::Model(model) => Ok(model.clone()),
        Init::Random => {
            let mut responsibilities =
                Array2::from_shape_simple_fn((points.n(), params.k), || rng.r#gen::<f64>());
            for mut row in responsibilities.rows_mut() {
                row /= row.sum();
            }
            let scale = points.scale();
            let first: Array1<f64> = points.row(0).iter().map(|&x| x.into() * scale).collect();
            let origin = first.broadcast((params.k, points.d())).expect("one row each").to_owned();
            from_responsibilities(points, params, &origin, &Given(&responsibilities))
        }
    }
}

/// All of a point to the component of its label; shape `(n,)`.
struct Labels<'a>(&'a Array1<i32>);

impl Responsibilities for Labels<'_> {
    #[inline(always)]
    fn fill<I: Isa>(&self, rows: Range<usize>, _: &[Lanes], _: &mut [Lanes], to: &mut [Lanes]) -> Lanes {
        to.fill([0.0; LANES]);
        for (lane, i) in rows.enumerate() {
            to[self.0[i] as usize][lane] = 1.0;
        }
        [0.0; LANES]
    }
}

/// Any responsibilities, shape `(n, k)`.
struct Given<'a>(&'a Array2<f64>);

impl Responsibilities for Given<'_> {
    #[inline(always)]
    fn fill<I: Isa>(&self, rows: Range<usize>, _: &[Lanes], _: &mut [Lanes], to: &mut [Lanes]) -> Lanes {
        to.fill([0.0; LANES]);
        for (lane, i) in rows.enumerate() {
            for (to, &share) in to.iter_mut().zip(self.0.row(i)) {
                to[lane] = share;
            }
        }
        [0.0; LANES]
    }
}

/// One M step. There are no earlier means to measure from, so a first pass finds the means, measuring from `origin`
/// `(k, d)`, and a second one the covariances around them. A component without points stays at its origin.
fn from_responsibilities<F: Scalar>(
    points: Rows<F>,
    params: &GmmParams,
    origin: &Array2<f64>,
    responsibilities: &impl Responsibilities,
) -> Result<GaussianMixture, Error> {
    let kind = params.covariance_type;
    // Diagonals are the cheapest to collect, and nobody looks at them.
    let diagonal = CovarianceType::Diag;
    let means =
        Moments::of(points, origin, diagonal, responsibilities).parameters(origin, diagonal, 0.0).means;
    let moments = Moments::of(points, &means, kind, responsibilities);
    GaussianMixture::from_parameters(moments.parameters(&means, kind, params.reg_covar))
}
