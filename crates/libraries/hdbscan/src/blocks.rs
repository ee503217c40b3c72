//! Rows in blocks, for the exact search of the nearest row in another component.

use std::sync::atomic::{AtomicU32, Ordering};

use kernels::{
    AlignedRows, BoundingBox, LANES, multiply, panels, spatial_order, squared_distance_within,
};
use multiversion::multiversion;
use ndarray::{ArrayView2, Axis, s};
use rayon::prelude::*;
use umap::blocks::{Basis, Block, Features, Rounding, SIZES, gather_rows, longest};

use crate::edge::Edge;

/// Features from which on each row finds its nearest row in another component.
///
/// With fewer features bounding boxes exclude most blocks once a short edge of the component is
/// known, and a row stops at the weight of that edge. With many they exclude next to none. Then a
/// row had better find its own edge, which may still be good in the next round.
const OWN_EDGES_FROM: usize = 32;

/// The edges of a row to other components, as far as they are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) row: u32,
    /// The first edge to another component, or none if those are longer than `bound`.
    pub(crate) edge: Edge,
    /// Square that the weights of all these edges have at least.
    pub(crate) bound: f32,
}

/// Rows in spatial order, with what their distances are bounded by.
pub(crate) struct Blocks {
    features: Features,
    /// Row at each place of the order.
    order: Vec<usize>,
    panels: AlignedRows<LANES>,
    /// Values of the rows in their order, `stride` apart.
    values: AlignedRows<LANES>,
    stride: usize,
    /// Number of values of a row.
    width: usize,
    /// Squared core distances in the order.
    cores: Vec<f32>,
    /// Factor of squared distances in weights.
    factor: f32,
}

impl Blocks {
    /// Puts `rows` `(m, d)` with squared core distances `cores` into blocks.
    pub(crate) fn of(rows: ArrayView2<f32>, cores: &[f32], factor: f32) -> Self {
        let features = Basis::fit(rows).features(rows);
        let order = spatial_order(features.scores(), SIZES);
        let panels = panels(features.values(), &order);
        let (values, stride) = gather_rows(rows, &order);
        let cores = order.iter().map(|&row| cores[row]).collect();
        Self { features, order, panels, values, stride, width: rows.ncols(), cores, factor }
    }

    /// Finds the first edge to another component from each row that is `active`.
    ///
    /// `components` is the component of each row, `limits` the least square of an edge that leaves
    /// each component, as far as that is known. The result does not depend on the order in which
    /// threads find edges: only edges that are longer than the limit of a component are left out.
    pub(crate) fn leaving_edges(
        &self,
        components: &[u32],
        active: &[bool],
        limits: &[f32],
    ) -> Vec<Found> {
        let blocks = Block::all(&self.features, &self.order);
        let at: Vec<u32> = self.order.iter().map(|&row| components[row]).collect();
        let parts: Vec<Part> = blocks.iter().map(|block| self.part(block, &at)).collect();
        let limits: Vec<AtomicU32> =
            limits.iter().map(|limit| AtomicU32::new(limit.to_bits())).collect();
        let shared = self.features.scores().ncols() <= OWN_EDGES_FROM;
        let limits = shared.then_some(limits.as_slice());
        let context = Context {
            blocks: &blocks,
            parts: &parts,
            components: &at,
            limits,
            rounding: Rounding::of(&self.features),
            longest: longest(self.features.norms(), &self.order),
        };
        let places: Vec<usize> =
            (0..self.order.len()).filter(|&place| active[self.order[place]]).collect();
        let groups: Vec<&[usize]> =
            places.chunk_by(|a, b| a / SIZES.points == b / SIZES.points).collect();
        // Groups are distributed one by one, since some take much longer than others.
        groups
            .into_par_iter()
            .with_max_len(1)
            .flat_map_iter(|group| self.leave(group, &context))
            .collect()
    }

    /// Summarizes the rows of a block, of which `components` has the components in their order.
    fn part(&self, block: &Block, components: &[u32]) -> Part {
        let places = block.first..block.first + block.ids.len();
        let own = &components[places.clone()];
        let least_core = self.cores[places].iter().fold(f32::INFINITY, |least, &x| least.min(x));
        Part { component: own.iter().all(|c| *c == own[0]).then_some(own[0]), least_core }
    }

