//! Giving each cluster a class, and what comes of it: purity, ACC and the confusion matrices.

use std::collections::BTreeMap;

use ndarray::{Array2, Axis};

use crate::{Contingency, hungarian};

/// The class each cluster stands for, by id. `None` where a cluster has to stand for no class.
pub type ClassMap = BTreeMap<i64, Option<i64>>;

/// True classes against predicted classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// Points by true class (rows) and predicted class (columns), (classes, classes), both in the order of
    /// [`Contingency::classes`].
    pub counts: Array2<u64>,
    /// Points of each true class that are predicted to be in no class, (classes,): noise, and the members of
    /// clusters without a class.
    pub unassigned: Vec<u64>,
}

impl Confusion {
    /// The share of each class that is predicted right, (classes,). Unassigned points count as wrong.
    pub fn recall(&self) -> Vec<f64> {
        let predicted = self.counts.sum_axis(Axis(1));
        let rows = self.counts.diag().into_iter().zip(predicted).zip(&self.unassigned);
        rows.map(|((&right, predicted), unassigned)| right as f64 / (predicted + unassigned) as f64).collect()
    }

    /// The share of what is predicted to be each class that is, (classes,); `None` for a class that nothing is predicted to be.
    pub fn precision(&self) -> Vec<Option<f64>> {
        let columns = self.counts.diag().into_iter().zip(self.counts.sum_axis(Axis(0)));
        columns.map(|(&right, predicted)| (predicted > 0).then(|| right as f64 / predicted as f64)).collect()
    }
}

impl Contingency {
    /// The share of points whose class is the most frequent one of their cluster, in 0..=1. Noise counts as
    /// wrong.
    ///
    /// Reports that map clusters to classes by majority vote call this accuracy; see [`acc`](Self::acc) for
    /// the other number of that name.
    ///
    /// Manning, Raghavan and Schuetze 2008, *Introduction to Information Retrieval*, section 16.3. Tested
    /// against NumPy and the two confusion matrices of a published report.
    pub fn purity(&self) -> f64 {
        let counts = self.counts();
        let agreeing = counts.axis_iter(Axis(1)).map(|cluster| cluster.iter().copied().max().unwrap_or(0));
        self.share(agreeing.sum())
    }

    /// The map behind [`purity`](Self::purity): each cluster stands for its most frequent class, the smallest
    /// id of equals. Several clusters may stand for one class. No value is `None`.
    pub fn majority_map(&self) -> ClassMap {
        let counts = self.counts();
        let most_frequent = counts.axis_iter(Axis(1)).map(|cluster| {
            // `max_by_key` keeps the last of equals, hence from the back.
            let members = cluster.into_iter().zip(self.classes()).rev();
            members.max_by_key(|&(&count, _)| count).map(|(_, &class)| class)
        });
        self.clusters().iter().copied().zip(most_frequent).collect()
    }

    /// ACC: the share of points whose class is the one their cluster stands for under the best one-to-one
    /// map, in 0..=1. Noise counts as wrong, and so do the members of clusters left without a class. Never
    /// above [`purity`](Self::purity).
    ///
    /// Yang et al. 2010, *Image clustering using local discriminant models and global integration*, IEEE TIP
    /// 19. Tested against `scipy.optimize.linear_sum_assignment`.
    pub fn acc(&self) -> f64 {
        let pairs = self.one_to_one().into_iter().enumerate();
        self.share(pairs.filter_map(|(column, row)| Some(self.counts()[[row?, column]])).sum())
    }

    /// The map behind [`acc`](Self::acc). With more clusters than classes, some clusters stand for none.
    ///
    /// With fewer, some classes have no cluster. Of several best maps the same one is always returned.
    pub fn one_to_one_map(&self) -> ClassMap {
        let classes = self.one_to_one().into_iter().map(|row| row.map(|row| self.classes()[row]));
        self.clusters().iter().copied().zip(classes).collect()
    }

    /// The row paired with each column.
    fn one_to_one(&self) -> Vec<Option<usize>> {
        hungarian::best_pairing(self.counts().t())
    }

