//! Fits with minibatch to a file of points that need not fit into memory.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context;
use artifact::PointFile;
use clustering::Error;
use clustering::kmeans::{BatchReport, KMeans, MiniBatch, MiniBatchParams, RandomRows};
use model_io::on_points;
use ndarray::{Array1, s};

/// The result of a fit.
pub struct Outcome {
    /// The centroids.
    pub model: KMeans,
    /// Cluster of each point, shape (n,): what `--predict` gives with this model.
    pub assignments: Array1<i32>,
    /// Sum over the points of the squared distance to the centroid of their cluster.
    pub inertia: f64,
    /// Number of batches.
    pub iterations: usize,
    /// Whether the smoothed inertia of the batches stopped falling before `max_iter` passes were
    /// over.
    pub converged: bool,
    /// Points in each cluster, shape (k,).
    pub sizes: Vec<usize>,
    /// Number of starting centroids that equal another: the first sample had fewer distinct rows
    /// than clusters.
    pub coincident_starts: usize,
    /// The file of points.
    pub file: PointFile,
}

/// Fits k-means to random batches of the rows of `points`, and then assigns every row.
///
/// Calls `on_progress` for every batch, with the most batches there will be. In memory there is
/// never more of the file than a batch, the first sample (three batches, or 3 k rows) or a block of
/// a few MB; the assignments take 4 n bytes.
pub fn fit(
    points: &Path,
    params: &MiniBatchParams,
    on_progress: &mut dyn FnMut(&BatchReport, usize),
) -> anyhow::Result<Outcome> {
    let file = PointFile::open(points)?;
    file.scale_warning().iter().for_each(|text| cli::warn(text));
    let about = || points.display().to_string();
    let (n, _) = file.dim();
    let mut rows = RandomRows::new(n, params.seed);
    let drawn = rows.draw(params.sample_size(n));
    let sample = file.read(&drawn)?;
    let fit = on_points!(&sample, sample => MiniBatch::new(sample, n, params.clone()));
    let mut fit = fit.map_err(|error| in_file(error, |row| drawn[row])).with_context(about)?;
    let coincident_starts = coincident(fit.model());
    let most = params.most_batches(n);
    let (mut iterations, mut converged) = (0, false);
    while iterations < most && !converged {
        let drawn = rows.draw(params.batch);
        let batch = file.read(&drawn)?;
        let report = on_points!(&batch, batch => fit.update(batch));
        let report =
            report.map_err(|error| in_file(error, |row| drawn[row])).with_context(about)?;
        (iterations, converged) = (report.batch, report.converged);
        on_progress(&report, most);
    }
    let model = fit.into_model();
    let (assignments, inertia) = assign(&file, &model, params.batch).with_context(about)?;
    let mut sizes = vec![0; params.k];
    assignments.iter().for_each(|&cluster| sizes[cluster as usize] += 1);
    Ok(Outcome {
        model,
        assignments,
        inertia,
        iterations,
        converged,
        sizes,
        coincident_starts,
        file,
    })
}

/// Names the row of the file in an error of some of its points.
fn in_file(error: Error, row_of: impl Fn(usize) -> usize) -> Error {
    match error {
        Error::NoDirection { what: what @ "points", row } => {
            Error::NoDirection { what, row: row_of(row) }
        }
        other => other,
    }
}

/// Counts the centroids that equal one before them.
fn coincident(model: &KMeans) -> usize {
    // Adding 0 turns -0 into 0, which is the same place.
    let places =
        model.centroids().outer_iter().map(|row| row.mapv(|x| (x + 0.0).to_bits()).to_vec());
    model.centroids().nrows() - places.collect::<HashSet<_>>().len()
}

