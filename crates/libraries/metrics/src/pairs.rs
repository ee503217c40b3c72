//! The adjusted Rand index and the Fowlkes-Mallows index: agreement over pairs of points.

use crate::Contingency;
use crate::joint::Joint;

impl Contingency {
    /// Returns the adjusted Rand index: 1 for equal partitions, 0 on average for random ones.
    ///
    /// It may be negative. Noise points count as one group of their own, as scikit-learn does with
    /// an id of -1. Exact but for the last division, for up to 2^31 points.
    ///
    /// Hubert and Arabie 1985, *Comparing partitions*, Journal of Classification 2, equation 5.
    /// Tested against `sklearn.metrics.adjusted_rand_score`.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 1, 1];
    /// let assignments = array![4, 4, 2, 2];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.ari(), 1.0); // only the ids differ
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn ari(&self) -> f64 {
        adjusted_rand(&self.joint())
    }

    /// Returns the Fowlkes-Mallows index, in 0..=1.
    ///
    /// It is the geometric mean of precision and recall over pairs of points, and 0 if no pair is
    /// together in both partitions. Noise points count as one group of their own, as scikit-learn
    /// does with an id of -1.
    ///
    /// Fowlkes and Mallows 1983, *A method for comparing two hierarchical clusterings*, JASA 78,
    /// 553-569. Tested against `sklearn.metrics.fowlkes_mallows_score`.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 1, 1];
    /// let assignments = array![0, 1, 2, 3];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.fowlkes_mallows(), 0.0); // no cluster has two points
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn fowlkes_mallows(&self) -> f64 {
        let joint = self.joint();
        let both = pairs(joint.cells().map(|(_, _, count)| count)) as f64;
        if both == 0.0 {
            return 0.0;
        }
        (both / pairs(joint.class_sizes.iter().copied()) as f64).sqrt()
            * (both / pairs(joint.group_sizes.iter().copied()) as f64).sqrt()
    }
}

fn adjusted_rand(joint: &Joint) -> f64 {
    // With 0 / 0 pairs to agree on (one group, or all singletons) the formula has no value.
    if joint.same_partition() {
        return 1.0;
    }
    // Ordered pairs of distinct points: alike in both groupings, in the one, in the other, and all
    // there are. Each is below n^2, so products of two and their sums fit in i128 for n up to 2^31.
    let both = pairs(joint.cells().map(|(_, _, count)| count));
    let by_class = pairs(joint.class_sizes.iter().copied());
    let by_group = pairs(joint.group_sizes.iter().copied());
    let all = pairs([joint.n]);

    // (index - expected) / (maximum - expected), where expected = by_class by_group / all, times 2
    // all above and below. The differences cancel badly in floating point, so they are taken in
    // integers.
    let excess = 2 * (both * all - by_class * by_group);
    let most = (by_class + by_group) * all - 2 * by_class * by_group;
    excess as f64 / most as f64
}

/// Counts the ordered pairs of distinct points within groups of these sizes.
fn pairs(sizes: impl IntoIterator<Item = u64>) -> i128 {
    sizes.into_iter().map(i128::from).map(|size| size * (size - 1)).sum()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn ari(labels: &[i64], assignments: &[i64]) -> f64 {
        Contingency::new(labels.into(), assignments.into()).unwrap().ari()
    }

    #[test]
    fn by_hand() {
        // Ordered pairs: both 2, by class 4 (0-1 and 2-3), by group 6 (0-1-2), all 12.
        // expected = 4 * 6 / 12 = 2, so nothing is left above it.
        assert_eq!(ari(&[0, 0, 1, 1], &[0, 0, 0, 1]), 0.0);
        // both 0, by class 4, by group 4, all 12: (0 - 4/3) / (4 - 4/3) = -1/2.
        assert_eq!(ari(&[0, 0, 1, 1], &[0, 1, 0, 1]), -0.5);
        // both 4, by class 4, by group 8 (0-1 and 2-3-4 give 2 + 6), all 20: (4 - 1.6) / (6 - 1.6)
        // = 6/11.
        assert_eq!(ari(&[0, 0, 1, 1, 2], &[0, 0, 1, 1, 1]), 6.0 / 11.0);
    }

    #[test]
    fn groupings_without_pairs_agree_only_with_themselves() {
        assert_eq!(ari(&[3], &[3]), 1.0);
        assert_eq!(ari(&[0, 1, 2], &[2, 0, 1]), 1.0);
        assert_eq!(ari(&[0, 0, 0], &[1, 1, 1]), 1.0);
        assert_eq!(ari(&[0, 0, 0], &[0, 1, 2]), 0.0);
    }

    #[test]
    fn noise_is_a_group() {
        assert_eq!(ari(&[0, 0, 1, 1], &[5, 5, -1, -1]), 1.0);
    }

    #[test]
    fn billions_of_points_do_not_overflow() {
        let quarter = 1_u64 << 29;
        let table = Contingency::from_dense(&array![[quarter, quarter], [quarter, quarter - 1]]);
        // Independent but for one missing point: 0 to within 1/n.
        assert!(table.ari().abs() < 1e-9, "{}", table.ari());
    }
}
