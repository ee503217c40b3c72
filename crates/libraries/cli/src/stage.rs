//! One run of a program: its threads, its outputs and their provenance.

use std::num::NonZeroUsize;
use std::time::Instant;

use artifact::{FileRecord, Outputs, Provenance, Run};
use serde_json::Value;

use crate::arguments::Count;
use crate::messages::{print, to_stdout, verbosity};
use crate::usage::usage;

/// One run of a program, which [`main`](crate::main) makes.
///
/// It knows the threads and the device of the run, writes the outputs and prints the result.
pub struct Stage {
    name: &'static str,
    started: Instant,
    argv: Vec<String>,
    threads: usize,
    device: String,
}

/// Gives the peak memory of this process in bytes, or `None` if the system does not tell it.
///
/// ```
/// if let Some(bytes) = cli::peak_memory() {
///     assert!(bytes > 100_000);
/// }
/// ```
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kibibytes)
}

impl Stage {
    /// Starts the run of the program `name`, whose command line is `argv`.
    pub(crate) fn new(name: &'static str, argv: Vec<String>) -> Self {
        Self { name, started: Instant::now(), argv, threads: 1, device: "cpu".into() }
    }

    /// Sets the number of threads that rayon uses, this one included; all cores by default.
    ///
    /// # Errors
    /// More than 1024 threads; threads that cannot be started.
    ///
    /// ```no_run
    /// # fn run(threads: Option<cli::Count>, stage: &mut cli::Stage) -> anyhow::Result<()> {
    /// let threads = stage.set_threads(threads)?;
    /// cli::note(&format!("{threads} threads"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_threads(&mut self, threads: Option<Count>) -> anyhow::Result<usize> {
        const MOST: usize = 1024;
        let available = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        if threads.is_some_and(|count| count.0 > MOST) {
            return Err(usage(format!(
                "--threads can be {MOST} at most; this machine has {available} cores"
            )));
        }
        self.threads = threads.map_or(available, |count| count.0);
        rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .use_current_thread()
            .build_global()?;
        Ok(self.threads)
    }

    /// Sets the device for the provenance; `cpu` by default.
    ///
    /// ```no_run
    /// # fn run(stage: &mut cli::Stage) {
    /// stage.set_device("cuda:0");
    /// # }
    /// ```
    pub fn set_device(&mut self, device: impl Into<String>) {
        self.device = device.into();
    }

    /// Writes `outputs`, if there are any, with their provenance, and prints the result.
    ///
    /// The result is `text`, or under `--json` the provenance on one line.
    ///
    /// # Errors
    /// A file that cannot be written.
    ///
    /// ```no_run
    /// # fn run(stage: &mut cli::Stage) -> anyhow::Result<()> {
    /// let (points, record) = artifact::read_points("points.npy".as_ref())?;
    /// let mut outputs = artifact::Outputs::new();
    /// outputs.bytes("shape.txt".as_ref(), format!("{:?}\n", points.dim()).as_bytes())?;
    /// let (n, d) = points.dim();
    /// let result = serde_json::json!({ "n": n, "d": d });
    /// stage.finish(outputs, serde_json::json!({}), vec![record], result, "done\n")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn finish(
        &self,
        outputs: Outputs,
        parameters: Value,
        inputs: Vec<FileRecord>,
        result: Value,
        text: &str,
    ) -> anyhow::Result<()> {
        let provenance = outputs.commit(self.provenance(parameters, inputs, result))?;
        if verbosity().json {
            return to_stdout(&format!("{}\n", serde_json::to_string(&provenance)?));
        }
        print(text)
    }

    /// Makes the provenance of this run, all but its outputs.
    fn provenance(&self, parameters: Value, inputs: Vec<FileRecord>, result: Value) -> Provenance {
        Provenance {
            stage: self.name.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            parameters,
            inputs,
            outputs: Vec::new(),
            result,
            run: Run {
                seconds: self.started.elapsed().as_secs_f64(),
                threads: self.threads,
                device: self.device.clone(),
                peak_memory: peak_memory(),
                argv: self.argv.clone(),
            },
        }
    }
}
