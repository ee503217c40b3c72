//! The command line of `train-ae`, and the architecture and parameters that it stands for.

use std::path::PathBuf;

use autoencoder::{
    Activation, Architecture, Augment, DeviceChoice, Init, Keep, Loss, Normalize, Precision,
    Schedule, TrainParams,
};
use cli::{Count, List, NotNegative};

use crate::bench::WARM_UP;
use crate::network::{NetworkName, channels};

/// Trains an autoencoder on images and writes its weights (safetensors) and its loss curve (CSV).
/// Labels are never read. Ctrl-C saves the state of the training; the same command with --resume
/// goes on from there.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "fetch-data --out-dir data\n\
        train-ae --images data/train-images.npy --out weights.safetensors \
        --validation data/test-images.npy\n\
        encode --images data/train-images.npy --weights weights.safetensors --out latents.npy",
    example = "train-ae --images images.npy --out weights.safetensors --epochs 200 \
        --schedule cosine --weight-decay 0.01\n\
        train-ae --images images.npy --out weights.safetensors --epochs 200 \
        --schedule cosine --weight-decay 0.01 --resume"
)]
pub struct Args {
    /// images to train on: .npy, (n, height, width), (n, height, width, 3) in color, or (n,
    /// pixels); u1 is divided by 255, booleans are 0 and 1, other numbers are taken as they are,
    /// best from about 0 to 1
    #[argh(option, arg_name = "file")]
    pub images: PathBuf,
    /// weights to write: .safetensors
    #[argh(option, arg_name = "file")]
    pub out: Option<PathBuf>,
    /// loss curve to write: .csv with epoch, train and validation, complete after every epoch or
    /// second (default losses.csv beside the weights)
    #[argh(option, arg_name = "file")]
    pub losses: Option<PathBuf>,
    /// images of the same scale on which to measure the loss after each epoch; only --patience and
    /// --keep best make choices by it
    #[argh(option, arg_name = "file")]
    pub validation: Option<PathBuf>,
    /// kind of layers: dense, or conv, convolutions of stride 2 for images of shape (n, height,
    /// width) or, in color, (n, height, width, 3); conv has far fewer weights for large images
    /// (default dense)
    #[argh(option, arg_name = "name", default = "NetworkName::Dense")]
    pub network: NetworkName,
    /// widths of the encoder's hidden layers, or filters of its convolutions; the decoder mirrors
    /// them (default 1500,1000,500, or 32,64,128 for conv)
    #[argh(option, arg_name = "n,n,...")]
    pub hidden: Option<List<Count>>,
    /// width of the code (default 10)
    #[argh(option, arg_name = "n", default = "Count(10)")]
    pub latent: Count,
    /// passes over the images (default 10, and of fewer images as many as make 2350 steps, 200 at
    /// most)
    #[argh(option, arg_name = "n")]
    pub epochs: Option<Count>,
    /// images per step (default 256)
    #[argh(option, arg_name = "n", default = "Count(256)")]
    pub batch: Count,
    /// learning rate of Adam, the highest of a --schedule (default 0.001)
    #[argh(option, arg_name = "x", default = "1e-3")]
    pub lr: f64,
    /// schedule of the learning rate: constant, cosine (down to 0) or one-cycle (up for three
    /// tenths of the steps, then down) (default constant)
    #[argh(option, arg_name = "name", default = "Schedule::Constant")]
    pub schedule: Schedule,
    /// decoupled weight decay as in AdamW, times the learning rate at each step (default 0)
    #[argh(option, arg_name = "x", default = "0.0")]
    pub weight_decay: f64,
    /// greatest norm of the gradient; longer gradients are scaled down to it (default none)
    #[argh(option, arg_name = "x")]
    pub clip: Option<f64>,
    /// stop after this many epochs without a lower validation loss, and keep the weights of the
    /// best epoch (default never)
    #[argh(option, arg_name = "n")]
    pub patience: Option<Count>,
    /// weights to write: last, or best, those of the epoch with the lowest validation loss (default
    /// last, with --patience best)
    #[argh(option, arg_name = "name")]
    pub keep: Option<Keep>,
    /// precision of matrix products: f32, bf16 (faster on processors made for it, less exact) or,
    /// on CUDA alone, tf32 (default f32)
    #[argh(option, arg_name = "name", default = "Precision::F32")]
    pub precision: Precision,
    /// loss to minimize: mse, or bce for pixels in 0..=1 (default mse)
    #[argh(option, arg_name = "name", default = "Loss::Mse")]
    pub loss: Loss,
    /// activation between the layers: relu, elu, gelu, tanh or sigmoid (default relu)
    #[argh(option, arg_name = "name", default = "Activation::Relu")]
    pub activation: Activation,
    /// initial weights as keras (Glorot uniform) or pytorch (uniform by fan-in) draws them (default
    /// keras)
    #[argh(option, arg_name = "name", default = "Init::Keras")]
    pub init: Init,
    /// none, or l2: divide each image by the root of its mean square, so that all are equally
    /// bright; the weights record it, and encode does the same (default none)
    #[argh(option, arg_name = "name", default = "Normalize::None")]
    pub normalize: Normalize,
    /// train on images made brighter or darker by up to this share, below 1; the target is the
    /// unchanged image (default 0)
    #[argh(option, arg_name = "x", default = "NotNegative(0.0)")]
    pub brightness: NotNegative,
    /// train on images moved by up to this many pixels; the target is the unchanged image (default
    /// 0)
    #[argh(option, arg_name = "n", default = "0")]
    pub shift: usize,
    /// train on images enlarged or shrunk by up to this share: 0.2 is between 1/1.2 and 1.2 times;
    /// the target is the unchanged image (default 0)
    #[argh(option, arg_name = "x", default = "NotNegative(0.0)")]
    pub scale: NotNegative,
    /// train on images blurred by a Gaussian with a standard deviation of up to this many pixels;
    /// the target is the unchanged image (default 0)
    #[argh(option, arg_name = "x", default = "NotNegative(0.0)")]
    pub blur: NotNegative,
    /// train on images with this share of the pixels set to 0, in color all three values of them;
    /// the target is the unchanged image (default 0)
    #[argh(option, arg_name = "x", default = "NotNegative(0.0)")]
    pub noise: NotNegative,
    /// seed of the initial weights, the order of the images and their changes (default 0)
    #[argh(option, arg_name = "n", default = "0")]
    pub seed: u64,
    /// auto, cpu, cuda or cuda:N; auto takes CUDA if there is a device; only the CPU gives the same
    /// bytes from the same seed (default auto)
    #[argh(option, arg_name = "name", default = "DeviceChoice::Auto")]
    pub device: DeviceChoice,
    /// number of threads on the CPU (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
    /// state of the training to write, at most every ten seconds and on Ctrl-C (default
    /// checkpoint.safetensors beside the weights, removed when the training ends; a file named here
    /// stays, and --resume with more --epochs goes on from it)
    #[argh(option, arg_name = "file")]
    pub checkpoint: Option<PathBuf>,
    /// go on from the checkpoint if there is one
    #[argh(switch)]
    pub resume: bool,
    /// start again and discard the checkpoint; with neither this nor --resume, an existing
    /// checkpoint is an error
    #[argh(switch)]
    pub discard_checkpoint: bool,
    /// write nothing: time this many steps, and their matrix products alone
    #[argh(option, arg_name = "n")]
    pub bench: Option<Count>,
    /// with --bench, run this many steps before the timed ones: some thousands show the cost of a
    /// training after units have died (default 3)
    #[argh(option, arg_name = "n")]
    pub warm_up: Option<Count>,
}

