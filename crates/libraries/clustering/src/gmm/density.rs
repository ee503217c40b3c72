//! Log densities of all components for a SIMD block of points: the main work of the E step.

use kernels::simd::Isa;
use ndarray::{Array1, Array2};

use super::cholesky::PrecisionFactors;
use super::covariance::Covariances;
use super::packed_triangular::PackedTriangular;
use super::responsibilities::{ByComponent, NEGLIGIBLE};
use super::simd_block::{BLOCK_LANES, Lanes, VECTOR, are_above};
use crate::error::Error;
use crate::kernel::{keep_loop, mul_add};
use crate::parallel::map;

/// Lowest log density, so that points too far away for `f64` do not give NaN.
const LOWEST: f64 = -1e290;

/// Largest distance between means, in standard deviations, for one whitening of all points: 2^20.
///
/// Beyond it, differences from one common origin lose more than 20 of their 53 binary digits, so
/// that the difference from each mean is whitened by itself.
const FARTHEST: f64 = 1_048_576.0;

/// Makes up for the rounding of a limit on squares.
const MARGIN: f64 = 1.0;

/// Features whose squares are summed before the sums are compared with their limits.
const STEP: usize = 8;

/// Precomputed terms of `ln weight + ln N(x; mean, covariance)` for every component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Densities {
    /// Shape `(k, d)`.
    means: Array2<f64>,
    whitening: Whitening,
    /// `ln weight + ln det U - d/2 ln 2 pi`, shape `(k,)`.
    constants: Array1<f64>,
}

/// The transformation of differences after which squares are squared Mahalanobis distances.
#[derive(Debug, Clone, PartialEq)]
enum Whitening {
    /// One factor per component, or a single factor for all components.
    Own(Vec<PackedTriangular>),
    /// One factor for all components, with which each point is whitened only once.
    ///
    /// The origin of the whitened coordinates is the mean of the largest component, `origin`
    /// `(d,)`; `means` `(k, d)` are whitened means.
    Shared { factor: PackedTriangular, origin: Vec<f64>, means: Array2<f64> },
    /// Inverse standard deviations, shape `(k, d)`.
    Diagonal(Array2<f64>),
}

impl Densities {
    /// Precomputes the terms of `weights` `(k,)`, `means` `(k, d)` and `covariances`.
    ///
    /// # Errors
    ///
    /// [`Error::NotPositiveDefinite`].
    pub(super) fn new(
        weights: &Array1<f64>,
        means: &Array2<f64>,
        covariances: &Covariances,
    ) -> Result<Self, Error> {
        let (k, d) = means.dim();
        let factors = covariances.factors((k, d))?;
        let log_normalizer = 0.5 * d as f64 * std::f64::consts::TAU.ln();
        let constant =
            |(c, weight): (usize, &f64)| weight.ln() + factors.log_determinant(c) - log_normalizer;
        let constants = weights.iter().enumerate().map(constant).collect();
        let means = means.as_standard_layout().into_owned();
        let whitening = match factors {
            PrecisionFactors::Own(factors) => {
                let pack = |factor: &Array2<f64>| PackedTriangular::new(factor.view());
                Whitening::Own(map(factors.iter(), pack))
            }
            PrecisionFactors::Shared(factor) => {
                let largest =
                    (1..k).fold(0, |most, c| if weights[c] > weights[most] { c } else { most });
                let origin = means.row(largest).to_owned();
                let whitened = (&means - &origin).dot(&factor).as_standard_layout().into_owned();
                let factor = PackedTriangular::new(factor.view());
                if whitened.iter().all(|x| x.abs() < FARTHEST) {
                    Whitening::Shared { factor, origin: origin.to_vec(), means: whitened }
                } else {
                    Whitening::Own(vec![factor])
                }
            }
            PrecisionFactors::Diagonal(rows) => {
                Whitening::Diagonal(rows.as_standard_layout().into_owned())
            }
        };
        Ok(Self { means, whitening, constants })
    }

    /// Returns the means, shape `(k, d)`.
    pub(super) fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// Returns the number of components.
    pub(super) fn k(&self) -> usize {
        self.constants.len()
    }

