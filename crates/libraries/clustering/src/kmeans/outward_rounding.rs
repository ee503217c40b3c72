//! Bounds on distances, computed from scores and rounded outward.

use crate::Work;

/// Errors of a squared distance that a bound allows for: of two scores and of the norm.
const ERRORS: f64 = 3.0;

/// Roundings of a bound: of its sum, its square root and its product, and of the moves added to it.
const BOUND_ROUNDINGS: f64 = 8.0;

/// Roundings by which a number is moved before it is rounded to the type of bounds.
const NARROWING_ROUNDINGS: f64 = 4.0;

/// Turns scores into bounds on distances that hold in spite of rounding.
pub(super) struct OutwardRounding<W> {
    /// Most that a squared distance differs from the exact one.
    error: W,
    /// Factor a little above 1, for upper bounds.
    pub(super) more: W,
    /// Factor a little below 1, for lower bounds.
    pub(super) less: W,
}

impl<W: Work> OutwardRounding<W> {
    /// Makes bounds for squared distances that are off by at most `error`.
    pub(super) fn new(error: f64) -> Self {
        let error = ERRORS * error;
        let slack = BOUND_ROUNDINGS * W::ROUNDING;
        Self { error: Self::up(error), more: W::narrow(1.0 + slack), less: W::narrow(1.0 - slack) }
    }

    /// Returns the difference from which on scores are in the order of the exact distances.
    #[inline(always)]
    pub(super) fn tolerance(&self) -> W {
        self.error + self.error
    }

    /// Inflates an upper bound by as much as [`OutwardRounding::upper_bound`] exceeds the exact
    /// distance.
    #[inline(always)]
    pub(super) fn inflate(&self, distance: W) -> W {
        (distance * distance + self.error).sqrt() * self.more
    }

    /// Rounds `value` up.
    pub(super) fn up(value: f64) -> W {
        W::narrow(value * (1.0 + NARROWING_ROUNDINGS * W::ROUNDING))
    }

    /// Rounds `value` down.
    pub(super) fn down(value: f64) -> W {
        W::narrow(value * (1.0 - NARROWING_ROUNDINGS * W::ROUNDING))
    }

    /// Returns an upper bound on the distance of a point of this norm and score.
    #[inline(always)]
    pub(super) fn upper_bound(&self, norm: W, score: W) -> W {
        (larger(norm + score, W::ZERO) + self.error).sqrt() * self.more
    }

    /// Returns a lower bound on the distance of a point of this norm and score.
    #[inline(always)]
    pub(super) fn lower_bound(&self, norm: W, score: W) -> W {
        larger(norm + score - self.error, W::ZERO).sqrt() * self.less
    }
}

/// Returns the larger of two numbers, `b` if they cannot be compared.
#[inline(always)]
pub(super) fn larger<W: Work>(a: W, b: W) -> W {
    if a > b { a } else { b }
}
