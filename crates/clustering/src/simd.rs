//! The same safe code, compiled for the widest vectors the processor has.
//!
//! A [`Kernel`] is ordinary Rust over small arrays, which the compiler turns into vector instructions. [`dispatch`]
//! holds three compilations of it (AVX-512, AVX2 with FMA, and whatever the target has by default) and picks one when
//! the program runs. On one kind of processor the choice is always the same, and so are all results.

/// What a compilation may count on.
pub trait Isa {
    /// Whether `a * b + c` is one instruction (with one rounding).
    const FUSED: bool;
    /// Whether there are 32 registers of 64 bytes, rather than 16 of 32.
    const WIDE: bool;
}

/// Work to be compiled for each instruction set. Implementations of `run`, and what they call, are
/// `#[inline(always)]`: only code that is inlined into [`dispatch`] is compiled for the instruction set chosen.
pub(crate) trait Kernel {
    type Output;
    fn run<I: Isa>(self) -> Self::Output;
}

/// Nothing but what the target has by default.
struct Portable;

impl Isa for Portable {
    const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    const WIDE: bool = false;
}

/// Runs `kernel` with the widest vectors there are.
#[inline]
#[allow(unsafe_code, reason = "the processor is asked before its instructions are used")]
pub(crate) fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512vl")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512dq")
        {
            // SAFETY: the processor has just said that it has every feature `x86::avx512` is compiled for; those with
            // AVX-512 have AVX2 and FMA.
            return unsafe { x86::avx512(kernel) };
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has just said that it has every feature `x86::avx2` is compiled for.
            return unsafe { x86::avx2(kernel) };
        }
    }
    kernel.run::<Portable>()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Isa, Kernel};

    struct Avx2;

    impl Isa for Avx2 {
        const FUSED: bool = true;
        const WIDE: bool = false;
    }

    struct Avx512;

    impl Isa for Avx512 {
        const FUSED: bool = true;
        const WIDE: bool = true;
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Avx2>()
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    pub(super) fn avx512<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Avx512>()
    }
}
