//! How clearly a mixture divides points; the information between two labelings is in `metrics`.

use super::evaluate::responsibility_sums;
use super::model::GaussianMixture;
use super::responsibilities::entropy;
use crate::points::Rows;
use crate::scalar::Scalar;

/// How evenly and how clearly a mixture divides points among its components, in nats.
///
/// With z the component of a point x, their mutual information is `H(z) - H(z|x)`: high if points
/// clearly belong to one component and components are of similar size (Bridle, Heading and MacKay,
/// *Unsupervised classifiers, mutual information and phantom targets*, NIPS 1991).
///
/// ```
/// use clustering::gmm::Information;
///
/// let information = Information { entropy: 2.0, conditional_entropy: 0.1 };
/// assert_eq!(information.mutual(), 1.9);
/// assert_eq!(information.weighted(10.0), 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Information {
    /// H(z), the entropy of the mean responsibilities, in `0..=ln k`.
    pub entropy: f64,
    /// H(z|x), the mean entropy of the responsibilities of a point, in `0..=ln k`.
    pub conditional_entropy: f64,
}

impl Information {
    /// Returns the mutual information of point and component, `H(z) - H(z|x)`, in `0..=ln k`.
    ///
    /// [`Information`] has an example.
    pub fn mutual(&self) -> f64 {
        self.weighted(1.0)
    }

    /// Returns `H(z) - weight * H(z|x)`, the information with uncertainty of that weight.
    ///
    /// [`Keep::Information`](super::Keep::Information) says what the weight is for.
    /// [`Information`] has an example.
    pub fn weighted(&self, weight: f64) -> f64 {
        self.entropy - weight * self.conditional_entropy
    }
}

/// Computes how clearly `model` divides `points`.
pub(super) fn information<F: Scalar>(points: Rows<F>, model: &GaussianMixture) -> Information {
    let k = model.weights().len();
    let (mut sums, mut uncertainty, mut total) = (vec![0.0; k], 0.0, 0.0);
    for of_chunk in responsibility_sums(model.center(points), model.densities()) {
        sums.iter_mut().zip(&of_chunk.sums).for_each(|(sum, more)| *sum += more);
        uncertainty += of_chunk.uncertainty;
        total += of_chunk.weight;
    }
    let entropy = entropy(sums.iter().map(|sum| sum / total));
    Information { entropy, conditional_entropy: uncertainty / total }
}