    /// Writes the weighted log densities of the points in `block` to `log_joint`.
    ///
    /// `block` and `scratch` are `(d, BLOCK_LANES)`. Without `nearest` these are the densities of
    /// all components. With it, those are left out whose density is [`NEGLIGIBLE`] beside that of
    /// another for every point; of one that is needed for other points, such a density may be
    /// anything that is negligible. It is quickest if the component `nearest` is that of many of
    /// the points. Components ascend either way.
    #[inline(always)]
    pub(super) fn evaluate<I: Isa>(
        &self,
        block: &[Lanes],
        scratch: &mut [Lanes],
        nearest: Option<usize>,
        log_joint: &mut ByComponent,
    ) {
        log_joint.clear();
        if let Whitening::Shared { factor, origin, .. } = &self.whitening {
            subtract(block, origin, scratch);
            factor.whiten_in_place::<I>(scratch);
        }
        let first = nearest.unwrap_or(0);
        let mut largest = [LOWEST; BLOCK_LANES];
        for c in std::iter::once(first).chain((0..self.k()).filter(|&c| c != first)) {
            let constant = self.constants[c];
            let mut limits = [f64::INFINITY; BLOCK_LANES];
            if nearest.is_some() {
                for l in 0..BLOCK_LANES {
                    let limit = 2.0 * (constant - largest[l] - (NEGLIGIBLE - MARGIN));
                    limits[l] = if largest[l] > LOWEST { limit } else { f64::INFINITY };
                }
            }
            let joint = log_joint.push(c);
            *joint = self.squares::<I>(c, block, scratch, &limits);
            if nearest.is_some() && are_above(vectors(joint), vectors(&limits)) {
                log_joint.pop();
                continue;
            }
            for value in joint.iter_mut() {
                let log_density = mul_add::<I, f64>(*value, -0.5, constant);
                *value = if log_density > LOWEST { log_density } else { LOWEST };
            }
            if nearest.is_some() {
                for l in 0..BLOCK_LANES {
                    largest[l] = if joint[l] > largest[l] { joint[l] } else { largest[l] };
                }
            }
        }
        if nearest.is_some() {
            log_joint.put_first_in_order();
        }
    }

    /// Computes the squared Mahalanobis distances from component `c`: see [`Densities::evaluate`].
    ///
    /// A sum above the limit of its lane may be of some of the squares only.
    #[inline(always)]
    fn squares<I: Isa>(
        &self,
        c: usize,
        block: &[Lanes],
        scratch: &mut [Lanes],
        limits: &Lanes,
    ) -> Lanes {
        let mean = row(&self.means, c);
        match &self.whitening {
            Whitening::Own(factors) => {
                subtract(block, mean, scratch);
                factors[c.min(factors.len() - 1)].squares::<I>(scratch, limits)
            }
            Whitening::Shared { means, .. } => squares_around::<I>(scratch, row(means, c), limits),
            Whitening::Diagonal(scales) => scaled_squares::<I>(block, mean, row(scales, c), limits),
        }
    }
}

/// Returns the vectors of a SIMD block.
#[inline(always)]
fn vectors(lanes: &Lanes) -> &[[f64; VECTOR]; BLOCK_LANES / VECTOR] {
    &lanes.as_chunks::<VECTOR>().0.as_chunks().0[0]
}

/// Returns row `i` of a matrix in C order.
#[inline(always)]
fn row(matrix: &Array2<f64>, i: usize) -> &[f64] {
    let d = matrix.ncols();
    &matrix.as_slice().expect("matrices of Densities are in C order")[i * d..(i + 1) * d]
}

/// Writes the columns of `block` minus `mean` `(d,)` to `differences`.
#[inline(always)]
fn subtract(block: &[Lanes], mean: &[f64], differences: &mut [Lanes]) {
    for ((to, x), &m) in differences.iter_mut().zip(block).zip(mean) {
        keep_loop();
        let mut difference = [0.0; BLOCK_LANES];
        for l in 0..BLOCK_LANES {
            difference[l] = x[l] - m;
        }
        *to = difference;
    }
}

/// Computes `sum ((x - mean) scale)^2` of each lane, or what is above all `limits`.
#[inline(always)]
fn scaled_squares<I: Isa>(block: &[Lanes], mean: &[f64], scales: &[f64], limits: &Lanes) -> Lanes {
    let mut sums = [0.0; BLOCK_LANES];
    for ((block, mean), scales) in
        block.chunks(STEP).zip(mean.chunks(STEP)).zip(scales.chunks(STEP))
    {
        for ((x, &m), &scale) in block.iter().zip(mean).zip(scales) {
            for l in 0..BLOCK_LANES {
                let y = (x[l] - m) * scale;
                sums[l] = mul_add::<I, f64>(y, y, sums[l]);
            }
        }
        if are_above(vectors(&sums), vectors(limits)) {
            break;
        }
    }
    sums
}