    /// True against predicted classes when every cluster stands for its class in `map`.
    ///
    /// `map` may come from another split: a cluster it does not mention, or whose class does not occur among
    /// [`classes`](Self::classes), leaves its points unassigned.
    pub fn confusion(&self, map: &ClassMap) -> Confusion {
        let k = self.classes().len();
        let mut counts = Array2::zeros((k, k));
        let mut unassigned = self.noise().to_vec();
        for (cluster, members) in self.clusters().iter().zip(self.counts().axis_iter(Axis(1))) {
            let class = map.get(cluster).copied().flatten();
            match class.and_then(|class| self.classes().binary_search(&class).ok()) {
                Some(predicted) => {
                    let mut column = counts.column_mut(predicted);
                    column += &members;
                }
                None => unassigned.iter_mut().zip(members).for_each(|(sum, &count)| *sum += count),
            }
        }
        Confusion { counts, unassigned }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// Classes 1, 4; clusters 0, 5, 6 and one noise point of class 4:
    ///
    /// ```text
    ///        0  5  6  noise
    ///    1   3  2  0  0
    ///    4   0  1  1  1
    /// ```
    fn three_clusters_of_two_classes() -> Contingency {
        let labels = array![1, 1, 1, 1, 1, 4, 4, 4];
        let assignments = array![0, 0, 0, 5, 5, 5, 6, -1];
        Contingency::new(labels.view(), assignments.view()).unwrap()
    }

    #[test]
    fn majority_lets_clusters_share_a_class() {
        let table = three_clusters_of_two_classes();
        assert_eq!(table.majority_map(), ClassMap::from([(0, Some(1)), (5, Some(1)), (6, Some(4))]));
        assert_eq!(table.purity(), 6.0 / 8.0); // 3 + 2 + 1

        let confusion = table.confusion(&table.majority_map());
        assert_eq!(confusion.counts, array![[5, 0], [1, 1]]);
        assert_eq!(confusion.unassigned, [0, 1]);
        assert_eq!(confusion.recall(), [1.0, 1.0 / 3.0]);
    }

    #[test]
    fn one_to_one_leaves_a_cluster_over() {
        // 0 -> 1 with 3 points; 4 gets one point from cluster 5 or 6, and the first of equals is kept.
        let table = three_clusters_of_two_classes();
        assert_eq!(table.one_to_one_map(), ClassMap::from([(0, Some(1)), (5, Some(4)), (6, None)]));
        assert_eq!(table.acc(), 4.0 / 8.0);

        let confusion = table.confusion(&table.one_to_one_map());
        assert_eq!(confusion.counts, array![[3, 2], [0, 1]]);
        assert_eq!(confusion.unassigned, [0, 2]); // the point of cluster 6 and the noise point
        assert_eq!(confusion.recall(), [3.0 / 5.0, 1.0 / 3.0]);
    }

    #[test]
    fn a_tie_goes_to_the_smallest_class() {
        let table = Contingency::new(array![8, 3, 5, 3, 8].view(), array![0, 0, 0, 0, 0].view()).unwrap();
        assert_eq!(table.majority_map()[&0], Some(3));
    }

    #[test]
    fn fewer_clusters_than_classes_leave_classes_without_a_cluster() {
        let table = Contingency::new(array![0, 0, 1, 2].view(), array![9, 9, 9, 9].view()).unwrap();
        assert_eq!(table.one_to_one_map(), ClassMap::from([(9, Some(0))]));
        assert_eq!(table.acc(), 0.5);
        assert_eq!(table.confusion(&table.one_to_one_map()).recall(), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn noise_alone_is_all_wrong() {
        let table = Contingency::new(array![0, 1, 1].view(), array![-1, -1, -1].view()).unwrap();
        assert_eq!((table.purity(), table.acc(), table.noise_share()), (0.0, 0.0, 1.0));
        assert!(table.majority_map().is_empty() && table.one_to_one_map().is_empty());
        assert_eq!(table.confusion(&table.majority_map()).unassigned, [1, 2]);
    }

    #[test]
    fn a_map_from_another_split_leaves_what_it_does_not_know_unassigned() {
        let table = three_clusters_of_two_classes();
        let elsewhere = ClassMap::from([(0, Some(4)), (5, Some(77))]); // no class 77, no word on 6
        let confusion = table.confusion(&elsewhere);
        assert_eq!(confusion.counts, array![[0, 3], [0, 0]]);
        assert_eq!(confusion.unassigned, [2, 3]);
    }
}
