//! The options of a network and a training that have a name on the command line and in files.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have a name on the command line and in the weights file.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
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
    /// The function between two layers.
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
    /// What training minimises, as the mean over all pixels.
    Loss {
        /// Mean squared error; linear output.
        Mse = "mse",
        /// Binary cross-entropy, for pixels in 0..=1; the output goes through a sigmoid.
        Bce = "bce",
    }
}

named! {
    /// What is done to each image, by what it holds alone.
    #[derive(Default)]
    Normalize {
        /// Nothing.
        #[default]
        None = "none",
        /// Divided by the root of the mean square of its pixels, so that no image is brighter than another: the length of
        /// each becomes the root of the number of pixels, as in the experiments of Xie, Girshick and Farhadi, *Unsupervised
        /// deep embedding for clustering analysis*, ICML 2016. A black image stays black.
        L2 = "l2",
    }
}

named! {
    /// How the first weights are drawn.
    Init {
        /// As Keras does: uniform in ±√(6 / (input + output)) (Glorot and Bengio 2010), biases 0. For a convolution,
        /// here and below, channels times the pixels of the kernel.
        Keras = "keras",
        /// As PyTorch does: weights and biases uniform in ±1 / √input.
        PyTorch = "pytorch",
    }
}

named! {
    /// How the learning rate changes over a training, step by step.
    Schedule {
        /// Not at all.
        Constant = "constant",
        /// Down to 0 along half a wave (Loshchilov and Hutter, *SGDR*, ICLR 2017, without restarts; PyTorch's
        /// `CosineAnnealingLR`).
        Cosine = "cosine",
        /// Up from a 25th for three tenths of the steps, then down to next to nothing, each along half a wave (Smith and Topin,
        /// *Super-convergence*, 2019; PyTorch's `OneCycleLR` without its change of momentum).
        OneCycle = "one-cycle",
    }
}

named! {
    /// Which weights of a training are kept.
    Keep {
        /// Those after the last epoch.
        Last = "last",
        /// Those after the epoch with the smallest loss on the validation images.
        Best = "best",
    }
}

named! {
    /// What the products of a training are computed in. Weights, losses and the optimiser are f32 in any case.
    Precision {
        /// 32 bits.
        F32 = "f32",
        /// 32 bits of which a CUDA device multiplies 19; see [`set_matmul_precision`](crate::set_matmul_precision).
        Tf32 = "tf32",
        /// 16 bits, with the range of 32 and two to three decimal digits.
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
