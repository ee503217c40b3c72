//! Summarizes one score over runs.

/// Mean, standard deviation and range of a score over runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunSummary {
    /// Number of runs, at least 1.
    pub n: usize,
    /// Mean of the runs.
    pub mean: f64,
    /// Sample standard deviation (over n - 1), from two runs on.
    pub deviation: Option<f64>,
    /// Smallest score.
    pub low: f64,
    /// Largest score.
    pub high: f64,
}

impl RunSummary {
    /// Summarizes `runs`; `None` if there are none.
    ///
    /// ```
    /// let runs = score_io::RunSummary::of(&[1.0, 3.0]).expect("there are two");
    /// assert_eq!((runs.mean, runs.low, runs.high), (2.0, 1.0, 3.0));
    /// ```
    pub fn of(runs: &[f64]) -> Option<Self> {
        let low = runs.iter().copied().reduce(f64::min)?;
        let high = runs.iter().copied().reduce(f64::max)?;
        let n = runs.len();
        let mean = runs.iter().sum::<f64>() / n as f64;
        let squares = runs.iter().map(|run| (run - mean).powi(2)).sum::<f64>();
        let deviation = (n > 1).then(|| (squares / (n - 1) as f64).sqrt());
        Some(Self { n, mean, deviation, low, high })
    }
}
