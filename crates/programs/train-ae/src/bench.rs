//! `--bench`: how fast a step is, and how much of it is what no step can do without: the matrix products, and on a GPU what the
//! optimiser has to move.

use std::ops::ControlFlow;
use std::time::Instant;

use artifact::Outputs;
use autoencoder::{Architecture, Device, Pixels, Roofline, TrainParams, Training};
use cli::{Progress, Stage};
use serde_json::{Value, json};

/// Steps and products take turns, so that a machine whose speed changes is as fast for the one as for the other.
const ROUNDS: usize = 5;
/// Steps before the first that is timed, where `--warm-up` does not say how many.
pub const WARM_UP: usize = 3;

/// Times at least `steps` steps on `images`, after `warm_up` others, and writes nothing.
pub fn run(
    images: Pixels,
    architecture: &Architecture,
    params: &TrainParams,
    device: Device,
    [warm_up, steps]: [usize; 2],
    stage: &Stage,
    parameters: Value,
) -> anyhow::Result<()> {
    // As many epochs as the steps need, however few images there are.
    let params = TrainParams { epochs: (steps + warm_up).max(params.epochs), ..params.clone() };
    let batch = params.batch.min(images.dim().0);
    let mut training = Training::new(images, None, architecture, &params, device)?;
    let roofline = Roofline::new(architecture, params.precision, batch, device)?;
    let each = steps.div_ceil(ROUNDS);
    let mut losses = Vec::new();
    go_on(&mut training, warm_up, &mut losses)?;
    if let Some(roofline) = &roofline {
        roofline.time_products(1)?;
        roofline.time_optimizer_traffic(1)?;
    }
    let progress = Progress::new("rounds", ROUNDS as u64);
    let (mut ours, mut alone, mut moves) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let started = Instant::now();
        go_on(&mut training, each, &mut losses)?;
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
                let name = "copying what the optimiser moves".to_owned();
                rows.push(vec![name, milliseconds(moved)]);
                "share of both in the step"
            }
            None => "share of the products in the step",
        };
        rows.push(vec![name.to_owned(), format!("{:.0} %", 100.0 * share)]);
    }
    let result = json!({
        "steps": each * ROUNDS, "warm_up": warm_up, "batch": batch, "seconds_per_step": step, "images_per_second": batch as f64 / step,
        "products_seconds_per_step": floor, "products_flops": peak, "moves_seconds_per_step": moved, "floor_share": share,
        "losses": losses,
    });
    let text = cli::table(&["of a training step", "median"], rows);
    stage.finish(Outputs::new(), parameters, Vec::new(), result, &text)
}

/// So many more steps, done when this returns. Adds the mean loss of the epoch so far, as often as it is looked at: (step of
/// all, loss).
fn go_on(
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

/// Three digits of them.
fn milliseconds(seconds: f64) -> String {
    let decimals = if seconds < 0.01 { 3 } else { 1 };
    format!("{:.decimals$} ms", 1e3 * seconds)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
