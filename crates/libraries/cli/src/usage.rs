//! The error for wrong usage.

use std::fmt::Display;

/// Wrong usage found after the arguments were parsed: the program ends with exit code 2.
#[derive(Debug)]
pub(crate) struct Usage(String);

impl Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Makes the error for arguments that make no sense together: exit code 2.
///
/// ```
/// let error = cli::usage("--batch is for --algorithm minibatch");
/// assert_eq!(error.to_string(), "--batch is for --algorithm minibatch");
/// ```
pub fn usage(message: impl Display) -> anyhow::Error {
    Usage(message.to_string()).into()
}

/// Refuses options that were given but do not go with the mode of a run.
///
/// `mode` says what the run does. `options` are the names of the options that do not go with it,
/// and whether they were given.
///
/// # Errors
/// Wrong usage, with the first of `options` that was given.
///
/// ```
/// let mode = "--predict model.npz assigns and fits nothing";
/// let error = cli::leave_out(mode, [("--model", false), ("--k", true)]).unwrap_err();
/// assert_eq!(error.to_string(), "--predict model.npz assigns and fits nothing: leave out --k");
/// assert!(cli::leave_out(mode, [("--model", false), ("--k", false)]).is_ok());
/// ```
pub fn leave_out<'a>(
    mode: &str,
    options: impl IntoIterator<Item = (&'a str, bool)>,
) -> anyhow::Result<()> {
    match options.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(usage(format!("{mode}: leave out {option}"))),
        None => Ok(()),
    }
}
