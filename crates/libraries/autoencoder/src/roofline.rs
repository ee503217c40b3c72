//! The roofline of a training step: the time of its products and its memory traffic.
//!
//! No step can be faster than its matrix products alone; on a GPU, the optimizer's memory traffic
//! comes on top. Williams, Waterman and Patterson, *Roofline: an insightful visual performance
//! model for multicore architectures*, Communications of the ACM 52 (2009).

use std::time::{Duration, Instant};

use tch::{Device, Kind, Tensor};

use crate::{Architecture, LayerShape, NetworkKind, Precision, Result};

/// The matrices of a dense layer for one batch.
struct LayerMatrices {
    /// (batch, input)
    input: Tensor,
    /// (output, input)
    weight: Tensor,
    /// Gradient of the weight, (output, input).
    grad: Tensor,
    /// (batch, output)
    output: Tensor,
}

/// The matrix products and memory traffic of one training step of a dense network.
///
/// Each layer has three products: the output, the gradient of the weight and, except for the first
/// layer, the gradient of the input.
pub struct Roofline {
    layers: Vec<LayerMatrices>,
    device: Device,
    /// On a GPU, (source, target) of a copy, f32.
    ///
    /// Together they are as many bytes as Adam reads and writes.
    copied: Option<(Tensor, Tensor)>,
}

/// Reads and writes of Adam per value.
///
/// It reads and writes the value and both means, and reads the gradient.
const ADAM_ACCESSES: usize = 7;

/// Content of all matrices: its products neither overflow nor become denormal.
const FILL: f64 = 0.01;

impl Roofline {
    /// Allocates the matrices for batches of `batch` images; `None` for a convolutional network.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Channels, Device, NetworkKind, Precision, Roofline};
    ///
    /// let network = NetworkKind::Conv { height: 28, width: 28, channels: Channels::Gray };
    /// let architecture = Architecture { network, ..Architecture::default() };
    /// assert!(Roofline::new(&architecture, Precision::F32, 32, Device::Cpu)?.is_none());
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn new(
        architecture: &Architecture,
        precision: Precision,
        batch: usize,
        device: Device,
    ) -> Result<Option<Self>> {
        if architecture.network != NetworkKind::Dense {
            return Ok(None);
        }
        let kind = if precision == Precision::Bf16 { Kind::BFloat16 } else { Kind::Float };
        let matrix = |rows: usize, columns: usize| {
            Tensor::f_full([rows as i64, columns as i64], FILL, (Kind::Float, device))?
                .f_to_kind(kind)
        };
        let layers =
            architecture.layers().into_iter().map(|LayerShape { input, output, .. }| {
                let (input, output) = (input[0], output[0]);
                Ok(LayerMatrices {
                    input: matrix(batch, input)?,
                    weight: matrix(output, input)?,
                    grad: matrix(output, input)?,
                    output: matrix(batch, output)?,
                })
            });
        let layers = layers.collect::<Result<_>>()?;
        let half = (architecture.parameters() * ADAM_ACCESSES / 2) as i64;
        let values = || Tensor::f_zeros([half], (Kind::Float, device));
        let copied = (device != Device::Cpu).then(|| Ok((values()?, values()?)));
        Ok(Some(Self { layers, device, copied: copied.transpose().map_err(crate::Error::Torch)? }))
    }

    /// Times `times` repetitions of the matrix products of a step.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Device, Precision, Roofline};
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let roofline = Roofline::new(&architecture, Precision::F32, 32, Device::Cpu)?
    ///     .expect("a dense network");
    /// let times = 2;
    /// let seconds = roofline.time_products(times)?.as_secs_f64() / times as f64;
    /// assert!(seconds > 0.0);
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn time_products(&self, times: usize) -> Result<Duration> {
        self.wait()?;
        let started = Instant::now();
        tch::no_grad(|| -> Result<()> {
            for _ in 0..times {
                for LayerMatrices { input, weight, output, .. } in &self.layers {
                    let _ = input.f_mm_out(output, &weight.f_transpose(0, 1)?)?;
                }
                for (i, LayerMatrices { input, weight, grad, output }) in
                    self.layers.iter().enumerate().rev()
                {
                    let _ = output.f_transpose(0, 1)?.f_mm_out(grad, input)?;
                    if i > 0 {
                        let _ = output.f_mm_out(input, weight)?;
                    }
                }
                // The products overwrite some inputs. Restoring them keeps the values from growing
                // without end, which would make the products slower.
                for LayerMatrices { input, output, .. } in &self.layers {
                    let _ = (
                        input.shallow_clone().f_fill_(FILL)?,
                        output.shallow_clone().f_fill_(FILL)?,
                    );
                }
            }
            Ok(())
        })?;
        self.wait()?;
        Ok(started.elapsed())
    }

    /// Times `times` copies of the bytes that the optimizer moves in a step.
    ///
    /// Returns `None` on the CPU, where a step is compared with its products alone.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Device, Precision, Roofline};
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let roofline = Roofline::new(&architecture, Precision::F32, 32, Device::Cpu)?
    ///     .expect("a dense network");
    /// // On a CPU a step is compared with its products alone.
    /// assert_eq!(roofline.time_optimizer_traffic(2)?, None);
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn time_optimizer_traffic(&self, times: usize) -> Result<Option<Duration>> {
        let Some((from, to)) = &self.copied else { return Ok(None) };
        self.wait()?;
        let started = Instant::now();
        for _ in 0..times {
            to.shallow_clone().f_copy_(from)?;
        }
        self.wait()?;
        Ok(Some(started.elapsed()))
    }

    /// Counts the floating-point operations of the products of one step.
    ///
    /// A multiplication and an addition count as two.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Device, Precision, Roofline};
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let roofline = Roofline::new(&architecture, Precision::F32, 32, Device::Cpu)?
    ///     .expect("a dense network");
    /// // Three products per layer of 32 images, but two for the first layer.
    /// assert_eq!(roofline.flops(), 2 * 32 * (2 * 128 + 3 * 16 + 3 * 16 + 3 * 128));
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn flops(&self) -> u64 {
        let products = self.layers.iter().enumerate().map(|(i, layer)| {
            let (rows, columns) = (layer.input.size(), layer.weight.size());
            2 * (rows[0] * columns[0] * columns[1]) as u64 * if i == 0 { 2 } else { 3 }
        });
        products.sum()
    }

    /// Waits until the device has computed all that it was given.
    fn wait(&self) -> Result<()> {
        if self.device != Device::Cpu {
            let _ = self.layers[0].output.f_narrow(0, 0, 1)?.f_to_device(Device::Cpu)?;
        }
        Ok(())
    }
}
