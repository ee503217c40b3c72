//! A sample beside all points.

use ndarray::{Array1, Array2, s};

use super::sample::{EXACT, sample_size};
use super::*;
use crate::ids::NOISE;

#[test]
fn a_sample_is_measured_against_all_points_and_noise_is_not_drawn() {
    // Every third point is noise, far from all others.
    let n = 3 * 10 * EXACT / 4;
    let value =
        |i: usize, j: usize| if i % 3 == 2 { 1e9 } else { ((i * 37 + j * 11) % 101) as f64 };
    let points = Array2::from_shape_fn((n, 2), |(i, j)| value(i, j) + 90.0 * (i % 2) as f64);
    let assignments = Array1::from_shape_fn(n, |i| if i % 3 == 2 { NOISE } else { (i % 2) as i64 });
    let found = Silhouette::of(points.view(), assignments.view()).unwrap();
    let clustered = 2 * n / 3;
    assert_eq!(
        (found.sample, found.points, found.features),
        (sample_size(clustered), clustered, 2)
    );
    assert!(found.sample < clustered);
    let exact = silhouettes(points.view(), None, &[assignments.view()]).unwrap()[0].unwrap();
    let (value, error) = (found.value.unwrap(), found.standard_error.unwrap());
    assert!(
        value != exact && error > 0.0 && (value - exact).abs() < 4.0 * error,
        "{found:?}, {exact}"
    );
    let few = s![..EXACT];
    let all = Silhouette::of(points.slice(s![..EXACT, ..]), assignments.slice(few)).unwrap();
    let exact =
        silhouettes(points.slice(s![..EXACT, ..]), None, &[assignments.slice(few)]).unwrap()[0];
    assert_eq!((all.value, all.standard_error), (exact, Some(0.0)));
    assert_eq!(all.sample, all.points);
}
