//! Mutual information, in nats: normalized, adjusted, homogeneity and completeness.

use rayon::prelude::*;

use crate::Contingency;
use crate::joint::Joint;

impl Contingency {
    /// Returns the normalized mutual information, I(U, V) / mean(H(U), H(V)).
    ///
    /// The mean is arithmetic: 1 for equal partitions, 0 for independent ones. Noise points count
    /// as one group of their own, as scikit-learn does with an id of -1. Not adjusted for chance:
    /// it grows with the number of clusters, see [`ami`](Self::ami). A single class in a single
    /// cluster is 1.
    ///
    /// Vinh, Epps and Bailey 2010, *Information theoretic measures for clusterings comparison*,
    /// JMLR 11, 2837-2854, there NMI_sum. Tested against
    /// `sklearn.metrics.normalized_mutual_info_score`.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 1, 1];
    /// let assignments = array![0, 1, 2, 3];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// // Every cluster tells its class, but needs twice the information to do so.
    /// assert!((table.nmi() - 2.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn nmi(&self) -> f64 {
        let joint = self.joint();
        if joint.same_partition() {
            return 1.0; // exactly, and also where it would be 0 / 0
        }
        mutual_information(&joint) / mean_entropy(&joint)
    }

    /// Returns the homogeneity, I(U, V) / H(U) with U the classes.
    ///
    /// 1 if every cluster has members of one class only, and for a single class. Noise points count
    /// as one group of their own.
    ///
    /// Rosenberg and Hirschberg 2007, *V-Measure*, EMNLP-CoNLL, 410-420. Tested against
    /// `sklearn.metrics.homogeneity_score`.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 1, 1];
    /// let assignments = array![0, 1, 2, 3];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert!((table.homogeneity() - 1.0).abs() < 1e-12);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn homogeneity(&self) -> f64 {
        let joint = self.joint();
        share_of(&joint, entropy(&joint.class_sizes))
    }

    /// Returns the completeness, I(U, V) / H(V) with V the clusters.
    ///
    /// 1 if all members of a class are in one cluster, and for a single cluster. Noise points count
    /// as one group of their own.
    ///
    /// Rosenberg and Hirschberg 2007. Tested against `sklearn.metrics.completeness_score`.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 1, 1];
    /// let assignments = array![0, 1, 2, 3];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert!((table.completeness() - 0.5).abs() < 1e-12);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn completeness(&self) -> f64 {
        let joint = self.joint();
        share_of(&joint, entropy(&joint.group_sizes))
    }

    /// Returns the V-measure, which is the same number as [`nmi`](Self::nmi).
    ///
    /// It is the harmonic mean of [`homogeneity`](Self::homogeneity) and
    /// [`completeness`](Self::completeness). Rosenberg and Hirschberg 2007. Tested against
    /// `sklearn.metrics.v_measure_score`.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 1, 1];
    /// let assignments = array![0, 1, 2, 3];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.v_measure(), table.nmi());
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn v_measure(&self) -> f64 {
        self.nmi()
    }

    /// Returns the adjusted mutual information, (I - E\[I\]) / (mean(H(U), H(V)) - E\[I\]).
    ///
    /// The mean is arithmetic: 1 for equal partitions, 0 on average for random ones with groups of
    /// the same sizes; it may be negative. Noise points count as one group of their own, as
    /// scikit-learn does with an id of -1. A single class in a single cluster is 1, and so are
    /// singletons in singletons.
    ///
    /// Vinh, Epps and Bailey 2010, JMLR 11, 2837-2854, there AMI_sum. Tested against
    /// `sklearn.metrics.adjusted_mutual_info_score`, and the expectation also against its
    /// definition: the mean over all permutations.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 1, 1];
    /// let assignments = array![0, 1, 2, 3];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// // Singletons share information with any classes, by chance alone.
    /// assert!(table.ami().abs() < 1e-12);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn ami(&self) -> f64 {
        let joint = self.joint();
        if joint.same_partition() {
            return 1.0;
        }
        // The partitions differ, so the mean entropy exceeds whatever they could share: no division
        // by 0.
        let expected = expected_mutual_information(&joint);
        (mutual_information(&joint) - expected) / (mean_entropy(&joint) - expected)
    }
}

/// Returns the mutual information as a share of `entropy`, or 1 if that is 0.
fn share_of(joint: &Joint, entropy: f64) -> f64 {
    if joint.same_partition() || entropy == 0.0 { 1.0 } else { mutual_information(joint) / entropy }
}

