//! One stream of random numbers per start.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The stream of start `start`: `seed`, then one jump of 2^128 steps per start.
///
/// Streams never overlap, so a start's result does not depend on how many starts there are or on which ran
/// before it.
pub(crate) fn stream(seed: u64, start: usize) -> Xoshiro256PlusPlus {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..start {
        rng.jump();
    }
    rng
}

/// A stream for something else than starts: `seed`, then `which` (from 1) long jumps of 2^192 steps, beyond every start.
pub(crate) fn apart(seed: u64, which: usize) -> Xoshiro256PlusPlus {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..which {
        rng.long_jump();
    }
    rng
}
