//! Man pages and shell completions, from argh's description of the arguments.
//!
//! Every program prints them under `--generate man`, `bash`, `zsh` or `fish`, an option that
//! `--help` does not list because packagers use it, not users. `make man` writes them all.

use argh::{CommandInfoWithArgs, FlagInfo, FlagInfoKind, Optionality};
use argh_complete::Generator;
use argh_complete::bash::Bash;
use argh_complete::zsh::Zsh;
use roff::{Inline, Roff, bold, italic, roman};

/// The option that prints a man page or a completion.
pub(crate) const OPTION: &str = "--generate";

/// The options that every program has and argh does not know, with what `--help` says of them.
pub(crate) const COMMON_OPTIONS: [(&str, &str); 3] = [
    ("--quiet", "show neither progress nor notes, only results, warnings and errors"),
    ("--json", "print the result as one line of JSON: what was read, found and written"),
    ("--version", "display the version"),
];

/// Exit codes of every program, for the man page.
const EXIT_CODES: [(&str, &str); 5] = [
    ("0", "done"),
    ("1", "failed"),
    ("2", "wrong usage"),
    ("130", "interrupted"),
    ("143", "terminated"),
];

/// Generates the man page or the completion `what` of the program `name`.
///
/// # Errors
/// A message to the user if there is no such form.
pub(crate) fn generate(
    name: &str,
    what: &str,
    info: &CommandInfoWithArgs,
) -> Result<String, String> {
    // argh's description borrows for as long as the program runs, which ends when this is printed.
    let flags = flags(info).leak();
    let info = CommandInfoWithArgs { flags, ..info.clone() };
    match what {
        "man" => Ok(man_page(name, &info)),
        "bash" => Ok(Bash::generate(name, &info)),
        "zsh" => Ok(zsh(name, &info)),
        "fish" => Ok(fish(name, &info)),
        _ => Err(format!("{OPTION}: expected man, bash, zsh or fish, found '{what}'")),
    }
}

/// Lists the options in the order of `--help`: those of the program, the common ones, `--help`.
fn flags(info: &CommandInfoWithArgs) -> Vec<FlagInfo<'static>> {
    let (help, own): (Vec<_>, Vec<_>) =
        info.flags.iter().filter(|flag| !flag.hidden).partition(|flag| flag.long == "--help");
    let common = COMMON_OPTIONS.map(|(long, description)| FlagInfo {
        long,
        description,
        optionality: Optionality::Optional,
        ..FlagInfo::default()
    });
    let help = help.into_iter().map(|help| FlagInfo { short: Some('h'), ..copy(help) });
    own.into_iter().map(copy).chain(common).chain(help).collect()
}

/// Copies a `FlagInfo`, which is not `Clone`.
fn copy<'a>(flag: &FlagInfo<'a>) -> FlagInfo<'a> {
    FlagInfo {
        kind: match flag.kind {
            FlagInfoKind::Switch => FlagInfoKind::Switch,
            FlagInfoKind::Option { arg_name } => FlagInfoKind::Option { arg_name },
        },
        optionality: match flag.optionality {
            Optionality::Required => Optionality::Required,
            Optionality::Optional => Optionality::Optional,
            Optionality::Repeating => Optionality::Repeating,
            Optionality::Greedy => Optionality::Greedy,
        },
        ..*flag
    }
}

/// Formats completions for zsh: argh_complete's, which complete no files, and files.
fn zsh(name: &str, info: &CommandInfoWithArgs) -> String {
    let end = "\n        && return 0\n";
    Zsh::generate(name, info)
        .replace("': :'", "':value:_files'")
        .replace(end, &format!("\n        '*:file:_files' \\{end}"))
}

/// Formats completions for fish, which completes files wherever nothing else is said.
///
/// Completions by argh_complete look for subcommands, which our programs do not have. For that they
/// need fish 4, and they complete no option after a positional argument.
fn fish(name: &str, info: &CommandInfoWithArgs) -> String {
    let line = |flag: &FlagInfo| {
        let short = flag.short.map_or(String::new(), |short| format!(" -s {short}"));
        let long = flag.long.trim_start_matches('-');
        let value = if flag.kind == FlagInfoKind::Switch { "" } else { " -r" };
        let text = flag.description.replace('\\', "\\\\").replace('\'', "\\'");
        format!("complete -c {name}{short} -l {long}{value} -d '{text}'\n")
    };
    info.flags.iter().map(line).collect()
}