/// Returns the mean entropy of the two partitions.
fn mean_entropy(joint: &Joint) -> f64 {
    (entropy(&joint.class_sizes) + entropy(&joint.group_sizes)) / 2.0
}

/// H = -sum p ln p over groups of these sizes, none of them empty.
fn entropy(sizes: &[u64]) -> f64 {
    let n = sizes.iter().sum::<u64>() as f64;
    let shares = sizes.iter().map(|&size| size as f64 / n);
    -shares.map(|p| p * p.ln()).sum::<f64>()
}

/// I = sum over filled cells of p(u, v) ln(p(u, v) / (p(u) p(v))), never negative.
fn mutual_information(joint: &Joint) -> f64 {
    let n = joint.n as f64;
    let information: f64 = joint
        .cells()
        .map(|(row, column, count)| {
            cell(count as f64, joint.class_sizes[row], joint.group_sizes[column], n)
        })
        .sum();
    information.max(0.0) // below only by rounding
}

/// Returns what a cell of `count` > 0 points adds to the mutual information.
///
/// `a` is its row sum, `b` its column sum and `n` the number of points.
fn cell(count: f64, a: u64, b: u64, n: f64) -> f64 {
    count / n * (n * count / (a as f64 * b as f64)).ln()
}

/// Returns E\[I\] when one of the partitions is permuted at random.
///
/// The hypergeometric model of Vinh et al. 2010.
///
/// Time in proportion to the number of points at most: sizes that differ are few (k of them make
/// up at least k^2 / 2 points), and the terms of a pair of sizes a and b are about as many as
/// the standard deviation of its count, the root of a b / n.
fn expected_mutual_information(joint: &Joint) -> f64 {
    // A cell's share depends on its two sums only, and many groups have equal sizes.
    let columns = multiplicities(&joint.group_sizes);
    let of_size = |&(a, times_a): &(u64, f64)| -> f64 {
        let cells = columns.iter().map(|&(b, times_b)| times_b * expected_cell(a, b, joint.n));
        times_a * cells.sum::<f64>()
    };
    // Collected before they are summed, so that the sum does not depend on the threads.
    let parts: Vec<f64> = multiplicities(&joint.class_sizes).par_iter().map(of_size).collect();
    parts.iter().sum()
}

/// Returns the distinct sizes, ascending, and how often each occurs.
fn multiplicities(sizes: &[u64]) -> Vec<(u64, f64)> {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as f64)).collect()
}

