//! Reads and writes the `model.npz` that new points are voted on with.

use std::path::Path;

use anyhow::ensure;
use artifact::{FileRecord, Npz, Outputs};
use ndarray::{Array2, arr0};

use crate::vote::{Maps, Run};

/// Largest cluster id that a model can hold: arrays of models are read as `f64`.
const LARGEST_ID: i64 = 1 << 53;

/// Most runs that a model is read of: more would only fill memory.
const MOST_RUNS: i64 = 1 << 20;

/// The maps of a consensus, by the ids that its runs have.
#[derive(Debug, PartialEq)]
pub struct Model {
    /// Of each run the ids of its clusters, ascending.
    pub known: Vec<Vec<i64>>,
    /// What these stand for.
    pub maps: Maps,
}

impl Model {
    /// The model of `maps` of `runs`, which were read from `files`.
    ///
    /// # Errors
    /// A cluster id beyond 2^53.
    pub fn new(runs: &[Run], maps: Maps, files: &[impl AsRef<Path>]) -> anyhow::Result<Self> {
        for (run, file) in runs.iter().zip(files) {
            if let Some(id) = run.known().last().filter(|&&id| id > LARGEST_ID) {
                anyhow::bail!(
                    "{}: expected cluster ids up to {LARGEST_ID} for a --model, found {id}; number the clusters from 0",
                    file.as_ref().display()
                );
            }
        }
        Ok(Self { known: runs.iter().map(|run| run.known().to_vec()).collect(), maps })
    }

    /// Adds the model to `outputs`: `runs` and `k`, scalars, and `map` (clusters of all runs, 3),
    /// of each cluster its run, its id there, and the cluster that it votes for or -1.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path, outputs: &mut Outputs) -> artifact::Result<()> {
        let mut rows = Vec::new();
        for (run, (known, map)) in self.known.iter().zip(&self.maps.of_runs).enumerate() {
            for (&id, &cluster) in known.iter().zip(map) {
                rows.extend([run as i64, id, cluster.map_or(-1, i64::from)]);
            }
        }
        let map = Array2::from_shape_vec((rows.len() / 3, 3), rows).expect("three values a cluster");
        outputs.npz(path, |npz| {
            npz.add_array("runs", &arr0(self.known.len() as i64))?;
            npz.add_array("k", &arr0(self.maps.k as i64))?;
            npz.add_array("map", &map)
        })
    }

    /// Reads a model.
    ///
    /// # Errors
    /// A file that cannot be read or that `consensus --model` did not write.
    pub fn read(path: &Path) -> anyhow::Result<(Self, FileRecord)> {
        let (mut npz, record) = Npz::open(path)?;
        let mut array = |name| npz.array(name);
        let (runs, k, map) = (array("runs")?, array("k")?, array("map")?);
        let expected =
            format!("{}: expected a model that consensus wrote with --model, found", path.display());
        let cure = "give that model";
        let whole = |value: f64, from: i64, to: i64| {
            let inside = value.fract() == 0.0 && (from as f64..=to as f64).contains(&value);
            inside.then_some(value as i64)
        };
        let scalar = |values: &ndarray::ArrayD<f64>, name: &str, most: i64| {
            let value = (values.len() == 1).then(|| values.first()).flatten();
            let value = value.and_then(|&value| whole(value, 0, most));
            value.ok_or_else(|| {
                anyhow::anyhow!("{expected} an array `{name}` that holds no number from 0 to {most}; {cure}")
            })
        };
        let &[clusters, 3] = map.shape() else {
            anyhow::bail!("{expected} an array `map` of shape {:?}; {cure}", map.shape());
        };
        let runs = scalar(&runs, "runs", MOST_RUNS)?;
        // Every cluster of the consensus was one of a run.
        let k = scalar(&k, "k", clusters as i64)?;
        let mut model = Self {
            known: vec![Vec::new(); runs as usize],
            maps: Maps { k: k as usize, of_runs: vec![Vec::new(); runs as usize] },
        };
        for (at, row) in map.outer_iter().enumerate() {
            let values =
                (whole(row[[0]], 0, runs - 1), whole(row[[1]], 0, LARGEST_ID), whole(row[[2]], -1, k - 1));
            let (Some(run), Some(id), Some(cluster)) = values else {
                anyhow::bail!("{expected} {row} in row {at} of `map`; {cure}");
            };
            let known = &mut model.known[run as usize];
            ensure!(
                known.last().is_none_or(|&last| last < id),
                "{expected} cluster {id} of run {run} out of order in row {at} of `map`; {cure}"
            );
            known.push(id);
            model.maps.of_runs[run as usize].push(u32::try_from(cluster).ok());
        }
        Ok((model, record))
    }
}
