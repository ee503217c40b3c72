//! A clustering that assigns new points.

use ndarray::{Array1, ArrayView1, ArrayView2, Axis, concatenate};
use rayon::prelude::*;
use umap::{Metric, nearest_points};

use crate::condensed::CondensedTree;
use crate::error::{Error, Result};
use crate::parts::Parts;
use crate::select::Labels;
use crate::space::{Space, check_finite, unit_rows};
use crate::value::Value;

/// Relative difference up to which lengths count as equal: single precision rounds them.
const ROUNDING: f64 = 1e-6;

/// Neighbors of new points that are in memory at once.
const MOST_NEIGHBORS: usize = 1 << 24;

/// The points of a clustering, their condensed tree, and which of its clusters were selected.
///
/// [`fit`](crate::fit()) makes one, and [`Hdbscan::new`] another from its [`Parts`].
#[derive(Debug, Clone, PartialEq)]
pub struct Hdbscan {
    parts: Parts,
    tree: CondensedTree,
    labels: Labels,
}

/// Labels and probabilities of new points.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Labels, shape `(m,)`; -1 for noise.
    pub labels: Array1<i32>,
    /// Probabilities of the labels, shape `(m,)`; 0 for noise.
    pub probabilities: Array1<f64>,
}

impl Hdbscan {
    /// Makes a model from its parts, such as those read from a file.
    ///
    /// ```
    /// use hdbscan::{Hdbscan, Params, fit};
    /// use ndarray::Array2;
    ///
    /// let points = Array2::from_shape_fn((40, 1), |(i, _)| (i % 2 * 90 + i) as f32);
    /// let model = fit(points.view(), None, &Params::default(), &mut |_| ())?.model;
    /// assert_eq!(Hdbscan::new(model.parts().clone())?, model);
    /// # Ok::<(), hdbscan::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Model`] if shapes differ or a value is out of its range.
    pub fn new(parts: Parts) -> Result<Self> {
        parts.check()?;
        let tree = CondensedTree {
            clusters: parts.clusters.clone(),
            cluster_of: parts.cluster_of.clone(),
            lambdas: parts.lambdas.clone(),
        };
        let mut of_cluster = vec![-1; tree.clusters.len()];
        for (at, cluster) in tree.clusters.iter().enumerate() {
            match parts.selected.binary_search(&(at as u32)) {
                Ok(label) => of_cluster[at] = label as i32,
                Err(_) if at > 0 => of_cluster[at] = of_cluster[cluster.parent as usize],
                Err(_) => (),
            }
        }
        let labels =
            Labels { of_cluster, clusters: parts.selected.clone(), threshold: parts.threshold };
        Ok(Self { parts, tree, labels })
    }

    /// Returns the parts.
    ///
    /// [`Hdbscan::new`] has an example.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Returns the condensed tree.
    ///
    /// ```
    /// use hdbscan::{Params, fit};
    /// use ndarray::Array2;
    ///
    /// let points = Array2::from_shape_fn((40, 1), |(i, _)| (i % 2 * 90 + i) as f32);
    /// let model = fit(points.view(), None, &Params::default(), &mut |_| ())?.model;
    /// assert_eq!(model.tree().clusters[0].size, 40);
    /// # Ok::<(), hdbscan::Error>(())
    /// ```
    pub fn tree(&self) -> &CondensedTree {
        &self.tree
    }

    /// Returns the number of clusters.
    ///
    /// ```
    /// use hdbscan::{Params, fit};
    /// use ndarray::Array2;
    ///
    /// let points = Array2::from_shape_fn((40, 1), |(i, _)| (i % 2 * 90 + i) as f32);
    /// let model = fit(points.view(), None, &Params::default(), &mut |_| ())?.model;
    /// assert_eq!(model.k(), 2);
    /// # Ok::<(), hdbscan::Error>(())
    /// ```
    pub fn k(&self) -> usize {
        self.labels.clusters.len()
    }

    /// Gives the labels and probabilities of the points that were clustered.
    pub(crate) fn own_labels(&self) -> Prediction {
        let label = |(&cluster, &lambda): (&u32, &f64)| {
            let label = self.labels.label(cluster, lambda);
            (label, self.labels.probability(&self.tree, label, lambda))
        };
        let (labels, probabilities): (Vec<i32>, Vec<f64>) =
            self.tree.cluster_of.iter().zip(&self.tree.lambdas).map(label).unzip();
        Prediction { labels: labels.into(), probabilities: probabilities.into() }
    }

