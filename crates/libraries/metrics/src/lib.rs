//! Scores clusterings against known classes, or by their points alone.
//!
//! Against classes everything is a function of one table, [`Contingency`]: how many points of each
//! class lie in each cluster. It is counted once, in one pass over the points, and every score is
//! then a method that cannot fail:
//!
//! | score | question it answers | noise points |
//! | --- | --- | --- |
//! | [`purity`](Contingency::purity) | how many points agree with the majority of their cluster? | wrong |
//! | [`acc`](Contingency::acc) | the same, when no two clusters may stand for one class? | wrong |
//! | [`nmi`](Contingency::nmi), [`ami`](Contingency::ami) | does the cluster tell the class? | a group |
//! | [`homogeneity`](Contingency::homogeneity), [`completeness`](Contingency::completeness), [`v_measure`](Contingency::v_measure) | the same, from either side | a group |
//! | [`ari`](Contingency::ari), [`fowlkes_mallows`](Contingency::fowlkes_mallows) | on how many pairs of points do the two groupings agree? | a group |
//!
//! Purity and ACC are both called *accuracy* in the literature. They are not the same number:
//! purity is never smaller, and it grows with the number of clusters (it is 1 when every point is a
//! cluster of its own). Here neither is called accuracy.
//!
//! [`Scores`] collects all of it for one split, ready to be written as JSON.
//!
//! Without classes, [`Silhouette`] compares how near points are to their own cluster and to the
//! next one, and [`Dispersion`] compares the width of clusters with the distances of their centers.
//! [`RankCorrelation`] of such a score with ACC tells whether it finds the better of several runs.
//!
//! ```
//! use metrics::{Contingency, Scores};
//! use ndarray::array;
//!
//! let labels = array![0, 0, 0, 1, 1, 1];
//! let assignments = array![7, 7, 3, 3, 3, -1]; // ids may have gaps; -1 is noise
//! let table = Contingency::new(labels.view(), assignments.view())?;
//!
//! assert_eq!(table.clusters(), [3, 7]);
//! assert_eq!(table.purity(), 4.0 / 6.0);
//! assert_eq!(Scores::of(&table).one_to_one.map[&7], Some(0));
//! # Ok::<(), metrics::Error>(())
//! ```

mod contingency;
mod dispersion;
mod error;
mod hungarian;
mod ids;
mod information;
mod joint;
mod matching;
mod pairs;
mod points;
mod rank;
mod scores;
mod silhouette;

pub use contingency::Contingency;
pub use dispersion::Dispersion;
pub use error::Error;
pub use ids::check_assignments;
pub use matching::{ClassMap, Confusion};
pub use rank::RankCorrelation;
pub use scores::{CELL_LIMIT, DENSE_LIMIT, Mapped, Scores};
pub use silhouette::{Silhouette, sampled_silhouettes, silhouettes};