/// Returns the mean of [`cell`] if its count follows the hypergeometric distribution.
///
/// `a` of `n` points are drawn, `b` are of the right kind.
///
/// The usual way, through ln n!, loses digits as n grows: ln n! is about n ln n, and what is left
/// of an f64 after subtracting several of those is about 10 digits at n = 60,000. Here the
/// probabilities are built outwards from the most likely count by the ratio of neighbors, relative
/// to it, and divided by their sum at the end. That keeps full precision at any n, and stops after
/// a few standard deviations instead of min(a, b) terms.
fn expected_cell(a: u64, b: u64, n: u64) -> f64 {
    /// Relative to the most likely count. Beyond it the tail falls faster than a geometric series.
    const NEGLIGIBLE: f64 = 1e-25;

    let lowest = (a + b).saturating_sub(n);
    let highest = a.min(b);
    // The mode of the distribution, which lies between the two; the product may need more than 64
    // bits.
    let likeliest = (u128::from(a + 1) * u128::from(b + 1) / u128::from(n + 2)) as u64;

    let value = |count: u64| if count == 0 { 0.0 } else { cell(count as f64, a, b, n as f64) };
    // P(count + 1) / P(count), for lowest <= count < highest.
    let ratio = |count: u64| {
        let grow = (a - count) as f64 * (b - count) as f64;
        let shrink = (count + 1) as f64 * (n + count + 1 - a - b) as f64;
        grow / shrink
    };

    let (mut sum, mut total) = (value(likeliest), 1.0);
    let mut weight = 1.0;
    for count in likeliest..highest {
        weight *= ratio(count);
        if weight < NEGLIGIBLE {
            break;
        }
        sum += weight * value(count + 1);
        total += weight;
    }
    weight = 1.0;
    for count in (lowest..likeliest).rev() {
        weight /= ratio(count);
        if weight < NEGLIGIBLE {
            break;
        }
        sum += weight * value(count);
        total += weight;
    }
    sum / total
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use ndarray::array;

    use super::*;

    fn table(labels: &[i64], assignments: &[i64]) -> Contingency {
        Contingency::new(labels.into(), assignments.into()).unwrap()
    }

    #[track_caller]
    fn assert_close(found: f64, expected: f64, tolerance: f64) {
        let difference = (found - expected).abs();
        assert!(
            difference <= tolerance,
            "{found} is not {expected}: off by {difference:e}, allowed {tolerance:e}"
        );
    }

    /// Every ordering of `items` from `fixed` on, by swapping.
    fn for_each_permutation(items: &mut [i64], fixed: usize, visit: &mut impl FnMut(&[i64])) {
        if fixed == items.len() {
            return visit(items);
        }
        for i in fixed..items.len() {
            items.swap(fixed, i);
            for_each_permutation(items, fixed + 1, visit);
            items.swap(fixed, i);
        }
    }

    #[test]
    fn by_hand() {
        // Classes 2 + 2, clusters 1 + 3, cells 1 1 / 0 2. Clusters within classes:
        // I = 1/4 ln(4*1/(2*1)) + 1/4 ln(4*1/(2*3)) + 2/4 ln(4*2/(2*3))
        //   = ln2/4 - ln(3/2)/4 + ln(4/3)/2
        //   = ln2/4 - ln3/4 + ln2/4 + ln2 - ln3/2 = 3/2 ln2 - 3/4 ln3.
        // H(U) = ln2; H(V) = 1/4 ln4 + 3/4 ln(4/3) = 2 ln2 - 3/4 ln3.
        // In every permutation the lone point falls into one class or the other: E[I] = I, so that
        // AMI = 0.
        let table = table(&[0, 0, 1, 1], &[0, 1, 1, 1]);
        let ln_3 = 3_f64.ln();
        let information = 1.5 * LN_2 - 0.75 * ln_3;
        assert_close(table.nmi(), information / ((3.0 * LN_2 - 0.75 * ln_3) / 2.0), 1e-15);
        assert_close(table.ami(), 0.0, 1e-15);
    }

    #[test]
    fn trivial_groupings() {
        for (labels, assignments) in
            [(vec![4], vec![7]), (vec![1, 1], vec![-1, -1]), (vec![0, 1, 2], vec![5, 0, 3])]
        {
            let table = table(&labels, &assignments);
            assert_eq!((table.nmi(), table.ami()), (1.0, 1.0), "{labels:?} {assignments:?}");
        }
        let single_class = table(&[0, 0, 0], &[0, 1, 1]);
        assert_eq!((single_class.nmi(), single_class.ami()), (0.0, 0.0));
        let single_cluster = table(&[0, 1, 1], &[0, 0, 0]);
        assert_eq!((single_cluster.nmi(), single_cluster.ami()), (0.0, 0.0));
    }

    #[test]
    fn noise_is_a_group() {
        let (noise, group) =
            (table(&[0, 0, 1, 1], &[0, -1, -1, 1]), table(&[0, 0, 1, 1], &[0, 2, 2, 1]));
        assert_close(noise.nmi(), group.nmi(), 1e-15);
        assert_close(noise.ami(), group.ami(), 1e-15);
    }

    #[test]
    fn the_expectation_is_the_mean_over_all_permutations() {
        let cases: [(&[i64], &[i64]); 4] = [
            (&[0, 0, 0, 1, 1, 1, 1], &[0, 0, 1, 1, 2, 2, 2]),
            (&[0, 0, 0, 0, 0, 0, 1], &[0, 0, 0, 0, 0, 1, 1]), // a + b > n: the count cannot be 0
            // Of singletons all permutations are alike.
            (&[0, 1, 2, 3, 4, 5, 6], &[0, 0, 0, 0, 1, 1, 2]),
            (&[0, 0, 1, 1, 2, 2, 3], &[0, 1, 2, 3, 0, 1, 2]),
        ];
        for (labels, assignments) in cases {
            let (mut sum, mut permutations) = (0.0, 0.0);
            for_each_permutation(&mut assignments.to_vec(), 0, &mut |permuted| {
                sum += mutual_information(&table(labels, permuted).joint());
                permutations += 1.0;
            });
            let expected = expected_mutual_information(&table(labels, assignments).joint());
            assert_close(expected, sum / permutations, 1e-12); // the sum of 5040 terms rounds
        }
    }

    #[test]
    fn the_expectation_keeps_its_digits_when_n_is_large() {
        // The leading term of the expectation is (rows - 1)(columns - 1) / 2n; the next is smaller
        // by 1/n.
        let quarter = 250_000_000;
        let table = Contingency::from_dense(&array![[quarter, quarter], [quarter, quarter]]);
        let joint = table.joint();
        let leading = 1.0 / (2.0 * joint.n as f64);
        assert_close(expected_mutual_information(&joint) / leading, 1.0, 1e-6);
    }
}
