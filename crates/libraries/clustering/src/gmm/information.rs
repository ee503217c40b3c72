//! How much the components tell about the points.

use super::evaluate::probabilities;
use super::model::GaussianMixture;
use crate::Scalar;
use crate::points::Rows;

/// Mutual information of point and component, in nats: the entropy of the mean posterior less the mean entropy of the
/// posteriors, in `0..=ln k`. It is high where points belong clearly to one component and components have about equally many.
pub(super) fn information<F: Scalar>(points: Rows<F>, model: &GaussianMixture) -> f64 {
    let k = model.weights().len();
    let posterior = probabilities(model.center(points), model.densities());
    let (mut mean, mut uncertainty, mut total) = (vec![0.0; k], 0.0, 0.0);
    for (i, row) in posterior.chunks_exact(k).enumerate() {
        let weight = points.weight(i);
        mean.iter_mut().zip(row).for_each(|(mean, p)| *mean += weight * p);
        uncertainty += weight * entropy(row.iter().copied());
        total += weight;
    }
    entropy(mean.iter().map(|sum| sum / total)) - uncertainty / total
}

/// `-sum p ln p`, in nats.
fn entropy(probabilities: impl Iterator<Item = f64>) -> f64 {
    -probabilities.filter(|&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}
