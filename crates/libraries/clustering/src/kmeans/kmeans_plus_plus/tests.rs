use ndarray::Array2;
use rand::SeedableRng;

use super::*;
use crate::Points;

/// Checks that k-means++ chooses the same with codes and without, to the last bit of every saving;
/// returns the share of the distances that codes leave.
fn check<F: Scalar>(what: &str, array: &Array2<F>, weights: Option<&[f64]>, k: usize) -> f64 {
    let points = Points::from(array);
    let points = weights.map_or(points.clone(), |weights| points.weights(weights));
    let values = points.in_order();
    let rows = Rows::new(&points, &values).unwrap();
    let plain = PointStats::compute(rows, None).unwrap();
    let mut projected = PointStats::compute(rows, None).unwrap();
    projected.add_projection(rows);
    assert!(projected.projection.is_some(), "{what}");
    let candidates: Vec<usize> = (0..5).map(|i| i * array.nrows() / 5 + 3).collect();
    let [(without, all), (with, some)] = [&plain, &projected].map(|stats| {
        let mut seeding = KMeansPlusPlus::new(rows, stats, 10);
        seeding.choose(10);
        for new in [20, 30] {
            let parts = seeding.savings(&[new]);
            seeding.choose_candidate(new, parts, 0);
        }
        let before = seeding.distances;
        (seeding.savings(&candidates), seeding.distances - before)
    });
    for (without, with) in without.iter().zip(&with) {
        assert_eq!(without.sums, with.sums, "{what}");
        for ((candidate, a), b) in without.closer.iter().enumerate().zip(&with.closer) {
            assert_eq!(a.len(), b.len(), "{what}: {candidate}");
            assert!(a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1 == b.1), "{what}: {candidate}");
        }
    }
    for seed in 0..4 {
        let [a, b] = [&plain, &projected].map(|stats| {
            KMeansPlusPlus::new(rows, stats, k).run(&mut Xoshiro256PlusPlus::seed_from_u64(seed)).0
        });
        assert_eq!(a, b, "{what}, seed {seed}");
    }
    some as f64 / all as f64
}

#[test]
fn codes_change_no_choice() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let axes = Array2::from_shape_fn((4, 128), |_| rng.gen_range(-1.0..1.0_f32));
    let factors = Array2::from_shape_fn((700, 4), |_| rng.gen_range(-1.0..1.0));
    let noise = Array2::from_shape_fn((700, 128), |_| rng.gen_range(-0.1..0.1));
    let mut array = factors.dot(&axes) + noise;
    let left = check("few dimensions", &array, None, 40);
    assert!(left < 0.75, "{left} of the distances");
    let weights: Vec<f64> = (0..700).map(|i| 0.3 + f64::from(i % 3)).collect();
    // Some rows are equal, and one is far from all others.
    for i in 0..50 {
        let row = array.row(i).to_owned();
        array.row_mut(699 - i).assign(&row);
    }
    array.row_mut(333).mapv_inplace(|x| 20.0 * x);
    check("f32", &array, None, 40);
    check("weights", &array, Some(&weights), 40);
    check("f64", &array.mapv(f64::from), None, 40);
    for away in [100.0, 1e4, 1e6] {
        check(&format!("at {away}"), &array.mapv(|x| x + away), None, 40);
    }
    let bytes = factors.dot(&Array2::from_shape_fn((4, 400), |(i, j)| axes[[i, j % 128]]));
    check("bytes", &bytes.mapv(|x| (128.0 + 20.0 * x) as u8), None, 40);
}

#[test]
fn points_on_a_chosen_one_are_chosen_last() {
    // The points lie in three places that are far apart, each with many equal points and one beside
    // them.
    let mut array = Array2::from_shape_fn((303, 2), |(i, j)| [1e4_f32, -1e4, 37.0][(i + j) % 3]);
    (300..303).for_each(|i| array.row_mut(i).mapv_inplace(|x| x + 0.0078125));
    let points = Points::from(&array);
    let values = points.in_order();
    let rows = Rows::new(&points, &values).unwrap();
    let stats = PointStats::compute(rows, None).unwrap();
    for seed in 0..20 {
        let chosen = KMeansPlusPlus::new(rows, &stats, 6)
            .run(&mut Xoshiro256PlusPlus::seed_from_u64(seed))
            .0;
        let chosen: std::collections::BTreeSet<_> =
            chosen.outer_iter().map(|row| row.mapv(f64::to_bits).to_vec()).collect();
        assert_eq!(chosen.len(), 6, "seed {seed}: all that are different are chosen");
    }
}