    /// Assigns new `points` `(m, d)` to the clusters, without changing these.
    ///
    /// A new point follows the point that is nearest to it by mutual reachability among its
    /// `2 min_samples` nearest ones: it leaves the tree with that point, or before, in the cluster
    /// of the tree that exists at its distance. If that cluster is above the selected ones, it is
    /// noise. This is `approximate_predict` of the Python package hdbscan, but for three things:
    /// `min_samples` counts a point among its own samples throughout, a single cluster of all
    /// points takes only points as near as those of its own that are not noise, and distances are
    /// divided by alpha. Copies of points in clusters get their labels.
    ///
    /// Tested against that package.
    ///
    /// ```
    /// use hdbscan::{Params, fit};
    /// use ndarray::{Array2, array};
    ///
    /// let points = Array2::from_shape_fn((40, 1), |(i, _)| (i % 2 * 90 + i) as f32);
    /// let fit = fit(points.view(), None, &Params::default(), &mut |_| ())?;
    /// let new = fit.model.predict(array![[20.5], [500.0]].view())?;
    /// assert_eq!(new.labels, array![fit.labels[20], -1]);
    /// # Ok::<(), hdbscan::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`] if the number of features is not that of the model,
    /// [`Error::NonFinite`] if a value is not finite.
    pub fn predict<T: Value>(&self, points: ArrayView2<T>) -> Result<Prediction> {
        let Parts { points: known, frame, min_samples, .. } = &self.parts;
        if points.ncols() != known.ncols() {
            return Err(Error::Features { expected: known.ncols(), found: points.ncols() });
        }
        check_finite(points)?;
        let (own, new) = match frame.metric() {
            Metric::Cosine => (unit_rows(known.view()), unit_rows(points)),
            Metric::Euclidean => {
                let wide = points.mapv(Into::into);
                (known.clone(), frame.narrow(wide.view())?.into_points())
            }
        };
        let n = own.nrows();
        if new.nrows() == 0 {
            return Ok(Prediction { labels: Array1::zeros(0), probabilities: Array1::zeros(0) });
        }
        // Equal points count as often as they occur, but are searched once.
        let space = Space::of(concatenate![Axis(0), own, new.view()]);
        let rows: Vec<usize> =
            (0..space.len()).filter(|&r| (space.firsts[r] as usize) < n).collect();
        let mut copies = vec![Vec::new(); rows.len()];
        (0..n).for_each(|i| copies[space.row_of[i] as usize].push(i));
        let known = space.rows.select(Axis(0), &rows);
        let neighbors = (2 * min_samples).min(known.nrows());
        let (mut labels, mut probabilities) = (Vec::new(), Vec::new());
        for some in new.axis_chunks_iter(Axis(0), (MOST_NEIGHBORS / neighbors).max(1)) {
            let found = nearest_points(known.view(), some, neighbors)?;
            let predict = |i: usize| {
                let (indices, distances) = (found.indices.row(i), found.distances.row(i));
                self.follow(&copies, indices, distances)
            };
            let followed: Vec<(i32, f64)> =
                (0..some.nrows()).into_par_iter().map(predict).collect();
            labels.extend(followed.iter().map(|&(label, _)| label));
            probabilities.extend(followed.iter().map(|&(_, probability)| probability));
        }
        Ok(Prediction { labels: labels.into(), probabilities: probabilities.into() })
    }

    /// Gives the label and the probability of a point with the nearest rows `indices`.
    fn follow(
        &self,
        copies: &[Vec<usize>],
        indices: ArrayView1<u32>,
        distances: ArrayView1<f32>,
    ) -> (i32, f64) {
        let Parts { frame, min_samples, alpha, core_distances, .. } = &self.parts;
        let scale = 2.0_f64.powi(-frame.exponent());
        let length = |distance: f32| match frame.metric() {
            Metric::Euclidean => f64::from(distance) * scale,
            Metric::Cosine => 0.5 * f64::from(distance).powi(2),
        };
        let near = indices.iter().zip(distances).flat_map(|(&row, &distance)| {
            copies[row as usize].iter().map(move |&point| (point, length(distance)))
        });
        let near: Vec<(usize, f64)> = near.take(2 * min_samples).collect();
        let Some(&(_, core)) = near.get(min_samples - 1).or(near.last()) else { return (-1, 0.0) };
        let reach = |&(point, distance): &(usize, f64)| {
            core_distances[point].max(core).max(distance / alpha)
        };
        let least = near.iter().map(reach).fold(f64::INFINITY, f64::min);
        // The first of equally near ones, so that a copy of a point follows it.
        let nearest = near.iter().find(|near| reach(near) <= least * (1.0 + ROUNDING));
        let Some(nearest) = nearest else { return (-1, 0.0) };
        let (point, distance) = (nearest.0, reach(nearest));
        let lambda = if distance > 0.0 { 1.0 / distance } else { f64::INFINITY };
        let mut cluster = self.tree.cluster_of[point];
        let lambda = lambda * (1.0 + ROUNDING);
        if self.tree.lambdas[point] > lambda {
            while cluster > 0 && self.tree.clusters[cluster as usize].birth >= lambda {
                cluster = self.tree.clusters[cluster as usize].parent;
            }
        }
        let label = self.labels.label(cluster, lambda);
        (label, self.labels.probability(&self.tree, label, lambda))
    }
}