impl Args {
    /// Checks that no options contradict one another or have no effect.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.resume && self.discard_checkpoint {
            return Err(cli::usage(
                "--resume and --discard-checkpoint exclude each other: \
                 give --resume to continue from the checkpoint, or the other to begin anew",
            ));
        }
        if self.warm_up.is_some() && self.bench.is_none() {
            return Err(cli::usage(
                "--warm-up belongs to --bench: give both, or leave out --warm-up",
            ));
        }
        Ok(())
    }

    /// Returns the steps before those that `--bench` times.
    pub fn warm_up(&self) -> usize {
        self.warm_up.map_or(WARM_UP, |count| count.0)
    }

    /// Returns the architecture for images of this shape.
    ///
    /// It is (n, height, width), (n, height, width, 3) in color, or (n, pixels).
    ///
    /// # Errors
    /// Convolutions for images of shape (n, pixels).
    pub fn architecture(&self, shape: &[usize]) -> anyhow::Result<Architecture> {
        let network = self.network.kind(shape)?;
        let hidden = self.hidden.as_ref().map(|hidden| hidden.0.iter().map(|n| n.0).collect());
        Ok(Architecture {
            input: shape[1..].iter().product(),
            network,
            hidden: hidden.unwrap_or_else(|| network.default_hidden()),
            latent: self.latent.0,
            activation: self.activation,
            loss: self.loss,
            normalize: self.normalize,
        })
    }

    /// Returns the training parameters for images of this shape.
    pub fn params(&self, shape: &[usize]) -> TrainParams {
        TrainParams {
            epochs: self
                .epochs
                .map_or_else(|| default_epochs(shape[0], self.batch.0), |epochs| epochs.0),
            batch: self.batch.0,
            lr: self.lr,
            schedule: self.schedule,
            weight_decay: self.weight_decay,
            clip: self.clip,
            keep: self.keep.unwrap_or(if self.patience.is_some() {
                Keep::Best
            } else {
                Keep::Last
            }),
            patience: self.patience.map(|count| count.0),
            precision: self.precision,
            init: self.init,
            seed: self.seed,
            augment: Augment {
                brightness: self.brightness.0,
                shift: self.shift,
                scale: self.scale.0,
                blur: self.blur.0,
                noise: self.noise.0,
                width: if let &[_, _, width] | &[_, _, width, 3] = shape {
                    Some(width)
                } else {
                    None
                },
                channels: channels(shape),
            },
        }
    }
}

