//! The training loop, which can stop after any batch and continue later.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::{Device, Tensor};

use crate::adam::Adam;
use crate::augmenter::Augmenter;
use crate::backward::Backward;
use crate::best::BestEpoch;
use crate::clip::clip;
use crate::flat_params::FlatParams;
use crate::loss::{EVALUATION_BLOCK, RunningLoss, evaluate};
use crate::pixels::{normalized, to_float};
use crate::{
    Architecture, Batch, EpochLosses, EpochOutcome, Error, Keep, Loss, Network, Pixels, Progress,
    Result, TrainParams, TrainedOn,
};

/// On the CPU, the mean loss is computed every so many batches.
///
/// On other devices it is computed once an epoch, since reading it waits for the device.
const REPORT_EVERY: usize = 10;

/// A training in progress.
#[derive(Debug)]
pub struct Training {
    pub(crate) network: Network,
    pub(crate) parameters: FlatParams,
    pub(crate) params: TrainParams,
    pub(crate) adam: Adam,
    backward: Backward,
    pub(crate) augmenter: Augmenter,
    /// Images (n, pixels), as stored.
    images: Tensor,
    validation: Option<Tensor>,
    order: Vec<i64>,
    rng: Xoshiro256PlusPlus,
    /// Losses so far of an epoch that has begun; `None` between epochs.
    pub(crate) running: Option<RunningLoss>,
    /// Losses of all epochs that are done.
    pub(crate) losses: Vec<EpochLosses>,
    pub(crate) best: Option<BestEpoch>,
}

/// A trained network with its loss curve.
#[derive(Debug)]
pub struct Trained {
    /// The network after the epoch that was kept.
    pub network: Network,
    /// Losses, one entry per epoch.
    pub losses: Vec<EpochLosses>,
    /// The epoch that the weights are of, counted from 1.
    pub epoch: usize,
}

/// Trains an autoencoder on `images` (n, input) from beginning to end.
///
/// `validation` (m, input) are images that the loss is measured on after each epoch, and nothing is
/// learned from. `on_progress` is called after each batch and each epoch. On the CPU the same seed
/// gives the same bytes for any number of threads up to [`Architecture::reproducible_threads`].
/// [`Training`] runs the same loop epoch by epoch, and can stop and continue. Losses and weights
/// are tested against PyTorch's.
///
/// # Errors
/// Images of another size than the architecture's input; parameters out of range; a loss that is
/// not finite; memory that runs out.
///
/// # Example
/// ```
/// use autoencoder::{Architecture, Device, Pixels, Progress, TrainParams, train};
/// use ndarray::Array2;
///
/// // 64 images of 4 x 4 pixels.
/// let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
/// let images = Pixels::U8(images.view());
/// let architecture =
///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
/// let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
/// let mut batches = 0;
/// let trained = train(images, None, &architecture, &params, Device::Cpu, &mut |progress| {
///     batches += usize::from(matches!(progress, Progress::Batch(_)));
/// })?;
/// assert_eq!((trained.losses.len(), trained.epoch, batches), (2, 2, 8));
/// assert!(trained.losses[1].train < trained.losses[0].train);
/// # Ok::<(), autoencoder::Error>(())
/// ```
pub fn train<'a>(
    images: Pixels<'a>,
    validation: Option<Pixels<'a>>,
    architecture: &Architecture,
    params: &TrainParams,
    device: Device,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Trained> {
    let mut training = Training::new(images, validation, architecture, params, device)?;
    loop {
        let outcome = training.epoch(&mut |batch| {
            on_progress(Progress::Batch(batch));
            ControlFlow::Continue(())
        })?;
        match outcome {
            EpochOutcome::Done { losses, images_per_second } => {
                on_progress(Progress::Epoch { losses, images_per_second });
            }
            EpochOutcome::Stopped => {}
            EpochOutcome::Finished => return training.finish(),
        }
    }
}

