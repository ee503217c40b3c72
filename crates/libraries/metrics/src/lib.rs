//! Scores clusterings against known classes, or by their points alone.
//!
//! # Against classes
//!
//! Everything is a function of one table, [`Contingency`]: how many points of each class lie in
//! each cluster. It is counted once, in one pass over the points, and every score is then a method
//! that cannot fail:
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
//! - **ACC** needs the best one-to-one map of clusters to classes, the assignment problem. The
//!   Hungarian method solves it (Kuhn, *The Hungarian method for the assignment problem*, 1955),
//!   here on sparse tables and with many augmenting paths at once (Hopcroft and Karp 1973), so that
//!   the time grows with the number of points and not with the cube of that of clusters.
//! - **NMI and AMI** compare partitions by the information that they share (Vinh, Epps and Bailey
//!   2010). AMI takes away what two random partitions share on average; its expectation is summed
//!   over hypergeometric distributions without loss of digits.
//! - **ARI** counts pairs of points (Hubert and Arabie 1985), in integers.
//!
//! [`Scores`] collects all of it for one split, ready to be written as JSON.
//!
//! # Without classes
//!
//! [`Silhouette`] compares how near points are to their own cluster and to the next one (Rousseeuw
//! 1987), and [`Dispersion`] the width of clusters with the distances of their centers (Davies and
//! Bouldin 1979, Calinski and Harabasz 1974). [`point_silhouettes`] tells which points are between
//! two clusters. [`RankCorrelation`] of such a score with ACC tells whether it finds the better of
//! several runs (Spearman 1904).
//!
//! # A walk through an example
//!
//! ```
//! use metrics::{Contingency, Dispersion, Scores, Silhouette};
//! use ndarray::array;
//!
//! // Six points of two classes, and a clustering. Ids may have gaps; -1 is noise.
//! let points = array![[0.0], [0.2], [4.0], [4.1], [4.3], [20.0]];
//! let labels = array![0, 0, 0, 1, 1, 1];
//! let assignments = array![7, 7, 3, 3, 3, -1];
//!
//! let table = Contingency::new(labels.view(), assignments.view())?;
//! assert_eq!((table.classes(), table.clusters()), (&[0, 1][..], &[3, 7][..]));
//! assert_eq!(table.to_dense(), array![[1, 2], [2, 0]]);
//!
//! // Four points agree with the majority of their cluster; the noise point is wrong.
//! assert_eq!(table.purity(), 4.0 / 6.0);
//! assert_eq!(table.acc(), 4.0 / 6.0);
//!
//! // The map from clusters to classes can score another split, too.
//! let map = table.one_to_one_map();
//! assert_eq!((map[&3], map[&7]), (Some(1), Some(0)));
//! let other = Contingency::new(array![0, 1, 1].view(), array![7, 3, 7].view())?;
//! assert_eq!(other.accuracy(&map), 2.0 / 3.0);
//!
//! // All scores at once, as `evaluate` writes them.
//! let scores = Scores::of(&table);
//! assert_eq!((scores.n, scores.one_to_one.recall), (6, vec![2.0 / 3.0, 2.0 / 3.0]));
//!
//! // By the points alone the clusters are far apart. Noise is left out.
//! let silhouette = Silhouette::of(points.view(), assignments.view())?;
//! assert!(silhouette.value > Some(0.9) && silhouette.points == 5);
//! assert!(Dispersion::of(points.view(), assignments.view())?.davies_bouldin < Some(0.1));
//! # Ok::<(), metrics::Error>(())
//! ```

#![deny(missing_docs)]

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
pub use silhouette::{Silhouette, point_silhouettes, sampled_silhouettes, silhouettes};
