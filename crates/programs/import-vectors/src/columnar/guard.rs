//! Turns what goes wrong in the decoder of Parquet into a message.

use std::path::Path;

use anyhow::anyhow;

/// Calls `work`, and refuses the file at `path` if it fails or panics.
///
/// The decoder asserts in some places what a damaged file does not keep.
///
/// # Errors
/// The error of `work`, or its panic, as one line about the file.
pub fn guarded<T>(path: &Path, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let result = cli::caught(work);
    let result = result.unwrap_or_else(|_| Err(anyhow!("its pages contradict themselves")));
    result.map_err(|error| refused(path, &error.to_string()))
}

/// Refuses the file at `path`, which is damaged in the way that `found` says.
pub fn refused(path: &Path, found: &str) -> anyhow::Error {
    let found = found.lines().collect::<Vec<_>>().join(" ");
    anyhow!(
        "{}: expected a Parquet file, found one that cannot be read ({}); copy it again, or write \
         it again, in Python with pandas.read_parquet(FILE).to_parquet('x.parquet')",
        path.display(),
        found.trim()
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    #[test]
    fn failures_and_panics_become_one_line() {
        let path = Path::new("a.parquet");
        assert_eq!(guarded(path, || Ok(5)).unwrap(), 5);
        let failed = guarded::<()>(path, || Err(anyhow!("no\nroom"))).unwrap_err().to_string();
        assert!(failed.starts_with("a.parquet: expected a Parquet file"), "{failed}");
        assert!(failed.contains("(no room)"), "{failed}");
        let panicked = guarded::<()>(path, || panic!("told")).unwrap_err().to_string();
        assert!(panicked.contains("contradict themselves"), "{panicked}");
    }
}
