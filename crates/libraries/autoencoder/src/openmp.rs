//! Work on libtorch's own threads.
//!
//! They are OpenMP's, and after each operator they keep their cores for some milliseconds, waiting for the next one. Threads
//! of anyone else, rayon's for example, then share these cores with them and are half as fast.

use std::ffi::{c_uint, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `GOMP_parallel` of GCC's OpenMP, which LLVM's and Intel's have too: calls `body(data)` on so many threads, this one among
/// them, and returns when all are done.
type Parallel = unsafe extern "C" fn(
    body: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
    threads: c_uint,
    flags: c_uint,
);

/// A number of pieces of work, of which each thread takes the next.
struct Job<'a> {
    next: AtomicUsize,
    count: usize,
    work: &'a (dyn Fn(usize) + Sync),
}

/// Calls `work` with each number below `count`, on as many threads as libtorch computes with.
pub(crate) fn parallel_for(count: usize, work: &(dyn Fn(usize) + Sync)) {
    let job = Job { next: AtomicUsize::new(0), count, work };
    let threads = c_uint::try_from(tch::get_num_threads()).unwrap_or(1);
    match open_mp().filter(|_| threads > 1) {
        None => job.run(),
        Some(parallel) => {
            let data = std::ptr::from_ref(&job).cast_mut().cast::<c_void>();
            // SAFETY: `parallel` has the signature that all OpenMP libraries give this name, and calls `take_part` with `data`,
            // which points to a job that outlives the call and that threads may share.
            #[allow(unsafe_code, reason = "OpenMP is a C library")]
            unsafe {
                parallel(take_part, data, threads, 0);
            }
        }
    }
}

impl Job<'_> {
    fn run(&self) {
        loop {
            let i = self.next.fetch_add(1, Ordering::Relaxed);
            if i >= self.count {
                return;
            }
            (self.work)(i);
        }
    }
}

/// # Safety
/// `data` points to a [`Job`].
#[allow(unsafe_code, reason = "OpenMP is a C library")]
unsafe extern "C" fn take_part(data: *mut c_void) {
    // SAFETY: see above. The job is only read, and its counter is atomic.
    let job = unsafe { &*data.cast_const().cast::<Job>() };
    job.run();
}

/// The OpenMP that libtorch has brought, if it is one of those.
fn open_mp() -> Option<Parallel> {
    static FOUND: OnceLock<Option<Parallel>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        // SAFETY: looks a name up among the libraries that are loaded, which are never unloaded. Where it is found, it is the
        // function described at `Parallel`.
        #[allow(unsafe_code, reason = "OpenMP is a C library")]
        unsafe {
            let address = libc::dlsym(libc::RTLD_DEFAULT, c"GOMP_parallel".as_ptr());
            (!address.is_null()).then(|| std::mem::transmute::<*mut c_void, Parallel>(address))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_of_work_is_done_once_and_by_several_threads() {
        tch::set_num_threads(3);
        assert!(open_mp().is_some(), "libtorch's OpenMP is the one that is looked for");
        let done: Vec<AtomicUsize> = (0..1000).map(|_| AtomicUsize::new(0)).collect();
        let threads = std::sync::Mutex::new(std::collections::HashSet::new());
        parallel_for(done.len(), &|i| {
            done[i].fetch_add(1, Ordering::Relaxed);
            threads.lock().unwrap().insert(std::thread::current().id());
            std::thread::sleep(std::time::Duration::from_micros(10));
        });
        assert!(done.iter().all(|times| times.load(Ordering::Relaxed) == 1));
        assert_eq!(threads.lock().unwrap().len(), 3);
    }
}
