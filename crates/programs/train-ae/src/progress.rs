//! What a training prints and records: the layer table, the progress, the loss curve.

use autoencoder::{Architecture, Batch, EpochLosses, TrainParams};
use cli::Progress;
use score_io::EpochLoss;
use serde_json::{Value, json};

/// Lists all parameters for the provenance of the outputs.
pub fn parameters(architecture: &Architecture, params: &TrainParams) -> Value {
    let TrainParams { augment, .. } = params;
    json!({
        "architecture": {
            "input": architecture.input,
            "hidden": architecture.hidden,
            "latent": architecture.latent,
            "network": architecture.network,
            "activation": architecture.activation,
            "loss": architecture.loss,
            "normalize": architecture.normalize,
        },
        "brightness": augment.brightness,
        "shift": augment.shift,
        "noise": augment.noise,
        "scale": augment.scale,
        "blur": augment.blur,
        "optimizer": "adam",
        "epochs": params.epochs,
        "batch": params.batch,
        "lr": params.lr,
        "schedule": params.schedule,
        "weight_decay": params.weight_decay,
        "clip": params.clip,
        "patience": params.patience,
        "keep": params.keep,
        "precision": params.precision,
        "init": params.init,
        "seed": params.seed,
    })
}

/// Formats the layers with their shapes and numbers of parameters.
pub fn layer_table(architecture: &Architecture) -> String {
    let size =
        |sides: &[usize]| sides.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
    let row = |layer: autoencoder::LayerShape| {
        vec![
            layer.name.clone(),
            size(&layer.input),
            size(&layer.output),
            layer.parameters().to_string(),
        ]
    };
    let total =
        vec!["all".into(), String::new(), String::new(), architecture.parameters().to_string()];
    let rows = architecture.layers().into_iter().map(row).chain([total]);
    cli::table(&["layer", "in", "out", "parameters"], rows)
}

/// Moves the progress bar.
pub fn show_batch(progress: &Progress, epochs: usize, batch: &Batch) {
    let loss = batch.loss.map(|loss| format!(" loss {loss:.6}"));
    match loss {
        Some(loss) => {
            progress.set(batch.images as u64, &format!("epoch {}/{epochs}{loss}", batch.epoch));
        }
        None => progress.advance(batch.images as u64),
    }
}

/// Prints a line for an epoch that is done.
pub fn print_epoch(
    progress: &Progress,
    epochs: usize,
    n: usize,
    losses: &EpochLosses,
    images_per_second: f64,
) {
    let validation =
        losses.validation.map(|loss| format!("  validation {loss:.6}")).unwrap_or_default();
    let images_left = epochs.saturating_sub(losses.epoch) as f64 * n as f64;
    let left = match (images_left / images_per_second).round() {
        0.0 => String::new(),
        seconds => format!("  {seconds:.0} s left"),
    };
    progress.line(&format!(
        "epoch {}/{epochs}  loss {:.6}{validation}  {images_per_second:.0} images/s{left}",
        losses.epoch, losses.train
    ));
}

/// Formats the loss curve as CSV: `epoch,train,validation`.
pub fn losses_csv(losses: &[EpochLosses]) -> String {
    score_io::losses_csv(losses.iter().map(|&EpochLosses { epoch, train, validation }| EpochLoss {
        epoch: epoch as f64,
        train,
        validation,
    }))
}
