//! Consensus of several runs: an `.npz` archive of what the clusters of each run vote for.
//!
//! | array | dtype, shape | meaning |
//! | --- | --- | --- |
//! | `format_version` | i8 () | 1; older files have none, and are read |
//! | `runs` | i8 () | number of runs |
//! | `k` | i8 () | number of clusters of the consensus |
//! | `map` | i8 (clusters of all runs, 3) | run, id and vote of each cluster |
//!
//! The vote of a cluster of a run is a cluster of the consensus, or -1 for none. Rows of a run
//! ascend by id.

use std::path::Path;

use anyhow::ensure;
use artifact::{FileRecord, Npz, Outputs};
use ndarray::{Array2, ArrayD, arr0};

use crate::fields::{VERSION, as_whole, read_version};

/// Version of the format that [`write`] writes.
const FORMAT_VERSION: i64 = 1;

/// Largest cluster id that a model can hold: arrays of models are read as `f64`.
const LARGEST_ID: i64 = 1 << 53;

/// Most runs that a model is read of: more would only fill memory.
const MOST_RUNS: i64 = 1 << 20;

/// Cluster of the consensus that each cluster of each run votes for.
#[derive(Debug, Clone, PartialEq)]
pub struct Maps {
    /// Number of clusters of the consensus.
    pub k: usize,
    /// For each run the votes of its clusters, in the order of their ids; `None` votes for nothing.
    pub of_runs: Vec<Vec<Option<u32>>>,
}

/// The maps of a consensus, and the cluster ids of its runs.
///
/// Ids are at most 2^53, and each has a vote.
#[derive(Debug, PartialEq)]
pub struct Model {
    known: Vec<Vec<i64>>,
    maps: Maps,
}

impl Model {
    /// Makes the model of `maps`, of runs with the cluster ids `known` that were read from `files`.
    ///
    /// ```
    /// use model_io::consensus::{Maps, Model};
    ///
    /// let maps = Maps { k: 1, of_runs: vec![vec![Some(0), None], vec![Some(0)]] };
    /// let model = Model::new(vec![vec![0, 1], vec![7]], maps, &["a.npy", "b.npy"])?;
    /// assert_eq!(model.known(), [vec![0, 1], vec![7]]);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Errors
    /// A cluster id beyond 2^53.
    ///
    /// # Panics
    /// If the maps have votes of other runs or clusters than there are.
    pub fn new(
        known: Vec<Vec<i64>>,
        maps: Maps,
        files: &[impl AsRef<Path>],
    ) -> anyhow::Result<Self> {
        let (ids, votes) = (known.iter().map(Vec::len), maps.of_runs.iter().map(Vec::len));
        assert!(ids.eq(votes), "each cluster has a vote");
        for (ids, file) in known.iter().zip(files) {
            if let Some(id) = ids.last().filter(|&&id| id > LARGEST_ID) {
                anyhow::bail!(
                    "{}: expected cluster ids up to {LARGEST_ID} for a --model, found {id}; \
                     number the clusters from 0",
                    file.as_ref().display()
                );
            }
        }
        Ok(Self { known, maps })
    }

    /// Returns the ids of the clusters of each run, ascending.
    ///
    /// ```
    /// # use model_io::consensus::{Maps, Model};
    /// let maps = Maps { k: 1, of_runs: vec![vec![Some(0)]] };
    /// assert_eq!(Model::new(vec![vec![7]], maps, &["a.npy"])?.known(), [vec![7]]);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn known(&self) -> &[Vec<i64>] {
        &self.known
    }

    /// Returns what the clusters of each run vote for.
    ///
    /// ```
    /// # use model_io::consensus::{Maps, Model};
    /// let maps = Maps { k: 1, of_runs: vec![vec![Some(0)]] };
    /// assert_eq!(Model::new(vec![vec![7]], maps.clone(), &["a.npy"])?.maps(), &maps);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn maps(&self) -> &Maps {
        &self.maps
    }
}

