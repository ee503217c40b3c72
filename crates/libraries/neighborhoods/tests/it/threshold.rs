//! The threshold that is found in points with and without duplicates.

use ndarray::{Array2, Axis, concatenate, s};
use neighborhoods::Limit;
use umap::Metric;

use crate::support::{neighborhoods, normal, rows, stack};

#[test]
fn points_without_duplicates_have_nearly_none() {
    let wide = |d: usize| &normal(800, d, 7) * 5.0 + 20.0;
    let mut found = Vec::new();
    for seed in 0..5 {
        for d in [2, 5, 10, 30] {
            found.push((format!("normal in {d} dimensions"), normal(1500, d, seed)));
        }
        // Clusters of unequal density.
        let mixed =
            stack(&[&(&normal(700, 10, seed) * 0.05), &normal(700, 10, seed + 9), &wide(10)]);
        found.push(("three widths".into(), mixed));
        // A flat part of three dimensions and a full one of twenty: one dimension for all would
        // take half of the flat part for duplicates.
        let flat = concatenate![Axis(1), normal(800, 3, seed), Array2::zeros((800, 17))];
        found.push(("two dimensions".into(), stack(&[&flat, &wide(20)])));
        // Whole numbers, so that many distances are equal.
        found.push(("levels".into(), (normal(1500, 12, seed) * 2.0).mapv(f32::round)));
    }
    for (name, points) in found {
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let neighborhoods = neighborhoods(&points, 20, metric);
            let threshold = neighborhoods.threshold();
            let count = threshold.map_or(0, |threshold| threshold.found);
            assert!(count <= 4, "{name}, {metric:?}: {threshold:?}");
        }
    }
}

#[test]
fn duplicates_that_are_put_in_are_found_and_hardly_others() {
    for (d, share, metric) in [
        (10, 50, Metric::Euclidean),
        (10, 800, Metric::Euclidean),
        (30, 50, Metric::Cosine),
        (6, 100, Metric::Euclidean),
    ] {
        let points = normal(1500, d, 3);
        // Noise of a hundredth of the spread.
        let near = &points.slice(s![..share, ..]) + &(normal(share, d, 4) * 0.01);
        let points = stack(&[&points, &near.to_owned()]);
        let neighborhoods = neighborhoods(&points, 20, metric);
        let threshold = neighborhoods.threshold().unwrap();
        assert!(threshold.by_chance <= 0.01 * threshold.found as f64);
        let groups = rows(&neighborhoods.duplicates(Limit::Chance(threshold.chance)));
        let right = |group: &&Vec<usize>| group.len() == 2 && group[0] + 1500 == group[1];
        let right = groups.iter().filter(right).count();
        assert!(right * 100 >= share * 97, "{d}: {right} of {share}");
        assert!((groups.len() - right) * 50 <= share, "{d}: {} groups, {right}", groups.len());
    }
}

#[test]
fn the_unit_of_the_points_does_not_matter() {
    let mut points = normal(600, 8, 1);
    for i in 0..20 {
        let near = &points.row(i) + 0.001;
        points.row_mut(580 + i).assign(&near);
    }
    let plain = neighborhoods(&points, 20, Metric::Euclidean);
    let scaled = neighborhoods(&(&points * 1024.0), 20, Metric::Euclidean);
    let (a, b) = (plain.threshold().unwrap(), scaled.threshold().unwrap());
    assert_eq!((a.chance, a.found), (b.chance, b.found));
    assert!((b.median_distance / a.median_distance - 1024.0).abs() < 1e-6);
    let limit = Limit::Chance(plain.threshold().unwrap().chance);
    assert_eq!(rows(&plain.duplicates(limit)), rows(&scaled.duplicates(limit)));
}

#[test]
fn a_few_points_have_no_threshold() {
    for n in 1..5 {
        let points = normal(n, 4, 2);
        let k = n.max(2);
        let points = if n == 1 { stack(&[&points, &points]) } else { points };
        let neighborhoods = neighborhoods(&points, k, Metric::Euclidean);
        assert_eq!(neighborhoods.threshold(), None);
    }
}
