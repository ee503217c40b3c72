//! The nearest of the points that a query has seen.

use multiversion::multiversion;

/// Values compared at once.
pub(super) const LANES: usize = 16;

/// Lanes after which a distance is looked at.
const LOOK: usize = 12;

/// Squared distance and index.
pub(super) type Near = (f32, u32);

pub(super) fn order(a: &Near, b: &Near) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// The k nearest so far, in order.
pub(super) struct Nearest {
    pub(super) found: Vec<Near>,
    k: usize,
}

impl Nearest {
    pub(super) fn new(k: usize) -> Self {
        Self { found: Vec::with_capacity(k + 1), k }
    }

    /// What is farther than this is not among them.
    #[inline(always)]
    pub(super) fn limit(&self) -> f32 {
        if self.found.len() < self.k { f32::INFINITY } else { self.found[self.k - 1].0 }
    }

    #[inline(always)]
    fn add(&mut self, new: Near) {
        let at = self.found.partition_point(|known| order(known, &new).is_lt());
        if at < self.k {
            self.found.truncate(self.k - 1);
            self.found.insert(at, new);
        }
    }

    /// Measures the points whose `products` say that they may be among the nearest.
    #[inline(always)]
    fn measure(
        &mut self,
        products: &[f32],
        norm: f32,
        (ids, own): (&[usize], usize),
        (points, stride): (&[f32], usize),
        query: &[f32],
    ) {
        for ((&product, &id), at) in products.iter().zip(ids).zip(0..) {
            if product <= self.limit() - norm && id != own {
                let point = &points[at * stride..at * stride + query.len()];
                self.add((squared_within(query, point, self.limit()), id as u32));
            }
        }
    }
}

/// Measures the points whose `products` say that they may be among the nearest, if any of some lanes do.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
pub(super) fn sift(
    products: &[f32],
    norm: f32,
    (ids, own): (&[usize], usize),
    (points, stride): (&[f32], usize),
    query: &[f32],
    near: &mut Nearest,
) {
    let (whole, rest) = products.as_chunks::<LANES>();
    let (whole_ids, rest_ids) = ids.as_chunks::<LANES>();
    for ((some, ids), first) in whole.iter().zip(whole_ids).zip((0..).step_by(LANES)) {
        let mut least = *some;
        let mut half = LANES / 2;
        while half > 0 {
            for l in 0..half {
                // Not `min`, which has to mind what is not a number.
                least[l] = if least[l + half] < least[l] { least[l + half] } else { least[l] };
            }
            half /= 2;
        }
        if least[0] <= near.limit() - norm {
            near.measure(some, norm, (ids, own), (&points[first * stride..], stride), query);
        }
    }
    near.measure(rest, norm, (rest_ids, own), (&points[whole.len() * LANES * stride..], stride), query);
}

/// Squared distance.
pub(super) fn squared(a: &[f32], b: &[f32]) -> f32 {
    squared_within(a, b, f32::INFINITY)
}

/// Squared distance; infinity as soon as it is seen to be above `limit`.
#[inline(always)]
fn squared_within(a: &[f32], b: &[f32], limit: f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.chunks(LOOK).zip(b.chunks(LOOK)) {
        for (a, b) in a.iter().zip(b) {
            for l in 0..LANES {
                let x = a[l] - b[l];
                lanes[l] += x * x;
            }
        }
        // In any order: that of what is returned may be a rounding above.
        let mut sums = lanes;
        let mut half = LANES / 2;
        while half > 0 {
            for l in 0..half {
                sums[l] += sums[l + half];
            }
            half /= 2;
        }
        if sums[0] > limit * (1.0 + 32.0 * f32::EPSILON) {
            return f32::INFINITY;
        }
    }
    let mut sum = 0.0;
    for (a, b) in a_tail.iter().zip(b_tail) {
        sum += (a - b) * (a - b);
    }
    if !a.is_empty() {
        for lane in lanes {
            sum += lane;
        }
    }
    sum
}
