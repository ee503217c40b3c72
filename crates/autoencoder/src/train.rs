//! The training loop.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::nn::{Adam, OptimizerConfig, VarStore};
use tch::{Device, Kind, Reduction, Tensor};

use crate::augment::Augmenter;
use crate::pixels::{normalized, to_float};
use crate::{Architecture, Augment, Error, Init, Loss, Network, Pixels, Result};

/// Rows per step where nothing is learned and only memory limits them.
const VALIDATION_BLOCK: i64 = 1000;
/// Looking at the loss makes the program wait for the device, so it is looked at every so many batches.
const REPORT_EVERY: usize = 10;
/// Adam's first steps multiply it by ten, which still has to be an f32.
const MAX_LR: f64 = 1e30;

/// How to train. Adam (Kingma and Ba 2015) with its usual decay rates 0.9 and 0.999.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainParams {
    /// Passes over the images. Default 10.
    pub epochs: usize,
    /// Images per step. Default 256.
    pub batch: usize,
    /// Learning rate. Default 0.001.
    pub lr: f64,
    /// How the first weights are drawn. Default Keras's way.
    pub init: Init,
    /// Of the first weights and of the order of the images. Default 0.
    pub seed: u64,
    /// How images are changed on their way in, while what is to come out stays. Default not at all.
    pub augment: Augment,
}

impl Default for TrainParams {
    fn default() -> Self {
        Self { epochs: 10, batch: 256, lr: 1e-3, init: Init::Keras, seed: 0, augment: Augment::default() }
    }
}

/// What `train` tells while it runs.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingEvent {
    /// Some batches are done.
    Batch {
        /// Counted from 1.
        epoch: usize,
        /// Images seen in all epochs so far.
        images: usize,
        /// Mean loss of this epoch so far.
        loss: f64,
    },
    /// An epoch is done.
    Epoch {
        /// Its losses.
        losses: EpochLosses,
        /// Images trained on per second, validation left out.
        images_per_second: f64,
    },
}

/// One line of the loss curve.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochLosses {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean over the batches of the epoch, each before its step.
    pub train: f64,
    /// On the validation images after the epoch.
    pub validation: Option<f64>,
}

/// A trained network and how it got there.
#[derive(Debug)]
pub struct Trained {
    /// The network after the last epoch.
    pub network: Network,
    /// One entry an epoch.
    pub losses: Vec<EpochLosses>,
}

/// Trains an autoencoder on `images` (n, input). On the CPU the same seed gives the same bytes, whatever the number of
/// threads.
///
/// # Errors
/// Images of another size than the architecture's input; a loss that is not finite; no memory.
pub fn train<'a>(
    images: Pixels<'a>,
    validation: Option<Pixels<'a>>,
    architecture: &Architecture,
    params: &TrainParams,
    device: Device,
    on_event: &mut dyn FnMut(TrainingEvent),
) -> Result<Trained> {
    validate(params)?;
    for images in std::iter::once(images).chain(validation) {
        let (_, found) = images.dim();
        if found != architecture.input {
            return Err(Error::ImageSize { expected: architecture.input, found });
        }
        if architecture.loss == Loss::Bce {
            images.refuse_outside_unit_interval()?;
        }
    }
    let network = Network::new(architecture, params.init, params.seed, device)?;
    let variables = trainable(&network, device);
    let mut optimizer = Adam::default().build(&variables, params.lr)?;
    let images = images.to_tensor(device)?;
    let validation = validation.map(|images| images.to_tensor(device)).transpose()?;

    let n = images.size()[0] as usize;
    let mut order: Vec<i64> = (0..n as i64).collect();
    // A stream of its own, so that a wider network sees the images in the same order.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(params.seed);
    rng.jump();
    let mut augmenter = Augmenter::new(params.augment, params.seed);
    let mut losses = Vec::new();
    for epoch in 1..=params.epochs {
        order.shuffle(&mut rng);
        let order = Tensor::f_from_slice(&order)?.f_to_device(device)?;
        let started = Instant::now();
        let mut total = Running::new(n, device)?;
        for (batch, start) in (0..n).step_by(params.batch).enumerate() {
            let rows = params.batch.min(n - start);
            let chosen = order.f_narrow(0, start as i64, rows as i64)?;
            let clean = to_float(&images.f_index_select(0, &chosen)?)?;
            let target = normalized(&clean, architecture.normalize)?;
            let losses = match augmenter.change(&clean)? {
                Some(changed) => {
                    losses_of(&network, &normalized(&changed, architecture.normalize)?, &target)?
                }
                None => losses_of(&network, &target, &target)?,
            };
            optimizer.zero_grad();
            losses.f_mean(Kind::Float)?.f_backward()?;
            optimizer.step();
            total.add(&losses)?;
            let last = start + rows == n;
            if batch % REPORT_EVERY == 0 || last {
                let mean = finite(total.mean()?, epoch, params)?;
                on_event(TrainingEvent::Batch {
                    epoch,
                    images: (epoch - 1).saturating_mul(n) + start + rows,
                    loss: mean,
                });
            }
        }
        let elapsed = started.elapsed();
        let validation = validation.as_ref().map(|images| finite(evaluate(&network, images)?, epoch, params));
        let validation = validation.transpose()?;
        let epoch_losses = EpochLosses { epoch, train: total.mean()?, validation };
        on_event(TrainingEvent::Epoch { losses: epoch_losses.clone(), images_per_second: rate(n, elapsed) });
        losses.push(epoch_losses);
    }
    // The last step came after the last loss was looked at: see what it made of some images.
    let some = images.f_narrow(0, 0, VALIDATION_BLOCK.min(n as i64))?;
    finite(evaluate(&network, &some)?, params.epochs, params)?;
    Ok(Trained { network, losses })
}

