//! Attraction and repulsion (negative sampling): one step of gradient descent of a chunk's points.

use kernels::prefetch_line;
use multiversion::multiversion;

use super::edge_sampling::{BLOCK, CHUNK, Chunk};
use super::math::{powf_approx, sum};
use super::random::Wyrand;
use crate::curve::Curve;

/// Negative samples for each sampled edge, umap-learn's `negative_sample_rate`.
const NEGATIVE_SAMPLES: usize = 5;

/// Interactions of a slot: an attraction, negative samples, and a mirrored attraction.
const INTERACTIONS: usize = 1 + NEGATIVE_SAMPLES + 1;

/// Index of the mirrored attraction in a slot, which moves another point than the others do.
const MIRRORED: usize = INTERACTIONS - 1;

/// Lanes for the interactions of a slot; one is idle.
const LANES: usize = 8;

/// Bound of the gradient of one interaction in each coordinate, as in umap-learn.
const GRADIENT_CLIP: f32 = 4.0;

/// Bound of the force on a point in each coordinate, summed over a step.
///
/// Hundreds of attractions at once, of a hub, or of repulsions, where an initial embedding is
/// dense, would throw a point across the map: each of them knows only where the point was before,
/// while umap-learn's see what the last one did. Other points feel less, so this changes nothing
/// for them: 10 at most, in measurements of digits and of blobs.
const MAX_FORCE: f32 = 4.0 * GRADIENT_CLIP;

/// Added to squared distances of negative samples, as in umap-learn, so that none is 0.
const REPULSION_EPSILON: f32 = 0.001;

/// What all points have in common in a step.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// Index of the step in its epoch.
    pub(super) step: usize,
    /// Learning rate.
    pub(super) rate: f32,
    /// How attraction falls with distance.
    pub(super) curve: Curve,
    /// Seed of the negative samples of the epoch.
    pub(super) random: u64,
}

/// The interactions of one slot: of a point with others, and of another point with one.
#[derive(Clone, Copy, Default)]
struct Interactions {
    /// Head of the edge, negative samples, and head of the mirrored edge.
    others: [u32; INTERACTIONS],
    /// Tail of the edge, counted from the first point of the chunk.
    tail: u8,
    /// Tail of the mirrored edge, counted likewise.
    mirrored_tail: u8,
}

/// Moves `points`, those of the chunk, to where they are `next`; `seen` are all other points.
// Without AVX-512: sums across the wider vectors take longer than these save, a tenth in all.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn move_points<const W: usize>(
    chunk: &Chunk,
    points: &[[f32; W]],
    next: &mut [[f32; W]],
    seen: &[[f32; W]],
    step: Step,
) {
    let (a, b) = (step.curve.a as f32, step.curve.b as f32);
    let mut forces = [[0.0_f32; W]; CHUNK];
    let mut interactions = [[Interactions::default(); BLOCK]; 2];
    let mut differences = [[[0.0_f32; W]; INTERACTIONS]; BLOCK];
    let mut factors = [[1.0_f32; LANES]; BLOCK];
    let (own, mirrored) = (&chunk.own, &chunk.mirrored);
    let count = own.count(step.step).max(mirrored.count(step.step));
    for block in 0..=count.div_ceil(BLOCK) {
        // One block ahead: its points are prefetched while the block before is worked on.
        let [even, odd] = &mut interactions;
        let (now, ahead) = if block % 2 == 0 { (odd, even) } else { (even, odd) };
        let (mut own, mut mirrored) =
            (own.block(step.step, block), mirrored.block(step.step, block));
        for slot in 0..BLOCK {
            let (now, ahead) = (&now[slot], &mut ahead[slot]);
            let (differences, lanes) = (&mut differences[slot], &mut factors[slot]);
            if let Some((head, tail)) = own.next() {
                ahead.tail = tail;
                ahead.others[0] = head;
                let edge = chunk.keys[usize::from(tail)] ^ u64::from(head);
                let mut random = Wyrand(step.random ^ edge);
                ahead.others[1..=NEGATIVE_SAMPLES]
                    .copy_from_slice(&random.below::<NEGATIVE_SAMPLES>(seen.len() as u32));
                for &other in &ahead.others[..=NEGATIVE_SAMPLES] {
                    prefetch_line(seen.as_ptr().wrapping_add(other as usize));
                }
            }
            if let Some((head, tail)) = mirrored.next() {
                ahead.mirrored_tail = tail;
                ahead.others[MIRRORED] = head;
                prefetch_line(seen.as_ptr().wrapping_add(head as usize));
            }
            // Slots without an edge are computed too, and not added below.
            let point = &points[usize::from(now.tail)];
            for o in 0..=NEGATIVE_SAMPLES {
                lanes[o] = subtract(point, &seen[now.others[o] as usize], &mut differences[o]);
            }
            let point = &points[usize::from(now.mirrored_tail)];
            lanes[MIRRORED] =
                subtract(point, &seen[now.others[MIRRORED] as usize], &mut differences[MIRRORED]);
        }
        if block == 0 {
            continue;
        }
        for lanes in factors.as_flattened_mut().as_chunks_mut::<{ 2 * LANES }>().0 {
            let powers = powf_approx(*lanes, b);
            for o in 0..2 * LANES {
                // Gradient of the cross entropy: edges attract, negative samples repel.
                let (over, under) = if o % LANES == 0 || o % LANES == MIRRORED {
                    (-2.0 * a * b * powers[o], lanes[o] + f32::MIN_POSITIVE)
                } else {
                    (2.0 * b, lanes[o] + REPULSION_EPSILON)
                };
                lanes[o] = over / (under * (1.0 + a * powers[o]));
            }
        }
        let own = chunk.own.block(step.step, block - 1);
        for (slot, _) in own.enumerate() {
            let (differences, factors) = (&differences[slot], &factors[slot]);
            let force = &mut forces[usize::from(now[slot].tail) % CHUNK];
            for o in 0..=NEGATIVE_SAMPLES {
                for l in 0..W {
                    force[l] +=
                        (factors[o] * differences[o][l]).clamp(-GRADIENT_CLIP, GRADIENT_CLIP);
                }
            }
        }
        let mirrored = chunk.mirrored.block(step.step, block - 1);
        for (slot, _) in mirrored.enumerate() {
            let (differences, factor) = (&differences[slot][MIRRORED], factors[slot][MIRRORED]);
            let force = &mut forces[usize::from(now[slot].mirrored_tail) % CHUNK];
            for l in 0..W {
                force[l] += (factor * differences[l]).clamp(-GRADIENT_CLIP, GRADIENT_CLIP);
            }
        }
    }
    // Flattened: row by row the compiler would gather columns.
    let (next, points) = (next.as_flattened_mut(), points.as_flattened());
    for ((next, point), force) in next.iter_mut().zip(points).zip(forces.as_flattened()) {
        *next = point + step.rate * force.clamp(-MAX_FORCE, MAX_FORCE);
    }
}

/// Computes the difference of two points, and returns its squared length.
#[inline(always)]
fn subtract<const W: usize>(point: &[f32; W], other: &[f32; W], differences: &mut [f32; W]) -> f32 {
    let mut squares = [0.0_f32; W];
    for l in 0..W {
        differences[l] = point[l] - other[l];
        squares[l] = differences[l] * differences[l];
    }
    sum(squares)
}
