//! Prints results on stdout, and notes and warnings on stderr.

use std::io::Write;
use std::sync::OnceLock;

/// Options about output, the same in every program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Verbosity {
    /// Whether progress and notes are left out.
    pub(crate) quiet: bool,
    /// Whether the result is printed as JSON.
    pub(crate) json: bool,
}

/// Options of this program, once its arguments are parsed.
static VERBOSITY: OnceLock<Verbosity> = OnceLock::new();

/// Gives the options of this program; the default before its arguments are parsed.
pub(crate) fn verbosity() -> Verbosity {
    VERBOSITY.get().copied().unwrap_or_default()
}

/// Sets what this program prints, once its arguments are parsed. Later calls change nothing.
pub(crate) fn set_verbosity(verbosity: Verbosity) {
    VERBOSITY.get_or_init(|| verbosity);
}

/// Prints a result for people on stdout; prints nothing under `--json`.
///
/// A reader that went away, as in `evaluate ... | head -1`, is no error.
///
/// # Errors
/// Any other failure to write.
///
/// ```
/// cli::print("3 clusters\n")?;
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn print(text: &str) -> anyhow::Result<()> {
    if verbosity().json { Ok(()) } else { to_stdout(text) }
}

/// Prints `text` on stdout. A reader that went away is no error.
pub(crate) fn to_stdout(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write to stdout"))
        }
        _ => Ok(()),
    }
}

/// Prints a fact about the run on stderr; prints nothing under `--quiet`.
///
/// ```
/// cli::note("points.npy: 600 points of 10 features");
/// ```
pub fn note(text: &str) {
    if !verbosity().quiet {
        eprintln!("{text}");
    }
}

/// Prints a warning on stderr: what a user should know before trusting the result.
///
/// ```
/// cli::warn("not converged after 300 iterations; raise --max-iter or --tol");
/// ```
pub fn warn(text: &str) {
    eprintln!("warning: {text}");
}
