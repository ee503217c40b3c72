//! Near duplicates, outliers and how good groups are, from nearest neighbors.
//!
//! Arrays come in and go out; the library opens no file and prints nothing.
//!
//! # Near duplicates
//!
//! Two points are near duplicates if they are so near to each other as chance hardly ever brings
//! neighbors in that place. [`Neighborhoods::duplicates`] groups points such that within a group
//! all pairs are so near, so a chain of small steps does not join unlike points.
//!
//! What chance brings follows from the farther neighbors. Where no point is a duplicate, the
//! density hardly changes within the distance to the last of k neighbors, the *scale* of a point:
//! the neighbors lie as if drawn evenly from a ball of m dimensions. The share of the ball within
//! the multiple r of its radius is r^m, so with the probability `1 - (1 - r^m)^(k - 1)` chance
//! brings the nearest neighbor within r scales. The dimension m is that of the place: the maximum
//! likelihood estimate (Levina and Bickel, *Maximum likelihood estimation of intrinsic dimension*,
//! 2004) from the farther half of the neighbors, which near duplicates do not reach, averaged over
//! the point and its neighbors. A pair gets the larger of the probabilities seen from both points.
//!
//! [`Neighborhoods::threshold`] finds the probability that separates near duplicates from chance:
//! the largest at which at most a hundredth of the points found would be found by chance as well
//! (Benjamini and Hochberg, *Controlling the false discovery rate*, 1995). Where nothing stands out
//! from chance, there is none, and only equal points are duplicates. Images of a kind that come
//! in tight families, as letters of one typeface do, have few dimensions and much chance, so less
//! of them stands out.
//!
//! # Outliers
//!
//! [`Neighborhoods::last_distances`] gives the distance to the last of k neighbors, which is large
//! where few points are near (Ramaswamy, Rastogi and Shim, *Efficient Algorithms for Mining
//! Outliers from Large Data Sets*, 2000). [`Neighborhoods::local_outlier_factors`] compares the
//! density around each point with that around its neighbors (Breunig, Kriegel, Ng and Sander, *LOF:
//! Identifying Density-Based Local Outliers*, 2000), so clusters may be of unequal density.
//!
//! # Groups
//!
//! [`Graph`] links each point with its neighbors. Groups that somebody found are good where few
//! links lead from one to another: [`Graph::cohesion`] gives the modularity of all, and where the
//! links of each lead, and [`Graph::weakest_cut`] finds a group that consists of two pieces. The
//! neighbors are those in the space that was clustered, so a clustering that was made from them is
//! at an advantage over one of another space.
//!
//! # Equal points
//!
//! Equal points are one point here, whose copies are listed. So many copies of a point are no dense
//! place, and neither hide outliers nor make any.
//!
//! # Example
//!
//! ```
//! use ndarray::{Array2, s};
//! use neighborhoods::{Limit, Neighborhoods};
//! use umap::{Metric, distinct_neighbors};
//!
//! // 400 points in four dimensions; the last two rows are nearly the first, row 397 is far away.
//! let scatter = |i: usize, j: usize| ((i * i * (j + 3) * 7919 + i * (j + 1) * 31) % 1009) as f32;
//! let mut points = Array2::from_shape_fn((400, 4), |(i, j)| scatter(i, j) / 1009.0);
//! let near = points.slice(s![0..1, ..]).to_owned();
//! points.slice_mut(s![398.., ..]).assign(&near);
//! points[[398, 0]] += 1e-4;
//! points[[397, 1]] += 9.0;
//!
//! let neighbors = distinct_neighbors(points.view(), 20, Metric::Euclidean, &mut |_| ())?;
//! let neighborhoods = Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
//!
//! let threshold = neighborhoods.threshold().expect("something stands out");
//! let groups = neighborhoods.duplicates(Limit::Chance(threshold.chance));
//! let rows: Vec<usize> = groups[0].iter().map(|member| member.row).collect();
//! assert_eq!((groups.len(), rows), (1, vec![0, 398, 399]));
//!
//! let factors = neighborhoods.local_outlier_factors();
//! let largest = (0..400).max_by(|&i, &j| factors[i].total_cmp(&factors[j]));
//! assert_eq!(largest, Some(397));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

mod copies;
mod cut;
mod duplicates;
mod error;
mod graph;
mod neighborhoods;
mod outliers;
mod threshold;

pub use cut::Cut;
pub use duplicates::{Limit, Member};
pub use error::{Error, Result};
pub use graph::{Cohesion, Graph, GroupLinks};
pub use neighborhoods::{Near, Neighborhoods};
pub use threshold::Threshold;
