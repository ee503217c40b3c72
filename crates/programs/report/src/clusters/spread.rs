//! Selects members that show what kinds of points a cluster has.

use clustering::kmeans::{self, KMeansParams};
use ndarray::Array2;

use super::distances::CenteredPoints;

/// Most members that are looked at, evenly taken.
const SAMPLE: usize = 1000;

/// Selects about `count` of `members` that are spread over the cluster, or `None` for few members.
///
/// Divides the cluster into `count` parts by k-means and takes the point nearest to the centroid of
/// each that is not among `shown`, the largest part first. `d` is the number of dimensions.
pub fn spread(
    points: &CenteredPoints,
    d: usize,
    members: &[usize],
    shown: &[usize],
    count: usize,
) -> Option<Vec<usize>> {
    let sampled = members.len().min(SAMPLE);
    if count < 2 || sampled <= count {
        return None;
    }
    let rows: Vec<usize> = (0..sampled).map(|at| members[at * members.len() / sampled]).collect();
    let mut sample = Array2::<f32>::zeros((sampled, d));
    for (&row, mut to) in rows.iter().zip(sample.outer_iter_mut()) {
        points.fill(row, to.as_slice_mut()?);
    }
    let params = KMeansParams { k: count, starts: 1, tol: 1e-4, ..KMeansParams::default() };
    let parts = kmeans::fit(&sample, &params, &mut |_| {}).ok()?;
    let mut nearest: Vec<(usize, f64, usize)> = Vec::new();
    for (part, center) in parts.model.centroids().outer_iter().enumerate() {
        let own = (0..sampled).filter(|&at| parts.assignments[at] as usize == part);
        let measured = own.map(|at| {
            let squares = sample.row(at).into_iter().zip(&center).map(|(&x, c)| {
                let difference = f64::from(x) - c;
                difference * difference
            });
            (at, squares.sum::<f64>())
        });
        let measured: Vec<(usize, f64)> = measured.collect();
        let first = measured
            .iter()
            .filter(|(at, _)| !shown.contains(&rows[*at]))
            .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        if let Some(&(at, distance)) = first {
            nearest.push((measured.len(), distance, rows[at]));
        }
    }
    nearest.sort_by_key(|&(size, _, row)| (std::cmp::Reverse(size), row));
    Some(nearest.into_iter().map(|(_, _, row)| row).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use artifact::Points;

    use super::*;

    #[test]
    fn each_part_of_a_cluster_is_represented() {
        // Three parts on a line with 30, 20 and 10 points, in the middle of each an exact center.
        let values = |first: f64, count: usize| (0..count).map(move |i| first + 0.01 * i as f64);
        let all: Vec<f64> =
            values(0.0, 31).chain(values(10.0, 21)).chain(values(30.0, 11)).collect();
        let n = all.len();
        let points = Points::F64(Array2::from_shape_vec((n, 1), all).unwrap());
        let members: Vec<usize> = (0..n).collect();
        let found = spread(&CenteredPoints::new(&points), 1, &members, &[], 3).unwrap();
        assert_eq!(found, [15, 41, 57]);
        let others = spread(&CenteredPoints::new(&points), 1, &members, &[15, 57], 3).unwrap();
        assert!(others[0].abs_diff(15) == 1 && others[1] == 41 && others[2].abs_diff(57) == 1);
        assert!(spread(&CenteredPoints::new(&points), 1, &members[..3], &[], 3).is_none());
    }
}
