//! The files that a training writes, and when to write them again.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::args::Args;

/// The files that a training writes.
pub struct Files {
    /// The weights: .safetensors.
    pub weights: PathBuf,
    /// The loss curve: CSV.
    pub losses: PathBuf,
    /// The state of the training: .safetensors.
    pub checkpoint: PathBuf,
    /// Whether the checkpoint stays after the training, since the user named it.
    pub keep_checkpoint: bool,
}

impl Files {
    /// Chooses the files from the arguments, and checks that they can be written.
    ///
    /// # Errors
    /// Wrong usage; a folder that cannot be written to.
    pub fn from_args(args: &Args) -> anyhow::Result<Self> {
        let Some(weights) = args.out.clone() else {
            return Err(cli::usage("--out is missing: expected the file to write the weights to"));
        };
        let sibling = |name| weights.with_file_name(name);
        let files = Self {
            losses: args.losses.clone().unwrap_or_else(|| sibling("losses.csv")),
            checkpoint: args
                .checkpoint
                .clone()
                .unwrap_or_else(|| sibling("checkpoint.safetensors")),
            keep_checkpoint: args.checkpoint.is_some(),
            weights,
        };
        for (flag, path) in [("--out", &files.weights), ("--checkpoint", &files.checkpoint)] {
            if path.extension().is_none_or(|extension| extension != "safetensors") {
                return Err(cli::usage(format!(
                    "{flag} {}: expected a name that ends in .safetensors",
                    path.display()
                )));
            }
        }
        if files.checkpoint == files.weights {
            return Err(cli::usage(format!(
                "--checkpoint {}: expected another file than that of --out; give it another name",
                files.checkpoint.display()
            )));
        }
        // Training takes minutes: a file that could not be written at the end is refused now.
        cli::Files::new()
            .reads("--images", [&args.images])
            .reads("--validation", &args.validation)
            .writes("--out", [&files.weights])
            .writes("--losses", [&files.losses])
            .writes("--checkpoint", [&files.checkpoint])
            .check()?;
        Ok(files)
    }

    /// Tells whether [`Files::remove_checkpoint`] would remove a file.
    pub fn removes_checkpoint(&self) -> bool {
        !self.keep_checkpoint && self.checkpoint.exists()
    }

    /// Removes the checkpoint, unless the user named it. A failure does no harm and is ignored.
    pub fn remove_checkpoint(&self) {
        if !self.keep_checkpoint {
            let _ = std::fs::remove_file(&self.checkpoint);
        }
    }
}

/// A limit to how often something is done.
pub struct Interval {
    shortest: Duration,
    last: Instant,
}

impl Interval {
    /// Starts an interval of at least `shortest`.
    pub fn new(shortest: Duration) -> Self {
        Self { shortest, last: Instant::now() }
    }

    /// Tells whether the interval is over; if so, starts the next one.
    pub fn is_over(&mut self) -> bool {
        let over = self.last.elapsed() >= self.shortest;
        if over {
            self.last = Instant::now();
        }
        over
    }
}
