//! Compiles CUDA kernels at run time by NVRTC, and launches them by the CUDA driver.
//!
//! libtorch compiles kernels at run time too, and brings a library that forwards to NVRTC and to
//! the driver. It is opened here at run time: a build needs nothing of CUDA, and a machine without
//! CUDA opens nothing.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::{null, null_mut};

use crate::{Error, Result};

/// libtorch's library that forwards to NVRTC and the CUDA driver.
const LIBRARY: &CStr = c"libcaffe2_nvrtc.so";
/// Threads per block of a kernel.
const THREADS: u64 = 256;

/// Status that both libraries return; 0 is success.
type Status = c_int;
/// Pointer to an object of a library.
type Handle = *mut c_void;

/// A compiled kernel.
pub(crate) struct Kernel {
    function: Handle,
    context: Handle,
    library: Library,
}

/// An argument of a kernel, with the type that it has in C.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Argument {
    /// Address of a tensor's first value on the device.
    Pointer(*mut c_void),
    /// `unsigned long long`
    U64(u64),
    /// `float`
    F32(f32),
}

/// The functions that are used of NVRTC and the CUDA driver.
///
/// Their signatures have been the same since CUDA 11.
#[derive(Clone, Copy)]
struct Library {
    create: unsafe extern "C" fn(
        *mut Handle,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> Status,
    compile: unsafe extern "C" fn(Handle, c_int, *const *const c_char) -> Status,
    length: unsafe extern "C" fn(Handle, *mut usize) -> Status,
    code: unsafe extern "C" fn(Handle, *mut c_char) -> Status,
    destroy: unsafe extern "C" fn(*mut Handle) -> Status,
    device: unsafe extern "C" fn(*mut c_int, c_int) -> Status,
    retain: unsafe extern "C" fn(*mut Handle, c_int) -> Status,
    push: unsafe extern "C" fn(Handle) -> Status,
    pop: unsafe extern "C" fn(*mut Handle) -> Status,
    load: unsafe extern "C" fn(*mut Handle, *const c_void) -> Status,
    function: unsafe extern "C" fn(*mut Handle, Handle, *const c_char) -> Status,
    launch: unsafe extern "C" fn(
        Handle,
        c_uint,
        c_uint,
        c_uint,
        c_uint,
        c_uint,
        c_uint,
        c_uint,
        Handle,
        *mut *mut c_void,
        *mut *mut c_void,
    ) -> Status,
}

// SAFETY: the CUDA driver takes its handles from any thread; each call makes the context that they
// need current.
#[allow(unsafe_code, reason = "handles of a C library are pointers")]
unsafe impl Send for Kernel {}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel").finish_non_exhaustive()
    }
}

impl Kernel {
    /// Compiles the kernel `name` of `source`, CUDA C++, for a device that holds tensors already.
    ///
    /// Returns `None` if libtorch comes without NVRTC.
    ///
    /// # Errors
    /// [`Error::Cuda`]: source that does not compile; a device that does not load the code.
    pub(crate) fn compile(source: &CStr, name: &CStr, device: usize) -> Result<Option<Self>> {
        let Some(library) = Library::open() else { return Ok(None) };
        let code = library.compiled(source)?;
        let (mut number, mut context, mut module, mut function) =
            (0, null_mut(), null_mut(), null_mut());
        let ordinal = c_int::try_from(device).unwrap_or(c_int::MAX);
        // SAFETY: the signatures are right, see `Library`. All pointers are to variables that
        // outlive the calls, and the code ends with a zero byte. The module is never unloaded, so
        // the function stays valid.
        #[allow(unsafe_code, reason = "CUDA is a C library")]
        unsafe {
            check("cuDeviceGet", (library.device)(&mut number, ordinal))?;
            // libtorch works in the primary context too.
            check("cuDevicePrimaryCtxRetain", (library.retain)(&mut context, number))?;
            within(&library, context, || {
                check("cuModuleLoadData", (library.load)(&mut module, code.as_ptr().cast()))?;
                check(
                    "cuModuleGetFunction",
                    (library.function)(&mut function, module, name.as_ptr()),
                )
            })?;
        }
        Ok(Some(Self { function, context, library }))
    }

