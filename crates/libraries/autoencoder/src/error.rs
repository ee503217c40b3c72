//! The errors of this library.

use tch::Tensor;

use crate::Channels;

/// Result of this library.
pub type Result<T> = std::result::Result<T, Error>;

/// Reason why a network could not be built, trained or used.
///
/// Each message is one line and says what to do.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The images have another number of pixels than the network takes.
    #[error(
        "expected images of {expected} pixels, as the network takes, found {found}; \
         give images of that size, or a network trained on such as these"
    )]
    ImageSize {
        /// Pixels per image that the network takes.
        expected: usize,
        /// Pixels per image that were given.
        found: usize,
    },
    /// The images have the right number of pixels, but another height and width.
    #[error(
        "expected images of {} rows of {} pixels, found {} of {}; \
         give images of that shape, or a network trained on such as these",
        expected[0], expected[1], found[0], found[1]
    )]
    ImageSides {
        /// (height, width) that a convolutional network takes.
        expected: [usize; 2],
        /// (height, width) of the given images.
        found: [usize; 2],
    },
    /// The images are in color and the network takes gray ones, or the reverse.
    #[error(
        "expected {expected}, as the network takes, found {found}; \
         give {expected}, or a network trained on such as these"
    )]
    ImageChannels {
        /// Channels that the network takes.
        expected: Channels,
        /// Channels of the given images.
        found: Channels,
    },
    /// The images have another scale than those of the training, with larger values.
    #[error(
        "expected images with values from about {smallest} to {largest}, \
         as the network was trained on, found {found} in row {row}; \
         bring them to that scale (u1 is divided by 255 by itself)"
    )]
    Scale {
        /// Smallest value of the training images.
        smallest: f32,
        /// Largest value of the training images.
        largest: f32,
        /// First value that is far out of that range.
        found: f32,
        /// Row of that value, counted from 0.
        row: usize,
    },
    /// The images have another scale than those of the training, with smaller values.
    #[error(
        "expected images with values from about {smallest} to {largest}, \
         as the network was trained on, found {least} to {most}; \
         bring them to that scale (u1 is divided by 255 by itself)"
    )]
    SmallScale {
        /// Smallest value of the training images.
        smallest: f32,
        /// Largest value of the training images.
        largest: f32,
        /// Smallest value of the given images.
        least: f32,
        /// Largest value of the given images.
        most: f32,
    },
    /// The weights file has another value of an option than the caller asks for.
    #[error(
        "expected --{name} {stored}, as in the weights file, found --{name} {found}; leave it out"
    )]
    OptionMismatch {
        /// Name of the option.
        name: &'static str,
        /// Value in the file.
        stored: String,
        /// Value that the caller asked for.
        found: String,
    },
    /// Binary cross-entropy needs pixels in 0..=1.
    #[error(
        "the loss bce expects pixels in 0..=1, found {found} in row {row}; \
         scale the images, or use --loss mse"
    )]
    PixelRange {
        /// First value out of range.
        found: f32,
        /// Row of that value, counted from 0.
        row: usize,
    },
    /// The loss became infinite or not a number.
    #[error(
        "training diverged in epoch {epoch} (the loss is {loss}); \
         lower the learning rate (--lr), now {lr:e}"
    )]
    Diverged {
        /// Value of the loss.
        loss: f64,
        /// The epoch, counted from 1.
        epoch: usize,
        /// Learning rate of the training.
        lr: f64,
    },
    /// Finite weights and finite images gave latents that are not finite.
    #[error(
        "the latents of image {row} are not finite; \
         scale the images, or train again with a lower learning rate"
    )]
    LatentsNotFinite {
        /// The first such image, counted from 0.
        row: usize,
    },
    /// A parameter is out of range.
    #[error("{name} must be {expected}, found {found}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its permitted values.
        expected: &'static str,
        /// Its value.
        found: String,
    },
    /// There is no such CUDA device.
    #[error(
        "no CUDA device {index}: {found}; \
         use --device cpu, or a libtorch with CUDA on a machine with a GPU"
    )]
    NoCuda {
        /// Number of the device.
        index: usize,
        /// The devices that there are.
        found: String,
    },
    /// A direct call of NVRTC or of the CUDA driver failed.
    #[error("CUDA: {call} failed with status {status}; use --device cpu, or another driver")]
    Cuda {
        /// Name of the function.
        call: &'static str,
        /// Status that it returned.
        status: i32,
    },
    /// The latents have another width than the network's.
    #[error(
        "expected latents of {expected} values, found {found}; \
         decode with the weights that encoded them"
    )]
    LatentSize {
        /// Width of the network's latents.
        expected: usize,
        /// Width of the given latents.
        found: usize,
    },
    /// A decoded image is not finite.
    #[error(
        "the image decoded from row {row} is not finite; \
         train with a lower --lr, or check the latents"
    )]
    ImagesNotFinite {
        /// The first such row.
        row: usize,
    },
    /// The bytes are not the weights of such a network.
    #[error(
        "expected the weights of an autoencoder (safetensors), found {found}; \
         train it with train-ae"
    )]
    Weights {
        /// Description of the bytes that were found.
        found: String,
    },
    /// The bytes are no checkpoint.
    #[error(
        "expected the state of a training as train-ae saves it, found {found}; \
         name another --checkpoint, or begin anew with --discard-checkpoint"
    )]
    InvalidCheckpoint {
        /// Description of the bytes that were found.
        found: String,
    },
    /// The checkpoint is of another training.
    #[error(
        "expected the state of a training with {expected}, found one with {found}; \
         go on as it was begun, or begin anew with --discard-checkpoint"
    )]
    CheckpointMismatch {
        /// Value that the caller asked for.
        expected: String,
        /// Value of the checkpoint.
        found: String,
    },
    /// libtorch failed, for example because memory ran out.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}

impl Error {
    /// Adds `first`, the first row of a block, to the row that the error names.
    ///
    /// # Example
    /// ```
    /// use autoencoder::Error;
    ///
    /// // The third image of a block that begins with image 4000.
    /// let error = Error::LatentsNotFinite { row: 2 }.in_block(4000);
    /// assert!(error.to_string().starts_with("the latents of image 4002 are not finite"));
    /// ```
    pub fn in_block(self, first: usize) -> Self {
        match self {
            Self::LatentsNotFinite { row } => Self::LatentsNotFinite { row: first + row },
            Self::ImagesNotFinite { row } => Self::ImagesNotFinite { row: first + row },
            other => other,
        }
    }

    /// Describes a tensor that the optimizer cannot step over.
    pub(crate) fn tensor_layout(tensor: &Tensor) -> Self {
        let found = format!("{:?} {:?} on {:?}", tensor.kind(), tensor.size(), tensor.device());
        Self::Parameter {
            name: "a tensor to step over",
            expected: "contiguous f32, as long as the others",
            found,
        }
    }
}