/// Returns the epochs that train on `n` images for about as many steps as ten on 60,000.
///
/// With fewer steps the default network learns nothing but the mean image.
fn default_epochs(n: usize, batch: usize) -> usize {
    const STEPS: usize = 2350;
    const EPOCHS: std::ops::RangeInclusive<usize> = 10..=200;
    STEPS.div_ceil(n.div_ceil(batch).max(1)).clamp(*EPOCHS.start(), *EPOCHS.end())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use argh::FromArgs;
    use autoencoder::{Channels, NetworkKind};

    use super::*;

    #[test]
    fn the_shape_of_the_images_tells_sides_and_channels() {
        let words = ["--images", "i.npy", "--network", "conv"];
        let args = Args::from_args(&["train-ae"], &words).unwrap();
        for (shape, channels) in [(&[9, 4, 6][..], Channels::Gray), (&[9, 4, 6, 3], Channels::Rgb)]
        {
            let architecture = args.architecture(shape).unwrap();
            let network = NetworkKind::Conv { height: 4, width: 6, channels };
            assert_eq!(
                (architecture.input, architecture.network),
                (24 * channels.count(), network)
            );
            let Augment { width, channels: augmented, .. } = args.params(shape).augment;
            assert_eq!((width, augmented), (Some(6), channels));
        }
        assert!(args.architecture(&[9, 72]).is_err());
        assert_eq!(args.params(&[9, 72]).augment.width, None);
    }

    #[test]
    fn few_images_are_seen_more_often() {
        assert_eq!(default_epochs(60_000, 256), 10);
        assert_eq!(default_epochs(600_000, 256), 10);
        assert_eq!(default_epochs(6_000, 256), 98);
        assert_eq!(default_epochs(2_340, 256), 200);
        assert_eq!(default_epochs(1, 256), 200);
    }
}
