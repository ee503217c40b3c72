/// Why a network could not be built, trained or used. Each message is one line and says the cure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The images are not of the size the network takes.
    #[error(
        "expected images of {expected} pixels, as the network takes, found {found}; give images of that size, or a network trained on such as these"
    )]
    ImageSize {
        /// Pixels per image that the network takes.
        expected: usize,
        /// Pixels per image that were given.
        found: usize,
    },
    /// As many pixels as the network takes, in other rows.
    #[error(
        "expected images of {} rows of {} pixels, found {} of {}; give images of that shape, or a network trained on such as these",
        expected[0], expected[1], found[0], found[1]
    )]
    ImageSides {
        /// (height, width) that a convolutional network takes.
        expected: [usize; 2],
        /// (height, width) of what was given.
        found: [usize; 2],
    },
    /// Images of another scale than those of the training, with larger values.
    #[error(
        "expected images with values from about {smallest} to {largest}, as the network was trained on, found \
         {found} in row {row}; bring them to that scale (u1 is divided by 255 by itself)"
    )]
    Scale {
        /// Smallest value of the training images.
        smallest: f32,
        /// Largest value of the training images.
        largest: f32,
        /// The first value that is far from these.
        found: f32,
        /// The row it stands in.
        row: usize,
    },
    /// Images of another scale than those of the training, with smaller values.
    #[error(
        "expected images with values from about {smallest} to {largest}, as the network was trained on, found \
         {least} to {most}; bring them to that scale (u1 is divided by 255 by itself)"
    )]
    SmallScale {
        /// Smallest value of the training images.
        smallest: f32,
        /// Largest value of the training images.
        largest: f32,
        /// Smallest value of these.
        least: f32,
        /// Largest value of these.
        most: f32,
    },
    /// The weights say another thing than the caller.
    #[error("the weights say --{name} {stored}, found --{name} {found}; leave it out")]
    OptionMismatch {
        /// The option.
        name: &'static str,
        /// Value in the file.
        stored: String,
        /// Value that was asked for.
        found: String,
    },
    /// Binary cross-entropy compares probabilities.
    #[error(
        "the loss bce expects pixels in 0..=1, found {found} in row {row}; scale the images, or use --loss mse"
    )]
    PixelRange {
        /// The first value out of range.
        found: f32,
        /// The row it stands in.
        row: usize,
    },
    /// A loss became infinite or not a number.
    #[error(
        "training ran away in epoch {epoch} (the loss is {loss}); lower the learning rate (--lr), now {lr:e}"
    )]
    Diverged {
        /// The loss.
        loss: f64,
        /// Counted from 1.
        epoch: usize,
        /// The learning rate it happened with.
        lr: f64,
    },
    /// Weights that are finite, on images that are, and yet the code is not.
    #[error(
        "the latents of image {row} are not finite; scale the images, or train again with a lower learning rate"
    )]
    LatentsNotFinite {
        /// The first such image, counted from 0.
        row: usize,
    },
    /// A parameter that makes no sense.
    #[error("{name} must be {expected}, found {found}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The device is not there.
    #[error(
        "no CUDA device {index}: {found}; use --device cpu, or a libtorch with CUDA on a machine with a GPU"
    )]
    NoCuda {
        /// The device that was asked for.
        index: usize,
        /// What is there.
        found: String,
    },
    /// The CUDA device failed at what we ask of it ourselves, past libtorch.
    #[error("CUDA: {call} failed with status {status}; use --device cpu, or another driver")]
    Cuda {
        /// The function of NVIDIA's driver or compiler.
        call: &'static str,
        /// What it returned.
        status: i32,
    },
    /// Latents of another width than the network's.
    #[error(
        "expected latents of {expected} values, found {found}; decode with the weights that encoded them"
    )]
    LatentSize {
        /// The network's.
        expected: usize,
        /// Of the latents.
        found: usize,
    },
    /// A decoded image is not finite.
    #[error(
        "the image decoded from row {row} is not finite; train with a lower --lr, or check the latents"
    )]
    ImagesNotFinite {
        /// The first such row.
        row: usize,
    },
    /// The bytes are not the weights of such a network.
    #[error(
        "expected the weights of an autoencoder (safetensors), found {found}; train it with train-ae"
    )]
    Weights {
        /// What they are instead.
        found: String,
    },
    /// The bytes are no state of a training.
    #[error(
        "expected the state of a training as train-ae saves it, found {found}; name another --checkpoint, or begin anew with --discard-checkpoint"
    )]
    InvalidCheckpoint {
        /// What they are instead.
        found: String,
    },
    /// The state is of another training.
    #[error(
        "expected the state of a training with {expected}, found one with {found}; go on as it was begun, or begin anew with --discard-checkpoint"
    )]
    CheckpointMismatch {
        /// Value that was asked for.
        expected: String,
        /// What it is of instead.
        found: String,
    },
    /// libtorch failed, for want of memory say.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}

impl Error {
    /// The same, if it names a row of a block that begins with row `first` of the whole.
    pub fn in_block(self, first: usize) -> Self {
        match self {
            Self::LatentsNotFinite { row } => Self::LatentsNotFinite { row: first + row },
            Self::ImagesNotFinite { row } => Self::ImagesNotFinite { row: first + row },
            other => other,
        }
    }
}
