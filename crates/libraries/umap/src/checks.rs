//! Checks of points, parameters and embeddings.

use ndarray::ArrayView2;

use crate::error::{Error, Result};
use crate::params::Params;

/// Largest number of dimensions of an embedding.
const MAX_DIMS: usize = 64;

/// Checks that `points` `(n, d)` can be embedded with `params`.
pub(crate) fn check(points: ArrayView2<f32>, params: &Params) -> Result<()> {
    let (n, d) = points.dim();
    let refuse = |expected: &str, found: String, hint| {
        Err(Error::Parameter { expected: expected.into(), found, hint })
    };
    if d == 0 {
        return refuse("points of at least one feature", "none".into(), "give another array");
    }
    if params.neighbors < 2 {
        return refuse(
            "at least 2 neighbors, the point itself among them",
            params.neighbors.to_string(),
            "ask for more",
        );
    }
    if n < params.neighbors {
        let expected = format!("at least as many points as neighbors, {}", params.neighbors);
        return refuse(&expected, n.to_string(), "give more points, or ask for fewer neighbors");
    }
    if params.dims == 0 || params.dims > MAX_DIMS {
        return refuse(
            &format!("1 to {MAX_DIMS} dims"),
            params.dims.to_string(),
            "ask for as many",
        );
    }
    if !(0.0..1.0).contains(&params.min_dist) {
        return refuse(
            "a min_dist of 0 or more, below 1",
            params.min_dist.to_string(),
            "take 0 for clustering",
        );
    }
    finite(points)
}

/// Checks that all values of `points` are finite.
pub(crate) fn finite(points: ArrayView2<f32>) -> Result<()> {
    match points.indexed_iter().find(|(_, x)| !x.is_finite()) {
        Some(((row, column), &value)) => Err(Error::NonFinite { row, column, value }),
        None => Ok(()),
    }
}

/// Checks that an `embedding` is finite.
pub(crate) fn finite_embedding(embedding: ArrayView2<f32>) -> Result<()> {
    match embedding.indexed_iter().find(|(_, x)| !x.is_finite()) {
        Some(((row, _), &value)) => Err(Error::Diverged { row, value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn embeddings_that_are_not_finite_are_refused() {
        let mut embedding = Array2::zeros((3, 2));
        assert_eq!(finite_embedding(embedding.view()), Ok(()));
        embedding[[1, 1]] = f32::INFINITY;
        let error = finite_embedding(embedding.view()).unwrap_err();
        assert_eq!(error, Error::Diverged { row: 1, value: f32::INFINITY });
    }
}
