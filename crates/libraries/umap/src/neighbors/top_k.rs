//! The k nearest of the points that a query was compared with.

use kernels::{LANES, squared_distance_within};
use multiversion::multiversion;

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
    pub(super) fn add(&mut self, new: Neighbor) {
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