impl Training {
    /// Prepares a training on images (n, input).
    ///
    /// # Errors
    /// Images of another size than the architecture's input; parameters out of range; memory that
    /// runs out.
    ///
    /// # Example
    /// ```
    /// # use autoencoder::{Architecture, Device, Pixels, TrainParams, Training};
    /// # use ndarray::Array2;
    /// # let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
    /// # let images = Pixels::U8(images.view());
    /// # let architecture =
    /// #     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// # let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
    /// let training = Training::new(images, None, &architecture, &params, Device::Cpu)?;
    /// assert!(training.losses().is_empty());
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
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
                images.check_unit_interval()?;
            }
        }
        let mut network = Network::new(architecture, params.init, params.seed, device)?;
        network.trained_on = Some(TrainedOn::from_images(images));
        let parameters = FlatParams::new(&mut network)?;
        let n = images.dim().0;
        let batch = params.batch.min(n) as i64;
        // The order has a random stream of its own, so that it does not depend on the network.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(params.seed);
        rng.jump();
        Ok(Self {
            adam: Adam::new(parameters.values.size()[0], device)?,
            backward: Backward::new(&network, &parameters, params.precision, batch)?,
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

    /// Records the (height, width) of the images in the network.
    ///
    /// The weights file has them, too, so that images of other sides can be refused later.
    ///
    /// # Example
    /// ```
    /// # use autoencoder::{Architecture, Device, Pixels, TrainParams, Training};
    /// # use ndarray::Array2;
    /// # let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
    /// # let images = Pixels::U8(images.view());
    /// # let architecture =
    /// #     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// # let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
    /// # let mut training = Training::new(images, None, &architecture, &params, Device::Cpu)?;
    /// training.set_sides([4, 4]);
    /// let trained_on = training.network().trained_on().expect("the images are known");
    /// assert_eq!(trained_on.sides, Some([4, 4]));
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn set_sides(&mut self, sides: [usize; 2]) {
        if let Some(trained_on) = &mut self.network.trained_on {
            trained_on.sides = Some(sides);
        }
    }

    /// Trains to the end of the epoch, or until `on_batch` breaks.
    ///
    /// After a break the next call continues with the next batch, with the same result as without
    /// the break. A break after the last batch of an epoch has no effect.
    ///
    /// # Errors
    /// A loss that is not finite; memory that runs out.
    ///
    /// # Example
    /// ```
    /// # use autoencoder::{Architecture, Device, EpochOutcome, Pixels, TrainParams, Training};
    /// # use ndarray::Array2;
    /// # let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
    /// # let images = Pixels::U8(images.view());
    /// # let architecture =
    /// #     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// # let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
    /// # let mut training = Training::new(images, None, &architecture, &params, Device::Cpu)?;
    /// use std::ops::ControlFlow;
    ///
    /// // Stops after the first batch of four, goes on with the second, and ends the epoch.
    /// let outcome = training.epoch(&mut |_| ControlFlow::Break(()))?;
    /// assert_eq!(outcome, EpochOutcome::Stopped);
    /// let outcome = training.epoch(&mut |_| ControlFlow::Continue(()))?;
    /// assert!(matches!(outcome, EpochOutcome::Done { .. }));
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn epoch(
        &mut self,
        on_batch: &mut dyn FnMut(Batch) -> ControlFlow<()>,
    ) -> Result<EpochOutcome> {
        if self.is_over() {
            return Ok(EpochOutcome::Finished);
        }
        let device = self.network.device;
        let (n, epoch) = (self.order.len(), self.losses.len() + 1);
        let mut running = match self.running.take() {
            Some(running) => running,
            None => {
                self.order.shuffle(&mut self.rng);
                RunningLoss::new(n, device)?
            }
        };
        let order = Tensor::f_from_slice(&self.order)?.f_to_device(device)?;
        let (started, before) = (Instant::now(), running.seen);
        while running.seen < n {
            let rows = self.params.batch.min(n - running.seen);
            let chosen = order.f_narrow(0, running.seen as i64, rows as i64)?;
            running.add(&self.step(&chosen)?)?;
            let done = running.seen == n;
            let reports = device == Device::Cpu && running.batches % REPORT_EVERY == 1 || done;
            let loss = reports.then(|| self.check_finite(running.mean()?, epoch)).transpose()?;
            let images = self.losses.len().saturating_mul(n) + running.seen;
            if on_batch(Batch { epoch, images, loss }).is_break() && !done {
                self.running = Some(running);
                return Ok(EpochOutcome::Stopped);
            }
        }
        let train = running.mean()?;
        let images_per_second = rate(n - before, started.elapsed());
        let validation = self
            .validation
            .as_ref()
            .map(|images| self.check_finite(evaluate(&self.network, images)?, epoch));
        let losses = EpochLosses { epoch, train, validation: validation.transpose()? };
        self.update_best(&losses)?;
        self.losses.push(losses.clone());
        Ok(EpochOutcome::Done { losses, images_per_second })
    }

    /// Computes the mean loss so far of an epoch that has begun.
    ///
    /// Waits until the device has computed all batches so far. `None` between epochs.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    ///
    /// # Example
    /// ```
    /// # use autoencoder::{Architecture, Device, Pixels, TrainParams, Training};
    /// # use ndarray::Array2;
    /// # let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
    /// # let images = Pixels::U8(images.view());
    /// # let architecture =
    /// #     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// # let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
    /// # let mut training = Training::new(images, None, &architecture, &params, Device::Cpu)?;
    /// use std::ops::ControlFlow;
    ///
    /// assert_eq!(training.loss_so_far()?, None);
    /// training.epoch(&mut |_| ControlFlow::Break(()))?;
    /// assert!(training.loss_so_far()?.is_some_and(f64::is_finite));
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn loss_so_far(&self) -> Result<Option<f64>> {
        self.running.as_ref().map(RunningLoss::mean).transpose()
    }

    /// Returns the trained network with the weights of the epoch to keep.
    ///
    /// # Errors
    /// [`Error::Diverged`] if the loss of the network on its first images is not finite.
    ///
    /// # Example
    /// ```
    /// # use autoencoder::{Architecture, Device, Pixels, TrainParams, Training};
    /// # use ndarray::Array2;
    /// # let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
    /// # let images = Pixels::U8(images.view());
    /// # let architecture =
    /// #     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// # let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
    /// # let mut training = Training::new(images, None, &architecture, &params, Device::Cpu)?;
    /// use std::ops::ControlFlow;
    ///
    /// training.epoch(&mut |_| ControlFlow::Continue(()))?;
    /// let trained = training.finish()?;
    /// assert_eq!((trained.epoch, trained.losses.len()), (1, 1));
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn finish(mut self) -> Result<Trained> {
        let mut epoch = self.losses.len();
        if let Some(best) = self.best.take().filter(|_| self.params.keep == Keep::Best) {
            self.parameters.values.f_copy_(&best.values)?;
            epoch = best.epoch;
        }
        // The last step came after the last loss, so a step that ruined the weights shows here.
        let some = self.images.f_narrow(0, 0, EVALUATION_BLOCK.min(self.order.len() as i64))?;
        self.check_finite(evaluate(&self.network, &some)?, epoch)?;
        Ok(Trained { network: self.network, losses: self.losses, epoch })
    }

    /// Returns the losses of the epochs that are done.
    ///
    /// # Example
    /// ```
    /// # use autoencoder::{Architecture, Device, Pixels, TrainParams, Training};
    /// # use ndarray::Array2;
    /// # let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
    /// # let images = Pixels::U8(images.view());
    /// # let architecture =
    /// #     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// # let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
    /// # let mut training = Training::new(images, None, &architecture, &params, Device::Cpu)?;
    /// use std::ops::ControlFlow;
    ///
    /// training.epoch(&mut |_| ControlFlow::Continue(()))?;
    /// assert_eq!(training.losses().len(), 1);
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn losses(&self) -> &[EpochLosses] {
        &self.losses
    }

    /// Returns the network with its current weights.
    ///
    /// # Example
    /// ```
    /// # use autoencoder::{Architecture, Device, Pixels, TrainParams, Training};
    /// # use ndarray::Array2;
    /// # let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
    /// # let images = Pixels::U8(images.view());
    /// # let architecture =
    /// #     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// # let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
    /// # let training = Training::new(images, None, &architecture, &params, Device::Cpu)?;
    /// assert_eq!(training.network().architecture(), &architecture);
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Number of images.
    pub(crate) fn n(&self) -> usize {
        self.order.len()
    }

    /// Shuffles the order of the images as so many epochs did, and one that has begun.
    pub(crate) fn skip_epochs(&mut self, epochs: usize, begun: bool) {
        for _ in 0..epochs + usize::from(begun) {
            self.order.shuffle(&mut self.rng);
        }
    }

    /// Takes one step on the images `chosen`, and returns their losses (rows) before it.
    fn step(&mut self, chosen: &Tensor) -> Result<Tensor> {
        let normalize = self.network.architecture.normalize;
        let clean = to_float(&self.images.f_index_select(0, chosen)?)?;
        let target = normalized(&clean, normalize)?;
        let input = match self.augmenter.augment(&clean)? {
            Some(changed) => normalized(&changed, normalize)?,
            None => target.shallow_clone(),
        };
        let losses =
            self.backward.losses_and_grad(&self.network, &mut self.parameters, &input, &target)?;
        if let Some(max_norm) = self.params.clip {
            clip(&mut self.parameters.grad, max_norm)?;
        }
        let batches = self.order.len().div_ceil(self.params.batch) as u64;
        let steps = batches.saturating_mul(self.params.epochs as u64);
        let share = self.params.schedule.share(self.adam.steps, steps);
        self.adam.step(&mut self.parameters, self.params.lr * share, self.params.weight_decay)?;
        Ok(losses)
    }

    /// Stores the weights of the best epoch so far, if the parameters ask for it.
    fn update_best(&mut self, losses: &EpochLosses) -> Result<()> {
        let Some(loss) = losses.validation.filter(|_| self.params.tracks_best_epoch()) else {
            return Ok(());
        };
        BestEpoch::update(&mut self.best, losses.epoch, loss, &self.parameters.values)
    }

    fn is_over(&self) -> bool {
        let done = self.losses.len();
        let waited = self.best.as_ref().map_or(0, |best| done - best.epoch);
        done >= self.params.epochs
            || self.params.patience.is_some_and(|patience| waited >= patience)
    }

    /// Returns the loss, or [`Error::Diverged`] if it is not finite.
    fn check_finite(&self, loss: f64, epoch: usize) -> Result<f64> {
        if loss.is_finite() {
            Ok(loss)
        } else {
            Err(Error::Diverged { loss, epoch, lr: self.params.lr })
        }
    }
}

fn rate(images: usize, elapsed: Duration) -> f64 {
    images as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}

// A training can move to another thread, on any device.
const _: () = {
    const fn can_be_sent<T: Send>() {}
    can_be_sent::<Training>();
};