/// Formats a man page: name, synopsis, description, options, exit status, example.
fn man_page(name: &str, info: &CommandInfoWithArgs) -> String {
    let positionals = info.positionals;
    let version = concat!("wardrobe ", env!("CARGO_PKG_VERSION"));
    let mut page = Roff::new();
    // The third argument is the date: it is empty, so that every build writes the same bytes.
    page.control("TH", [&name.to_uppercase(), "1", "\"\"", version, "User Commands"]);
    // No hyphens at the ends of lines, where they would seem to belong to an option.
    page.control("nh", []).control("ad", ["l"]);

    page.control("SH", ["NAME"]);
    page.text([roman(format!("{name} - {}", summary(info.description)))]);

    page.control("SH", ["SYNOPSIS"]);
    let mut synopsis = vec![bold(name)];
    for flag in info.flags.iter().filter(|flag| flag.short.is_none()) {
        synopsis.push(roman(" "));
        synopsis.extend(in_brackets(&flag.optionality, option(flag)));
    }
    for argument in positionals.iter().filter(|argument| !argument.hidden) {
        synopsis.push(roman(" "));
        synopsis.extend(in_brackets(&argument.optionality, vec![italic(argument.name)]));
    }
    page.text(synopsis);

    page.control("SH", ["DESCRIPTION"]);
    page.text([roman(info.description.replace("{command_name}", name))]);

    page.control("SH", ["OPTIONS"]);
    for argument in positionals.iter().filter(|argument| !argument.hidden) {
        page.control("TP", []).text([italic(argument.name)]).text([roman(argument.description)]);
    }
    for flag in info.flags {
        page.control("TP", []).text(option(flag)).text([roman(flag.description)]);
    }

    page.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        page.control("TP", []).text([bold(code)]).text([roman(meaning)]);
    }

    page.control("SH", ["EXAMPLE"]).control("EX", []);
    for example in info.examples {
        page.text([roman(example.replace("{command_name}", name))]);
    }
    page.control("EE", []);
    page.render()
}

