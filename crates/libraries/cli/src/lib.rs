//! How every program behaves: arguments, exit codes, errors, progress, threads.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! /// Groups points.
//! #[derive(argh::FromArgs, argh::ArgsInfo)]
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
//! Every program has the options `--quiet` (neither progress nor notes) and `--json` (the result as
//! one line of JSON).
//!
//! Exit codes are 0 for success, 1 for failure, 2 for wrong usage, 130 when interrupted (SIGINT),
//! and 143 when terminated (SIGTERM). Results go to stdout, everything else to stderr. An error is
//! one line: the program, then the whole chain of causes.

#![deny(missing_docs)]

mod arguments;
mod files;
mod generate;
mod messages;
mod named;
mod panics;
mod progress;
mod signals;
mod stage;
mod starts;
mod table;
mod usage;

use std::process::ExitCode;

use usage::Usage;

pub use arguments::{Count, List, NotNegative, Span};
pub use files::Files;
pub use messages::{note, print, warn};
pub use named::Named;
pub use panics::caught;
pub use progress::{Progress, Quarters};
pub use signals::{asked_to_stop, stop_when_asked, stopped};
pub use stage::{Stage, peak_memory};
pub use starts::{Starts, warn_fits_not_converged, warn_not_converged};
pub use table::{csv, share_table, table, table_with_best};
pub use usage::{leave_out, usage};

/// Parses the arguments, calls `run`, and turns its result into an exit code.
///
/// `name` is the name of the program in messages and provenance. See the [crate] for an
/// example. Beside the options of `A` this understands `--quiet`, `--json`, `--version` and
/// `--help`; and `--generate man`, `bash`, `zsh` or `fish`, which prints the man page of the
/// program or its completion for a shell, made from argh's description of `A`.
pub fn main<A: argh::TopLevelCommand + argh::ArgsInfo>(
    name: &'static str,
    run: impl FnOnce(A, &mut Stage) -> anyhow::Result<()>,
) -> ExitCode {
    let argv: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let mut stage = Stage::new(name, argv);
    let outcome = signals::handle().and_then(|()| {
        match arguments::parse::<A>(name, std::env::args_os().skip(1)) {
            Ok(arguments::Parsed::Run(args, said)) => {
                messages::set_verbosity(said);
                run(args, &mut stage)
            }
            Ok(arguments::Parsed::Show(text)) => print(&text),
            Err(error) => Err(usage(error)),
        }
    });
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    // The message is put on one line, whatever an operating system, a library or a file put into
    // it.
    let line = tidy(&format!("{name}: {error:#}"));
    if error.is::<Usage>() {
        eprintln!("{line} (see {name} --help)");
        return ExitCode::from(2);
    }
    eprintln!("{line}");
    signals::exit_code(&error).unwrap_or(ExitCode::FAILURE)
}

/// Puts `text` on one line that a terminal shows as it is.
///
/// Control characters are replaced, and of a number of very many digits the first few are kept.
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

/// Gives the digits of a number, or the first few if there are very many.
fn told_digits(digits: &str) -> String {
    // Digits of a number that are shown in full.
    const MOST: usize = 40;
    if digits.len() <= MOST {
        return digits.to_owned();
    }
    format!("{}...({} digits)", &digits[..10], digits.len())
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
