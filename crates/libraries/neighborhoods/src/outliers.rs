//! How far a point is from its neighbors, by itself or beside how far these are from theirs.

use rayon::prelude::*;

use crate::neighborhoods::Neighborhoods;

impl Neighborhoods {
    /// Gives the distance of each row to its last neighbor, shape `(n,)`.
    ///
    /// The larger it is, the fewer points are near (Ramaswamy, Rastogi and Shim, *Efficient
    /// Algorithms for Mining Outliers from Large Data Sets*, 2000). Outliers that are alike are
    /// found if they are fewer than the neighbors. Copies of a point count once, and have the same
    /// distance. It is NaN for a point without neighbors, see
    /// [`Neighborhoods::local_outlier_factors`].
    ///
    /// ```
    /// # use ndarray::array;
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [2.0], [40.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let found = neighborhoods::Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// assert_eq!(found.last_distances(), [2.0, 1.0, 2.0, 39.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn last_distances(&self) -> Vec<f64> {
        let last = |row: usize| self.nearest(self.point_of(row)).last();
        let distance = |row| last(row).map_or(f64::NAN, |near| self.distance(near.length));
        (0..self.rows()).map(distance).collect()
    }

    /// Computes the local outlier factor of each row, shape `(n,)`.
    ///
    /// The reachability distance of a point from a neighbor is its distance to it, but at least
    /// the distance of that neighbor to its own last neighbor. The density around a point is one
    /// over the mean of these. The factor is the mean density around the neighbors over the density
    /// around the point: about 1 within a cluster, more for a point less like any other than its
    /// neighbors are (Breunig, Kriegel, Ng and Sander, *LOF: Identifying Density-Based Local
    /// Outliers*, 2000). Copies of a point count once, and have the same factor. It is NaN for a
    /// point without neighbors: a row of zeros under [`Cosine`](umap::Metric::Cosine), or the only
    /// distinct point.
    ///
    /// Tested against scikit-learn's `LocalOutlierFactor`.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [2.0], [3.0], [40.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let found = neighborhoods::Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// let factors = found.local_outlier_factors();
    /// assert!(factors[4] > 20.0 && factors[..4].iter().all(|factor| *factor < 1.5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn local_outlier_factors(&self) -> Vec<f64> {
        let points = || (0..self.len()).into_par_iter();
        let scale = |point: usize| self.nearest(point).last().map_or(0.0, |near| near.length);
        let reachability = |point: usize| {
            let nearest = self.nearest(point);
            let lengths = nearest.iter().map(|near| near.length.max(scale(near.point)));
            lengths.map(|length| self.distance(length)).sum::<f64>() / nearest.len() as f64
        };
        let reachabilities: Vec<f64> = points().map(reachability).collect();
        let factor = |point: usize| {
            let nearest = self.nearest(point);
            let own = reachabilities[point];
            nearest.iter().map(|near| own / reachabilities[near.point]).sum::<f64>()
                / nearest.len() as f64
        };
        let factors: Vec<f64> = points().map(factor).collect();
        (0..self.rows()).map(|row| factors[self.point_of(row)]).collect()
    }
}
