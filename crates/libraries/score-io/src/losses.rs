//! The losses of a training by epoch, `losses.csv` of `train-ae`.

use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, read_text};
use serde::Deserialize;

/// Bound on epochs and losses; larger values are refused.
const MOST: f64 = 1e15;

/// Losses of one epoch: a line of the file, whose columns have these names.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct EpochLoss {
    /// Number of the epoch, counted from 1 by `train-ae`.
    pub epoch: f64,
    /// Loss on the training images.
    pub train: f64,
    /// Loss on the validation images, if there are any.
    pub validation: Option<f64>,
}

/// Losses of the epochs of a training.
///
/// There is at least one epoch, epochs ascend, and all values are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Losses {
    epochs: Vec<EpochLoss>,
}

impl Losses {
    /// Makes the losses of these epochs.
    ///
    /// ```
    /// use score_io::{EpochLoss, Losses};
    ///
    /// let epoch = |epoch| EpochLoss { epoch, train: 0.5, validation: None };
    /// assert_eq!(Losses::new(vec![epoch(1.0), epoch(2.0)])?.epochs().len(), 2);
    /// assert!(Losses::new(vec![epoch(2.0), epoch(1.0)]).is_err());
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails if there is no epoch, if an epoch is not later than the one before, or if a value is
    /// not finite.
    pub fn new(epochs: Vec<EpochLoss>) -> anyhow::Result<Self> {
        let mut last = f64::NEG_INFINITY;
        for &EpochLoss { epoch, train, validation } in &epochs {
            let finite =
                [epoch, train, validation.unwrap_or_default()].iter().all(|x| x.abs() < MOST);
            if !finite || epoch <= last {
                bail!(
                    "found epoch {epoch} with {train}; each line is a later epoch with finite \
                     losses"
                );
            }
            last = epoch;
        }
        if epochs.is_empty() {
            bail!("found no epoch; train again");
        }
        Ok(Self { epochs })
    }

    /// Reads the `losses.csv` of `train-ae`.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("losses.csv");
    /// std::fs::write(&path, "epoch,train,validation\n1,0.5,\n2,0.25,0.5\n")?;
    /// let (losses, _) = score_io::Losses::read(&path)?;
    /// assert_eq!(losses.epochs()[1].validation, Some(0.5));
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails if the file cannot be read or has no such columns, and as [`Losses::new`].
    pub fn read(path: &Path) -> anyhow::Result<(Self, FileRecord)> {
        let (bytes, record) = read_text(path)?;
        let expected = || {
            format!(
                "{}: expected losses: .csv with the columns epoch, train and validation",
                path.display()
            )
        };
        let mut epochs = Vec::new();
        for line in csv::Reader::from_reader(bytes.as_slice()).deserialize() {
            epochs.push(line.with_context(expected)?);
        }
        match Self::new(epochs) {
            Ok(losses) => Ok((losses, record)),
            Err(error) => bail!("{}, {error}", expected()),
        }
    }

    /// Returns the losses by epoch, at least one.
    ///
    /// ```
    /// # use score_io::{EpochLoss, Losses};
    /// let epoch = EpochLoss { epoch: 1.0, train: 0.5, validation: Some(0.75) };
    /// assert_eq!(Losses::new(vec![epoch])?.epochs(), [epoch]);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn epochs(&self) -> &[EpochLoss] {
        &self.epochs
    }
}

/// Formats losses as CSV: `epoch,train,validation`.
///
/// The last column is empty if there are no validation images.
///
/// ```
/// let epoch = score_io::EpochLoss { epoch: 1.0, train: 0.5, validation: None };
/// assert_eq!(score_io::losses_csv([epoch]), "epoch,train,validation\n1,0.5,\n");
/// ```
pub fn losses_csv(epochs: impl IntoIterator<Item = EpochLoss>) -> String {
    let mut text = String::from("epoch,train,validation\n");
    for EpochLoss { epoch, train, validation } in epochs {
        let validation = validation.map(|loss| loss.to_string()).unwrap_or_default();
        text += &format!("{epoch},{train},{validation}\n");
    }
    text
}