/// Computes `sum (x - mean)^2` of each lane, or what is above all `limits`.
#[inline(always)]
fn squares_around<I: Isa>(block: &[Lanes], mean: &[f64], limits: &Lanes) -> Lanes {
    let mut sums = [0.0; BLOCK_LANES];
    for (block, mean) in block.chunks(STEP).zip(mean.chunks(STEP)) {
        for (x, &m) in block.iter().zip(mean) {
            for l in 0..BLOCK_LANES {
                let y = x[l] - m;
                sums[l] = mul_add::<I, f64>(y, y, sums[l]);
            }
        }
        if are_above(vectors(&sums), vectors(limits)) {
            break;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use kernels::simd::{Kernel, Unfused, dispatch};
    use ndarray::{Array3, arr2};

    use super::*;

    /// Compares densities with and without a nearest component: equal, or negligible in both.
    struct Check;

    impl Kernel for Check {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            let (k, d) = (9, 11);
            let value = |i: usize| ((i * 7919) % 1009) as f64 / 504.5 - 1.0;
            let means = Array2::from_shape_fn((k, d), |(c, j)| {
                12.0 * value(97 * c * c + 31 * j * j + 53 * c * j + 1)
            });
            let matrix =
                Array2::from_shape_fn(
                    (d, d),
                    |(i, j)| {
                        if i == j { 1.0 + 0.1 * i as f64 } else { 0.05 }
                    },
                );
            let all = [
                Covariances::Full(Array3::from_shape_fn((k, d, d), |(c, i, j)| {
                    matrix[[i, j]] * (1.0 + 0.2 * c as f64)
                })),
                Covariances::Tied(matrix),
                Covariances::Diag(Array2::from_elem((k, d), 0.7)),
            ];
            // Points of component 3, and a few of component 5 among them.
            let block: Vec<Lanes> = (0..d)
                .map(|j| {
                    from_fn(|l| means[[if l % 8 == 7 { 5 } else { 3 }, j]] + value(l + 40 * j))
                })
                .collect();
            for covariances in all {
                let weights = Array1::from_elem(k, 1.0 / k as f64);
                let densities = Densities::new(&weights, &means, &covariances).expect("positive");
                let mut scratch = block.clone();
                let (mut all, mut near) = (ByComponent::new(k), ByComponent::new(k));
                densities.evaluate::<I>(&block, &mut scratch, None, &mut all);
                assert!(all.components().iter().copied().eq(0..k));
                for nearest in [3, 5, 0] {
                    densities.evaluate::<I>(&block, &mut scratch, Some(nearest), &mut near);
                    assert!(near.components().is_sorted(), "{:?}", near.components());
                    assert!(near.components().contains(&3) && near.components().contains(&5));
                    assert!(near.components().len() < k, "{:?}", near.components());
                    let (labels, of_all) = (near.argmax(), all.argmax());
                    assert_eq!(labels, of_all);
                    for (l, &label) in labels.iter().enumerate() {
                        let largest = all.values()[label as usize][l];
                        let negligible = |value: f64| value - largest < NEGLIGIBLE;
                        for c in 0..k {
                            let exact = all.values()[c][l];
                            let at = near.components().iter().position(|&of| of == c);
                            match at.map(|at| near.values()[at][l]) {
                                Some(value) if !negligible(value) => assert_eq!(value, exact),
                                _ => assert!(negligible(exact), "component {c}, lane {l}: {exact}"),
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn only_what_is_negligible_is_left_out() {
        dispatch(Check);
        Check.run::<Unfused>();
    }

    #[test]
    fn points_too_far_for_any_component_belong_to_all() {
        struct Far(Densities);
        impl Kernel for Far {
            type Output = Vec<usize>;

            #[inline(always)]
            fn run<I: Isa>(self) -> Vec<usize> {
                let mut near = ByComponent::new(2);
                let block = [[1e200; BLOCK_LANES]];
                self.0.evaluate::<I>(&block, &mut [[0.0; BLOCK_LANES]], Some(1), &mut near);
                near.components().to_vec()
            }
        }
        let weights = Array1::from_elem(2, 0.5);
        let covariances = Covariances::Diag(arr2(&[[1.0], [1.0]]));
        let densities = Densities::new(&weights, &arr2(&[[0.0], [1.0]]), &covariances);
        assert_eq!(dispatch(Far(densities.expect("positive"))), [0, 1]);
    }
}
