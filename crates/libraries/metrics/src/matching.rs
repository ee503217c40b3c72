//! Maps clusters to classes: purity, ACC and the confusion matrices.

use std::collections::BTreeMap;

use ndarray::Array2;

use crate::Contingency;
use crate::hungarian::{SparseWeights, max_weight_matching};

/// The class each cluster stands for, by id. `None` where a cluster has to stand for no class.
pub type ClassMap = BTreeMap<i64, Option<i64>>;

/// Counts of predicted classes, class by class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// Points of each class that are predicted to be in it, (classes,), in the order of
    /// [`Contingency::classes`].
    pub correct: Vec<u64>,
    /// Points that are predicted to be in each class, (classes,).
    pub predicted: Vec<u64>,
    /// Points of each class, (classes,).
    pub sizes: Vec<u64>,
    /// Points of each class that are predicted to be in no class, (classes,): noise, and the
    /// members of clusters without a class.
    pub unassigned: Vec<u64>,
}

impl Confusion {
    /// Returns the recall of each class, (classes,). Unassigned points count as wrong.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// let confusion = table.confusion(&table.one_to_one_map());
    /// assert_eq!(confusion.recall(), [2.0 / 3.0, 2.0 / 3.0]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn recall(&self) -> Vec<f64> {
        self.correct
            .iter()
            .zip(&self.sizes)
            .map(|(&right, &size)| right as f64 / size as f64)
            .collect()
    }

    /// Returns the precision of each class, (classes,); `None` if nothing is predicted to be it.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// let confusion = table.confusion(&table.one_to_one_map());
    /// assert_eq!(confusion.precision(), [Some(1.0), Some(2.0 / 3.0)]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn precision(&self) -> Vec<Option<f64>> {
        let columns = self.correct.iter().zip(&self.predicted);
        columns
            .map(|(&right, &predicted)| (predicted > 0).then(|| right as f64 / predicted as f64))
            .collect()
    }
}

