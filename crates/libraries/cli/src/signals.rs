//! Handles SIGINT, SIGTERM, and SIGXFSZ, which would end a program in the middle of a file.

use std::fmt::{self, Display};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};

/// Whether the program stops by itself after a signal.
static GENTLE: AtomicBool = AtomicBool::new(false);
/// The signal that came, or 0.
static ASKED: AtomicI32 = AtomicI32::new(0);

/// The error of a program that stopped by itself after a signal.
#[derive(Debug)]
struct Stopped(String);

impl Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stopped {}

/// Makes the first signal set [`asked_to_stop`] instead of ending the program.
///
/// A second signal ends it at once.
///
/// ```
/// cli::stop_when_asked();
/// for epoch in 1..=10 {
///     // ... train for an epoch and write a checkpoint ...
///     if cli::asked_to_stop() {
///         return Err(cli::stopped(format!("stopped after epoch {epoch}; --resume continues")));
///     }
/// }
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn stop_when_asked() {
    GENTLE.store(true, Ordering::SeqCst);
}

/// Whether a signal has come since [`stop_when_asked`].
///
/// ```
/// assert!(!cli::asked_to_stop());
/// ```
pub fn asked_to_stop() -> bool {
    ASKED.load(Ordering::SeqCst) != 0
}

/// Makes the error to return after a signal: the program ends with 128 + its number.
///
/// `message` says what was left behind and how to go on.
///
/// ```
/// let error = cli::stopped("stopped after epoch 3; --resume continues");
/// assert_eq!(error.to_string(), "stopped after epoch 3; --resume continues");
/// ```
pub fn stopped(message: impl Display) -> anyhow::Error {
    Stopped(message.to_string()).into()
}

/// Gives the exit code of a program that stopped by itself.
pub(crate) fn exit_code(error: &anyhow::Error) -> Option<ExitCode> {
    let code = 128 + ASKED.load(Ordering::SeqCst);
    error.is::<Stopped>().then(|| ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

/// Starts the thread that handles signals.
///
/// On a signal it removes temporary files and ends the program at once with 128 + the number of the
/// signal, unless the program stops by itself.
pub(crate) fn handle() -> anyhow::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGXFSZ])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            // The file may not grow any further. Because the signal is handled, its writer gets an
            // error.
            if signal == SIGXFSZ {
                continue;
            }
            if GENTLE.load(Ordering::SeqCst) && ASKED.swap(signal, Ordering::SeqCst) == 0 {
                continue;
            }
            artifact::remove_temporaries();
            // The exit handlers of std::process::exit would wait for threads that are still
            // computing.
            signal_hook::low_level::exit(128 + signal);
        }
    })?;
    Ok(())
}
