//! `train-ae`: images in, weights and loss curve out.

use std::process::ExitCode;

use anyhow::Context;
use artifact::{Outputs, read_images};
use autoencoder::{Precision, device_name};
use cli::Stage;
use serde_json::json;

use crate::args::Args;
use crate::collapse::warn_if_collapsed;
use crate::dataset::{Dataset, check_scale, read_validation};
use crate::files::Files;
use crate::progress::{layer_table, losses_csv, parameters};
use crate::session::{begin, diverged, run_to_end};
use crate::size::size_warning;

mod args;
mod bench;
mod collapse;
mod dataset;
mod files;
mod network;
mod progress;
mod session;
mod size;

fn main() -> ExitCode {
    // libtorch reads the precision from the environment when it starts, before the arguments are
    // parsed.
    let words: Vec<String> = std::env::args().collect();
    let named = Precision::Tf32.to_string();
    let tf32 = words.windows(2).any(|pair| pair[0] == "--precision" && pair[1] == named)
        || words.contains(&format!("--precision={named}"));
    autoencoder::set_matmul_precision(tf32);
    cli::main("train-ae", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    let files = args.bench.is_none().then(|| Files::from_args(&args)).transpose()?;
    let threads = stage.set_threads(args.threads)?;
    let device = args.device.resolve()?;
    stage.set_device(device_name(device));

    let (images, record) = read_images(&args.images)?;
    images.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    let context = || args.images.display().to_string();
    let architecture = args.architecture(&record.shape).with_context(context)?;
    architecture.validate().with_context(context)?;
    size_warning(&architecture, &record.shape).iter().for_each(|text| cli::warn(text));
    let params = args.params(&record.shape);
    autoencoder::set_threads(threads.min(architecture.reproducible_threads()));
    let parameters = parameters(&architecture, &params);
    let Some(files) = files else {
        let steps = args.bench.map_or(1, |steps| steps.0);
        let steps = [args.warm_up(), steps];
        return bench::run(images.view(), &architecture, &params, device, steps, stage, parameters)
            .with_context(context);
    };
    let mut inputs = vec![record];
    let validation =
        args.validation.as_deref().map(|path| read_validation(path, &architecture)).transpose()?;
    let validation = validation.map(|(images, record)| {
        inputs.push(record);
        images
    });
    cli::print(&layer_table(&architecture))?;
    cli::print(&format!("device: {}\n", device_name(device)))?;

    let set = Dataset { images: &images, validation: validation.as_ref(), inputs: &inputs };
    let mut training = begin(&set, &architecture, &params, device, &files, &args)?;
    if let &[_, height, width] | &[_, height, width, 3] = &set.inputs[0].shape[..] {
        training.set_sides([height, width]);
    }
    check_scale(&training, &set)?;
    cli::stop_when_asked();
    run_to_end(&mut training, &set, &params, &files).map_err(|error| {
        if diverged(&error) && files.removes_checkpoint() {
            cli::warn(&format!(
                "{} is removed, because a training that continued from it would diverge again",
                files.checkpoint.display()
            ));
            files.remove_checkpoint();
        }
        if error.is::<autoencoder::Error>() { error.context(context()) } else { error }
    })?;
    let trained = training.finish().with_context(context)?;

    let kept = trained.losses.iter().find(|losses| losses.epoch == trained.epoch);
    let result = json!({
        "parameters": architecture.parameters(),
        "epoch": trained.epoch,
        "train_loss": kept.map(|losses| losses.train),
        "validation_loss": kept.and_then(|losses| losses.validation),
    });
    let mut outputs = Outputs::new();
    outputs.bytes(&files.weights, &trained.network.to_safetensors()?)?;
    outputs.bytes(&files.losses, losses_csv(&trained.losses).as_bytes())?;
    if trained.losses.len() < params.epochs || trained.epoch < trained.losses.len() {
        cli::note(&format!("epochs {}, weights of epoch {}", trained.losses.len(), trained.epoch));
    }
    if let Some(bytes) = cli::peak_memory() {
        cli::note(&format!("memory: {:.1} GB at most", bytes as f64 / 1e9));
    }
    stage.finish(outputs, parameters, inputs, result, "")?;
    files.remove_checkpoint();
    warn_if_collapsed(&trained.network, &images).with_context(context)
}
