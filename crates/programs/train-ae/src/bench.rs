//! `--bench`: times a training step, and its roofline beside it.
//!
//! The roofline is the time of the step's matrix products and, on a GPU, of the memory traffic of
//! the optimizer.

use std::ops::ControlFlow;
use std::time::Instant;

use artifact::Outputs;
use autoencoder::{Architecture, Device, Pixels, Roofline, TrainParams, Training};
use cli::{Progress, Stage};
use serde_json::{Value, json};

/// Rounds of the measurement, each of steps and then of products.
///
/// They alternate, so that a machine that changes its speed changes it for both.
const ROUNDS: usize = 5;
/// Default of `--warm-up`: steps before the first that is timed.
pub const WARM_UP: usize = 3;

/// Times at least `steps` steps on `images`, after `warm_up` others, and writes no file.
///
/// # Errors
/// Those of a training.
pub fn run(
    images: Pixels,
    architecture: &Architecture,
    params: &TrainParams,
    device: Device,
    [warm_up, steps]: [usize; 2],
    stage: &Stage,
    parameters: Value,
) -> anyhow::Result<()> {
    // As many epochs as the steps need, even if an epoch has one step.
    let params = TrainParams { epochs: (steps + warm_up).max(params.epochs), ..params.clone() };
    let batch = params.batch.min(images.dim().0);
    let mut training = Training::new(images, None, architecture, &params, device)?;
    let roofline = Roofline::new(architecture, params.precision, batch, device)?;
    let each = steps.div_ceil(ROUNDS);
    let mut losses = Vec::new();
    take_steps(&mut training, warm_up, &mut losses)?;
    if let Some(roofline) = &roofline {
        roofline.time_products(1)?;
        roofline.time_optimizer_traffic(1)?;
    }
    let progress = Progress::new("rounds", ROUNDS as u64);
    let (mut ours, mut alone, mut moves) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let started = Instant::now();
        take_steps(&mut training, each, &mut losses)?;
        ours.push(started.elapsed().as_secs_f64() / each as f64);
        if let Some(roofline) = &roofline {
            alone.push(roofline.time_products(each)?.as_secs_f64() / each as f64);
            moves.push(
                roofline.time_optimizer_traffic(each)?.unwrap_or_default().as_secs_f64()
                    / each as f64,
            );
        }
        progress.set(round as u64, "");
    }
    drop(progress);

    let step = median(ours.clone());
    let floor = (!alone.is_empty()).then(|| median(alone.clone()));
    let moved = (device != Device::Cpu && !moves.is_empty()).then(|| median(moves.clone()));
    let shares = ours
        .iter()
        .zip(alone.iter().zip(&moves))
        .map(|(step, (alone, moves))| (alone + moves) / step);
    let share = floor.map(|_| median(shares.collect()));
    let peak =
        roofline.as_ref().zip(floor).map(|(roofline, floor)| roofline.flops() as f64 / floor);
    let mut rows = vec![
        vec!["step".to_owned(), milliseconds(step)],
        vec!["images per second".to_owned(), format!("{:.0}", batch as f64 / step)],
    ];
    if let (Some(floor), Some(share), Some(peak)) = (floor, share, peak) {
        rows.push(vec!["its matrix products alone".to_owned(), milliseconds(floor)]);
        rows.push(vec!["their speed".to_owned(), format!("{:.0} Gflop/s", peak / 1e9)]);
        let name = match moved {
            Some(moved) => {
                let name = "copying what the optimizer moves".to_owned();
                rows.push(vec![name, milliseconds(moved)]);
                "share of both in the step"
            }
            None => "share of the products in the step",
        };
        rows.push(vec![name.to_owned(), format!("{:.0} %", 100.0 * share)]);
    }
    let result = json!({
        "steps": each * ROUNDS,
        "warm_up": warm_up,
        "batch": batch,
        "seconds_per_step": step,
        "images_per_second": batch as f64 / step,
        "products_seconds_per_step": floor,
        "products_flops": peak,
        "moves_seconds_per_step": moved,
        "floor_share": share,
        "losses": losses,
    });
    let text = cli::table(&["of a training step", "median"], rows);
    stage.finish(Outputs::new(), parameters, Vec::new(), result, &text)
}

/// Takes so many more steps, and waits until the device has computed them.
///
/// Appends (images seen, mean loss of the epoch so far) to `losses` whenever the loss is computed.
fn take_steps(
    training: &mut Training,
    steps: usize,
    losses: &mut Vec<(usize, f64)>,
) -> anyhow::Result<()> {
    let mut left = steps;
    while left > 0 {
        training.epoch(&mut |batch| {
            left -= 1;
            losses.extend(batch.loss.map(|loss| (batch.images, loss)));
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
    }
    training.loss_so_far()?;
    Ok(())
}

/// Formats a time in milliseconds, with about three digits.
fn milliseconds(seconds: f64) -> String {
    let decimals = if seconds < 0.01 { 3 } else { 1 };
    format!("{:.decimals$} ms", 1e3 * seconds)
}

/// Returns the median, the upper one of an even number of values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
