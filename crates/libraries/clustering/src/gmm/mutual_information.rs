//! The mutual information of points and components; that of two labelings is in `metrics`.

use super::evaluate::probabilities;
use super::model::GaussianMixture;
use crate::points::Rows;
use crate::scalar::Scalar;

/// Computes the mutual information of point and component, in nats, in `0..=ln k`.
///
/// It is the entropy of the mean responsibilities minus the mean entropy of the responsibilities:
/// high if points clearly belong to one component and components are of similar size.
pub(super) fn mutual_information<F: Scalar>(points: Rows<F>, model: &GaussianMixture) -> f64 {
    let k = model.weights().len();
    let responsibilities = probabilities(model.center(points), model.densities());
    let (mut sums, mut uncertainty, mut total) = (vec![0.0; k], 0.0, 0.0);
    for (i, row) in responsibilities.chunks_exact(k).enumerate() {
        let weight = points.weight(i);
        sums.iter_mut().zip(row).for_each(|(sum, p)| *sum += weight * p);
        uncertainty += weight * entropy(row.iter().copied());
        total += weight;
    }
    entropy(sums.iter().map(|sum| sum / total)) - uncertainty / total
}

/// Computes the entropy `-sum p ln p`, in nats.
fn entropy(probabilities: impl Iterator<Item = f64>) -> f64 {
    -probabilities.filter(|&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}
