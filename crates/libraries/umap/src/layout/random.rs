//! Hashes and random numbers that depend on their seed alone, not on threads.

/// A random number generator: Wyrand (Wang Yi, *wyhash*, 2019).
pub(super) struct Wyrand(pub(super) u64);

impl Wyrand {
    /// Draws `N` numbers below `n`.
    #[inline(always)]
    pub(super) fn below<const N: usize>(&mut self, n: u32) -> [u32; N] {
        let mut drawn = [0; N];
        for pair in drawn.chunks_mut(2) {
            self.0 = self.0.wrapping_add(0xa076_1d64_78bd_642f);
            let product = u128::from(self.0) * u128::from(self.0 ^ 0xe703_7ed1_a0b4_28db);
            let bits = (product >> 64) as u64 ^ product as u64;
            for (to, half) in pair.iter_mut().zip([bits as u32, (bits >> 32) as u32]) {
                *to = ((u64::from(half) * u64::from(n)) >> 32) as u32;
            }
        }
        drawn
    }
}

/// Mixes the bits of `x`: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
#[inline(always)]
pub(super) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_even() {
        let mut counts = [0; 10];
        for vertex in 0..2000 {
            let mut random = Wyrand(mix(vertex));
            random.below::<5>(10).iter().for_each(|&drawn| counts[drawn as usize] += 1);
        }
        assert!(counts.iter().all(|&count| (900..1100).contains(&count)), "{counts:?}");
    }
}
