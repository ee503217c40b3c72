//! Kernels of our own on a CUDA device, compiled when they are first wanted.
//!
//! libtorch compiles kernels while it runs too, and keeps what that takes, NVIDIA's compiler and driver, behind a library of its
//! own, which is opened here: nothing of CUDA is needed to build, and without CUDA nothing is opened.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::{null, null_mut};

use crate::{Error, Result};

/// libtorch's door to NVIDIA's compiler and driver.
const LIBRARY: &CStr = c"libcaffe2_nvrtc.so";
const THREADS: u64 = 256;

/// What both libraries answer with; 0 is success.
type Status = c_int;
type Handle = *mut c_void;

/// A function that threads of a device run.
pub(crate) struct Kernel {
    function: Handle,
    context: Handle,
    library: Library,
}

/// An argument of a kernel, as C passes it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Argument {
    /// Where a tensor on the device starts.
    Pointer(*mut c_void),
    /// `unsigned long long`
    U64(u64),
    /// `float`
    F32(f32),
}

/// The functions that are needed. Their signatures are those of NVRTC and of the CUDA driver since CUDA 11.
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

// SAFETY: CUDA's driver takes its handles from any thread; the context they need is made current for each call.
#[allow(unsafe_code, reason = "handles of a C library are pointers")]
unsafe impl Send for Kernel {}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel").finish_non_exhaustive()
    }
}

impl Kernel {
    /// The kernel `name` of `source`, CUDA C++, for the device of that number, on which there are tensors already. Nothing where
    /// libtorch has no compiler beside it.
    ///
    /// # Errors
    /// Source that is none; a device that takes no code.
    pub(crate) fn compile(source: &CStr, name: &CStr, device: usize) -> Result<Option<Self>> {
        let Some(library) = Library::open() else { return Ok(None) };
        let code = library.compiled(source)?;
        let (mut number, mut context, mut module, mut function) =
            (0, null_mut(), null_mut(), null_mut());
        let ordinal = c_int::try_from(device).unwrap_or(c_int::MAX);
        // SAFETY: the signatures are right, see `Library`; all pointers are to variables that outlive the calls, the code ends
        // with a zero byte, and the module is never unloaded, so that the function stays.
        #[allow(unsafe_code, reason = "CUDA is a C library")]
        unsafe {
            check("cuDeviceGet", (library.device)(&mut number, ordinal))?;
            // The context that libtorch works in.
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

    /// Runs it in at least `threads` threads, which have to see for themselves whether they are too many, after all that libtorch
    /// was asked for before.
    ///
    /// # Safety
    /// The arguments are those of the kernel, and its threads stay within the tensors that they point to.
    ///
    /// # Errors
    /// A device that refuses.
    #[allow(unsafe_code, reason = "nothing checks what a kernel does with its arguments")]
    pub(crate) unsafe fn run(&self, threads: u64, arguments: &mut [Argument]) -> Result<()> {
        // Of the billion values that a network may have, four to a thread, far from too many.
        let blocks = c_uint::try_from(threads.div_ceil(THREADS)).unwrap_or(c_uint::MAX);
        let mut places: Vec<*mut c_void> = arguments
            .iter_mut()
            .map(|argument| match argument {
                Argument::Pointer(pointer) => std::ptr::from_mut(pointer).cast(),
                Argument::U64(number) => std::ptr::from_mut(number).cast(),
                Argument::F32(number) => std::ptr::from_mut(number).cast(),
            })
            .collect();
        // libtorch's own stream, where nothing else was chosen.
        let stream = null_mut();
        let shape = (blocks, THREADS as c_uint);
        within(&self.library, self.context, || {
            // SAFETY: the signature is right, the function belongs to this context, and the arguments are copied before the call
            // returns; what they are is the caller's promise.
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

/// Does something in a context of the driver.
fn within(library: &Library, context: Handle, work: impl FnOnce() -> Result<()>) -> Result<()> {
    // SAFETY: the signature is right and the context is a device's primary one, which is never released.
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
    fn open() -> Option<Self> {
        // SAFETY: opening runs the library's initialisers, which are libtorch's own business. It is never closed, so that the
        // functions stay.
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

    /// `source` as PTX, which the driver makes the device's own code of, with a zero byte at its end.
    fn compiled(&self, source: &CStr) -> Result<Vec<u8>> {
        let mut program = null_mut();
        // SAFETY: the signatures are right; the strings end with zero bytes; there are no headers and no options; the code is as
        // long as the library says.
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

fn check(call: &'static str, status: Status) -> Result<()> {
    if status == 0 { Ok(()) } else { Err(Error::Cuda { call, status }) }
}
