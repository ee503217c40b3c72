//! Runs work on the OpenMP threads that libtorch computes with.
//!
//! After each operator these threads keep their cores busy for some milliseconds, waiting for the
//! next one. Other threads, of rayon for example, would share the cores with them and run at half
//! the speed.

use std::ffi::{c_uint, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `GOMP_parallel` of GCC's OpenMP, which LLVM's and Intel's provide too.
///
/// It calls `body(data)` on so many threads, including the calling one, and returns when all are
/// done.
type Parallel = unsafe extern "C" fn(
    body: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
    threads: c_uint,
    flags: c_uint,
);

/// A loop whose iterations are handed out to threads one by one.
struct Job<'a> {
    next: AtomicUsize,
    count: usize,
    work: &'a (dyn Fn(usize) + Sync),
}

/// Calls `work` with each number below `count`, on as many threads as libtorch computes with.
///
/// If libtorch's OpenMP is none that is known here, the calling thread does all work.
pub(crate) fn parallel_for(count: usize, work: &(dyn Fn(usize) + Sync)) {
    let job = Job { next: AtomicUsize::new(0), count, work };
    let threads = c_uint::try_from(tch::get_num_threads()).unwrap_or(1);
    match open_mp().filter(|_| threads > 1) {
        None => job.run(),
        Some(parallel) => {
            let data = std::ptr::from_ref(&job).cast_mut().cast::<c_void>();
            // SAFETY: `parallel` has the signature that all OpenMP libraries give this name. It
            // calls `take_part` with `data`, which points to a job that outlives the call and
            // that threads may share.
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

/// Takes part in a job until no iteration is left.
///
/// # Safety
/// `data` points to a [`Job`].
#[allow(unsafe_code, reason = "OpenMP is a C library")]
unsafe extern "C" fn take_part(data: *mut c_void) {
    // SAFETY: `data` points to a job, which is only read, and whose counter is atomic.
    let job = unsafe { &*data.cast_const().cast::<Job>() };
    job.run();
}

/// Finds `GOMP_parallel` in the OpenMP library that libtorch has loaded.
fn open_mp() -> Option<Parallel> {
    static FOUND: OnceLock<Option<Parallel>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        // SAFETY: the name is looked up among the loaded libraries, which are never unloaded. A
        // function of that name has the type `Parallel`.
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
