//! How improbable it is that chance brings two points so near to each other.

use rayon::prelude::*;

use crate::neighborhoods::Neighborhoods;

/// Share of the points within the threshold that chance may have brought there.
const FALSE_DISCOVERIES: f64 = 0.01;

/// Neighbors that a point needs to take part: fewer say little about the dimension.
const LEAST_NEIGHBORS: usize = 4;

/// The threshold that was found in some points, and what it was found from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Probability up to which near points are near duplicates, for [`Limit::Chance`].
    ///
    /// [`Limit::Chance`]: crate::Limit::Chance
    pub chance: f64,
    /// Number of distinct points with a neighbor within the threshold.
    pub found: usize,
    /// Number of points that chance would bring there.
    pub by_chance: f64,
    /// Median over all points of the distance by the metric that this allows.
    pub median_distance: f64,
}

/// What is even in the place of a distinct point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Length from the point to its last neighbor.
    scale: f64,
    /// Dimension of the ball in which the neighbors lie; infinite if they are all equally far.
    dimension: f64,
    /// Neighbors but for the last.
    others: usize,
}

impl Place {
    /// The probability that chance brings a neighbor within a length.
    ///
    /// It is 1 where there are too few neighbors to say.
    fn chance(&self, length: f64) -> f64 {
        if self.others + 1 < LEAST_NEIGHBORS || length >= self.scale {
            return 1.0;
        }
        let share = (length / self.scale).powf(self.dimension);
        // 1 - (1 - share)^others, without the loss of digits for a small share.
        -(self.others as f64 * (-share).ln_1p()).exp_m1()
    }

    /// The length within which chance brings a neighbor with a probability; 0 if none is known.
    pub(crate) fn length(&self, chance: f64) -> f64 {
        if self.others + 1 < LEAST_NEIGHBORS {
            return 0.0;
        }
        let share = -((-chance).ln_1p() / self.others as f64).exp_m1();
        self.scale * share.powf(1.0 / self.dimension)
    }
}

impl Neighborhoods {
    /// Finds the threshold up to which points are near duplicates, see the [crate's page](crate).
    ///
    /// `None` if no point stands out from chance, or if points have fewer than four neighbors.
    ///
    /// Tested on drawn points without duplicates, where it finds next to none, and with some put
    /// in.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0, 0.0], [1.0, 0.2], [3.0, 1.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let found = neighborhoods::Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// assert_eq!(found.threshold(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn threshold(&self) -> Option<Threshold> {
        let places = self.places();
        let least = |point: usize| {
            let chances = self.nearest(point).iter().map(|near| {
                places[point].chance(near.length).max(places[near.point].chance(near.length))
            });
            chances.fold(1.0, f64::min)
        };
        let mut chances: Vec<f64> = (0..self.len()).into_par_iter().map(least).collect();
        chances.sort_unstable_by(f64::total_cmp);
        let n = chances.len() as f64;
        let cutoff = |found: usize| FALSE_DISCOVERIES * found as f64 / n;
        let found = (1..=chances.len()).rev().find(|&at| chances[at - 1] <= cutoff(at))?;
        // All of the cutoff, not only what the last point needs: farther pairs of groups are less
        // improbable than the nearest.
        let chance = cutoff(found);
        let mut lengths: Vec<f64> = places.iter().map(|place| place.length(chance)).collect();
        lengths.sort_unstable_by(f64::total_cmp);
        let median_distance = self.distance(lengths[lengths.len() / 2]);
        Some(Threshold { chance, found, by_chance: n * chance, median_distance })
    }

    /// Counts the distinct points most of whose neighbors are far nearer than the last ones.
    ///
    /// Such neighbors pass for usual, so more neighbors are needed to see that they are not. A step
    /// between neighbors of the farther half counts if it is 40 times as high as usual: chance
    /// brings one in e^20 as high even where the dimension is half the usual one.
    ///
    /// ```
    /// # use ndarray::Array2;
    /// # use umap::{Metric, distinct_neighbors};
    /// // Nine points in one place, and others.
    /// let place = |i: usize| if i < 9 { 1e-6 * i as f32 } else { (i * i % 97) as f32 };
    /// let value = |(i, j)| place(i) + (i * (j + 1)) as f32 * 1e-7;
    /// let points = Array2::from_shape_fn((60, 2), value);
    /// let neighbors = distinct_neighbors(points.view(), 12, Metric::Euclidean, &mut |_| ())?;
    /// let found = neighborhoods::Neighborhoods::new(points, &neighbors, Metric::Euclidean)?;
    /// assert!(found.crowded() >= 9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn crowded(&self) -> usize {
        // Multiple of the usual step.
        const STEP: f64 = 40.0;
        let mut inverse: Vec<f64> =
            (0..self.len()).into_par_iter().map(|point| self.inverse_dimension(point)).collect();
        inverse.sort_unstable_by(f64::total_cmp);
        let usual = inverse[inverse.len() / 2];
        let is_crowded = |&point: &usize| {
            usual > 0.0 && self.spacings(point).any(|spacing| spacing > STEP * usual)
        };
        (0..self.len()).into_par_iter().filter(is_crowded).count()
    }

    /// Finds the scale and the dimension in the place of each distinct point.
    pub(crate) fn places(&self) -> Vec<Place> {
        let inverse: Vec<f64> =
            (0..self.len()).into_par_iter().map(|point| self.inverse_dimension(point)).collect();
        let place = |point: usize| {
            let nearest = self.nearest(point);
            let others = nearest.iter().map(|near| inverse[near.point]).sum::<f64>();
            let dimension = (1 + nearest.len()) as f64 / (inverse[point] + others);
            let scale = nearest.last().map_or(0.0, |near| near.length);
            Place { scale, dimension, others: nearest.len().saturating_sub(1) }
        };
        (0..self.len()).into_par_iter().map(place).collect()
    }

    /// Estimates one over the dimension around a distinct point; 0 if it has no neighbors.
    ///
    /// It is the mean of the spacings, in which the nearest neighbors have no part.
    fn inverse_dimension(&self, point: usize) -> f64 {
        let count = self.spacings(point).len().max(1) as f64;
        self.spacings(point).sum::<f64>() / count
    }

    /// Gives the normalized spacings of the farther half of the neighbors of a distinct point.
    ///
    /// With distances d of k neighbors evenly in a ball of m dimensions, j * ln(d[j + 1] / d[j])
    /// are independent for all j < k, and exponentially distributed with the mean 1 / m (Rényi).
    fn spacings(&self, point: usize) -> impl ExactSizeIterator<Item = f64> {
        let nearest = self.nearest(point);
        let k = nearest.len();
        let farther = k.div_ceil(2).max(1).min(k)..k;
        farther.map(|j| j as f64 * (nearest[j].length / nearest[j - 1].length).ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_probabilities_are_inverse_to_each_other() {
        let place = Place { scale: 2.0, dimension: 9.0, others: 18 };
        for length in [1e-3, 0.1, 0.7, 1.9] {
            let back = place.length(place.chance(length));
            assert!((back / length - 1.0).abs() < 1e-9, "{length}: {back}");
        }
        // Two of three uniform numbers are above 1/2 with probability 1/4.
        let line = Place { scale: 1.0, dimension: 1.0, others: 3 };
        assert!((line.chance(0.5) - 0.875).abs() < 1e-12);
        assert_eq!((line.chance(1.0), line.chance(0.0), line.length(0.0)), (1.0, 0.0, 0.0));
        let few = Place { scale: 1.0, dimension: 1.0, others: 2 };
        assert_eq!((few.chance(0.01), few.length(0.5)), (1.0, 0.0));
    }
}
