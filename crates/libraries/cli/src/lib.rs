//! How a program of the pipeline behaves, solved once: arguments, exit codes, errors, progress, threads.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! /// Groups points.
//! #[derive(argh::FromArgs)]
//! #[argh(help_triggers("-h", "--help"))]
//! struct Args {
//!     /// number of clusters (default 10)
//!     #[argh(option, default = "10")]
//!     k: usize,
//! }
//!
//! fn main() -> ExitCode {
//!     cli::main("group", |args: Args, stage| {
//!         stage.set_threads(None)?;
//!         cli::print(&format!("{} clusters\n", args.k))
//!     })
//! }
//! ```
//!
//! Every program knows `--quiet` (neither progress nor notes) and `--json` (the result as one line of JSON).
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (SIGINT), 143 terminated (SIGTERM). Results go to stdout,
//! everything else to stderr. An error is one line: the program, then the whole chain of causes.

mod arguments;
mod files;
mod progress;
mod signals;
mod table;

use std::fmt::Display;
use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Instant;

use arguments::Voice;
use artifact::{FileRecord, Outputs, Provenance, Run};
use serde_json::Value;

pub use arguments::{Count, List, NotNegative, Span};
pub use files::Files;
pub use progress::{Progress, Quarters};
pub use signals::{asked_to_stop, stop_when_asked, stopped};
pub use table::{share_table, table, table_with_best};

/// What this program says, once its arguments are parsed.
static VOICE: OnceLock<Voice> = OnceLock::new();

/// What this program says.
fn voice() -> Voice {
    VOICE.get().copied().unwrap_or_default()
}

/// One run of a program.
pub struct Stage {
    name: &'static str,
    started: Instant,
    argv: Vec<String>,
    threads: usize,
    device: String,
}

/// Wrong usage found after the arguments were parsed: the program ends with exit code 2.
#[derive(Debug)]
struct Usage(String);

impl Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Parses the arguments, calls `run`, and turns its outcome into an exit code.
pub fn main<A: argh::TopLevelCommand>(
    name: &'static str,
    run: impl FnOnce(A, &mut Stage) -> anyhow::Result<()>,
) -> ExitCode {
    let argv: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let mut stage = Stage { name, started: Instant::now(), argv, threads: 1, device: "cpu".into() };
    let outcome = signals::handle().and_then(|()| {
        match arguments::parse::<A>(name, std::env::args_os().skip(1)) {
            Ok(arguments::Parsed::Run(args, said)) => {
                VOICE.get_or_init(|| said);
                run(args, &mut stage)
            }
            Ok(arguments::Parsed::Show(text)) => print(&text),
            Err(error) => Err(usage(error)),
        }
    });
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    // An error is one line, whatever an operating system, a library or a file put into its message.
    let line = tidy(&format!("{name}: {error:#}"));
    if error.is::<Usage>() {
        eprintln!("{line} (see {name} --help)");
        return ExitCode::from(2);
    }
    eprintln!("{line}");
    signals::exit_code(&error).unwrap_or(ExitCode::FAILURE)
}

/// `text` on one line that a terminal shows as it is: no control characters, and of a number of very many digits the first few.
fn tidy(text: &str) -> String {
    let (mut tidied, mut digits) = (String::new(), 0);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (at, letter) in words.char_indices() {
        if letter.is_ascii_digit() {
            digits += 1;
            continue;
        }
        tidied += &told_digits(&words[at - digits..at]);
        tidied.push(if letter.is_control() { '\u{fffd}' } else { letter });
        digits = 0;
    }
    tidied += &told_digits(&words[words.len() - digits..]);
    tidied
}

/// The digits of a number, or of very many the first few.
fn told_digits(digits: &str) -> String {
    // No number that is meant has more.
    const MOST: usize = 40;
    if digits.len() <= MOST {
        return digits.to_owned();
    }
    format!("{}...({} digits)", &digits[..10], digits.len())
}

/// An error that ends the program with exit code 2: the arguments make no sense together.
pub fn usage(message: impl Display) -> anyhow::Error {
    Usage(message.to_string()).into()
}

/// Writes results for people to stdout; nothing under `--json`. A reader that went away, as in `evaluate ... | head -1`, is no error.
///
/// # Errors
/// Any other failure to write.
pub fn print(text: &str) -> anyhow::Result<()> {
    if voice().json { Ok(()) } else { to_stdout(text) }
}

fn to_stdout(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write to stdout"))
        }
        _ => Ok(()),
    }
}

/// Most memory this process has had in use, in bytes; nothing where the system does not tell.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kibibytes)
}

/// Says something on stderr that is no result, a fact about the run; nothing under `--quiet`.
pub fn note(text: &str) {
    if !voice().quiet {
        eprintln!("{text}");
    }
}

/// Says on stderr what a user should know before trusting the result.
pub fn warn(text: &str) {
    eprintln!("warning: {text}");
}

impl Stage {
    /// Sets the number of threads that rayon uses, this one among them: `threads`, or all cores.
    ///
    /// # Errors
    /// More threads than make sense; threads that cannot be started.
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

    /// Names the device for the provenance; `cpu` unless told otherwise.
    pub fn set_device(&mut self, device: impl Into<String>) {
        self.device = device.into();
    }

    /// Writes `outputs`, if there are any, with their provenance: `parameters`, `inputs`, `result`. Then prints what came of it:
    /// `text`, or under `--json` the provenance on one line.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn finish(
        &self,
        outputs: Outputs,
        parameters: Value,
        inputs: Vec<FileRecord>,
        result: Value,
        text: &str,
    ) -> anyhow::Result<()> {
        let provenance = outputs.commit(self.provenance(parameters, inputs, result))?;
        if voice().json {
            return to_stdout(&format!("{}\n", serde_json::to_string(&provenance)?));
        }
        print(text)
    }

    /// The provenance of this run, all but its outputs.
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

#[cfg(test)]
mod tests {
    #[test]
    fn an_error_is_one_line_without_what_a_terminal_would_obey() {
        let odd = format!("a\n b\u{1b}[31m {} 12.5 {}", "9".repeat(290), "7".repeat(40));
        let told = format!("a b\u{fffd}[31m 9999999999...(290 digits) 12.5 {}", "7".repeat(40));
        assert_eq!(super::tidy(&odd), told);
        assert_eq!(super::tidy(&format!("é{}", "1".repeat(41))), "é1111111111...(41 digits)");
    }
}
