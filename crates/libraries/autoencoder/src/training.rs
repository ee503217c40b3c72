//! The training loop, which can be stopped after any batch and gone on with.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::{Device, Kind, Tensor};

use crate::adam::{Adam, clip};
use crate::augment::Augmenter;
use crate::gradient::{Differentiation, losses_of};
use crate::parameters::Parameters;
use crate::pixels::{normalized, to_float};
use crate::train::Batch;
use crate::{
    Architecture, EpochLosses, Error, Keep, Loss, Network, Pixels, Result, TrainParams, Trained, TrainedOn,
};

/// Rows per step where nothing is learned and only memory limits them.
const VALIDATION_BLOCK: i64 = 1000;
/// On the CPU the loss is looked at every so many batches. Elsewhere the program would wait for the device, so there it is
/// looked at after the epoch.
const REPORT_EVERY: usize = 10;

/// A training under way.
#[derive(Debug)]
pub struct Training {
    pub(crate) network: Network,
    pub(crate) parameters: Parameters,
    pub(crate) params: TrainParams,
    pub(crate) adam: Adam,
    differentiation: Differentiation,
    pub(crate) augmenter: Augmenter,
    /// (n, pixels), as stored
    images: Tensor,
    validation: Option<Tensor>,
    order: Vec<i64>,
    rng: Xoshiro256PlusPlus,
    /// Of the current epoch, the losses so far; none between epochs.
    pub(crate) running: Option<Running>,
    /// Of all epochs that are done.
    pub(crate) losses: Vec<EpochLosses>,
    pub(crate) best: Option<Best>,
}

/// The epoch with the smallest loss on the validation images.
#[derive(Debug)]
pub(crate) struct Best {
    pub(crate) epoch: usize,
    pub(crate) loss: f64,
    /// All values after it, (length).
    pub(crate) values: Tensor,
}

/// How far [`Training::epoch`] came.
#[derive(Debug, Clone, PartialEq)]
pub enum Reached {
    /// The end of an epoch.
    Epoch {
        /// Its losses.
        losses: EpochLosses,
        /// Images trained on per second, validation left out, since the call.
        images_per_second: f64,
    },
    /// Stopped by the caller, within an epoch.
    Stopped,
    /// All epochs are done, or patience has run out.
    End,
}

