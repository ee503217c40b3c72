//! Parses command lines, with what argh leaves out.
//!
//! That is `--k=10` as well as `--k 10`, `--version`, `--help` anywhere, and errors of one line.

use std::ffi::OsString;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::generate::{self, COMMON_OPTIONS, generate};
use crate::messages::Verbosity;

/// The request of a command line.
pub(crate) enum Parsed<A> {
    /// Work to do, and what to print about it.
    Run(A, Verbosity),
    /// Text of help, version, man page or completion, to be printed.
    Show(String),
}

/// Parses `arguments`, without the name of the program. The error is a message to the user.
pub(crate) fn parse<A: argh::TopLevelCommand + argh::ArgsInfo>(
    name: &str,
    arguments: impl Iterator<Item = OsString>,
) -> Result<Parsed<A>, String> {
    let mut words = Vec::new();
    for argument in arguments {
        let word = argument
            .into_string()
            .map_err(|word| format!("argument {word:?} is not valid UTF-8"))?;
        match word.split_once('=') {
            Some((option, value)) if is_option(option) => {
                words.extend([option.to_owned(), value.to_owned()]);
            }
            _ => words.push(word),
        }
    }
    if let [option, what] = words.as_slice()
        && option == generate::OPTION
    {
        return generate(name, what, &A::get_args_info()).map(Parsed::Show);
    }
    if words.iter().any(|word| word == "--version") {
        return Ok(Parsed::Show(format!("{name} {}\n", env!("CARGO_PKG_VERSION"))));
    }
    if words.iter().any(|word| word == "--help" || word == "-h") {
        words = vec!["--help".into()];
    }
    let mut said = |switch: &str| {
        let before = words.len();
        words.retain(|word| word != switch);
        words.len() < before
    };
    let verbosity = Verbosity { quiet: said("--quiet"), json: said("--json") };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match A::from_args(&[name], &words) {
        Ok(args) => Ok(Parsed::Run(args, verbosity)),
        Err(exit) if exit.status.is_ok() => Ok(Parsed::Show(with_common_options(&exit.output))),
        Err(exit) => Err(exit.output.trim().to_owned()),
    }
}

/// Adds the options that every program has, and argh does not know, to argh's help text.
fn with_common_options(help: &str) -> String {
    let line = "  -h, --help        display usage information\n";
    // argh begins descriptions in the 20th column.
    let common = COMMON_OPTIONS.map(|(option, text)| format!("  {option:<18}{text}\n")).concat();
    help.replace(line, &format!("{common}{line}"))
}

/// Whether `word` is two dashes and a name: `--k`, `--max-iter`.
fn is_option(word: &str) -> bool {
    word.strip_prefix("--").is_some_and(|name| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    })
}

/// A whole number of at least 1, for clusters, starts or threads.
///
/// ```
/// use cli::Count;
///
/// assert_eq!("12".parse(), Ok(Count(12)));
/// assert!("0".parse::<Count>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub usize);

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(count) if count > 0 => Ok(Self(count)),
            _ => Err("expected a whole number of at least 1".into()),
        }
    }
}

/// A finite number of at least 0, for a tolerance or a regularization.
///
/// ```
/// use cli::NotNegative;
///
/// assert_eq!("1e-4".parse(), Ok(NotNegative(1e-4)));
/// assert!("-1".parse::<NotNegative>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotNegative(pub f64);

impl FromStr for NotNegative {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(Self(number)),
            _ => Err("expected a number of at least 0".into()),
        }
    }
}

/// A range of whole numbers such as 2..20, both ends included, the first at least 1.
///
/// ```
/// use cli::Span;
///
/// assert_eq!("2..20".parse(), Ok(Span { first: 2, last: 20 }));
/// assert!("20..2".parse::<Span>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First number.
    pub first: usize,
    /// Last number, included.
    pub last: usize,
}

impl Span {
    /// Gives the numbers from the first to the last.
    ///
    /// ```
    /// let span = cli::Span { first: 2, last: 4 };
    /// assert_eq!(span.numbers().collect::<Vec<_>>(), [2, 3, 4]);
    /// ```
    pub fn numbers(self) -> RangeInclusive<usize> {
        self.first..=self.last
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ends = text.split_once("..").map(|(first, last)| (first.parse(), last.parse()));
        match ends {
            Some((Ok(first), Ok(last))) if 1 <= first && first <= last => Ok(Self { first, last }),
            _ => Err("expected A..B with whole numbers 1 <= A <= B".into()),
        }
    }
}

impl Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}..{}", self.first, self.last)
    }
}

