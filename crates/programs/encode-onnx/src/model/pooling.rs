//! Makes features of the output of a network.

use super::layout::Layout;
use super::refusal::Refusal;

/// Most features of an image.
const MOST_FEATURES: usize = 1 << 20;

/// How features are made of the output of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The output is (n, d).
    Vector,
    /// The output has `places` places for each image, over which features are averaged.
    Mean {
        /// Height times width of the output.
        places: usize,
    },
    /// The output is (n, tokens, d), and the first token is kept.
    FirstToken {
        /// Number of tokens of an image.
        tokens: usize,
    },
}

impl Pooling {
    /// Finds out how features are made of an output of `shape`.
    ///
    /// # Errors
    /// An output that has no features for each image of the batch.
    pub fn of(shape: &[usize], batch: usize, layout: Layout) -> Result<Self, Refusal> {
        let refused = || {
            let expected = "an output (n, d), (n, tokens, d) or (n, d, height, width)";
            let found = format!("one of shape {shape:?} for batches of {batch}");
            Refusal::new(expected, found, "choose another value of the graph with --output")
        };
        let pooling = match (shape, layout) {
            (&[_, _], _) => Self::Vector,
            (&[_, tokens, _], _) => Self::FirstToken { tokens },
            (&[_, _, height, width], Layout::Nchw) | (&[_, height, width, _], Layout::Nhwc) => {
                Self::Mean { places: height * width }
            }
            _ => return Err(refused()),
        };
        let features = pooling.features(shape, layout);
        let values: usize = shape.iter().product();
        if shape[0] != batch || values == 0 || features > MOST_FEATURES {
            return Err(refused());
        }
        Ok(pooling)
    }

    /// Gives the number of features that an output of `shape` has.
    pub fn features(self, shape: &[usize], layout: Layout) -> usize {
        match (self, layout) {
            (Self::Mean { .. }, Layout::Nchw) => shape[1],
            _ => shape[shape.len() - 1],
        }
    }

    /// Makes the features (n, d) of an output of `shape`.
    pub fn features_of(self, output: Vec<f32>, shape: &[usize], layout: Layout) -> Vec<f32> {
        let d = self.features(shape, layout);
        match (self, layout) {
            (Self::Vector, _) => output,
            (Self::FirstToken { tokens }, _) => {
                output.chunks_exact(tokens * d).flat_map(|image| &image[..d]).copied().collect()
            }
            (Self::Mean { places }, Layout::Nchw) => {
                let mean = |channel: &[f32]| mean(channel.iter(), places);
                output.chunks_exact(places).map(mean).collect()
            }
            (Self::Mean { places }, Layout::Nhwc) => {
                let means = |image: &[f32]| -> Vec<f32> {
                    (0..d).map(|at| mean(image[at..].iter().step_by(d), places)).collect()
                };
                output.chunks_exact(places * d).flat_map(means).collect()
            }
        }
    }
}

/// Averages values, in double precision, because there may be thousands of places.
fn mean<'a>(values: impl Iterator<Item = &'a f32>, count: usize) -> f32 {
    (values.copied().map(f64::from).sum::<f64>() / count as f64) as f32
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    #[test]
    fn places_are_averaged_and_the_first_token_is_kept() {
        let output: Vec<f32> = (0..12).map(|x| x as f32).collect();
        for (shape, layout, expected) in [
            ([2, 3, 1, 2], Layout::Nchw, [0.5, 2.5, 4.5, 6.5, 8.5, 10.5].as_slice()),
            ([2, 1, 2, 3], Layout::Nhwc, &[1.5, 2.5, 3.5, 7.5, 8.5, 9.5]),
        ] {
            let pooling = Pooling::of(&shape, 2, layout).unwrap();
            assert_eq!(pooling.features_of(output.clone(), &shape, layout), expected);
        }
        let tokens = Pooling::of(&[2, 3, 2], 2, Layout::Nchw).unwrap();
        let features = tokens.features_of(output.clone(), &[2, 3, 2], Layout::Nchw);
        assert_eq!(features, [0.0, 1.0, 6.0, 7.0]);
        for shape in [[12].as_slice(), &[3, 4], &[2, 0], &[2, 1, 1, 1, 6], &[]] {
            assert!(Pooling::of(shape, 2, Layout::Nchw).is_err(), "{shape:?}");
        }
    }
}
