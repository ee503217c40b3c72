//! The best one-to-one pairing of rows with columns.

use ndarray::ArrayView2;

/// Pairs rows with columns one to one so that the sum of their weights is largest.
///
/// `weights` is (r, c). Returns the column of each row, (r,). The smaller side is paired completely, even
/// where the weight is 0; when there are more rows than columns, r - c rows are left with `None`. Of several
/// best pairings the same one is always returned. The sum of all weights must stay below 2^61.
///
/// The Hungarian method (Kuhn 1955, Naval Research Logistics Quarterly 2, 83-97) in the form of shortest
/// augmenting paths with potentials (Jonker and Volgenant 1987, Computing 38, 325-340; for rectangular tables
/// Crouse 2016, IEEE TAES 52, 1679-1696). Time O(min(r, c)^2 max(r, c)). In integers, hence exact.
///
/// Tested against every permutation of small tables, and through
/// [`Contingency::acc`](crate::Contingency::acc) against `scipy.optimize.linear_sum_assignment`.
pub(crate) fn best_pairing(weights: ArrayView2<u64>) -> Vec<Option<usize>> {
    let (rows, columns) = weights.dim();
    if rows <= columns {
        return Pairing::solve(weights).column_of;
    }
    Pairing::solve(weights.t()).row_of // the columns played the rows
}

/// A partial pairing and the potentials that prove it optimal.
///
/// The cost of a cell is minus its weight, and its reduced cost is `cost - row_potential - column_potential`.
/// Between two calls of `add`, no reduced cost in a paired row is negative, every paired cell has reduced
/// cost 0, and the potential of a column is 0 until it is paired and never above. Summed up, these say that
/// no other pairing of the same rows is cheaper.
struct Pairing<'a> {
    weights: ArrayView2<'a, u64>,
    row_potential: Vec<i64>,
    column_potential: Vec<i64>,
    column_of: Vec<Option<usize>>,
    row_of: Vec<Option<usize>>,
}

/// The shortest paths, by reduced cost, from one row to the nearest free column and all that is nearer.
struct Paths {
    /// Length of the shortest path found to each column, (c,).
    distance: Vec<i64>,
    /// The row before each column on that path, (c,).
    previous: Vec<usize>,
    /// The columns whose distance is final, in the order they were reached. The last one is free.
    reached: Vec<usize>,
}

impl<'a> Pairing<'a> {
    /// Pairs every row of `weights` (r, c), r <= c.
    fn solve(weights: ArrayView2<'a, u64>) -> Self {
        let (rows, columns) = weights.dim();
        let mut pairing = Self {
            weights,
            row_potential: vec![0; rows],
            column_potential: vec![0; columns],
            column_of: vec![None; rows],
            row_of: vec![None; columns],
        };
        for row in 0..rows {
            pairing.add(row);
        }
        pairing
    }

    /// Pairs one more row, moving the others along the shortest path to a free column.
    fn add(&mut self, row: usize) {
        let paths = self.shortest_paths(row);
        let Some((&free, passed)) = paths.reached.split_last() else {
            return; // no column at all
        };

        // What lies nearer than the free column gives way by the difference. Reduced costs stay non-negative,
        // and those along the path become 0.
        let length = paths.distance[free];
        self.row_potential[row] += length;
        for &column in passed {
            let slack = length - paths.distance[column];
            self.column_potential[column] -= slack;
            if let Some(paired) = self.row_of[column] {
                self.row_potential[paired] += slack;
            }
        }

        // Walk the path back: each row takes the column after it and hands on the one it had.
        let mut column = Some(free);
        while let Some(taken) = column {
            let taker = paths.previous[taken];
            self.row_of[taken] = Some(taker);
            column = self.column_of[taker].replace(taken);
        }
    }

    /// Dijkstra's search from the unpaired row `start` to the nearest free column.
    fn shortest_paths(&self, start: usize) -> Paths {
        let columns = self.row_of.len();
        let mut paths =
            Paths { distance: vec![i64::MAX; columns], previous: vec![start; columns], reached: vec![] };
        let mut open: Vec<usize> = (0..columns).collect();
        let (mut row, mut length) = (start, 0);
        loop {
            for &column in &open {
                let distance = length + self.reduced_cost(row, column);
                if distance < paths.distance[column] {
                    paths.distance[column] = distance;
                    paths.previous[column] = row;
                }
            }
            // The first of equals, so that the answer does not depend on anything but the table.
            let Some(nearest) = (0..open.len()).min_by_key(|&i| (paths.distance[open[i]], open[i])) else {
                return paths;
            };
            let column = open.swap_remove(nearest);
            paths.reached.push(column);
            match self.row_of[column] {
                Some(paired) => (row, length) = (paired, paths.distance[column]),
                None => return paths,
            }
        }
    }

    fn reduced_cost(&self, row: usize, column: usize) -> i64 {
        -(self.weights[[row, column]] as i64) - self.row_potential[row] - self.column_potential[column]
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::*;

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
        assert_eq!(best_pairing(array![[9, 8], [7, 1]].view()), [Some(1), Some(0)]);
    }

    #[test]
    fn the_longer_side_is_left_over() {
        let wide = array![[5, 0, 9], [4, 0, 8]]; // 5 + 8 = 13 = 9 + 4; column 1 is of no use
        assert_eq!(total(&wide, &best_pairing(wide.view())), 13);
        let tall = array![[1], [3], [2]];
        assert_eq!(best_pairing(tall.view()), [None, Some(0), None]);
    }

    #[test]
    fn a_table_without_columns_or_rows_pairs_nothing() {
        assert_eq!(best_pairing(Array2::zeros((2, 0)).view()), [None, None]);
        assert_eq!(best_pairing(Array2::zeros((0, 2)).view()), []);
    }

    #[test]
    fn a_row_without_points_is_paired_all_the_same() {
        assert_eq!(best_pairing(array![[0, 4], [0, 0]].view()), [Some(1), Some(0)]);
    }

    #[test]
    fn large_counts_stay_exact() {
        // The two pairings differ by 1 in 2^61, far below the resolution of f64.
        let huge = 1_u64 << 59;
        assert_eq!(best_pairing(array![[huge, huge], [huge, huge + 1]].view()), [Some(0), Some(1)]);
        assert_eq!(best_pairing(array![[huge, huge + 1], [huge, huge]].view()), [Some(1), Some(0)]);
    }

    /// Tables of up to 6 x 6. Few distinct weights make ties frequent.
    fn tables() -> impl Strategy<Value = Array2<u64>> {
        (1..=6_usize, 1..=6_usize, 1..=60_u64).prop_flat_map(|(rows, columns, most)| {
            prop::collection::vec(0..=most, rows * columns)
                .prop_map(move |cells| Array2::from_shape_vec((rows, columns), cells).unwrap())
        })
    }

    proptest! {
        #[test]
        fn no_permutation_is_better(weights in tables()) {
            let pairing = best_pairing(weights.view());

            let mut used: Vec<usize> = pairing.iter().flatten().copied().collect();
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len(), weights.nrows().min(weights.ncols()), "one to one, no cell to spare");

            let best = by_brute_force(&weights, 0, &mut vec![false; weights.ncols()]);
            prop_assert_eq!(total(&weights, &pairing), best);
        }
    }
}
