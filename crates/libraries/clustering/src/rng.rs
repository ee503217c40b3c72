//! Independent streams of random numbers.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Returns the stream of start `start`: `seed`, then one jump of 2^128 steps per start.
///
/// Streams never overlap, so the result of a start does not depend on how many starts there are or
/// on which ran before it.
pub(crate) fn stream(seed: u64, start: usize) -> Xoshiro256PlusPlus {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..start {
        rng.jump();
    }
    rng
}

/// Returns stream `which` (from 1) for choices that belong to no start.
///
/// It begins `which` long jumps of 2^192 steps after `seed`, beyond the streams of all starts.
pub(crate) fn apart(seed: u64, which: usize) -> Xoshiro256PlusPlus {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..which {
        rng.long_jump();
    }
    rng
}