/// Adds a model to `outputs`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use artifact::{Outputs, Provenance};
/// use model_io::consensus::{Maps, Model};
///
/// let path = folder.path().join("model.npz");
/// let maps = Maps { k: 1, of_runs: vec![vec![Some(0)]] };
/// let model = Model::new(vec![vec![7]], maps, &["a.npy"])?;
/// let mut outputs = Outputs::new();
/// model_io::consensus::write(&mut outputs, &path, &model)?;
/// outputs.commit(Provenance::default())?;
/// assert!(path.exists());
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// The file cannot be written.
pub fn write(outputs: &mut Outputs, path: &Path, model: &Model) -> artifact::Result<()> {
    let mut rows = Vec::new();
    for (run, (known, map)) in model.known.iter().zip(&model.maps.of_runs).enumerate() {
        for (&id, &cluster) in known.iter().zip(map) {
            rows.extend([run as i64, id, cluster.map_or(-1, i64::from)]);
        }
    }
    let map = Array2::from_shape_vec((rows.len() / 3, 3), rows).expect("three values a cluster");
    outputs.npz(path, |npz| {
        npz.add_array(VERSION, &arr0(FORMAT_VERSION))?;
        npz.add_array("runs", &arr0(model.known.len() as i64))?;
        npz.add_array("k", &arr0(model.maps.k as i64))?;
        npz.add_array("map", &map)
    })
}

/// Reads a model, and the record of its file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # use artifact::{Outputs, Provenance};
/// # use model_io::consensus::{Maps, Model};
/// # let path = folder.path().join("model.npz");
/// # let maps = Maps { k: 1, of_runs: vec![vec![Some(0)]] };
/// # let model = Model::new(vec![vec![7]], maps, &["a.npy"])?;
/// # let mut outputs = Outputs::new();
/// # model_io::consensus::write(&mut outputs, &path, &model)?;
/// # outputs.commit(Provenance::default())?;
/// let (found, _) = model_io::consensus::read(&path)?;
/// assert_eq!(found, model);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read, or that `consensus --model` did not write.
pub fn read(path: &Path) -> anyhow::Result<(Model, FileRecord)> {
    let (mut npz, record) = Npz::open(path)?;
    read_version(&mut npz, path, FORMAT_VERSION)?;
    let mut array = |name| npz.array(name);
    let (runs, k, map) = (array("runs")?, array("k")?, array("map")?);
    let expected =
        format!("{}: expected a model that consensus wrote with --model, found", path.display());
    let hint = "give that model";
    let scalar = |values: &ArrayD<f64>, name: &str, most: i64| {
        let value = (values.len() == 1).then(|| values.first()).flatten();
        value.and_then(|&value| as_whole(value, &(0..=most))).ok_or_else(|| {
            anyhow::anyhow!(
                "{expected} an array `{name}` that holds no number from 0 to {most}; {hint}"
            )
        })
    };
    let &[clusters, 3] = map.shape() else {
        anyhow::bail!("{expected} an array `map` of shape {:?}; {hint}", map.shape());
    };
    let runs = scalar(&runs, "runs", MOST_RUNS)?;
    // Every cluster of the consensus was one of a run.
    let k = scalar(&k, "k", clusters as i64)?;
    let mut known = vec![Vec::new(); runs as usize];
    let mut of_runs = vec![Vec::new(); runs as usize];
    for (at, row) in map.outer_iter().enumerate() {
        let run = as_whole(row[[0]], &(0..=runs - 1));
        let id = as_whole(row[[1]], &(0..=LARGEST_ID));
        let cluster = as_whole(row[[2]], &(-1..=k - 1));
        let (Some(run), Some(id), Some(cluster)) = (run, id, cluster) else {
            anyhow::bail!("{expected} {row} in row {at} of `map`; {hint}");
        };
        let ids: &mut Vec<i64> = &mut known[run as usize];
        ensure!(
            ids.last().is_none_or(|&last| last < id),
            "{expected} cluster {id} of run {run} out of order in row {at} of `map`; {hint}"
        );
        ids.push(id);
        of_runs[run as usize].push(u32::try_from(cluster).ok());
    }
    Ok((Model { known, maps: Maps { k: k as usize, of_runs } }, record))
}
