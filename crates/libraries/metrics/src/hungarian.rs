//! The Hungarian method for the assignment problem: the best one-to-one pairing of rows and
//! columns.

mod weights;

pub(crate) use weights::SparseWeights;

/// Stands for no row and no column.
const NONE: u32 = u32::MAX;

/// Pairs rows with columns one to one so that the sum of their weights is largest.
///
/// Returns the column of each row, (rows,). The smaller side is paired completely, even where the
/// weight is 0; the others are left with `None`. Of several best pairings the same one is always
/// returned.
///
/// Primal and dual method (Kuhn 1955, Naval Research Logistics Quarterly 2, 83-97): the potential
/// of all unpaired rows falls from the largest weight to 0. At each level, as many rows as possible
/// are paired along cells whose weight equals the sum of their potentials, by shortest augmenting
/// paths that share no row (Hopcroft and Karp 1973, SIAM J. Comput. 2, 225-231). In integers, hence
/// exact.
///
/// At level t no row has a potential below t, so that only cells of weight t or more are looked at,
/// of which a table of n points has n / t at most. Summed over all levels that is n ln n, times the
/// few searches of a level: bounded by the number of points and of nonzero cells, for any number of
/// rows and columns.
///
/// Tested against every permutation of small tables, and through
/// [`Contingency::acc`](crate::Contingency::acc) against `scipy.optimize.linear_sum_assignment`.
pub(crate) fn max_weight_matching(weights: &SparseWeights) -> Vec<Option<usize>> {
    let mut column_of = Matching::solve(weights);
    // Rows and columns that are left share no cell above 0, so that any pairs will do.
    let mut taken = vec![false; weights.columns];
    column_of
        .iter()
        .filter(|&&column| column != NONE)
        .for_each(|&column| taken[column as usize] = true);
    let mut free = (0..weights.columns as u32).filter(|&column| !taken[column as usize]);
    for column in column_of.iter_mut().filter(|column| **column == NONE) {
        *column = free.next().unwrap_or(NONE);
    }
    column_of.into_iter().map(|column| (column != NONE).then_some(column as usize)).collect()
}

/// A partial pairing and the potentials that prove it optimal.
///
/// Throughout, no potential is negative, no weight exceeds the sum of the potentials of its row and
/// column, those of paired cells equal it, and unpaired columns have potential 0. All unpaired rows
/// have the same potential, the level, or are still waiting for it. When the level is 0, these say
/// that no pairing weighs more.
struct Matching<'a> {
    weights: &'a SparseWeights,
    row_potential: Vec<i64>,
    column_potential: Vec<i64>,
    column_of: Vec<u32>,
    row_of: Vec<u32>,
    /// Paired cells between an unpaired row and each row reached by the last search; [`NONE`] for
    /// others.
    layer: Vec<u32>,
    /// The next cell that each reached row tries.
    cursor: Vec<usize>,
    reached: Vec<bool>,
    reached_rows: Vec<u32>,
    reached_columns: Vec<u32>,
}

impl<'a> Matching<'a> {
    /// Returns the column of each row in a pairing of the largest weight.
    ///
    /// It is [`NONE`] for unpaired rows.
    fn solve(weights: &'a SparseWeights) -> Vec<u32> {
        let mut waiting: Vec<u32> =
            (0..weights.rows as u32).filter(|&row| weights.largest(row as usize) > 0).collect();
        // Popped from the end: the largest weight first, of equals the first row.
        waiting
            .sort_unstable_by_key(|&row| (weights.largest(row as usize), std::cmp::Reverse(row)));
        let mut matching = Self {
            weights,
            row_potential: vec![0; weights.rows],
            column_potential: vec![0; weights.columns],
            column_of: vec![NONE; weights.rows],
            row_of: vec![NONE; weights.columns],
            layer: vec![NONE; weights.rows],
            cursor: vec![0; weights.rows],
            reached: vec![false; weights.columns],
            reached_rows: Vec::new(),
            reached_columns: Vec::new(),
        };
        let next = |waiting: &[u32]| waiting.last().map_or(0, |&row| weights.largest(row as usize));
        let mut unpaired: Vec<u32> = Vec::new();
        let mut level = next(&waiting);
        while level > 0 {
            let before = unpaired.len();
            while next(&waiting) == level {
                unpaired.extend(waiting.pop());
            }
            unpaired[before..].iter().for_each(|&row| matching.row_potential[row as usize] = level);
            unpaired.sort_unstable();
            while matching.search(&unpaired) {
                unpaired.retain(|&row| !matching.augment(row));
            }
            // The level may fall as far as to the first cell that becomes tight or the first row
            // that waits.
            let lowest = next(&waiting);
            level -= if unpaired.is_empty() {
                level - lowest
            } else {
                matching.lower(level, level - lowest)
            };
        }
        matching.column_of
    }

