//! Options that have a name on the command line and in files.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have names on the command line and in files.
macro_rules! named {
    (
        $(#[$doc:meta])*
        $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal),+ $(,)? }
    ) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        $(#[$doc])*
        pub enum $type {
            $($(#[$variant_doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $name,)+ })
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> std::result::Result<Self, String> {
                match text {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(format!("expected {}, found '{text}'", [$($name),+].join(", "))),
                }
            }
        }
    };
}

named! {
    /// Activation function between two layers.
    Activation {
        /// max(0, x)
        Relu = "relu",
        /// x where positive, exp(x) - 1 elsewhere
        Elu = "elu",
        /// x Φ(x)
        Gelu = "gelu",
        /// tanh(x)
        Tanh = "tanh",
        /// 1 / (1 + exp(-x))
        Sigmoid = "sigmoid",
    }
}

named! {
    /// Loss that training minimizes, a mean over all pixels.
    Loss {
        /// Mean squared error; linear output.
        Mse = "mse",
        /// Binary cross-entropy, for pixels in 0..=1; the output goes through a sigmoid.
        Bce = "bce",
    }
}

named! {
    /// Normalization of each image by itself.
    #[derive(Default)]
    Normalize {
        /// No normalization.
        #[default]
        None = "none",
        /// Division by the root mean square of the image's pixels.
        ///
        /// The Euclidean norm of each image becomes the root of the number of pixels, as in the
        /// experiments of Xie, Girshick and Farhadi, *Unsupervised deep embedding for clustering
        /// analysis*, ICML 2016. A black image stays black.
        L2 = "l2",
    }
}

named! {
    /// Distribution of the initial weights.
    Init {
        /// As Keras: weights uniform in ±√(6 / (fan in + fan out)), biases 0.
        ///
        /// Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural
        /// networks*, AISTATS 2010. The fans of a convolution, here and below, are channels times
        /// pixels of the kernel.
        Keras = "keras",
        /// As PyTorch: weights and biases uniform in ±1 / √(fan in).
        PyTorch = "pytorch",
    }
}

named! {
    /// Change of the learning rate from step to step.
    Schedule {
        /// No change.
        Constant = "constant",
        /// Down to 0 along half a cosine wave: PyTorch's `CosineAnnealingLR`.
        ///
        /// Loshchilov and Hutter, *SGDR*, ICLR 2017, without restarts.
        Cosine = "cosine",
        /// Up from a 25th for 3/10 of the steps, then down to almost 0.
        ///
        /// Both along half a cosine wave. Smith and Topin, *Super-convergence*, 2019; PyTorch's
        /// `OneCycleLR` without its change of momentum.
        OneCycle = "one-cycle",
    }
}

named! {
    /// The weights of a training that are kept.
    Keep {
        /// The weights after the last epoch.
        Last = "last",
        /// The weights after the epoch with the smallest validation loss.
        Best = "best",
    }
}

named! {
    /// Type that the products of a training are computed in.
    ///
    /// Weights, losses and the optimizer are f32 in any case.
    Precision {
        /// 32 bits.
        F32 = "f32",
        /// 32 bits, rounded to 19 in the products of a CUDA device; see
        /// [`set_matmul_precision`](crate::set_matmul_precision).
        Tf32 = "tf32",
        /// 16 bits, with the range of f32 and two to three decimal digits.
        Bf16 = "bf16",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["relu", "elu", "gelu", "tanh", "sigmoid"] {
            assert_eq!(
                name.parse::<Activation>().map(|activation| activation.to_string()),
                Ok(name.into())
            );
        }
        assert_eq!("softmax".parse::<Loss>(), Err("expected mse, bce, found 'softmax'".into()));
    }
}