/// Passes a loss on, unless training has run away.
fn finite(loss: f64, epoch: usize, params: &TrainParams) -> Result<f64> {
    if loss.is_finite() { Ok(loss) } else { Err(Error::Diverged { loss, epoch, lr: params.lr }) }
}

fn validate(params: &TrainParams) -> Result<()> {
    let wrong = |name, expected, found: String| Err(Error::Parameter { name, expected, found });
    if params.epochs == 0 {
        return wrong("epochs", "at least 1", "0".into());
    }
    if params.batch == 0 {
        return wrong("batch", "at least 1", "0".into());
    }
    params.augment.validate()?;
    if !(params.lr > 0.0 && params.lr <= MAX_LR) {
        return wrong("lr", "a number above 0 and at most 1e30", params.lr.to_string());
    }
    Ok(())
}

/// Registers the network's tensors with an optimiser's store, which also turns their gradients on.
fn trainable(network: &Network, device: Device) -> VarStore {
    let variables = VarStore::new(device);
    for (i, layer) in network.layers.iter().enumerate() {
        let path = variables.root().sub(i);
        let _ = path.add("weight", layer.weight.shallow_clone(), true);
        let _ = path.add("bias", layer.bias.shallow_clone(), true);
    }
    variables
}

/// Loss of the reconstruction from each image `input` of `target`, the mean over its pixels: (rows).
///
/// Image by image, since libtorch sums a whole matrix in an order that depends on the number of threads.
fn losses_of(network: &Network, input: &Tensor, target: &Tensor) -> Result<Tensor> {
    let output = network.reconstruct(input)?;
    let per_pixel = match network.architecture().loss {
        Loss::Mse => output.f_mse_loss(target, Reduction::None)?,
        Loss::Bce => {
            output.f_binary_cross_entropy_with_logits::<Tensor>(target, None, None, Reduction::None)?
        }
    };
    Ok(per_pixel.f_mean_dim(1, false, Kind::Float)?)
}

/// Mean loss on images (n, input) that are not learned from.
fn evaluate(network: &Network, images: &Tensor) -> Result<f64> {
    let n = images.size()[0];
    let mut total = Running::new(n as usize, images.device())?;
    tch::no_grad(|| {
        for start in (0..n).step_by(VALIDATION_BLOCK as usize) {
            let images = to_float(&images.f_narrow(0, start, VALIDATION_BLOCK.min(n - start))?)?;
            let input = normalized(&images, network.architecture().normalize)?;
            total.add(&losses_of(network, &input, &input)?)?;
        }
        total.mean()
    })
}

/// Losses of the images of an epoch so far, kept on the device until their mean is asked for.
struct Running {
    /// (n), of which the first `seen` are filled
    losses: Tensor,
    seen: i64,
}

impl Running {
    fn new(n: usize, device: Device) -> Result<Self> {
        Ok(Self { losses: Tensor::f_zeros([n as i64], (Kind::Float, device))?, seen: 0 })
    }

    fn add(&mut self, losses: &Tensor) -> Result<()> {
        let rows = losses.size()[0];
        self.losses.f_narrow(0, self.seen, rows)?.f_copy_(&losses.f_detach()?)?;
        self.seen += rows;
        Ok(())
    }

    /// Summed in f64 and in the order of the images.
    fn mean(&self) -> Result<f64> {
        let mut losses = vec![0.0f32; self.seen as usize];
        let length = losses.len();
        self.losses.f_narrow(0, 0, self.seen)?.f_to_device(Device::Cpu)?.f_copy_data(&mut losses, length)?;
        Ok(losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / length as f64)
    }
}

fn rate(images: usize, elapsed: Duration) -> f64 {
    images as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}
