//! Reads points and their neighbors, or finds these, for the programs that look at neighborhoods.

use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Points, read_points};
use names::Names;
use ndarray::Array2;
use neighborhoods::Neighborhoods;
use umap::{Frame, Metric, Neighbors, Progress, distinct_neighbors};

use crate::neighbors;
use crate::umap::metric_of_name;

/// Where neighbors come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// They are found: so many of each point, itself among them, or all if there are fewer points.
    Find(usize),
    /// They are read from this file.
    File(&'a Path),
}

/// Points with their neighbors, the names of their rows if there are any, and the files of both.
#[derive(Debug)]
pub struct Input {
    /// The distinct points and their neighbors.
    pub neighborhoods: Neighborhoods,
    /// The metric of the neighbors.
    pub metric: Metric,
    /// The name of each row.
    pub names: Option<Vec<String>>,
    /// The records of the files of points, names and neighbors, in this order.
    pub records: Vec<FileRecord>,
}

impl Input {
    /// Reads `points` and their names, and reads or finds their neighbors by `metric`.
    ///
    /// Without a metric it is that of the neighbors that are read, else the Euclidean one.
    ///
    /// Points of `f8` are brought to single precision around their median. Calls `warn` with a
    /// message if the values of images are probably on another scale than their dtype says.
    ///
    /// ```
    /// use model_io::neighborhoods::{Input, Source};
    /// use umap::Metric;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.npy");
    /// # let mut outputs = artifact::Outputs::new();
    /// # outputs.npy(&path, &ndarray::array![[0.0], [1.0], [1.0], [5.0]])?;
    /// # outputs.commit(artifact::Provenance::default())?;
    /// let (source, metric) = (Source::Find(20), Some(Metric::Euclidean));
    /// let input = Input::read(&path, None, source, metric, |_| {}, &mut |_| {})?;
    /// assert_eq!((input.neighborhoods.rows(), input.neighborhoods.len()), (4, 3));
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Errors
    /// A file that cannot be read, holds no points, names or neighbors, or those of other points; a
    /// single neighbor to be found.
    pub fn read(
        points: &Path,
        names: Option<&Path>,
        source: Source,
        metric: Option<Metric>,
        warn: impl FnOnce(&str),
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> anyhow::Result<Self> {
        Self::read_checked(points, names, source, metric, |_| Ok(()), warn, on_progress)
    }

    /// Reads the same, and asks `check` about the number of rows before neighbors are found.
    ///
    /// ```
    /// use model_io::neighborhoods::{Input, Source};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.npy");
    /// # let mut outputs = artifact::Outputs::new();
    /// # outputs.npy(&path, &ndarray::array![[0.0], [1.0], [5.0]])?;
    /// # outputs.commit(artifact::Provenance::default())?;
    /// let check = |rows| anyhow::bail!("expected 4 rows, found {rows}");
    /// let source = Source::Find(20);
    /// let metric = None;
    /// let read = Input::read_checked(&path, None, source, metric, check, |_| {}, &mut |_| {});
    /// assert_eq!(read.unwrap_err().to_string(), "expected 4 rows, found 3");
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Input::read`], and what `check` refuses.
    pub fn read_checked(
        points: &Path,
        names: Option<&Path>,
        source: Source,
        metric: Option<Metric>,
        check: impl FnOnce(usize) -> anyhow::Result<()>,
        warn: impl FnOnce(&str),
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> anyhow::Result<Self> {
        let shown = || points.display().to_string();
        let metric = match (metric, source) {
            (Some(metric), _) => metric,
            (None, Source::File(path)) => neighbors::metric(path)?.unwrap_or_default(),
            (None, Source::Find(_)) => Metric::default(),
        };
        let (values, record) = read_points(points)?;
        if let Some(text) = values.scale_warning(&record) {
            warn(&text);
        }
        check(values.dim().0)?;
        let mut records = vec![record];
        // Names come before the search, which may take long.
        let names = match names {
            Some(path) => {
                let (names, record) = Names::read(path)?;
                names.check_rows(path, values.dim().0, points)?;
                records.push(record);
                Some(names.names)
            }
            None => None,
        };
        let values = single(values, metric).with_context(shown)?;
        let (given, about) = match source {
            Source::File(path) => {
                let (given, record) = neighbors::read(path, metric)?;
                records.push(record);
                (given, format!("{} of {}", path.display(), shown()))
            }
            Source::Find(count) => {
                ensure!(
                    count > 1,
                    "{}: expected at least 2 neighbors of each point, itself among them, found \
                     {count}",
                    shown()
                );
                (find(&values, count, metric, on_progress).with_context(shown)?, shown())
            }
        };
        let neighborhoods = Neighborhoods::new(values, &given, metric).context(about)?;
        Ok(Self { neighborhoods, metric, names, records })
    }
}

/// Gives the metric of a name, for arguments of programs.
///
/// ```
/// assert_eq!(model_io::neighborhoods::metric("cosine"), Ok(umap::Metric::Cosine));
/// assert!(model_io::neighborhoods::metric("manhattan").is_err());
/// ```
///
/// # Errors
/// Another name than `euclidean` or `cosine`, as a message.
pub fn metric(name: &str) -> Result<Metric, String> {
    metric_of_name(name).map_err(|_| format!("expected euclidean or cosine, found '{name}'"))
}

/// Finds neighbors, as many as there are points at most.
fn find(
    points: &Array2<f32>,
    count: usize,
    metric: Metric,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> umap::Result<Neighbors> {
    let n = points.nrows();
    if n == 1 {
        return Ok(Neighbors { indices: Array2::zeros((1, 1)), distances: Array2::zeros((1, 1)) });
    }
    distinct_neighbors(points.view(), count.min(n), metric, on_progress)
}

/// Converts points to `f32`, pixel values of images in 0..=1.
fn single(points: Points, metric: Metric) -> umap::Result<Array2<f32>> {
    match points {
        Points::U8 { values, scale } => Ok(values.mapv(|x| (f64::from(x) * scale) as f32)),
        Points::F32(values) => Ok(values),
        Points::F64(values) => {
            let frame = Frame::of(values.view(), metric);
            frame.check_unscaled()?;
            Ok(frame.narrow(values.view())?.into_points())
        }
    }
}

#[cfg(test)]
mod tests {
    use artifact::{Outputs, Provenance};
    use ndarray::array;

    use super::*;

    #[test]
    fn neighbors_that_are_read_bring_their_metric() {
        let folder = tempfile::tempdir().unwrap();
        let [points, found] = ["points.npy", "knn.npz"].map(|name| folder.path().join(name));
        let values = array![[0.6, 0.8], [0.8, 0.6], [1.0, 0.0], [0.0, 1.0]];
        let neighbors = distinct_neighbors(values.view(), 3, Metric::Cosine, &mut |_| ()).unwrap();
        let mut outputs = Outputs::new();
        outputs.npy(&points, &values).unwrap();
        neighbors::write(&mut outputs, &found, &neighbors, Metric::Cosine).unwrap();
        outputs.commit(Provenance::default()).unwrap();
        let read = |source, metric| {
            Input::read(&points, None, source, metric, |_| {}, &mut |_| {})
                .map(|input| input.metric)
        };
        assert_eq!(read(Source::File(&found), None).unwrap(), Metric::Cosine);
        assert_eq!(read(Source::Find(3), None).unwrap(), Metric::Euclidean);
        let refused = read(Source::File(&found), Some(Metric::Euclidean)).unwrap_err();
        let refused = format!("{refused:#}");
        assert!(refused.contains("expected neighbors by metric euclidean"), "{refused}");
    }
}
