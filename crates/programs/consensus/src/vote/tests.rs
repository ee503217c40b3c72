use ndarray::array;
use proptest::prelude::{Strategy, prop, prop_assert, prop_assert_eq, proptest};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;

fn runs(all: &[Array1<i64>]) -> Vec<Run> {
    all.iter().map(|ids| Run::new(ids.view())).collect()
}

#[test]
fn names_of_clusters_do_not_matter_and_the_majority_decides() {
    let runs = runs(&[
        array![0, 0, 0, 1, 1, 1],
        array![9, 9, 4, 4, 4, 4],
        array![1, 1, 1, 0, 0, 1],
        array![-1, 0, 0, 1, 1, 1],
    ]);
    let found = consensus(&runs, 1, true).unwrap();
    let [one, other] = [found.assignments[0], found.assignments[5]];
    assert_ne!(one, other);
    assert_eq!(found.assignments, array![one, one, one, other, other, other]);
    assert_eq!(found.agreement, array![0.75, 1.0, 0.75, 1.0, 1.0, 0.75]);
    assert_eq!(found.sizes, [3, 3]);
}

#[test]
fn runs_of_other_numbers_of_clusters_vote_by_majority() {
    let runs =
        runs(&[array![0, 0, 0, 0, 1, 1], array![0, 0, 1, 2, 3, 3], array![5, 5, 5, 5, 5, 5]]);
    let found = consensus(&runs, 0, true).unwrap();
    assert_eq!(found.assignments, array![0, 0, 0, 0, 1, 1]);
    let third = 1.0 / 3.0_f32;
    assert!(
        found
            .agreement
            .iter()
            .zip([1.0, 1.0, 1.0, 1.0, 2.0 * third, 2.0 * third])
            .all(|(a, b)| (a - b).abs() < 1e-6)
    );
}

#[test]
fn what_no_run_knows_stays_noise() {
    let runs = runs(&[array![0, 1, -1], array![0, 1, -1]]);
    let found = consensus(&runs, 0, true).unwrap();
    assert_eq!((found.assignments, found.agreement), (array![0, 1, -1], array![1.0, 1.0, 0.0]));
}

/// `array![a, b, c]`, each four times.
fn blocks(ids: &[i64]) -> Array1<i64> {
    ids.iter().flat_map(|&id| [id; 4]).collect()
}

#[test]
fn what_most_runs_know_is_a_cluster_although_the_reference_lacks_it() {
    let all = runs(&[blocks(&[-1, 1, 2]), blocks(&[0, 1, 2]), blocks(&[0, -1, 2])]);
    for start in 0..3 {
        let found = consensus(&all, start, true).unwrap();
        let expected = [[2, 0, 1], [0, 1, 2], [0, 2, 1]][start];
        assert_eq!(found.assignments.mapv(i64::from), blocks(&expected), "from run {start}");
        assert_eq!(found.sizes, [4, 4, 4]);
        let third = 1.0 / 3.0_f32;
        let agreement = [2.0 * third, 2.0 * third, 1.0];
        assert!((0..12).all(|i| (found.agreement[i] - agreement[i / 4]).abs() < 1e-6));
    }
    // Each run lacks another one of four.
    let all = runs(&[blocks(&[-1, 0, 1, 2]), blocks(&[0, -1, 1, 2]), blocks(&[0, 1, -1, 2])]);
    let found = consensus(&all, 0, true).unwrap();
    assert_eq!(found.assignments.mapv(i64::from), blocks(&[3, 0, 1, 2]));
    // A stray point of one cluster in another does not merge the two.
    let mut stray = [blocks(&[-1, 1, 2]), blocks(&[0, 1, 2]), blocks(&[0, -1, 2])];
    (stray[1][4], stray[2][8]) = (0, 0);
    let found = consensus(&runs(&stray), 0, true).unwrap();
    assert_eq!(found.sizes.iter().filter(|&&size| size > 2).count(), 3, "{:?}", found.assignments);
    assert!(found.assignments.iter().all(|&id| id >= 0));
}

#[test]
fn noise_here_and_there_opens_no_cluster() {
    // Every run misses other points of the same two clusters, and one run alone sees a third.
    let mut all = vec![blocks(&[0, 1, -1]); 5];
    (0..5).for_each(|run| all[run][2 * run % 8] = NOISE);
    all[4].iter_mut().skip(8).for_each(|id| *id = 7);
    let found = consensus(&runs(&all), 0, true).unwrap();
    assert_eq!(found.assignments.mapv(i64::from), blocks(&[0, 1, -1]));
}

#[test]
fn a_given_number_of_clusters_stays() {
    let all = runs(&[blocks(&[-1, 1, 2]), blocks(&[0, 1, 2]), blocks(&[0, -1, 2])]);
    let found = consensus(&all, 0, false).unwrap();
    assert_eq!(found.assignments.mapv(i64::from), blocks(&[-1, 0, 1]));
}

proptest! {
    #[test]
    fn no_point_that_most_runs_cluster_is_left_and_maps_give_the_votes(
        all in (2..6_usize, 1..40_usize).prop_flat_map(|(r, n)| {
            prop::collection::vec(prop::collection::vec(-1..5_i64, n), r)
        }),
    ) {
        let given: Vec<Array1<i64>> = all.into_iter().map(Array1::from).collect();
        let all = runs(&given);
        for start in 0..all.len() {
            let found = consensus(&all, start, true).unwrap();
            for i in 0..given[0].len() {
                let clustered = given.iter().filter(|ids| ids[i] >= 0).count();
                prop_assert!(found.assignments[i] >= 0 || 2 * clustered <= given.len());
            }
            let renumbered: Vec<Run> = given
                .iter()
                .zip(&all)
                .map(|(ids, run)| Run::numbered(ids.view(), run.known()).0)
                .collect();
            let (assignments, agreement, sizes) = apply(&found.maps, &renumbered);
            prop_assert_eq!(assignments, found.assignments);
            prop_assert_eq!(agreement, found.agreement);
            prop_assert_eq!(sizes, found.sizes);
        }
    }
}

#[test]
fn noisy_copies_of_a_partition_give_it_back() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let truth = Array1::from_shape_fn(3000, |i| (i % 7) as i64);
    let noisy: Vec<_> = (0..15)
        .map(|r| {
            truth.mapv(|id| if rng.gen_bool(0.35) { rng.gen_range(0..7) } else { (id + r) % 7 })
        })
        .collect();
    let found = consensus(&runs(&noisy), 4, true).unwrap();
    let table = Contingency::new(truth.view(), found.assignments.mapv(i64::from).view()).unwrap();
    assert!(table.acc() > 0.99, "{}", table.acc());
}

#[test]
fn the_usual_number_of_clusters_is_that_of_most() {
    let of = |all: &[Array1<i64>]| usual_k(&runs(all));
    assert_eq!(of(&[array![0, 1, 2], array![0, 1, 1], array![5, 5, 9]]), 2);
    assert_eq!(of(&[array![0, 1, 2], array![0, 1, 1]]), 2);
}
