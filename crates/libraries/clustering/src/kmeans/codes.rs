//! Storage of codes: two 16-bit values in each `i32`, and eight centers in each vector.

/// Number of centers in a [`CodeVector`].
pub(super) const CODE_LANES: usize = 8;

/// Marks an unknown half norm or score; no score is above it, so it never prunes.
pub(super) const UNKNOWN: i32 = i32::MAX;

/// Values 2i and 2i + 1 of eight centers' codes, packed; one center in each lane.
pub(super) type CodeVector = [i32; CODE_LANES];

/// The codes of a list of centers.
pub(super) struct CenterCodes {
    /// The codes, shape `(vectors, p / 2)`.
    pub(super) vectors: Vec<CodeVector>,
    /// Half the squared length of each code, rounded down, shape `(vectors,)`; [`UNKNOWN`] in the
    /// lanes behind the last center.
    pub(super) half_norms: Vec<CodeVector>,
    /// The residual norm of each center, shape `(centers,)`; [`UNKNOWN`] for a center that was
    /// moved.
    pub(super) residuals: Vec<i32>,
    /// Bound on the rounding error of a point's code plus that of a center's.
    pub(super) deviation: f64,
}

impl CenterCodes {
    /// Returns the number of vectors of centers.
    pub(super) fn vectors(&self) -> usize {
        self.half_norms.len()
    }
}

/// Packs two 16-bit values into one `i32`.
pub(super) fn join(first: i32, second: i32) -> i32 {
    i32::from(first as i16) & 0xffff | second << 16
}

/// Returns the second of two packed values.
#[inline(always)]
pub(super) fn second(pair: i32) -> i32 {
    pair >> 16
}

/// Returns half the squared length of a code, rounded down.
pub(super) fn half_norm(code: &[i32]) -> i32 {
    let squared: i64 = code.iter().map(|&x| i64::from(x) * i64::from(x)).sum();
    (squared / 2).min(i64::from(UNKNOWN - 1)) as i32
}
