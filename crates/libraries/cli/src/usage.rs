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