/// Comma-separated values as one argument, such as 1500,1000,500. An empty word is an empty list.
///
/// ```
/// use cli::List;
///
/// assert_eq!("1500,1000,500".parse(), Ok(List(vec![1500, 1000, 500])));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct List<T>(pub Vec<T>);

impl<T: FromStr<Err: Display>> FromStr for List<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let parse = |word: &str| word.trim().parse().map_err(|error| format!("'{word}': {error}"));
        text.split(',').map(parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups points.
    #[derive(argh::FromArgs, argh::ArgsInfo, Debug)]
    #[argh(help_triggers("-h", "--help"))]
    struct Args {
        /// number of clusters (default 10)
        #[argh(option, default = "10")]
        k: usize,
        /// where to
        #[argh(option)]
        out: String,
    }

    fn run(words: &[&str]) -> Result<Parsed<Args>, String> {
        parse("group", words.iter().map(OsString::from))
    }

    #[test]
    fn an_equals_sign_separates_an_option_from_its_value() {
        for words in [["--k", "12", "--out", "a=b"].as_slice(), &["--k=12", "--out=a=b"]] {
            let Ok(Parsed::Run(args, _)) = run(words) else { panic!("{words:?}") };
            assert_eq!((args.k, args.out.as_str()), (12, "a=b"));
        }
    }

    #[test]
    fn spans_have_two_ends() {
        assert_eq!("2..20".parse(), Ok(Span { first: 2, last: 20 }));
        assert_eq!("3..3".parse::<Span>().unwrap().to_string(), "3..3");
        for wrong in ["", "5", "..", "2..", "..9", "0..3", "9..2", "1...4", "-1..2", "2..x"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn help_and_version_win_over_everything_else() {
        for words in
            [["--help"].as_slice(), &["-h"], &["--k", "12", "--help"], &["--help", "--wrong"]]
        {
            let Ok(Parsed::Show(text)) = run(words) else { panic!("{words:?}") };
            assert!(text.starts_with("Usage: group"), "{text}");
            assert!(text.contains("number of clusters (default 10)"), "{text}");
            for option in ["--version", "--quiet", "--json"] {
                assert!(text.contains(option), "{text}");
            }
        }
        let Ok(Parsed::Show(text)) = run(&["--version"]) else { panic!() };
        assert_eq!(text, format!("group {}\n", env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn man_pages_and_completions_are_hidden_from_help() {
        for words in [["--generate", "man"].as_slice(), &["--generate=man"]] {
            let Ok(Parsed::Show(text)) = run(words) else { panic!("{words:?}") };
            assert!(text.contains(".TH GROUP 1"), "{text}");
        }
        let Ok(Parsed::Show(help)) = run(&["--help"]) else { panic!() };
        assert!(!help.contains("generate"), "{help}");
        let Err(message) = run(&["--generate", "man", "--k", "3"]) else { panic!() };
        assert!(message.contains("--generate"), "{message}");
    }

    #[test]
    fn what_is_said_can_be_chosen_anywhere() {
        for (words, quiet, json) in [
            (["--out", "a"].as_slice(), false, false),
            (&["--quiet", "--out", "a"], true, false),
            (&["--out", "a", "--json"], false, true),
            (&["--json", "--out", "a", "--quiet"], true, true),
        ] {
            let Ok(Parsed::Run(args, verbosity)) = run(words) else { panic!("{words:?}") };
            assert_eq!((args.out.as_str(), verbosity), ("a", Verbosity { quiet, json }));
        }
    }

    #[test]
    fn wrong_usage_is_told() {
        for (words, told) in [
            (["--out", "a", "--k", "ten"].as_slice(), "--k"),
            (&["--wrong"], "--wrong"),
            (&[], "--out"),
        ] {
            let Err(message) = run(words) else { panic!("{words:?}") };
            assert!(message.contains(told), "{message}");
        }
    }

    #[test]
    fn counts_start_at_one() {
        assert_eq!("12".parse(), Ok(Count(12)));
        for wrong in ["0", "-1", "1.5", "ten", ""] {
            assert!(wrong.parse::<Count>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn tolerances_start_at_zero() {
        assert_eq!("1e-10".parse(), Ok(NotNegative(1e-10)));
        for wrong in ["-1", "nan", "inf", "small"] {
            assert!(wrong.parse::<NotNegative>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn lists_are_separated_by_commas() {
        assert_eq!("1500,1000, 500".parse(), Ok(List(vec![1500, 1000, 500])));
        assert_eq!("".parse(), Ok(List::<usize>(vec![])));
        assert!("1500,,500".parse::<List<usize>>().is_err());
    }
}