    /// Launches the kernel in at least `threads` threads, on the stream that libtorch uses.
    ///
    /// The number is rounded up to whole blocks, so the kernel has to ignore further threads.
    ///
    /// # Safety
    /// The arguments are those of the kernel, and its threads access no memory but that of the
    /// tensors that the arguments point to.
    ///
    /// # Errors
    /// [`Error::Cuda`] if the launch fails.
    #[allow(unsafe_code, reason = "nothing checks what a kernel does with its arguments")]
    pub(crate) unsafe fn run(&self, threads: u64, arguments: &mut [Argument]) -> Result<()> {
        // A network has at most a billion values, four per thread: never too many blocks.
        let blocks = c_uint::try_from(threads.div_ceil(THREADS)).unwrap_or(c_uint::MAX);
        let mut places: Vec<*mut c_void> = arguments
            .iter_mut()
            .map(|argument| match argument {
                Argument::Pointer(pointer) => std::ptr::from_mut(pointer).cast(),
                Argument::U64(number) => std::ptr::from_mut(number).cast(),
                Argument::F32(number) => std::ptr::from_mut(number).cast(),
            })
            .collect();
        // The null stream, which libtorch uses unless told otherwise.
        let stream = null_mut();
        let shape = (blocks, THREADS as c_uint);
        within(&self.library, self.context, || {
            // SAFETY: the signature is right, the function belongs to this context, and the call
            // copies the arguments before it returns. The caller promises that they fit the kernel.
            let status = unsafe {
                (self.library.launch)(
                    self.function,
                    shape.0,
                    1,
                    1,
                    shape.1,
                    1,
                    1,
                    0,
                    stream,
                    places.as_mut_ptr(),
                    null_mut(),
                )
            };
            check("cuLaunchKernel", status)
        })
    }
}

/// Calls `work` while `context` is the current context of the thread.
fn within(library: &Library, context: Handle, work: impl FnOnce() -> Result<()>) -> Result<()> {
    // SAFETY: the signature is right. The context is a device's primary one and never released.
    #[allow(unsafe_code, reason = "CUDA is a C library")]
    check("cuCtxPushCurrent", unsafe { (library.push)(context) })?;
    let done = work();
    let mut popped = null_mut();
    // SAFETY: the signature is right and `popped` is a variable.
    #[allow(unsafe_code, reason = "CUDA is a C library")]
    check("cuCtxPopCurrent", unsafe { (library.pop)(&mut popped) })?;
    done
}

impl Library {
    /// Opens libtorch's library and looks up all functions; `None` if any is missing.
    fn open() -> Option<Self> {
        // SAFETY: opening runs the library's initializers, which are part of libtorch. The library
        // is never closed, so the functions stay valid.
        #[allow(unsafe_code, reason = "the loader is a C library")]
        let library = unsafe { libc::dlopen(LIBRARY.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if library.is_null() {
            return None;
        }
        /// # Safety
        /// `F` is the type of the function of that name.
        #[allow(unsafe_code, reason = "the loader knows no types")]
        unsafe fn find<F: Copy>(library: Handle, name: &CStr) -> Option<F> {
            const { assert!(size_of::<F>() == size_of::<Handle>()) };
            // SAFETY: a handle that was opened, and a string of C.
            let address = unsafe { libc::dlsym(library, name.as_ptr()) };
            // SAFETY: as large as a pointer, see above, and of this type, as the caller promises.
            (!address.is_null()).then(|| unsafe { std::mem::transmute_copy::<Handle, F>(&address) })
        }
        // SAFETY: the fields have the types of these functions.
        #[allow(unsafe_code, reason = "the loader knows no types")]
        unsafe {
            Some(Self {
                create: find(library, c"nvrtcCreateProgram")?,
                compile: find(library, c"nvrtcCompileProgram")?,
                length: find(library, c"nvrtcGetPTXSize")?,
                code: find(library, c"nvrtcGetPTX")?,
                destroy: find(library, c"nvrtcDestroyProgram")?,
                device: find(library, c"cuDeviceGet")?,
                retain: find(library, c"cuDevicePrimaryCtxRetain")?,
                push: find(library, c"cuCtxPushCurrent_v2")?,
                pop: find(library, c"cuCtxPopCurrent_v2")?,
                load: find(library, c"cuModuleLoadData")?,
                function: find(library, c"cuModuleGetFunction")?,
                launch: find(library, c"cuLaunchKernel")?,
            })
        }
    }

    /// Compiles `source` to PTX with a zero byte at its end.
    ///
    /// The driver turns it into machine code.
    fn compiled(&self, source: &CStr) -> Result<Vec<u8>> {
        let mut program = null_mut();
        // SAFETY: the signatures are right, and the strings end with zero bytes. There are no
        // headers and no options. The buffer is as long as the library says, and one byte longer.
        #[allow(unsafe_code, reason = "NVRTC is a C library")]
        unsafe {
            let created = (self.create)(
                &mut program,
                source.as_ptr(),
                c"kernel.cu".as_ptr(),
                0,
                null(),
                null(),
            );
            check("nvrtcCreateProgram", created)?;
            let code =
                check("nvrtcCompileProgram", (self.compile)(program, 0, null())).and_then(|()| {
                    let mut length = 0;
                    check("nvrtcGetPTXSize", (self.length)(program, &mut length))?;
                    let mut code = vec![0u8; length + 1];
                    check("nvrtcGetPTX", (self.code)(program, code.as_mut_ptr().cast()))?;
                    Ok(code)
                });
            (self.destroy)(&mut program);
            code
        }
    }
}

/// Turns a status other than success into [`Error::Cuda`].
fn check(call: &'static str, status: Status) -> Result<()> {
    if status == 0 { Ok(()) } else { Err(Error::Cuda { call, status }) }
}
