//! The smoothed inertia of a fit by batches, which tells when it has converged.

/// An exponentially weighted mean of inertias, and for how long it has not fallen.
#[derive(Debug, Clone, Default)]
pub(super) struct SmoothedInertia {
    /// The mean so far.
    pub(super) smoothed: Option<f64>,
    /// The lowest mean so far.
    lowest: Option<f64>,
    /// Values in a row that have not lowered the mean.
    stale: usize,
}

impl SmoothedInertia {
    /// Adds a value of weight `share`. Returns how many values in a row have not lowered the mean.
    pub(super) fn add(&mut self, value: f64, share: f64) -> usize {
        let smoothed = self.smoothed.map_or(value, |mean| mean * (1.0 - share) + value * share);
        self.smoothed = Some(smoothed);
        if self.lowest.is_none_or(|lowest| smoothed < lowest) {
            self.lowest = Some(smoothed);
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        self.stale
    }
}
