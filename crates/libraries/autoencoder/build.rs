//! Link arguments for libtorch: its run-time search path, and CUDA although no symbol names it.
//!
//! Every package that links libtorch uses this script, since link arguments do not travel from a
//! library to a program. `DEP_TCH_LIBTORCH_LIB` comes from torch-sys, which such a package
//! therefore names as a direct dependency.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") else {
        println!("cargo:warning=torch-sys did not say where libtorch is: run `make build`");
        return;
    };
    println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    // RPATH, not RUNPATH: it has precedence over a libtorch of another version on LD_LIBRARY_PATH.
    println!("cargo:rustc-link-arg=-Wl,--disable-new-dtags");
    if Path::new(&lib).join("libtorch_cuda.so").exists() {
        println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo:rustc-link-arg=-ltorch_cuda");
    }
}
