//! Turns what goes wrong in the library that reads and runs networks into a message.

use std::fmt::Display;

/// Longest reason that a message gives, in characters.
const LONGEST: usize = 160;

/// Calls `work`, and gives the reason why it failed or panicked in a few words.
///
/// The library asserts in some places what a damaged or a strange model does not keep.
///
/// # Errors
/// The error of `work` or its panic, as a text in one line.
pub fn guarded<T, E: Display>(work: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match cli::caught(work) {
        Ok(result) => result.map_err(|error| in_one_line(&format!("{error:#}"))),
        Err(panic) => Err(in_one_line(&format!("it contradicts itself: {panic}"))),
    }
}

/// Puts a text of the library on one line, and cuts it off if it is long.
fn in_one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use super::*;

    #[test]
    fn failures_and_panics_become_one_line() {
        assert_eq!(guarded(|| Ok::<_, Error>(5)), Ok(5));
        let failed = guarded::<(), _>(|| Err(Error::other("no\n  room")));
        assert_eq!(failed, Err("no room".to_owned()));
        let panicked = guarded::<(), Error>(|| panic!("told {}", "x".repeat(999))).unwrap_err();
        assert!(panicked.starts_with("it contradicts itself: told x"), "{panicked}");
        assert!(panicked.len() < 200, "{panicked}");
    }
}
