//! Shows progress: a bar on a terminal, plain lines elsewhere, where indicatif alone is silent.

use std::fmt::Write;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::messages::{note, verbosity};

/// Progress over a known number of steps: a bar that disappears when this is dropped.
///
/// ```
/// let progress = cli::Progress::new("starts", 10);
/// for start in 0..10 {
///     progress.set(start, &format!("inertia {:.3}", 1.0 / (1.0 + start as f64)));
///     progress.line(&format!("start {}/10", start + 1));
/// }
/// ```
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Makes a bar over `length` steps, which `what` names in the plural: `starts`, `bytes`.
    ///
    /// Bytes and images are shown with their rate.
    pub fn new(what: &str, length: u64) -> Self {
        if !std::io::stderr().is_terminal() || verbosity().quiet {
            return Self { bar: None };
        }
        let (position, rate) = match what {
            "bytes" => ("{bytes}/{total_bytes}", "{bytes_per_sec}, "),
            "images" => ("{human_pos}/{human_len}", "{rate}/s, "),
            _ => ("{pos}/{len}", ""),
        };
        let template =
            format!("{{wide_bar}} {position} {what} {{msg}} [{rate}{{elapsed}}, {{eta}} left]");
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            let _ = write!(out, "{:.0}", state.per_sec());
        });
        let bar = ProgressBar::new(length).with_style(style);
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self { bar: Some(bar) }
    }

    /// Moves the bar to `position` and sets its message; does nothing without a terminal.
    pub fn set(&self, position: u64, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_position(position);
            bar.set_message(message.to_owned());
        }
    }

    /// Moves the bar to `position` and keeps its message.
    ///
    /// ```
    /// let progress = cli::Progress::new("bytes", 0);
    /// progress.set_length(4096); // the server has told it
    /// progress.advance(1024);
    /// ```
    pub fn advance(&self, position: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(position);
        }
    }

    /// Sets the number of steps, if it was not known before.
    pub fn set_length(&self, length: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(length);
        }
    }

    /// Prints a line that stays: above the bar, or plainly without a terminal.
    pub fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => note(text),
        }
    }
}

/// Progress without messages: a bar, or a line for each quarter without a terminal.
///
/// ```
/// let mut progress = cli::Quarters::new("epochs", 8);
/// (1..=8).for_each(|epoch| progress.set(epoch)); // without a terminal prints four lines
/// ```
pub struct Quarters {
    bar: Progress,
    what: String,
    length: usize,
    told: usize,
}

impl Quarters {
    /// Makes progress over `length` steps, see [`Progress::new`].
    pub fn new(what: &str, length: usize) -> Self {
        Self { bar: Progress::new(what, length as u64), what: what.to_owned(), length, told: 0 }
    }

    /// Moves the bar, or prints a line if another quarter is done.
    pub fn set(&mut self, position: usize) {
        self.bar.set(position as u64, "");
        let quarters = 4 * position / self.length.max(1);
        if quarters > self.told && self.bar.bar.is_none() {
            self.bar.line(&format!("{} {position}/{}", self.what, self.length));
        }
        self.told = quarters;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
