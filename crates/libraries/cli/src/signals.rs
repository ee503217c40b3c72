//! SIGINT and SIGTERM; and SIGXFSZ, which would end a program in the middle of a file.

use std::fmt::{self, Display};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};

/// Whether the program stops by itself when it is asked to.
static GENTLE: AtomicBool = AtomicBool::new(false);
/// The signal that asked it to, or 0.
static ASKED: AtomicI32 = AtomicI32::new(0);

/// The program stopped by itself, because of a signal.
#[derive(Debug)]
struct Stopped(String);

impl Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stopped {}

/// From now on the first signal does not end the program: [`asked_to_stop`] says that it came. A second one ends it at once.
pub fn stop_when_asked() {
    GENTLE.store(true, Ordering::SeqCst);
}

/// Whether a signal has come since [`stop_when_asked`].
pub fn asked_to_stop() -> bool {
    ASKED.load(Ordering::SeqCst) != 0
}

/// The error to return after a signal, with what was left and how to go on: the program ends with 128 + the signal's number.
pub fn stopped(message: impl Display) -> anyhow::Error {
    Stopped(message.to_string()).into()
}

/// What a program ends with that stopped by itself.
pub(crate) fn exit_code(error: &anyhow::Error) -> Option<ExitCode> {
    let code = 128 + ASKED.load(Ordering::SeqCst);
    error.is::<Stopped>().then(|| ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

/// On a signal: remove temporary files and end at once with 128 + its number, unless the program stops by itself.
pub(crate) fn handle() -> anyhow::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGXFSZ])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            // The file may not grow any further: now that the signal is handled, whoever writes to it is told by an error.
            if signal == SIGXFSZ {
                continue;
            }
            if GENTLE.load(Ordering::SeqCst) && ASKED.swap(signal, Ordering::SeqCst) == 0 {
                continue;
            }
            artifact::remove_temporaries();
            // Not std::process::exit: its exit handlers would wait for threads that are still computing.
            signal_hook::low_level::exit(128 + signal);
        }
    })?;
    Ok(())
}
