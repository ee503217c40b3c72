use ndarray::{Array2, ArrayView2, array};
use proptest::prelude::*;

use super::*;

fn max_weight_matching(weights: ArrayView2<u64>) -> Vec<Option<usize>> {
    let (rows, columns) = weights.dim();
    let filled = || weights.indexed_iter().filter(|&(_, &weight)| weight > 0);
    let cells = || filled().map(|((row, column), &weight)| (row, column, weight));
    super::max_weight_matching(&SparseWeights::new(rows, columns, cells))
}

fn total(weights: &Array2<u64>, columns: &[Option<usize>]) -> u64 {
    columns
        .iter()
        .enumerate()
        .filter_map(|(row, column)| column.map(|column| weights[[row, column]]))
        .sum()
}

/// The best total over every way of giving the rows from `row` on distinct columns, or none.
fn by_brute_force(weights: &Array2<u64>, row: usize, taken: &mut Vec<bool>) -> u64 {
    if row == weights.nrows() {
        return 0;
    }
    let mut best = by_brute_force(weights, row + 1, taken);
    for column in 0..weights.ncols() {
        if !taken[column] {
            taken[column] = true;
            best = best.max(weights[[row, column]] + by_brute_force(weights, row + 1, taken));
            taken[column] = false;
        }
    }
    best
}

#[test]
fn the_greedy_choice_is_not_always_best() {
    // Row by row, greed takes 9 + 1 = 10; the best is 8 + 7 = 15.
    assert_eq!(max_weight_matching(array![[9, 8], [7, 1]].view()), [Some(1), Some(0)]);
}

#[test]
fn the_longer_side_is_left_over() {
    let wide = array![[5, 0, 9], [4, 0, 8]]; // 5 + 8 = 13 = 9 + 4; column 1 is of no use
    assert_eq!(total(&wide, &max_weight_matching(wide.view())), 13);
    let tall = array![[1], [3], [2]];
    assert_eq!(max_weight_matching(tall.view()), [None, Some(0), None]);
}

#[test]
fn a_table_without_columns_or_rows_pairs_nothing() {
    assert_eq!(max_weight_matching(Array2::zeros((2, 0)).view()), [None, None]);
    assert_eq!(max_weight_matching(Array2::zeros((0, 2)).view()), []);
}

#[test]
fn a_row_without_points_is_paired_all_the_same() {
    assert_eq!(max_weight_matching(array![[0, 4], [0, 0]].view()), [Some(1), Some(0)]);
}

#[test]
fn levels_far_apart_are_not_walked_one_by_one() {
    // Two rows contend for one column, and what else the loser may have is 2^40 smaller.
    let far = 1 << 40;
    let weights = array![[far, 1, 0], [far + 3, 0, 2], [far, 0, 2]];
    assert_eq!(max_weight_matching(weights.view()), [Some(1), Some(0), Some(2)]);
}

#[test]
fn large_counts_stay_exact() {
    // The two pairings differ by 1 in 2^61, far below the resolution of f64.
    let huge = 1_u64 << 59;
    assert_eq!(
        max_weight_matching(array![[huge, huge], [huge, huge + 1]].view()),
        [Some(0), Some(1)]
    );
    assert_eq!(
        max_weight_matching(array![[huge, huge + 1], [huge, huge]].view()),
        [Some(1), Some(0)]
    );
}

/// Tables of up to 6 x 6. Few distinct weights make ties frequent.
fn tables() -> impl Strategy<Value = Array2<u64>> {
    let most = prop_oneof![1..=3_u64, 1..=60_u64, 1..=(1_u64 << 55)];
    // The share of cells that are empty is drawn as well.
    (1..=6_usize, 1..=6_usize, most, 0.0..1.0).prop_flat_map(|(rows, columns, most, empty)| {
        let cell = (0..=most, 0.0..1.0)
            .prop_map(move |(weight, draw)| if draw < empty { 0 } else { weight });
        prop::collection::vec(cell, rows * columns)
            .prop_map(move |cells| Array2::from_shape_vec((rows, columns), cells).unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn no_permutation_is_better(weights in tables()) {
        let matching = max_weight_matching(weights.view());

        let mut used: Vec<usize> = matching.iter().flatten().copied().collect();
        used.sort_unstable();
        used.dedup();
        let pairs = weights.nrows().min(weights.ncols());
        prop_assert_eq!(used.len(), pairs, "one to one, no cell to spare");

        let best = by_brute_force(&weights, 0, &mut vec![false; weights.ncols()]);
        prop_assert_eq!(total(&weights, &matching), best);
    }
}
