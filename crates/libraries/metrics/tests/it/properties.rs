//! What holds for any two arrays.

use metrics::{ClassMap, Contingency};
use ndarray::{Array1, Axis};
use proptest::prelude::*;

/// Largest rounding difference between two ways of summing the same terms.
const ROUNDING: f64 = 1e-12;

/// The points of a split: (label, assignment) each.
type Points = Vec<(i64, i64)>;

/// 1 to 60 points in up to 6 classes and up to 7 clusters, ids from `lowest` on.
fn points(lowest: i64) -> impl Strategy<Value = Points> {
    (1..6_i64, 1..7_i64).prop_flat_map(move |(classes, clusters)| {
        prop::collection::vec((0..=classes, lowest..=clusters), 1..=60)
    })
}

/// The same points in two orders.
fn points_shuffled() -> impl Strategy<Value = (Points, Points)> {
    points(-1).prop_flat_map(|points| (Just(points.clone()), Just(points).prop_shuffle()))
}

fn tabulate(points: &Points) -> Contingency {
    let (labels, assignments): (Vec<i64>, Vec<i64>) = points.iter().copied().unzip();
    Contingency::new(Array1::from(labels).view(), Array1::from(assignments).view()).unwrap()
}

fn scores(table: &Contingency) -> [f64; 5] {
    [table.purity(), table.acc(), table.nmi(), table.ami(), table.ari()]
}

fn close(left: &[f64], right: &[f64]) -> bool {
    left.iter().zip(right).all(|(left, right)| (left - right).abs() <= ROUNDING)
}

proptest! {
    #[test]
    fn names_of_clusters_do_not_matter(
        points in points(-1),
        names in Just((0..8_i64).map(|name| name * 1_000_003).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let rename = |cluster: i64| usize::try_from(cluster).map_or(-1, |cluster| names[cluster]);
        let renamed = points.iter().map(|&(label, cluster)| (label, rename(cluster))).collect();
        let (before, after) = (scores(&tabulate(&points)), scores(&tabulate(&renamed)));
        prop_assert!(close(&before, &after), "{before:?} became {after:?}");
    }

    #[test]
    fn the_order_of_the_points_does_not_matter((points, shuffled) in points_shuffled()) {
        prop_assert_eq!(tabulate(&points), tabulate(&shuffled));
    }

    #[test]
    fn scores_stay_in_their_range(points in points(-1)) {
        let table = tabulate(&points);
        let [purity, acc, nmi, ami, ari] = scores(&table);
        prop_assert!(0.0 <= acc && acc <= purity && purity <= 1.0 - table.noise_share() + ROUNDING);
        prop_assert!((0.0..=1.0 + ROUNDING).contains(&nmi), "nmi {nmi}");
        prop_assert!(ami <= 1.0 + ROUNDING && ami <= nmi + ROUNDING, "ami {ami}, nmi {nmi}");
        prop_assert!((-1.0..=1.0).contains(&ari), "ari {ari}");
    }

    #[test]
    fn a_perfect_clustering_scores_one(labels in prop::collection::vec(0..6_i64, 1..60)) {
        let points = labels.into_iter().map(|label| (label, 5 - label)).collect();
        prop_assert_eq!(scores(&tabulate(&points)), [1.0; 5]);
    }

    #[test]
    fn the_symmetric_scores_are_symmetric(points in points(0)) {
        let table = tabulate(&points);
        let swapped = tabulate(&points.iter().map(|&(u, v)| (v, u)).collect());
        let sides = |table: &Contingency| [table.acc(), table.nmi(), table.ami(), table.ari()];
        let (left, right) = (sides(&table), sides(&swapped));
        prop_assert!(close(&left, &right), "{left:?} {right:?}");
    }

    #[test]
    fn the_confusion_matrices_account_for_every_point(points in points(-1)) {
        let table = tabulate(&points);
        let right = |map: &ClassMap| {
            let confusion = table.confusion(map);
            let matrix = table.confusion_matrix(map);
            assert_eq!(matrix.sum() + confusion.unassigned.iter().sum::<u64>(), table.n());
            assert_eq!(matrix.diag().to_vec(), confusion.correct);
            assert_eq!(matrix.sum_axis(Axis(0)).to_vec(), confusion.predicted);
            let rows = matrix.sum_axis(Axis(1)).to_vec();
            let parts = rows.iter().zip(&confusion.unassigned);
            let sizes: Vec<u64> = parts.map(|(a, b)| a + b).collect();
            assert_eq!(sizes, confusion.sizes);
            matrix.diag().sum() as f64 / table.n() as f64
        };
        prop_assert_eq!(right(&table.majority_map()), table.purity());
        prop_assert_eq!(right(&table.one_to_one_map()), table.acc());

        let mut used: Vec<i64> = table.one_to_one_map().into_values().flatten().collect();
        used.sort_unstable();
        used.dedup();
        let pairs = table.classes().len().min(table.clusters().len());
        prop_assert_eq!(used.len(), pairs, "one to one");
    }
}