impl Training {
    /// A training of images (n, input) that is about to begin.
    ///
    /// # Errors
    /// Images of another size than the architecture's input; parameters that make no sense; no memory.
    pub fn new<'a>(
        images: Pixels<'a>,
        validation: Option<Pixels<'a>>,
        architecture: &Architecture,
        params: &TrainParams,
        device: Device,
    ) -> Result<Self> {
        params.validate(device, validation.is_some())?;
        for images in std::iter::once(images).chain(validation) {
            architecture.check_size(images.dim().1)?;
            if architecture.loss == Loss::Bce {
                images.refuse_outside_unit_interval()?;
            }
        }
        let mut network = Network::new(architecture, params.init, params.seed, device)?;
        network.trained_on = Some(TrainedOn::of(images));
        let parameters = Parameters::of(&mut network)?;
        let n = images.dim().0;
        let batch = params.batch.min(n) as i64;
        // A stream of its own, so that a wider network sees the images in the same order.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(params.seed);
        rng.jump();
        Ok(Self {
            adam: Adam::new(parameters.values.size()[0], device)?,
            differentiation: Differentiation::new(&network, &parameters, params.precision, batch)?,
            augmenter: Augmenter::new(params.augment, params.seed),
            images: images.to_tensor(device)?,
            validation: validation.map(|images| images.to_tensor(device)).transpose()?,
            order: (0..n as i64).collect(),
            rng,
            running: None,
            losses: Vec::new(),
            best: None,
            params: params.clone(),
            network,
            parameters,
        })
    }

    /// The images are of this height and width, for those who will use the network.
    pub fn set_sides(&mut self, sides: [usize; 2]) {
        if let Some(trained_on) = &mut self.network.trained_on {
            trained_on.sides = Some(sides);
        }
    }

    /// Trains on to the end of the epoch, unless `on_batch` breaks it off before: then the next call goes on with the next batch,
    /// as if nothing had happened. After the last batch of an epoch there is nothing to break off.
    ///
    /// # Errors
    /// A loss that is not finite; no memory.
    pub fn epoch(&mut self, on_batch: &mut dyn FnMut(Batch) -> ControlFlow<()>) -> Result<Reached> {
        if self.is_over() {
            return Ok(Reached::End);
        }
        let device = self.network.device;
        let (n, epoch) = (self.order.len(), self.losses.len() + 1);
        let mut running = match self.running.take() {
            Some(running) => running,
            None => {
                self.order.shuffle(&mut self.rng);
                Running::new(n, device)?
            }
        };
        let order = Tensor::f_from_slice(&self.order)?.f_to_device(device)?;
        let (started, before) = (Instant::now(), running.seen);
        while running.seen < n {
            let rows = self.params.batch.min(n - running.seen);
            let chosen = order.f_narrow(0, running.seen as i64, rows as i64)?;
            running.add(&self.batch(&chosen)?)?;
            let done = running.seen == n;
            let looked_at = device == Device::Cpu && running.batches % REPORT_EVERY == 1 || done;
            let loss = looked_at.then(|| self.finite(running.mean()?, epoch)).transpose()?;
            let batch = Batch { epoch, images: self.losses.len().saturating_mul(n) + running.seen, loss };
            if on_batch(batch).is_break() && !done {
                self.running = Some(running);
                return Ok(Reached::Stopped);
            }
        }
        let train = running.mean()?;
        let images_per_second = rate(n - before, started.elapsed());
        let validation =
            self.validation.as_ref().map(|images| self.finite(evaluate(&self.network, images)?, epoch));
        let losses = EpochLosses { epoch, train, validation: validation.transpose()? };
        self.remember(&losses)?;
        self.losses.push(losses.clone());
        Ok(Reached::Epoch { losses, images_per_second })
    }

    /// Mean loss of the epoch that has begun, after all its batches so far are computed.
    ///
    /// # Errors
    /// No memory.
    pub fn loss_so_far(&self) -> Result<Option<f64>> {
        self.running.as_ref().map(Running::mean).transpose()
    }

    /// The trained network, of the epoch that is to be kept.
    ///
    /// # Errors
    /// A network that makes no sense of its images.
    pub fn finish(mut self) -> Result<Trained> {
        let mut epoch = self.losses.len();
        if let Some(best) = self.best.take().filter(|_| self.params.keep == Keep::Best) {
            self.parameters.values.f_copy_(&best.values)?;
            epoch = best.epoch;
        }
        // The last step came after the last loss was looked at: see what it made of some images.
        let some = self.images.f_narrow(0, 0, VALIDATION_BLOCK.min(self.order.len() as i64))?;
        self.finite(evaluate(&self.network, &some)?, epoch)?;
        Ok(Trained { network: self.network, losses: self.losses, epoch })
    }

    /// Number of images.
    pub(crate) fn n(&self) -> usize {
        self.order.len()
    }

    /// Puts the images into the order they have in the epoch after so many, or in that one if it has begun.
    pub(crate) fn skip_epochs(&mut self, epochs: usize, begun: bool) {
        for _ in 0..epochs + usize::from(begun) {
            self.order.shuffle(&mut self.rng);
        }
    }

    /// One step on the images of these numbers: their losses (rows), before it.
    fn batch(&mut self, chosen: &Tensor) -> Result<Tensor> {
        let normalize = self.network.architecture.normalize;
        let clean = to_float(&self.images.f_index_select(0, chosen)?)?;
        let target = normalized(&clean, normalize)?;
        let input = match self.augmenter.change(&clean)? {
            Some(changed) => normalized(&changed, normalize)?,
            None => target.shallow_clone(),
        };
        let losses = self.differentiation.of_batch(&self.network, &mut self.parameters, &input, &target)?;
        if let Some(most) = self.params.clip {
            clip(&mut self.parameters.gradient, most)?;
        }
        let batches = self.order.len().div_ceil(self.params.batch) as u64;
        let share =
            self.params.schedule.share(self.adam.steps, batches.saturating_mul(self.params.epochs as u64));
        self.adam.step(&mut self.parameters, self.params.lr * share, self.params.weight_decay)?;
        Ok(losses)
    }

    /// Remembers the best epoch, where that is wanted.
    fn remember(&mut self, losses: &EpochLosses) -> Result<()> {
        let Some(loss) = losses.validation.filter(|_| self.params.looks_for_the_best()) else {
            return Ok(());
        };
        match &mut self.best {
            Some(best) if loss < best.loss => {
                (best.epoch, best.loss) = (losses.epoch, loss);
                best.values.f_copy_(&self.parameters.values)?;
            }
            Some(_) => {}
            None => {
                let values = copy_of(&self.parameters.values)?;
                self.best = Some(Best { epoch: losses.epoch, loss, values });
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        let done = self.losses.len();
        let waited = self.best.as_ref().map_or(0, |best| done - best.epoch);
        done >= self.params.epochs || self.params.patience.is_some_and(|patience| waited >= patience)
    }

    /// Passes a loss on, unless training has run away.
    fn finite(&self, loss: f64, epoch: usize) -> Result<f64> {
        if loss.is_finite() { Ok(loss) } else { Err(Error::Diverged { loss, epoch, lr: self.params.lr }) }
    }
}

/// The same values in memory of their own.
fn copy_of(tensor: &Tensor) -> Result<Tensor> {
    let mut copy = tensor.f_empty_like()?;
    copy.f_copy_(tensor)?;
    Ok(copy)
}

/// Mean loss on images (n, input) that are not learned from.
fn evaluate(network: &Network, images: &Tensor) -> Result<f64> {
    let n = images.size()[0];
    let mut total = Running::new(n as usize, images.device())?;
    tch::no_grad(|| {
        for start in (0..n).step_by(VALIDATION_BLOCK as usize) {
            let images = to_float(&images.f_narrow(0, start, VALIDATION_BLOCK.min(n - start))?)?;
            let input = normalized(&images, network.architecture.normalize)?;
            total.add(&losses_of(network.architecture.loss, &network.reconstruct(&input)?, &input)?)?;
        }
        total.mean()
    })
}

/// Losses of the images of an epoch so far, kept on the device until their mean is asked for.
#[derive(Debug)]
pub(crate) struct Running {
    /// (n), of which the first `seen` are filled
    pub(crate) losses: Tensor,
    pub(crate) seen: usize,
    batches: usize,
}

impl Running {
    pub(crate) fn new(n: usize, device: Device) -> Result<Self> {
        Ok(Self { losses: Tensor::f_zeros([n as i64], (Kind::Float, device))?, seen: 0, batches: 0 })
    }

    /// With the losses (n) of so many images.
    pub(crate) fn begun(losses: Tensor, seen: usize) -> Self {
        Self { losses, seen, batches: 0 }
    }

    /// Losses (rows) of a batch.
    pub(crate) fn add(&mut self, losses: &Tensor) -> Result<()> {
        let rows = losses.size()[0];
        self.losses.f_narrow(0, self.seen as i64, rows)?.f_copy_(losses)?;
        self.seen += rows as usize;
        self.batches += 1;
        Ok(())
    }

    /// Summed in f64 and in the order of the images.
    fn mean(&self) -> Result<f64> {
        let mut losses = vec![0.0f32; self.seen];
        let length = losses.len();
        self.losses
            .f_narrow(0, 0, length as i64)?
            .f_to_device(Device::Cpu)?
            .f_copy_data(&mut losses, length)?;
        Ok(losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / length as f64)
    }
}

fn rate(images: usize, elapsed: Duration) -> f64 {
    images as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}

/// A training can go on in another thread, on any device.
const _: () = {
    const fn can_be_sent<T: Send>() {}
    can_be_sent::<Training>();
};
