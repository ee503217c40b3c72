//! As many components as hold a share of the variance, and the deviations of features.

use ndarray::{Array1, ArrayView2, Axis, s};

use crate::encoder_params::Keep;
use crate::value::Value;
use crate::{Pca, mean};

/// Components that are found first where their number depends on their variance.
const FIRST_COMPONENTS: usize = 64;

/// Fits as many components as are kept.
pub(crate) fn keep<T: Value>(points: ArrayView2<T>, keep: Keep, total: f64) -> Pca {
    let most = points.nrows().min(points.ncols());
    let share = match keep {
        Keep::Dims(dims) => return Pca::fit(points, dims),
        Keep::Variance(share) => share,
    };
    let mut count = FIRST_COMPONENTS.min(most);
    loop {
        let mut pca = Pca::fit(points, count);
        let variances = pca.explained_variance().cloned().unwrap_or_default();
        let mut sum = 0.0;
        let enough = variances.iter().position(|variance| {
            sum += variance;
            sum >= share * total
        });
        // Rounding may leave the sum of all just below a share of 1.
        let rank = variances.iter().filter(|variance| **variance > 0.0).count();
        if let Some(dims) = enough.map(|at| at + 1).or((count == most).then_some(rank.max(1))) {
            pca.components = pca.components.slice(s![..dims, ..]).to_owned();
            pca.explained_variance = Some(variances.slice(s![..dims]).to_owned());
            return pca;
        }
        count = (2 * count).min(most);
    }
}

/// Computes the standard deviation of each feature, over n, and the mean.
pub(crate) fn deviations<T: Value>(points: ArrayView2<T>) -> (Array1<f64>, Array1<f64>) {
    let means = mean(points);
    let mut squares = Array1::<f64>::zeros(points.ncols());
    for row in points.axis_iter(Axis(0)) {
        for ((square, &x), mean) in squares.iter_mut().zip(row).zip(&means) {
            *square += (x.into() - mean).powi(2);
        }
    }
    let n = points.nrows().max(1) as f64;
    (squares.mapv(|square| (square / n).sqrt()), means)
}
