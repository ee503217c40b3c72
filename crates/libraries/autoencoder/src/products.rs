//! What a training step cannot be faster than: its matrix products alone, and on a GPU what the optimiser has to move.

use std::time::{Duration, Instant};

use tch::{Device, Kind, Tensor};

use crate::{Architecture, LayerShape, NetworkKind, Precision, Result};

/// A dense layer's matrices for a batch.
struct Matrices {
    /// (batch, input)
    input: Tensor,
    /// (output, input)
    weight: Tensor,
    /// (output, input)
    gradient: Tensor,
    /// (batch, output)
    output: Tensor,
}

/// The products of one step of a dense network: for each layer the output, the gradient of the weight, and, but for the
/// first, that of the input.
pub struct Products {
    layers: Vec<Matrices>,
    device: Device,
    /// On a GPU: (values), f32, half of all that the optimiser reads and writes, and as much room.
    moved: Option<(Tensor, Tensor)>,
}

/// How often Adam reads or writes each value's four: itself, its gradient and two means, the gradient alone never written.
const MOVES: usize = 7;

impl Products {
    /// For batches of `batch` images; nothing for convolutions.
    ///
    /// # Errors
    /// No memory.
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
            Tensor::f_full([rows as i64, columns as i64], 0.01, (Kind::Float, device))?.f_to_kind(kind)
        };
        let layers = architecture.layers().into_iter().map(|LayerShape { input, output, .. }| {
            let (input, output) = (input[0], output[0]);
            Ok(Matrices {
                input: matrix(batch, input)?,
                weight: matrix(output, input)?,
                gradient: matrix(output, input)?,
                output: matrix(batch, output)?,
            })
        });
        let layers = layers.collect::<Result<_>>()?;
        let half = (architecture.parameters() * MOVES / 2) as i64;
        let values = || Tensor::f_zeros([half], (Kind::Float, device));
        let moved = (device != Device::Cpu).then(|| Ok((values()?, values()?)));
        Ok(Some(Self { layers, device, moved: moved.transpose().map_err(crate::Error::Torch)? }))
    }

    /// Computes them `times` times.
    ///
    /// # Errors
    /// No memory.
    pub fn time(&self, times: usize) -> Result<Duration> {
        self.wait()?;
        let started = Instant::now();
        tch::no_grad(|| -> Result<()> {
            for _ in 0..times {
                for Matrices { input, weight, output, .. } in &self.layers {
                    let _ = input.f_mm_out(output, &weight.f_transpose(0, 1)?)?;
                }
                for (i, Matrices { input, weight, gradient, output }) in self.layers.iter().enumerate().rev()
                {
                    let _ = output.f_transpose(0, 1)?.f_mm_out(gradient, input)?;
                    if i > 0 {
                        let _ = output.f_mm_out(input, weight)?;
                    }
                }
                // What goes in stays what it was: values that grow without end are multiplied more slowly.
                for Matrices { input, output, .. } in &self.layers {
                    let _ = (input.shallow_clone().f_fill_(0.01)?, output.shallow_clone().f_fill_(0.01)?);
                }
            }
            Ok(())
        })?;
        self.wait()?;
        Ok(started.elapsed())
    }

    /// Copies as many bytes as the optimiser reads and writes in a step, `times` times. Nothing on the CPU, where it is
    /// the products that a step is measured by.
    ///
    /// # Errors
    /// No memory.
    pub fn time_moves(&self, times: usize) -> Result<Option<Duration>> {
        let Some((from, to)) = &self.moved else { return Ok(None) };
        self.wait()?;
        let started = Instant::now();
        for _ in 0..times {
            to.shallow_clone().f_copy_(from)?;
        }
        self.wait()?;
        Ok(Some(started.elapsed()))
    }

    /// Floating-point operations of one step, a multiplication and an addition counted as two.
    pub fn operations(&self) -> u64 {
        let products = self.layers.iter().enumerate().map(|(i, layer)| {
            let (rows, columns) = (layer.input.size(), layer.weight.size());
            2 * (rows[0] * columns[0] * columns[1]) as u64 * if i == 0 { 2 } else { 3 }
        });
        products.sum()
    }

    /// Until the device has computed all that it was given.
    fn wait(&self) -> Result<()> {
        if self.device != Device::Cpu {
            let _ = self.layers[0].output.f_narrow(0, 0, 1)?.f_to_device(Device::Cpu)?;
        }
        Ok(())
    }
}
