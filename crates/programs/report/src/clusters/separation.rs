//! How far clusters are apart, and whether one consists of two pieces; no labels are needed.
//!
//! Two groups of points are projected onto the line through their means. Between two separate
//! groups there is a gap: places on this line with few points. Its depth is 1 minus the density at
//! the emptiest place between the two densest, relative to the lesser of these. It is 1 if the
//! place between them is empty, and 0 if the densities have no minimum there.

use artifact::Points;
use clustering::kmeans::{self, KMeansParams};
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

use super::distances::CenteredPoints;

/// Most points of a cluster that are measured, evenly taken from its members.
const SAMPLE: usize = 1000;

/// Fewest points of a group whose densities mean something.
const FEWEST: usize = 10;

/// Nearest other clusters to which gaps are measured.
const NEAREST: usize = 5;

/// Depth from which on a gap within a cluster makes two pieces of it.
const TWO_PIECES: f64 = 0.9;

/// Least share of the points of a cluster that makes a piece, and not some outliers.
const PIECE: f64 = 0.05;

/// Depth of a gap up to which two clusters run into one another.
const NO_GAP: f64 = 0.1;

/// Size relative to that of clusters of equal size below which a cluster is a splinter.
const SPLINTER: f64 = 0.5;

/// Bins of the densities: so many for the distance of the two means.
const BINS_BETWEEN_MEANS: usize = 10;

/// Separation of a cluster from others, and within it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Separation {
    /// Size relative to that of clusters of equal size.
    pub relative_size: f64,
    /// Share of the lesser half of the cluster, and the depth of the gap between its halves.
    pub inside: Option<(f64, f64)>,
    /// The cluster, by its index, to which the gap is least, and its depth.
    pub outside: Option<(usize, f64)>,
}

impl Separation {
    /// Measures all clusters of `points`, whose rows are `members`.
    pub fn of(points: &Points, members: &[Vec<usize>]) -> Vec<Self> {
        let rows = CenteredPoints::new(points);
        let d = points.dim().1;
        let samples: Vec<Array2<f32>> = members
            .par_iter()
            .map(|members| {
                let count = members.len().min(SAMPLE);
                let mut sample = Array2::zeros((count, d));
                for (at, mut row) in sample.outer_iter_mut().enumerate() {
                    let row = row.as_slice_mut().expect("rows of a new array are contiguous");
                    rows.fill(members[at * members.len() / count], row);
                }
                sample
            })
            .collect();
        let means: Vec<Array1<f64>> = samples.iter().map(mean).collect();
        let all: usize = members.iter().map(Vec::len).sum();
        let equal = all as f64 / members.len().max(1) as f64;
        (0..members.len())
            .into_par_iter()
            .map(|at| Self {
                relative_size: members[at].len() as f64 / equal,
                inside: gap_inside(&samples[at]),
                outside: least_gap(at, &samples, &means),
            })
            .collect()
    }

    /// Describes the figures; `id_of` gives the id of a cluster.
    pub fn text(&self, id_of: impl Fn(usize) -> i64) -> String {
        let mut parts = Vec::new();
        if let Some((_, gap)) = self.inside {
            parts.push(format!("gap inside {gap:.2}"));
        }
        if let Some((other, gap)) = self.outside {
            parts.push(format!("gap to group {} {gap:.2}", id_of(other)));
        }
        parts.join(", ")
    }

    /// Names what is wrong with the cluster, if anything is.
    pub fn marks(&self, id_of: impl Fn(usize) -> i64) -> Vec<String> {
        let mut marks = Vec::new();
        if let Some((share, gap)) = self.inside
            && gap >= TWO_PIECES
            && share >= PIECE
        {
            let (larger, lesser) = (100.0 * (1.0 - share), 100.0 * share);
            marks.push(format!("looks like two groups ({larger:.0} % and {lesser:.0} %)"));
        }
        if self.relative_size < SPLINTER {
            marks.push(format!("small ({:.2} of an equal share)", self.relative_size));
        }
        if let Some((other, gap)) = self.outside
            && gap <= NO_GAP
        {
            marks.push(format!("runs into group {}", id_of(other)));
        }
        marks
    }
}

/// Computes the mean of rows.
fn mean(rows: &Array2<f32>) -> Array1<f64> {
    let rows = rows.mapv(f64::from);
    rows.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(rows.ncols()))
}

/// Halves a cluster by two-means: the share of the lesser half, and the gap between the two.
fn gap_inside(sample: &Array2<f32>) -> Option<(f64, f64)> {
    if sample.nrows() < 2 * FEWEST {
        return None;
    }
    let params = KMeansParams { k: 2, starts: 3, tol: 1e-4, ..KMeansParams::default() };
    let halves = kmeans::fit(sample, &params, &mut |_| {}).ok()?;
    let of = |half: i32| {
        let rows: Vec<usize> =
            (0..sample.nrows()).filter(|&row| halves.assignments[row] == half).collect();
        sample.select(Axis(0), &rows)
    };
    let (a, b) = (of(0), of(1));
    let lesser = a.nrows().min(b.nrows());
    Some((lesser as f64 / sample.nrows() as f64, gap(&a, &b, &mean(&a), &mean(&b))?))
}

/// Finds the least gap between cluster `at` and those with the nearest means.
fn least_gap(at: usize, samples: &[Array2<f32>], means: &[Array1<f64>]) -> Option<(usize, f64)> {
    let distance = |other: usize| (&means[other] - &means[at]).mapv(|x| x * x).sum();
    let mut others: Vec<usize> = (0..means.len()).filter(|&other| other != at).collect();
    others.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(a.cmp(&b)));
    let gaps = others.into_iter().take(NEAREST).filter_map(|other| {
        Some((other, gap(&samples[at], &samples[other], &means[at], &means[other])?))
    });
    gaps.min_by(|a, b| a.1.total_cmp(&b.1))
}