/// Gives the cluster of each row (n,) and the inertia.
fn assign(file: &PointFile, model: &KMeans, batch: usize) -> anyhow::Result<(Array1<i32>, f64)> {
    let mut assignments = Array1::zeros(file.dim().0);
    let (mut start, mut inertia) = (0, 0.0);
    for block in file.blocks(file.block_rows().max(batch)) {
        let (part, sum) = on_points!(&block?, points => {
            let part = model.predict(points.clone());
            let part = part.map_err(|error| in_file(error, |row| start + row))?;
            let sum = model.inertia(points, &part)?;
            (part, sum)
        });
        assignments.slice_mut(s![start..start + part.len()]).assign(&part);
        (start, inertia) = (start + part.len(), inertia + sum);
    }
    Ok((assignments, inertia))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use artifact::read_points;
    use clustering::kmeans::{self, KMeansParams};
    use ndarray::{Array2, Array3};
    use ndarray_npy::{WritableElement, write_npy};
    use tempfile::tempdir;

    use super::*;

    const N: usize = 40_000;

    /// Gives the coordinates of points in four groups.
    fn value(i: usize, j: usize) -> u8 {
        (60 * ((i % 4) >> (j % 2) & 1) + (i * 7 + j * 13 + i * j) % 41) as u8
    }

    /// Fits to the file at `path`, compares with the whole in memory, and gives the ratio of the
    /// inertias.
    fn fit_file(path: &Path, params: &MiniBatchParams) -> f64 {
        let mut reports = Vec::new();
        let outcome =
            fit(path, params, &mut |report, most| reports.push((report.batch, most))).unwrap();
        let most = params.most_batches(outcome.assignments.len());
        assert!(reports.into_iter().eq((1..=outcome.iterations).map(|batch| (batch, most))));
        let (whole, record) = read_points(path).unwrap();
        assert_eq!(*outcome.file.record(), record);
        let exact = on_points!(&whole, points => {
            let assignments = outcome.model.predict(points.clone()).unwrap();
            assert_eq!(outcome.assignments, assignments);
            let inertia = outcome.model.inertia(points.clone(), &assignments).unwrap();
            let found = outcome.inertia;
            assert!((found - inertia).abs() <= 1e-12 * inertia, "{found} against {inertia}");
            let params = KMeansParams { k: params.k, ..KMeansParams::default() };
            kmeans::fit(points, &params, &mut |_| {}).unwrap()
        });
        let size = |cluster| outcome.assignments.iter().filter(|&&a| a == cluster).count();
        assert!(outcome.sizes.iter().copied().eq((0..params.k as i32).map(size)));
        outcome.inertia / exact.inertia
    }

    fn write<T: WritableElement + Clone>(path: &Path, convert: impl Fn(u8) -> T) {
        write_npy(path, &Array2::from_shape_fn((N, 33), |(i, j)| convert(value(i, j)))).unwrap();
    }

    #[test]
    fn assignments_are_those_of_the_model_on_the_whole_file() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("points.npy");
        let params = MiniBatchParams { k: 4, ..MiniBatchParams::default() };
        write(&path, |x| x);
        assert!(fit_file(&path, &params) < 1.02);
        write(&path, f32::from);
        assert!(fit_file(&path, &params) < 1.02);
        write(&path, |x| -1e12 * f64::from(x));
        assert!(fit_file(&path, &params) < 1.02);
        let images = Array3::from_shape_fn((N, 6, 5), |(i, j, k)| value(i, 5 * j + k));
        write_npy(&path, &images).unwrap();
        assert!(fit_file(&path, &params) < 1.02);
    }

    #[test]
    fn few_points_and_few_passes() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("points.npy");
        write_npy(&path, &ndarray::array![[0.0f32, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]])
            .unwrap();
        let params = MiniBatchParams { k: 2, max_iter: 3, ..MiniBatchParams::default() };
        let outcome = fit(&path, &params, &mut |_, _| {}).unwrap();
        assert_eq!((outcome.inertia, outcome.iterations, outcome.converged), (1.0, 3, false));
        assert_eq!(outcome.sizes, [2, 2]);
        let params = MiniBatchParams { k: 5, ..params };
        let error = format!("{:#}", fit(&path, &params, &mut |_, _| {}).err().unwrap());
        assert!(
            error.ends_with(
                "points.npy: expected at least k = 5 points, found 4: give more points or lower k"
            ),
            "{error}"
        );
    }

    #[test]
    fn batches_are_assigned_far_from_zero_as_near_it() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("points.npy");
        let params = MiniBatchParams { k: 4, max_iter: 2, ..MiniBatchParams::default() };
        let mut outcomes = [0.0_f32, 1e7].map(|by| {
            write(&path, |x| f32::from(x) + by);
            fit(&path, &params, &mut |_, _| {}).unwrap()
        });
        let [here, there] = &mut outcomes;
        assert_eq!(here.assignments, there.assignments);
        assert!((here.inertia - there.inertia).abs() <= 1e-9 * here.inertia);
    }

    #[test]
    fn starts_that_coincide_are_counted() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("points.npy");
        let params = MiniBatchParams { k: 5, max_iter: 1, ..MiniBatchParams::default() };
        for (distinct, coincident) in [(1, 4), (3, 2), (5, 0), (40, 0)] {
            let rows =
                Array2::from_shape_fn((400, 2), |(i, j)| ((i % distinct) * (j + 1)) as f32 - 3.0);
            write_npy(&path, &rows).unwrap();
            let outcome = fit(&path, &params, &mut |_, _| {}).unwrap();
            assert_eq!(outcome.coincident_starts, coincident, "{distinct} distinct rows");
            let empty = outcome.sizes.iter().filter(|&&size| size == 0).count();
            assert_eq!(empty, coincident, "{distinct} distinct rows");
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("points.npy");
        write(&path, f32::from);
        let params = MiniBatchParams { k: 9, max_iter: 1, ..MiniBatchParams::default() };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let outcome = pool.install(|| fit(&path, &params, &mut |_, _| {})).unwrap();
            (
                outcome.model.centroids().mapv(f64::to_bits),
                outcome.inertia.to_bits(),
                outcome.assignments,
            )
        };
        let one = run(1);
        assert!(one == run(2) && one == run(5));
    }
}
