//! Times the Gaussian mixture of linfa-clustering (full covariances) for `make bench-peers`.
//!
//! ```sh
//! cargo run --release --package clustering --example linfa_gmm -- latents.npy 10 1e-5 300 [random]
//! ```
//!
//! The arguments are the points (.npy of f4 or f8), the number of components, the tolerance and the
//! most iterations. With `random` the fit starts from random responsibilities instead of k-means,
//! so that the iterations alone are timed. Prints one line of JSON. linfa returns no model if the
//! run did not converge, and no number of iterations if it did.

use std::env::args;
use std::error::Error;
use std::fs::File;
use std::time::Instant;

use clustering::gmm::{CovarianceType, GaussianMixture};
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::{GaussianMixtureModel, GmmError, GmmInitMethod};
use ndarray::Array2;
use ndarray_npy::ReadNpyExt;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let (file, k, tol, max_iter, init) = match words[..] {
        [file, k, tol, max_iter] => (file, k, tol, max_iter, GmmInitMethod::KMeans),
        [file, k, tol, max_iter, "random"] => (file, k, tol, max_iter, GmmInitMethod::Random),
        _ => return Err("usage: linfa_gmm POINTS.npy K TOL MAX_ITER [random]".into()),
    };
    let max_iter: u64 = max_iter.parse()?;
    let points = DatasetBase::from(read(file)?);
    let params = GaussianMixtureModel::params(k.parse()?)
        // linfa refuses a tolerance of 0; no change is below the smallest positive number either.
        .tolerance(tol.parse::<f64>()?.max(f64::MIN_POSITIVE))
        .max_n_iterations(max_iter)
        .init_method(init);

    let started = Instant::now();
    let fit = params.fit(&points);
    let seconds = started.elapsed().as_secs_f64();

    let (iterations, log_likelihood) = match fit {
        Ok(model) => (None, Some(log_likelihood(&model, points.records())?)),
        Err(GmmError::NotConverged(_)) => (Some(max_iter), None),
        Err(error) => return Err(error.into()),
    };
    println!(
        "{}",
        json!({ "seconds": seconds, "iterations": iterations, "log_likelihood": log_likelihood })
    );
    Ok(())
}

/// Reads an array of f4 or f8.
fn read(file: &str) -> Result<Array2<f64>, Box<dyn Error>> {
    match Array2::<f32>::read_npy(File::open(file)?) {
        Ok(points) => Ok(points.mapv(f64::from)),
        Err(_) => Ok(Array2::<f64>::read_npy(File::open(file)?)?),
    }
}

/// Computes the mean log-likelihood per point, in nats.
fn log_likelihood(
    model: &GaussianMixtureModel<f64>,
    points: &Array2<f64>,
) -> Result<f64, Box<dyn Error>> {
    let covariances = model.covariances().clone().into_dyn();
    let (weights, means) = (model.weights().clone(), model.means().clone());
    let model = GaussianMixture::new(weights, means, covariances, CovarianceType::Full)?;
    Ok(model.score_samples(points.view())?.mean().unwrap_or(f64::NAN))
}
