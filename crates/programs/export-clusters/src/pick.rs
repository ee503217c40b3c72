//! Picks the members of a cluster that its contact sheet shows.

/// Tiles in a row of a contact sheet.
pub const COLUMNS: usize = 12;

/// Picks bands of `members`: the most certain, some in between, and the least certain.
///
/// Each band has at most `rows` rows of tiles, and goes from more to less certain. If all members
/// fit into three bands, there is one band of all. Without certainties, it has members that are
/// evenly spaced in their order.
pub fn bands(
    members: &[usize],
    certainty: impl Fn(usize) -> Option<f64>,
    rows: usize,
) -> Vec<Vec<usize>> {
    let band = rows * COLUMNS;
    let known: Option<Vec<(f64, usize)>> =
        members.iter().map(|&row| certainty(row).map(|certainty| (certainty, row))).collect();
    let Some(mut ranked) = known else {
        return vec![evenly_spaced(members, 3 * band)];
    };
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let ranked: Vec<usize> = ranked.into_iter().map(|(_, row)| row).collect();
    if ranked.len() <= 3 * band {
        return vec![ranked];
    }
    let (first, rest) = ranked.split_at(band);
    let (middle, last) = rest.split_at(rest.len() - band);
    vec![first.to_vec(), evenly_spaced(middle, band), last.to_vec()]
}

/// Picks at most `most` of `rows`, the first and the last among them.
fn evenly_spaced(rows: &[usize], most: usize) -> Vec<usize> {
    if rows.len() <= most || most < 2 {
        return rows.iter().copied().take(most).collect();
    }
    (0..most).map(|at| rows[at * (rows.len() - 1) / (most - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_and_least_certain_are_shown_and_some_between() {
        let members: Vec<usize> = (0..1000).collect();
        // Row 999 is the most certain.
        let found = bands(&members, |row| Some(row as f64), 1);
        assert_eq!(found[0], (988..1000).rev().collect::<Vec<_>>());
        assert_eq!(found[2], (0..12).rev().collect::<Vec<_>>());
        assert_eq!((found[1].len(), found[1][0], found[1][11]), (12, 987, 12));
        assert!(found[1].is_sorted_by(|a, b| a > b));
    }

    #[test]
    fn small_clusters_and_unknown_certainties_make_one_band() {
        let members: Vec<usize> = (0..36).collect();
        let all = bands(&members, |row| Some(-(row as f64)), 1);
        assert_eq!((all.len(), &all[0]), (1, &members));
        let more: Vec<usize> = (0..100).collect();
        let found = bands(&more, |_| None, 1);
        assert_eq!((found.len(), found[0].len(), found[0][0], found[0][35]), (1, 36, 0, 99));
        assert_eq!(bands(&[7], |_| None, 1), [[7]]);
    }
}
