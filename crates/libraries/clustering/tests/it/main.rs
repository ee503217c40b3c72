//! Tests of the public interface, climbing: by hand, golden, reference engines, properties.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod awkward;
mod by_hand;
mod determinism;
mod distances;
mod errors;
mod exactness;
mod far;
mod golden;
mod invariances;
mod layouts;
#[cfg(feature = "linfa")]
mod linfa_engine;
#[cfg(feature = "linfa")]
mod linfa_traits;
mod minibatch;
mod mixtures;
mod moved_mixtures;
mod properties;
mod reference;
mod search;
mod spherical;
mod support;
mod weights;
