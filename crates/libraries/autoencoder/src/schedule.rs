//! Learning rate schedules.

use std::f64::consts::PI;

use crate::Schedule;

/// Share of the steps in which the one-cycle policy raises the rate: PyTorch's default `pct_start`.
const RISING: f64 = 0.3;
/// First rate of the one-cycle policy as a share of the peak: PyTorch's default `div_factor`.
const START: f64 = 1.0 / 25.0;
/// Last rate of the one-cycle policy as a share of the peak: PyTorch's `final_div_factor`.
const END: f64 = START / 1e4;

impl Schedule {
    /// Returns the factor of the learning rate in step `step`, counted from 0, of `steps`.
    ///
    /// Tested against PyTorch's schedulers.
    ///
    /// # Example
    /// ```
    /// use autoencoder::Schedule;
    ///
    /// assert_eq!(Schedule::Constant.share(50, 100), 1.0);
    /// assert_eq!(Schedule::Cosine.share(0, 100), 1.0);
    /// assert!((Schedule::Cosine.share(50, 100) - 0.5).abs() < 1e-12);
    /// ```
    pub fn share(self, step: u64, steps: u64) -> f64 {
        let (step, steps) = (step as f64, steps as f64);
        match self {
            Self::Constant => 1.0,
            Self::Cosine => between(1.0, 0.0, step / steps),
            Self::OneCycle => {
                let (peak, last) = (RISING * steps - 1.0, steps - 1.0);
                if step <= peak {
                    between(START, 1.0, step / peak)
                } else {
                    between(1.0, END, ((step - peak) / (last - peak)).min(1.0))
                }
            }
        }
    }
}

/// Interpolates from `a` to `b` along half a cosine wave, at `share` of the way.
fn between(a: f64, b: f64, share: f64) -> f64 {
    b + (a - b) * (1.0 + (PI * share).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// REFERENCE, PyTorch 2.11: `CosineAnnealingLR(optimizer, T_max=10)` and
    /// `OneCycleLR(optimizer, max_lr=1, total_steps=10)`.
    #[test]
    fn shares_are_those_of_pytorchs_schedulers() {
        let cosine = [
            1.0,
            0.9755282581475768,
            0.9045084971874737,
            0.7938926261462366,
            0.6545084971874737,
            0.5,
            0.34549150281252633,
            0.2061073738537635,
            0.09549150281252633,
            0.024471741852423234,
        ];
        let one_cycle = [
            0.040000000000000036,
            0.52,
            1.0,
            0.9504846320134737,
            0.8117456539497631,
            0.6112620219362893,
            0.38874197806371075,
            0.18825834605023697,
            0.049519367986526286,
            4e-06,
        ];
        for (schedule, expected) in [
            (Schedule::Cosine, cosine),
            (Schedule::OneCycle, one_cycle),
            (Schedule::Constant, [1.0; 10]),
        ] {
            for (step, expected) in expected.into_iter().enumerate() {
                let found = schedule.share(step as u64, 10);
                assert!(
                    (found - expected).abs() < 1e-12,
                    "{schedule} {step}: {found} and {expected}"
                );
            }
        }
    }

    #[test]
    fn short_trainings_have_finite_rates() {
        for schedule in [Schedule::Constant, Schedule::Cosine, Schedule::OneCycle] {
            for steps in 1..8 {
                for step in 0..steps {
                    let share = schedule.share(step, steps);
                    assert!(share > 0.0 && share <= 1.0, "{schedule} {step} of {steps}: {share}");
                }
            }
        }
    }
}
