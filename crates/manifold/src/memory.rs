//! What memory is told before it is needed.

/// Asks for the memory of `values` before it is needed.
#[inline(always)]
#[allow(unsafe_code, reason = "the instruction has no safe form")]
pub(crate) fn prefetch<T>(values: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing the program could see and faults on no address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(values.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}
