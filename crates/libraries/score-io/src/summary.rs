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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    /// 1, 2 and 6: mean 3, squares 4 + 1 + 9, over 2 is 7.
    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let spread = RunSummary::of(&[2.0, 1.0, 6.0]).unwrap();
        assert_eq!((spread.n, spread.mean, spread.deviation), (3, 3.0, Some(7_f64.sqrt())));
        assert_eq!((spread.low, spread.high), (1.0, 6.0));
        assert!(
            RunSummary::of(&[0.5]).unwrap().deviation.is_none() && RunSummary::of(&[]).is_none()
        );
    }
}
