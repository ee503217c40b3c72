//! Runs an ONNX file in rten or in tract: `runtimes RUNTIME MODEL INPUT.npy OUTPUT.npy ROUNDS`.
//!
//! The input is f4, its first dimension the batch. Prints one line of JSON: seconds to load and
//! prepare the network, and the seconds of each round. Both use one thread.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use ndarray::{ArrayD, IxDyn};
use rten_tensor::prelude::*;
use tract_onnx::prelude::*;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [runtime, model, input, output, rounds] = words.as_slice() else {
        bail!("usage: runtimes rten|tract MODEL INPUT.npy OUTPUT.npy ROUNDS");
    };
    let input: ArrayD<f32> = ndarray_npy::read_npy(input)?;
    let rounds: usize = rounds.parse()?;
    let (load, seconds, found) = match runtime.as_str() {
        "rten" => rten(model, &input, rounds)?,
        "tract" => tract(model, &input, rounds)?,
        other => bail!("expected rten or tract, found {other}"),
    };
    ndarray_npy::write_npy(output, &found)?;
    println!("{}", serde_json::json!({ "load": load, "seconds": seconds }));
    Ok(())
}

type Found = (f64, Vec<f64>, ArrayD<f32>);

/// Calls `run` as often as told, and measures each call.
fn timed(
    rounds: usize,
    mut run: impl FnMut() -> anyhow::Result<ArrayD<f32>>,
) -> anyhow::Result<(Vec<f64>, ArrayD<f32>)> {
    let mut found = None;
    let mut seconds = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        found = Some(run()?);
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok((seconds, found.context("no round")?))
}

fn rten(model: &str, input: &ArrayD<f32>, rounds: usize) -> anyhow::Result<Found> {
    let start = Instant::now();
    let mut options = rten::ModelOptions::with_all_ops();
    let model = options.enable_optimization(true).load_file(model)?;
    let load = start.elapsed().as_secs_f64();
    let ids = (model.input_ids()[0], model.output_ids()[0]);
    let pool = Arc::new(rten::ThreadPool::with_num_threads(1));
    let (seconds, found) = timed(rounds, || {
        let data: Vec<f32> = input.iter().copied().collect();
        let tensor = rten_tensor::Tensor::from_data(input.shape(), data);
        let options = rten::RunOptions::default().with_thread_pool(Some(pool.clone()));
        let [output] = model.run_n(vec![(ids.0, tensor.into())], [ids.1], Some(options))?;
        let output: rten_tensor::Tensor<f32> = output.try_into()?;
        let shape = IxDyn(output.shape().as_ref());
        Ok(ArrayD::from_shape_vec(shape, output.to_vec())?)
    })?;
    Ok((load, seconds, found))
}

fn tract(model: &str, input: &ArrayD<f32>, rounds: usize) -> anyhow::Result<Found> {
    let start = Instant::now();
    let fact = f32::fact(input.shape()).into();
    // Exports of PyTorch write shapes with a symbol for the batch, which tract cannot unify.
    let model = tract_onnx::onnx()
        .with_ignore_output_shapes(true)
        .with_ignore_value_info(true)
        .model_for_path(model)?
        .with_input_fact(0, fact)?
        .into_optimized()?
        .into_runnable()?;
    let load = start.elapsed().as_secs_f64();
    let (seconds, found) = timed(rounds, || {
        let data: Vec<f32> = input.iter().copied().collect();
        let tensor = Tensor::from_shape(input.shape(), &data)?;
        let outputs = model.run(tvec!(tensor.into()))?;
        let output = outputs[0].to_plain_array_view::<f32>()?;
        let shape = IxDyn(output.shape());
        Ok(ArrayD::from_shape_vec(shape, output.iter().copied().collect())?)
    })?;
    Ok((load, seconds, found))
}
