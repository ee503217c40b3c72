//! Groups of near duplicates.

use ndarray::{Array2, array, s};
use neighborhoods::{Limit, Member};
use umap::Metric;

use crate::support::{neighborhoods, normal, rows, stack};

#[test]
fn all_pairs_of_a_group_are_within_the_limit() {
    let points = normal(400, 2, 5);
    let neighborhoods = neighborhoods(&points, 12, Metric::Euclidean);
    for most in [0.05, 0.2, 0.6] {
        let groups = neighborhoods.duplicates(Limit::Distance(most));
        let distance = |a: usize, b: usize| {
            (&points.row(a) - &points.row(b)).mapv(|x| f64::from(x).powi(2)).sum().sqrt()
        };
        for group in &groups {
            assert!(group.len() > 1);
            assert_eq!(group.iter().filter(|member| member.representative).count(), 1);
            for a in group {
                let others = || group.iter().filter(|b| b.row != a.row);
                assert!(others().all(|b| distance(a.row, b.row) <= most));
                let nearest =
                    others().map(|b| distance(a.row, b.row)).fold(f64::INFINITY, f64::min);
                assert!((a.distance - nearest).abs() < 1e-9);
            }
        }
        let mut all: Vec<usize> = rows(&groups).concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "a row is in one group alone");
        assert!(count > 20);
    }
}

#[test]
fn copies_are_a_group_without_any_limit() {
    let mut points = normal(60, 3, 6);
    let first = points.row(3).to_owned();
    [10, 20, 59].iter().for_each(|&row| points.row_mut(row).assign(&first));
    let groups = neighborhoods(&points, 20, Metric::Euclidean).duplicates(Limit::Chance(0.0));
    let member = |row, representative| Member { row, distance: 0.0, representative };
    assert_eq!(
        groups,
        [[member(3, true), member(10, false), member(20, false), member(59, false)]]
    );
}

#[test]
fn the_representative_is_nearest_to_the_others() {
    let points = array![[0.0], [0.2], [0.3], [9.0], [19.0], [29.0]];
    let groups = neighborhoods(&points, 4, Metric::Euclidean).duplicates(Limit::Distance(0.5));
    let found: Vec<(usize, bool)> =
        groups[0].iter().map(|member| (member.row, member.representative)).collect();
    assert_eq!((groups.len(), found), (1, vec![(0, false), (1, true), (2, false)]));
    assert!((groups[0][0].distance - 0.2).abs() < 1e-7);
    assert!((groups[0][2].distance - 0.1).abs() < 1e-7);
}

#[test]
fn equal_points_are_one_group() {
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let equal = neighborhoods(&Array2::ones((30, 4)), 20, metric);
        assert_eq!(equal.threshold(), None);
        assert_eq!(rows(&equal.duplicates(Limit::Chance(0.5))), [(0..30).collect::<Vec<_>>()]);
        assert!(equal.local_outlier_factors().iter().all(|factor| factor.is_nan()));
    }
}

/// Under cosine, rows of zeros are alike, and near to nothing else.
#[test]
fn rows_of_zeros_have_no_neighbors_under_cosine() {
    let zeros = Array2::zeros((2, 5));
    let points = stack(&[&zeros, &normal(50, 5, 8), &zeros]);
    let neighborhoods = neighborhoods(&points, 20, Metric::Cosine);
    assert!(neighborhoods.nearest(0).is_empty());
    let groups = rows(&neighborhoods.duplicates(Limit::Distance(2.0)));
    assert_eq!(groups[0], [0, 1, 52, 53]);
    let factors = neighborhoods.local_outlier_factors();
    assert!(
        factors
            .iter()
            .enumerate()
            .all(|(row, factor)| factor.is_nan() == (groups[0].contains(&row)))
    );
}

/// Images of half the brightness have the same direction.
#[test]
fn cosine_sees_directions_alone() {
    let points = normal(300, 10, 9);
    let dimmed = &points.slice(s![..10, ..]) * 0.3;
    let points = stack(&[&points, &dimmed]);
    let neighborhoods = neighborhoods(&points, 20, Metric::Cosine);
    let threshold = neighborhoods.threshold().unwrap();
    let groups = rows(&neighborhoods.duplicates(Limit::Chance(threshold.chance)));
    assert_eq!(groups, (0..10).map(|row| vec![row, 300 + row]).collect::<Vec<_>>());
    assert!(neighborhoods.duplicates(Limit::Distance(1e-9))[0][0].distance < 1e-9);
}
