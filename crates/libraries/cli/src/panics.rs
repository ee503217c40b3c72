//! Catches panics of libraries that read files.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Number of calls of [`caught`] that are at work.
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Calls `work`, and gives its result, or the message of its panic.
///
/// For decoders of other people, which assert in some places what a damaged file does not keep.
/// No panic is printed meanwhile, whatever thread it comes from, since libraries may work in
/// threads of their own. Nothing that `work` has changed may be used after a panic.
///
/// # Errors
/// The message of the panic.
///
/// ```
/// assert_eq!(cli::caught(|| 5), Ok(5));
/// let zero = std::hint::black_box(0);
/// assert_eq!(cli::caught(|| 5 / zero), Err("attempt to divide by zero".to_owned()));
/// ```
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if CALLS.load(Ordering::Relaxed) == 0 {
                before(panic);
            }
        }));
    });
    CALLS.fetch_add(1, Ordering::Relaxed);
    let result = catch_unwind(AssertUnwindSafe(work));
    CALLS.fetch_sub(1, Ordering::Relaxed);
    result.map_err(message)
}

/// Gives the message of a panic.
fn message(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => {
            panic.downcast::<&str>().map_or_else(|_| "no message".into(), |text| text.to_string())
        }
    }
}
