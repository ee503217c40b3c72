//! The two lowest scores of every point, and the center of the lowest.

use crate::Work;
use crate::kernel::LANES;

/// Merges the scores of a center, one for each lane, into the lowest scores and their centers.
///
/// This is a macro with one loop for each array. With a function, one loop for all, or arrays
/// behind references, the compiler does not vectorize scores that have just been computed.
macro_rules! rank {
    ($scores:expr, $center:expr, $best:ident, $second:ident, $index:ident) => {{
        let mut losers = [W::ZERO; LANES];
        for l in 0..LANES {
            losers[l] = if $scores[l] < $best[l] { $best[l] } else { $scores[l] };
        }
        for l in 0..LANES {
            $second[l] = if losers[l] < $second[l] { losers[l] } else { $second[l] };
        }
        for l in 0..LANES {
            $index[l] = if $scores[l] < $best[l] { $center } else { $index[l] };
        }
        for l in 0..LANES {
            $best[l] = if $scores[l] < $best[l] { $scores[l] } else { $best[l] };
        }
    }};
}
pub(super) use rank;

/// The lowest and second lowest score of each lane, and the center of the lowest. The lowest index
/// wins ties.
pub(super) struct Lowest<W> {
    pub(super) best: Vec<W>,
    pub(super) second: Vec<W>,
    pub(super) index: Vec<u32>,
}

impl<W: Work> Lowest<W> {
    /// Makes an empty list.
    pub(super) fn new() -> Self {
        Self { best: Vec::new(), second: Vec::new(), index: Vec::new() }
    }

    /// Forgets all scores, and makes room for this many lanes, a multiple of [`LANES`].
    pub(super) fn clear(&mut self, lanes: usize) {
        self.resize(lanes);
        self.best.fill(W::INFINITY);
        self.second.fill(W::INFINITY);
        self.index.fill(0);
    }

    /// Merges the scores of centers, shape `(centers, lanes)`, whose first has the index `first`.
    #[inline(always)]
    pub(super) fn merge(&mut self, scores: &[W], first: usize) {
        let lanes = self.best.len();
        for at in (0..lanes).step_by(LANES) {
            let slot = at..at + LANES;
            let (mut best, mut second, mut index) =
                ([W::ZERO; LANES], [W::ZERO; LANES], [0_u32; LANES]);
            best.copy_from_slice(&self.best[slot.clone()]);
            second.copy_from_slice(&self.second[slot.clone()]);
            index.copy_from_slice(&self.index[slot.clone()]);
            for (c, scores) in scores.chunks_exact(lanes).enumerate() {
                let scores: &[W; LANES] =
                    scores[slot.clone()].try_into().expect("lanes are a multiple of LANES");
                rank!(scores, (first + c) as u32, best, second, index);
            }
            self.best[slot.clone()].copy_from_slice(&best);
            self.second[slot.clone()].copy_from_slice(&second);
            self.index[slot].copy_from_slice(&index);
        }
    }

    /// Makes room for this many lanes.
    pub(super) fn resize(&mut self, lanes: usize) {
        self.best.resize(lanes, W::ZERO);
        self.second.resize(lanes, W::ZERO);
        self.index.resize(lanes, 0);
    }
}
