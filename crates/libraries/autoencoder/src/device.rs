//! Devices, threads and the precision of matrix products.

use std::fmt::{self, Display};
use std::str::FromStr;

use tch::Device;

use crate::{Error, Result};

/// A device as a user names it: `auto`, `cpu`, `cuda` or `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first CUDA device if there is one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device by number.
    Cuda(usize),
}

impl DeviceChoice {
    /// Returns the device itself.
    ///
    /// # Errors
    /// [`Error::NoCuda`] if there is no such CUDA device; the CPU never silently takes its place.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Device, DeviceChoice};
    ///
    /// assert_eq!("cpu".parse::<DeviceChoice>()?.resolve()?, Device::Cpu);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto => Ok(Device::cuda_if_available()),
            Self::Cuda(index) => {
                let count = usize::try_from(tch::Cuda::device_count()).unwrap_or(0);
                let found = match count {
                    0 => "this build of libtorch finds no CUDA device".to_owned(),
                    n => format!("there are {n}, numbered from 0"),
                };
                (index < count).then_some(Device::Cuda(index)).ok_or(Error::NoCuda { index, found })
            }
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| format!("expected auto, cpu, cuda or cuda:N, found '{text}'")),
        }
    }
}

impl Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// Formats a device as `cpu` or `cuda:N`.
///
/// # Example
/// ```
/// use autoencoder::{Device, device_name};
///
/// assert_eq!(device_name(Device::Cpu), "cpu");
/// assert_eq!(device_name(Device::Cuda(1)), "cuda:1");
/// ```
pub fn device_name(device: Device) -> String {
    match device {
        Device::Cpu => "cpu".into(),
        Device::Cuda(index) => format!("cuda:{index}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// Sets the precision of matrix products, before libtorch starts.
///
/// It sets environment variables that the libraries behind libtorch read at first use.
/// Call it first in `main`, before any thread starts and before the first tensor is made. A
/// variable that is already set keeps its value.
///
/// - Intel MKL, on x86-64 processors: strict conditional numerical reproducibility, which gives the
///   same bytes for any number of threads.
/// - NVIDIA's libraries, on CUDA devices: f32, unless `tf32` lets them round factors to 10 bits
///   after the point, for [`Precision::Tf32`](crate::Precision). By default libtorch has the
///   factors of convolutions rounded, and those of other products not.
///
/// # Example
/// ```
/// autoencoder::set_matmul_precision(false);
/// assert!(std::env::var("MKL_CBWR").is_ok());
/// ```
pub fn set_matmul_precision(tf32: bool) {
    set_unless_set("MKL_CBWR", "AUTO,STRICT");
    if tf32 {
        set_unless_set("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1");
    } else {
        set_unless_set("NVIDIA_TF32_OVERRIDE", "0");
    }
}

fn set_unless_set(name: &str, value: &str) {
    if std::env::var_os(name).is_none() {
        // SAFETY: changing the environment is unsound only while another thread reads it, and
        // callers run this before they start any.
        #[allow(unsafe_code, reason = "the environment is changed")]
        unsafe {
            std::env::set_var(name, value);
        }
    }
}

/// Sets the number of threads that libtorch computes with.
///
/// Call it once, before the first tensor is made.
///
/// # Example
/// ```
/// use autoencoder::Architecture;
///
/// let architecture = Architecture::default();
/// autoencoder::set_threads(architecture.reproducible_threads().min(2));
/// ```
pub fn set_threads(threads: usize) {
    let threads = i32::try_from(threads).unwrap_or(i32::MAX);
    tch::set_num_threads(threads);
    // Operators run one after the other, so a second pool would only take cores from the first.
    tch::set_num_interop_threads(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read() {
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert_eq!("cuda:3".parse(), Ok(DeviceChoice::Cuda(3)));
        for wrong in ["gpu", "cuda:", "cuda:-1", "cuda:x", ""] {
            assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_missing_cuda_device_is_an_error() {
        assert!(matches!(DeviceChoice::Cuda(999).resolve(), Err(Error::NoCuda { index: 999, .. })));
    }
}
