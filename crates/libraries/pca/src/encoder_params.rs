//! How points become features.

/// How many components are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Keep {
    /// So many.
    Dims(usize),
    /// As few as hold this share of the variance, above 0 and up to 1.
    Variance(f64),
}

/// How points become features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// How many components are kept.
    pub keep: Keep,
    /// Whether each feature of the points is divided by its standard deviation first.
    pub standardize: bool,
    /// Whether scores are divided by their standard deviation.
    pub whiten: bool,
}

impl Default for Params {
    fn default() -> Self {
        Self { keep: Keep::Variance(0.95), standardize: false, whiten: false }
    }
}
