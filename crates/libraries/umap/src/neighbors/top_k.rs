//! The k nearest of the points that a query was compared with.

use multiversion::multiversion;

/// Values that are computed with at once.
pub(super) const LANES: usize = 16;

/// Groups of lanes after which a partial distance is compared with its limit.
const CHECK_INTERVAL: usize = 12;

/// Squared distance to a point, and the index of the point.
pub(super) type Neighbor = (f32, u32);

/// Compares by distance, then by index.
pub(super) fn order(a: &Neighbor, b: &Neighbor) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// The k nearest neighbors found so far, in order.
pub(super) struct TopK {
    pub(super) found: Vec<Neighbor>,
    k: usize,
}

impl TopK {
    pub(super) fn new(k: usize) -> Self {
        Self { found: Vec::with_capacity(k + 1), k }
    }

    /// Squared distance beyond which no point is among the k nearest.
    #[inline(always)]
    pub(super) fn limit(&self) -> f32 {
        if self.found.len() < self.k { f32::INFINITY } else { self.found[self.k - 1].0 }
    }

    /// Inserts a point if it is among the k nearest.
    #[inline(always)]
    fn add(&mut self, new: Neighbor) {
        let at = self.found.partition_point(|known| order(known, &new).is_lt());
        if at < self.k {
            self.found.truncate(self.k - 1);
            self.found.insert(at, new);
        }
    }

    /// Computes distances to points whose `products` say that they may be among the nearest.
    #[inline(always)]
    fn add_where_near(
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
                self.add((squared_distance_within(query, point, self.limit()), id as u32));
            }
        }
    }
}

/// Adds points to `near` whose `products` say that they may be among its nearest.
///
/// `products` are squared distances to the points, or lower bounds of them, less the squared
/// length `norm` of the query. `ids` and rows of `points`, `stride` values apart, belong to them;
/// the point `own`, the query itself, is left out. [`LANES`] products are compared with the limit
/// at once.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
pub(super) fn add_candidates(
    products: &[f32],
    norm: f32,
    (ids, own): (&[usize], usize),
    (points, stride): (&[f32], usize),
    query: &[f32],
    near: &mut TopK,
) {
    let (whole, rest) = products.as_chunks::<LANES>();
    let (whole_ids, rest_ids) = ids.as_chunks::<LANES>();
    for ((some, ids), first) in whole.iter().zip(whole_ids).zip((0..).step_by(LANES)) {
        let mut least = *some;
        let mut half = LANES / 2;
        while half > 0 {
            for l in 0..half {
                // Not `min`, which has to handle NaN.
                least[l] = if least[l + half] < least[l] { least[l + half] } else { least[l] };
            }
            half /= 2;
        }
        if least[0] <= near.limit() - norm {
            near.add_where_near(some, norm, (ids, own), (&points[first * stride..], stride), query);
        }
    }
    near.add_where_near(
        rest,
        norm,
        (rest_ids, own),
        (&points[whole.len() * LANES * stride..], stride),
        query,
    );
}

/// Computes the squared Euclidean distance.
pub(super) fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    squared_distance_within(a, b, f32::INFINITY)
}

/// Computes the squared distance, or infinity as soon as it is known to be above `limit`.
#[inline(always)]
fn squared_distance_within(a: &[f32], b: &[f32], limit: f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.chunks(CHECK_INTERVAL).zip(b.chunks(CHECK_INTERVAL)) {
        for (a, b) in a.iter().zip(b) {
            for l in 0..LANES {
                let x = a[l] - b[l];
                lanes[l] += x * x;
            }
        }
        // This sum is in another order than the one returned, hence the margin below.
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