/// Computes the depth of the gap between two groups of points with their means.
///
/// Returns `None` for groups of few points, or with the same mean.
fn gap(
    a: &Array2<f32>,
    b: &Array2<f32>,
    mean_a: &Array1<f64>,
    mean_b: &Array1<f64>,
) -> Option<f64> {
    let axis = mean_b - mean_a;
    let square = axis.dot(&axis);
    if a.nrows().min(b.nrows()) < FEWEST || square == 0.0 {
        return None;
    }
    // The mean of the first group is at 0, that of the second one at 1, and bins go from -1 to 2.
    let mut bins = vec![0.0; 3 * BINS_BETWEEN_MEANS];
    for row in a.outer_iter().chain(b.outer_iter()) {
        let products = row.iter().zip(mean_a).zip(&axis).map(|((&x, m), u)| (f64::from(x) - m) * u);
        let place = (products.sum::<f64>() / square + 1.0) * BINS_BETWEEN_MEANS as f64;
        if place >= 0.0
            && let Some(bin) = bins.get_mut(place as usize)
        {
            *bin += 1.0;
        }
    }
    // Each density is over two bins.
    let densities: Vec<f64> = bins.windows(2).map(|pair| pair[0] + pair[1]).collect();
    let middle = 3 * BINS_BETWEEN_MEANS / 2 - 1;
    // Of equal densities the one nearest to the middle.
    let peak = |places: &mut dyn Iterator<Item = usize>| {
        places.fold(middle, |best, at| if densities[at] > densities[best] { at } else { best })
    };
    let left = peak(&mut (0..middle).rev());
    let right = peak(&mut (middle + 1..densities.len()));
    let valley = densities[left..=right].iter().copied().fold(f64::INFINITY, f64::min);
    let lesser = densities[left].min(densities[right]);
    Some(if lesser > 0.0 { 1.0 - valley / lesser } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of clusters, given as (first, step) of `count` values on a line each.
    fn line(clusters: &[&[(f64, f64, usize)]]) -> (Points, Vec<Vec<usize>>) {
        let (mut values, mut members) = (Vec::new(), Vec::new());
        for runs in clusters {
            let before = values.len();
            for &(first, step, count) in *runs {
                values.extend((0..count).map(|i| first + step * i as f64));
            }
            members.push((before..values.len()).collect());
        }
        let n = values.len();
        (Points::F64(Array2::from_shape_vec((n, 1), values).unwrap()), members)
    }

    #[test]
    fn a_cluster_in_two_pieces_is_marked() {
        let (points, members) =
            line(&[&[(0.0, 0.01, 300), (9.0, 0.01, 100)], &[(100.0, 0.01, 400)]]);
        let found = Separation::of(&points, &members);
        let (share, gap) = found[0].inside.unwrap();
        assert!((share - 0.25).abs() < 1e-9 && gap == 1.0, "{share} {gap}");
        assert_eq!(found[0].marks(|at| at as i64), ["looks like two groups (75 % and 25 %)"]);
        assert!(found[1].inside.unwrap().1 < 0.2, "{:?}", found[1]);
        assert!(found[1].marks(|at| at as i64).is_empty(), "{:?}", found[1]);
        assert_eq!(found[1].outside, Some((0, 1.0)));
    }

    #[test]
    fn a_few_outliers_are_no_piece() {
        let (points, members) =
            line(&[&[(0.0, 0.01, 390), (90.0, 0.01, 10)], &[(300.0, 0.1, 400)]]);
        let found = Separation::of(&points, &members);
        assert!(found[0].marks(|at| at as i64).is_empty(), "{:?}", found[0]);
    }

    #[test]
    fn clusters_that_run_into_one_another_are_marked() {
        let (points, members) =
            line(&[&[(0.0, 0.01, 300)], &[(3.0, 0.01, 300)], &[(50.0, 0.01, 300)]]);
        let found = Separation::of(&points, &members);
        assert_eq!(found[0].marks(|at| 10 * at as i64), ["runs into group 10"]);
        assert_eq!(found[1].marks(|at| 10 * at as i64), ["runs into group 0"]);
        assert!(found[2].marks(|at| at as i64).is_empty(), "{:?}", found[2]);
        let text = found[0].text(|at| 10 * at as i64);
        assert!(text.starts_with("gap inside 0.") && text.contains("gap to group 10 0."), "{text}");
    }

    #[test]
    fn a_splinter_is_marked() {
        let (points, members) =
            line(&[&[(0.0, 0.01, 300)], &[(9.0, 0.01, 30)], &[(50.0, 0.01, 300)]]);
        let found = Separation::of(&points, &members);
        assert_eq!(found[1].marks(|at| at as i64), ["small (0.14 of an equal share)"]);
    }

    #[test]
    fn few_points_have_no_figures() {
        let (points, members) = line(&[&[(0.0, 1.0, 5)], &[(9.0, 1.0, 5)]]);
        let found = Separation::of(&points, &members);
        assert_eq!((found[0].inside, found[0].outside), (None, None));
        // Equal points have neither halves nor a line.
        let (points, members) = line(&[&[(1.0, 0.0, 50)], &[(1.0, 0.0, 50)]]);
        let found = Separation::of(&points, &members);
        assert_eq!((found[0].inside, found[0].outside), (None, None));
    }
}