impl Contingency {
    /// Returns the purity: the share of points in the most frequent class of their cluster.
    ///
    /// It is in 0..=1; noise counts as wrong. Reports that map clusters to classes by majority vote
    /// call this accuracy; see [`acc`](Self::acc) for the other number of that name.
    ///
    /// Manning, Raghavan and Schuetze 2008, *Introduction to Information Retrieval*, section 16.3.
    /// Tested against NumPy and the two confusion matrices of a published report.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// // Two of cluster 7 are of class 0, two of cluster 3 are of class 1.
    /// assert_eq!(table.purity(), 4.0 / 6.0);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn purity(&self) -> f64 {
        self.share(self.largest_cells().iter().map(|&(count, _)| count).sum())
    }

    /// Maps each cluster to its most frequent class, the smallest id of equals.
    ///
    /// The map behind [`purity`](Self::purity). Several clusters may share a class; no value is
    /// `None`.
    ///
    /// ```
    /// # use metrics::{ClassMap, Contingency};
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// assert_eq!(table.majority_map(), ClassMap::from([(3, Some(1)), (7, Some(0))]));
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn majority_map(&self) -> ClassMap {
        let classes = self.largest_cells().into_iter().map(|(_, row)| Some(self.classes()[row]));
        self.clusters().iter().copied().zip(classes).collect()
    }

    /// Returns count and row of the largest cell of each column, the first of equals.
    fn largest_cells(&self) -> Vec<(u64, usize)> {
        let mut largest = vec![(0, 0); self.clusters().len()];
        for (row, column, count) in self.cells() {
            if count > largest[column].0 {
                largest[column] = (count, row);
            }
        }
        largest
    }

    /// Returns the clustering accuracy (ACC): accuracy under the best one-to-one map.
    ///
    /// It is in 0..=1 and never above [`purity`](Self::purity). Noise counts as wrong, and so do
    /// members of clusters without a class. The map is found by the Hungarian method.
    ///
    /// Yang et al. 2010, *Image clustering using local discriminant models and global integration*,
    /// IEEE TIP 19. Tested against `scipy.optimize.linear_sum_assignment`.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 0, 1, 1];
    /// let assignments = array![2, 2, 5, 5, 8, 8];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// // Only one of the clusters 2 and 5 may stand for class 0.
    /// assert_eq!((table.purity(), table.acc()), (1.0, 4.0 / 6.0));
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn acc(&self) -> f64 {
        self.accuracy(&self.one_to_one_map())
    }

    /// Maps clusters to classes one to one, with as many correct points as possible.
    ///
    /// The map behind [`acc`](Self::acc). If there are more clusters than classes, some map to
    /// `None`; if there are fewer, some classes have no cluster. Returns the same one of several
    /// best maps.
    ///
    /// ```
    /// # use metrics::{ClassMap, Contingency};
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 0, 1, 1];
    /// let assignments = array![2, 2, 5, 5, 8, 8];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// let map = ClassMap::from([(2, Some(0)), (5, None), (8, Some(1))]);
    /// assert_eq!(table.one_to_one_map(), map);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn one_to_one_map(&self) -> ClassMap {
        let cells = || self.cells().map(|(row, column, count)| (column, row, count));
        let weights = SparseWeights::new(self.clusters().len(), self.classes().len(), cells);
        let classes =
            max_weight_matching(&weights).into_iter().map(|row| row.map(|row| self.classes()[row]));
        self.clusters().iter().copied().zip(classes).collect()
    }

    /// Returns the accuracy under `map`, in 0..=1; noise counts as wrong.
    ///
    /// `map` may come from another split, such as the training split. Points of a cluster that it
    /// does not mention, or whose class does not occur among [`classes`](Self::classes), count as
    /// wrong.
    ///
    /// ```
    /// # use metrics::{ClassMap, Contingency};
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// let map = ClassMap::from([(3, Some(0)), (7, Some(0))]);
    /// assert_eq!(table.accuracy(&map), 3.0 / 6.0);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn accuracy(&self, map: &ClassMap) -> f64 {
        self.share(self.confusion(map).correct.iter().sum())
    }

    /// Counts true against predicted classes under `map`.
    ///
    /// `map` may come from another split: a cluster it does not mention, or whose class does not
    /// occur among [`classes`](Self::classes), leaves its points unassigned.
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// let confusion = table.confusion(&table.one_to_one_map());
    /// assert_eq!(confusion.correct, [2, 2]);
    /// assert_eq!(confusion.unassigned, [0, 1]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn confusion(&self, map: &ClassMap) -> Confusion {
        let k = self.classes().len();
        let predictions = self.predictions(map);
        let mut unassigned = self.noise().to_vec();
        let (mut correct, mut predicted) = (vec![0; k], vec![0; k]);
        for (row, column, count) in self.cells() {
            match predictions[column] {
                Some(class) => {
                    predicted[class] += count;
                    if class == row {
                        correct[row] += count;
                    }
                }
                None => unassigned[row] += count,
            }
        }
        Confusion { correct, predicted, sizes: self.class_sizes(), unassigned }
    }

    /// Returns the confusion matrix under `map`, (classes, classes): for few classes.
    ///
    /// Rows are true and columns predicted classes, both in the order of
    /// [`classes`](Self::classes).
    ///
    /// ```
    /// # use metrics::Contingency;
    /// # use ndarray::array;
    /// let labels = array![0, 0, 0, 1, 1, 1];
    /// let assignments = array![7, 7, 3, 3, 3, -1];
    /// let table = Contingency::new(labels.view(), assignments.view())?;
    /// let map = table.one_to_one_map();
    /// assert_eq!(table.confusion_matrix(&map), array![[2, 1], [0, 2]]);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn confusion_matrix(&self, map: &ClassMap) -> Array2<u64> {
        let predictions = self.predictions(map);
        let mut counts = Array2::zeros((self.classes().len(), self.classes().len()));
        for (row, column, count) in self.cells() {
            if let Some(class) = predictions[column] {
                counts[[row, class]] += count;
            }
        }
        counts
    }

    /// Returns the row of the class that each cluster maps to.
    fn predictions(&self, map: &ClassMap) -> Vec<Option<usize>> {
        let class = |cluster| map.get(cluster).copied().flatten();
        let row = |class| self.classes().binary_search(&class).ok();
        self.clusters().iter().map(|cluster| class(cluster).and_then(row)).collect()
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
        assert_eq!(
            table.majority_map(),
            ClassMap::from([(0, Some(1)), (5, Some(1)), (6, Some(4))])
        );
        assert_eq!(table.purity(), 6.0 / 8.0); // 3 + 2 + 1

        let confusion = table.confusion(&table.majority_map());
        assert_eq!(table.confusion_matrix(&table.majority_map()), array![[5, 0], [1, 1]]);
        assert_eq!(confusion.unassigned, [0, 1]);
        assert_eq!(confusion.recall(), [1.0, 1.0 / 3.0]);
    }

    #[test]
    fn one_to_one_leaves_a_cluster_over() {
        // 0 -> 1 with 3 points; 4 gets one point from cluster 5 or 6, and the first of equals is
        // kept.
        let table = three_clusters_of_two_classes();
        assert_eq!(table.one_to_one_map(), ClassMap::from([(0, Some(1)), (5, Some(4)), (6, None)]));
        assert_eq!(table.acc(), 4.0 / 8.0);

        let confusion = table.confusion(&table.one_to_one_map());
        assert_eq!(table.confusion_matrix(&table.one_to_one_map()), array![[3, 2], [0, 1]]);
        assert_eq!(confusion.unassigned, [0, 2]); // the point of cluster 6 and the noise point
        assert_eq!(confusion.recall(), [3.0 / 5.0, 1.0 / 3.0]);
    }

    #[test]
    fn a_tie_goes_to_the_smallest_class() {
        let table =
            Contingency::new(array![8, 3, 5, 3, 8].view(), array![0, 0, 0, 0, 0].view()).unwrap();
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
        assert_eq!(table.confusion_matrix(&elsewhere), array![[0, 3], [0, 0]]);
        assert_eq!(confusion.unassigned, [2, 3]);
        assert_eq!((confusion.correct, confusion.predicted), (vec![0, 0], vec![0, 3]));
        assert_eq!(table.accuracy(&elsewhere), 0.0);
        // Cluster 5 as class 4 is right for one of its points, 0 as class 1 for three.
        let right = ClassMap::from([(0, Some(1)), (5, Some(4)), (6, Some(1)), (9, Some(4))]);
        assert_eq!(table.accuracy(&right), 4.0 / 8.0);
    }
}