    /// Lists the cells of `row` from `first` on that may be tight to within `slack`.
    ///
    /// They are those of weights no less than the potential of the row, less `slack`, since the
    /// potential of no column is negative.
    fn cells(
        &self,
        row: u32,
        first: usize,
        slack: i64,
    ) -> impl Iterator<Item = (usize, u32, i64)> + use<'a> {
        let weights = self.weights;
        let least = self.row_potential[row as usize] - slack;
        let all = first..weights.starts[row as usize + 1];
        all.map(move |at| (at, weights.column[at], weights.weight[at]))
            .take_while(move |&(_, _, weight)| weight >= least)
    }

    /// Returns whether the weight of a cell equals the sum of its potentials.
    fn is_tight(&self, row: u32, column: u32, weight: i64) -> bool {
        weight == self.row_potential[row as usize] + self.column_potential[column as usize]
    }

    /// Searches breadth first for unpaired columns, from all unpaired rows at once.
    ///
    /// The search ends with the layer of the first. Returns whether there is one.
    fn search(&mut self, unpaired: &[u32]) -> bool {
        self.reached_rows.drain(..).for_each(|row| self.layer[row as usize] = NONE);
        self.reached_columns.drain(..).for_each(|column| self.reached[column as usize] = false);
        self.reached_rows.extend(unpaired);
        unpaired.iter().for_each(|&row| self.layer[row as usize] = 0);
        let (mut start, mut depth, mut found) = (0, 0, false);
        while start < self.reached_rows.len() && !found {
            let end = self.reached_rows.len();
            depth += 1;
            for at in start..end {
                let row = self.reached_rows[at];
                self.cursor[row as usize] = self.weights.starts[row as usize];
                for (_, column, weight) in self.cells(row, self.cursor[row as usize], 0) {
                    if self.reached[column as usize] || !self.is_tight(row, column, weight) {
                        continue;
                    }
                    self.reached[column as usize] = true;
                    self.reached_columns.push(column);
                    let paired = self.row_of[column as usize];
                    if paired == NONE {
                        found = true;
                    } else if self.layer[paired as usize] == NONE {
                        self.layer[paired as usize] = depth;
                        self.reached_rows.push(paired);
                    }
                }
            }
            start = end;
        }
        found
    }

    /// Pairs the unpaired row `root` along an augmenting path, if there is one.
    ///
    /// The path leads through the layers of the last search, and rows on it move to other columns.
    /// A row that was passed, or that leads nowhere, is not tried again. Returns whether there is a
    /// path.
    fn augment(&mut self, root: u32) -> bool {
        let mut path = vec![root];
        while let Some(&row) = path.last() {
            let depth = self.layer[row as usize];
            let step =
                self.cells(row, self.cursor[row as usize], 0).find(|&(_, column, weight)| {
                    let paired = self.row_of[column as usize];
                    let onward = paired == NONE || self.layer[paired as usize] == depth + 1;
                    onward && self.is_tight(row, column, weight)
                });
            let Some((at, column, _)) = step else {
                self.layer[row as usize] = NONE;
                path.pop();
                if let Some(&before) = path.last() {
                    self.cursor[before as usize] += 1;
                }
                continue;
            };
            self.cursor[row as usize] = at;
            let paired = self.row_of[column as usize];
            if paired != NONE {
                path.push(paired);
                continue;
            }
            for row in path {
                let column = self.weights.column[self.cursor[row as usize]];
                self.column_of[row as usize] = column;
                self.row_of[column as usize] = row;
                self.layer[row as usize] = NONE;
            }
            return true;
        }
        false
    }

    /// Lowers the potentials of reached rows, and raises those of reached columns.
    ///
    /// This follows a search that found no unpaired column. The potentials change until a cell that
    /// leads on becomes tight, but by `most` at most. Returns by how much: at least 1, since all
    /// potentials and weights are whole numbers.
    fn lower(&mut self, level: i64, most: i64) -> i64 {
        // A fall by more than half of the level would look at cells of much smaller weight than a
        // search at the new level needs, so it is taken in several.
        let most = most.min((level / 2).max(1));
        let mut horizon = 1;
        let fall = loop {
            match self.first_tight(horizon) {
                Some(fall) => break fall,
                None if horizon == most => break most,
                None => horizon = most.min(2 * horizon),
            }
        };
        self.reached_rows.iter().for_each(|&row| self.row_potential[row as usize] -= fall);
        self.reached_columns
            .iter()
            .for_each(|&column| self.column_potential[column as usize] += fall);
        fall
    }

    /// Finds the smallest slack of cells between reached rows and other columns.
    ///
    /// Returns `None` if it is above `horizon`.
    fn first_tight(&self, horizon: i64) -> Option<i64> {
        let mut smallest = horizon + 1;
        for &row in &self.reached_rows {
            for (_, column, weight) in
                self.cells(row, self.weights.starts[row as usize], smallest - 1)
            {
                if !self.reached[column as usize] {
                    let potentials =
                        self.row_potential[row as usize] + self.column_potential[column as usize];
                    smallest = smallest.min(potentials - weight);
                }
            }
            if smallest == 1 {
                break;
            }
        }
        (smallest <= horizon).then_some(smallest)
    }
}

#[cfg(test)]
mod tests;