    /// Finds the edges that leave from the rows at some places of one block.
    fn leave(&self, group: &[usize], context: &Context) -> Vec<Found> {
        let rows: Vec<usize> = group.iter().map(|&place| self.order[place]).collect();
        let norms = self.features.norms();
        let mut asking = self.features.values().select(Axis(0), &rows);
        let last = asking.ncols() - 1;
        // The product of (-2 x, 1) and (y, |y|^2) is |x - y|^2 - |x|^2.
        asking.slice_mut(s![.., ..last]).mapv_inplace(|x| -2.0 * x);
        asking.column_mut(last).fill(1.0);
        let mut queries: Vec<Query> =
            group.iter().map(|&place| self.query(place, context)).collect();
        let mut products = AlignedRows::<{ SIZES.points }>::zeros(SIZES.queries);
        let bounds = BoundingBox::of(self.features.scores(), &rows);
        let group_longest = longest(norms, &rows);
        let own = queries[0].component;
        let single = queries.iter().all(|query| query.component == own).then_some(own);
        let mut nearest_first: Vec<(f32, usize)> = (0..context.blocks.len())
            .filter(|&at| single.is_none() || context.parts[at].component != single)
            .map(|at| (bounds.gap(&context.blocks[at].bounds), at))
            .collect();
        nearest_first.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let width = self.features.values().ncols();
        for (gap, at) in nearest_first {
            let (block, part) = (&context.blocks[at], &context.parts[at]);
            queries.iter_mut().for_each(|query| query.refresh(context.limits));
            let farthest = queries.iter().fold(0.0_f32, |most, query| most.max(query.limit));
            let reach = |limit, a, b| context.rounding.reach(limit / self.factor, a, b);
            if gap > reach(farthest, group_longest, context.longest) {
                break;
            }
            let asked: Vec<usize> = (0..queries.len())
                .filter(|&q| {
                    let query = &queries[q];
                    let scores = self.features.scores().row(rows[q]);
                    part.component != Some(query.component)
                        && part.least_core.max(query.core) <= query.limit
                        && block.bounds.gap_to(scores.to_slice().unwrap_or_default())
                            <= reach(query.limit, norms[rows[q]], block.longest)
                })
                .collect();
            let asked_rows: Vec<&[f32]> =
                asked.iter().map(|&q| asking.row(q).to_slice().unwrap_or_default()).collect();
            let first = block.first / LANES * width;
            let panels = &self.panels[first..first + block.ids.len().div_ceil(LANES) * width];
            multiply(&asked_rows, panels, &mut products);
            let places = block.first..block.first + block.ids.len();
            let candidates = Candidates {
                ids: block.ids,
                components: &context.components[places.clone()],
                cores: &self.cores[places],
                values: &self.values.as_flattened()[block.first * self.stride..],
                stride: self.stride,
                factor: self.factor,
            };
            for (&q, products) in asked.iter().zip(products.iter()) {
                let norm = norms[rows[q]];
                let norm = norm - context.rounding.slack(norm, block.longest);
                let query = &mut queries[q];
                add_candidates(&products[..block.ids.len()], norm, &candidates, query);
                query.publish(context.limits);
            }
        }
        queries.iter().map(Query::found).collect()
    }

    /// Makes the query of the row at a place.
    fn query<'a>(&'a self, place: usize, context: &Context) -> Query<'a> {
        let row = self.order[place];
        let values = &self.values.as_flattened()[place * self.stride..][..self.width];
        Query {
            row: row as u32,
            values,
            component: context.components[place],
            core: self.cores[place],
            limit: f32::INFINITY,
            edge: Edge::NONE,
        }
    }
}

/// Everything that all groups of queries share.
struct Context<'a> {
    blocks: &'a [Block<'a>],
    parts: &'a [Part],
    /// Components in the order of the rows.
    components: &'a [u32],
    /// Bits of the least squares of edges that leave each component, if rows stop there.
    limits: Option<&'a [AtomicU32]>,
    rounding: Rounding,
    /// The largest squared length of features.
    longest: f32,
}

/// The component of all rows of a block, if it is one, and the least of their squared cores.
struct Part {
    component: Option<u32>,
    least_core: f32,
}

/// A row whose first edge to another component is searched for.
struct Query<'a> {
    row: u32,
    values: &'a [f32],
    component: u32,
    core: f32,
    /// Square of the longest edge that is still of interest.
    limit: f32,
    edge: Edge,
}

impl Query<'_> {
    /// Lowers the limit to that of the component.
    fn refresh(&mut self, limits: Option<&[AtomicU32]>) {
        if let Some(limits) = limits {
            let shared = limits[self.component as usize].load(Ordering::Relaxed);
            self.limit = self.limit.min(f32::from_bits(shared));
        }
    }

    /// Lowers the limit of the component to that of this row.
    fn publish(&self, limits: Option<&[AtomicU32]>) {
        if let (Some(limits), true) = (limits, self.edge.is_some()) {
            // Bits of floats of at least 0 ascend with their values.
            limits[self.component as usize]
                .fetch_min(self.edge.weight.to_bits(), Ordering::Relaxed);
        }
    }

    fn found(&self) -> Found {
        if self.edge.is_some() && self.edge.weight <= self.limit {
            return Found { row: self.row, edge: self.edge, bound: self.edge.weight };
        }
        // All edges within the limit were seen, so the first one is longer.
        Found { row: self.row, edge: Edge::NONE, bound: self.limit.next_up() }
    }
}

/// The rows of a block, with which a query is compared.
struct Candidates<'a> {
    ids: &'a [usize],
    components: &'a [u32],
    cores: &'a [f32],
    values: &'a [f32],
    stride: usize,
    factor: f32,
}

/// Compares a query with the rows of a block whose `products` say that they may be near enough.
///
/// `products` are squared distances, or lower bounds of them, less the squared length `norm` of
/// the query.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn add_candidates(products: &[f32], norm: f32, candidates: &Candidates, query: &mut Query) {
    let own = query.component;
    for first in (0..products.len()).step_by(LANES) {
        let end = products.len().min(first + LANES);
        let limit = query.limit;
        let most = limit / candidates.factor - norm;
        let mut any = false;
        let some = products[first..end].iter().zip(&candidates.cores[first..end]);
        for ((&product, &core), &component) in some.zip(&candidates.components[first..end]) {
            any |= (product <= most) & (core <= limit) & (component != own);
        }
        if !any {
            continue;
        }
        for (at, &product) in products.iter().enumerate().take(end).skip(first) {
            let (core, factor) = (candidates.cores[at], candidates.factor);
            let far = product > query.limit / factor - norm || core > query.limit;
            if far || candidates.components[at] == own {
                continue;
            }
            let values = &candidates.values[at * candidates.stride..][..query.values.len()];
            // The margin is for the rounding of the division.
            let most = query.limit / factor * (1.0 + 4.0 * f32::EPSILON);
            let squared = squared_distance_within(query.values, values, most);
            let weight = (factor * squared).max(core).max(query.core);
            if weight <= query.limit {
                let edge = Edge::new(weight, query.row, candidates.ids[at] as u32);
                query.edge = query.edge.first(edge);
                query.limit = query.limit.min(weight);
            }
        }
    }
}