/// Gives the first clause of a description, which begins in lower case after the program's name.
fn summary(description: &str) -> String {
    let end = [". ", "; ", ": ", " ("].iter().filter_map(|end| description.find(end)).min();
    let clause = description[..end.unwrap_or(description.len())].trim_end_matches('.');
    let mut letters = clause.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Formats an option with the name of its value: `--k n`.
fn option(flag: &FlagInfo) -> Vec<Inline> {
    let mut words = Vec::new();
    if let Some(short) = flag.short {
        words.extend([bold(format!("-{short}")), roman(", ")]);
    }
    words.push(bold(flag.long));
    if let FlagInfoKind::Option { arg_name } = flag.kind {
        words.extend([roman(" "), italic(arg_name)]);
    }
    words
}

/// Puts what can be left out in brackets, with dots if it can be repeated.
fn in_brackets(optionality: &Optionality, words: Vec<Inline>) -> Vec<Inline> {
    let (open, close) = match optionality {
        Optionality::Required => return words,
        Optionality::Optional => ("[", "]"),
        Optionality::Repeating | Optionality::Greedy => ("[", "]..."),
    };
    [roman(open)].into_iter().chain(words).chain([roman(close)]).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use argh::ArgsInfo;

    use super::*;

    /// Groups points that are close; or, with --predict, doesn't. The same seed gives the same
    /// bytes.
    #[derive(argh::FromArgs, ArgsInfo)]
    #[argh(
        help_triggers("-h", "--help"),
        example = "{command_name} --max-iter 3 a.npy\nevaluate 'b.npy'"
    )]
    #[expect(dead_code, reason = "only the description is read")]
    struct Args {
        /// most iterations [of a start]: it's 350 otherwise
        #[argh(option, arg_name = "n")]
        max_iter: usize,
        /// model
        #[argh(option, arg_name = "file")]
        predict: Option<String>,
        /// show each
        #[argh(switch)]
        each: bool,
        /// not for users
        #[argh(switch, hidden_help)]
        bench: bool,
        /// points
        #[argh(positional)]
        points: Vec<String>,
    }

    const SHOWN: [&str; 7] =
        ["--max-iter", "--predict", "--each", "--quiet", "--json", "--version", "--help"];

    fn generated(what: &str) -> String {
        generate("group", what, &Args::get_args_info()).unwrap()
    }

    /// Runs `program` on `input` and gives what it prints, or `None` if it is not installed.
    fn piped(program: &str, arguments: &[&str], input: &str) -> Option<String> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && told.is_empty(), "{program}: {told}\n{input}");
        Some(String::from_utf8(output.stdout).unwrap())
    }

    #[test]
    fn a_man_page_has_every_option_and_section() {
        let page = generated("man");
        for flag in SHOWN {
            assert!(page.contains(&format!("\\fB{}\\fR", flag.replace('-', "\\-"))), "{page}");
        }
        assert!(!page.contains("bench"), "{page}");
        for part in [
            ".SH NAME\ngroup \\- groups points that are close\n",
            ".SH SYNOPSIS\n\\fBgroup\\fR \\fB\\-\\-max\\-iter\\fR \\fIn\\fR \
             [\\fB\\-\\-predict\\fR \\fIfile\\fR] [\\fB\\-\\-each\\fR]",
            "[\\fIpoints\\fR]...\n.SH DESCRIPTION\n",
            ".TP\n\\fB\\-\\-max\\-iter\\fR \\fIn\\fR\nmost iterations",
            ".SH \"EXIT STATUS\"\n",
            ".EX\ngroup \\-\\-max\\-iter 3 a.npy\nevaluate ",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }

    #[test]
    fn groff_sets_the_page_without_a_warning() {
        let arguments = ["-man", "-ww", "-Tascii", "-P-c", "-P-b", "-P-u"];
        let Some(text) = piped("groff", &arguments, &generated("man")) else { return };
        for told in ["group - groups points", "--max-iter n", "-h, --help", "evaluate 'b.npy'"] {
            assert!(text.contains(told), "{told}\n{text}");
        }
        assert!(!text.contains("-\n"), "{text}");
    }

    #[test]
    fn bash_completes_options_and_files() {
        let script = generated("bash");
        let asked = "\ntype complete >/dev/null\n\
            ask() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _group; \
            echo \"${COMPREPLY[*]}\"; }\n\
            ask group --ma\nask group --max-iter ''\nask group --max-iter 3 --\n";
        let Some(told) = piped("bash", &["--norc"], &(script + asked)) else { return };
        let all = SHOWN.join(" ");
        // After an option with a value, bash falls back to files.
        assert_eq!(told, format!("--max-iter\n\n{all}\n"));
        assert!(generated("bash").contains("complete -F _group -o bashdefault -o default group"));
    }

    #[test]
    fn zsh_and_fish_complete_options_and_files() {
        let (zsh, fish) = (generated("zsh"), generated("fish"));
        for flag in SHOWN {
            assert!(zsh.contains(&format!("{flag}[")) || flag == "--help", "{flag}: {zsh}");
            assert!(fish.contains(&format!("-l {}", &flag[2..])), "{flag}: {fish}");
        }
        assert!(zsh.contains("{-h,--help}"), "{zsh}");
        assert!(zsh.contains("'--predict[model]'':value:_files'"), "{zsh}");
        assert!(zsh.contains("'*:file:_files' \\\n        && return 0"), "{zsh}");
        assert!(fish.contains("complete -c group -l predict -r -d 'model'\n"), "{fish}");
        assert!(fish.contains("complete -c group -s h -l help -d 'display"), "{fish}");
        assert!(fish.contains("it\\'s 350 otherwise"), "{fish}");
        piped("zsh", &["-n"], &zsh);
        piped("fish", &["--no-execute"], &fish);
    }

    #[test]
    fn other_forms_are_refused() {
        let told = generate("group", "pdf", &Args::get_args_info());
        assert_eq!(told.unwrap_err(), "--generate: expected man, bash, zsh or fish, found 'pdf'");
    }
}
