//! Chooses the number of clusters in three ways, for points that have three.
//!
//! ```sh
//! cargo run --release --package clustering --example choose_k
//! ```
//!
//! Inertia always falls as k grows, and the elbow is where it stops falling fast. The silhouette is
//! highest where clusters are compact and far apart. The Bayesian information criterion (BIC) of a
//! mixture is lowest where more components no longer pay for their parameters.

use clustering::gmm::{self, CovarianceType, GmmParams};
use clustering::kmeans::{self, KMeansParams};
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn main() -> Result<(), clustering::Error> {
    let points = three_blobs(600);
    let range = 2..=6;

    let params = KMeansParams { starts: 5, ..KMeansParams::default() };
    let by_kmeans = kmeans::select_k(&points, &params, range.clone(), &mut |_| {})?;

    let covariance_type = CovarianceType::Diag;
    let params = GmmParams { starts: 5, covariance_type, ..GmmParams::default() };
    let by_mixture = gmm::select_k(&points, &params, range, &mut |_| {})?;

    println!("k  inertia  silhouette   BIC");
    for (kmeans, mixture) in by_kmeans.candidates.iter().zip(&by_mixture) {
        let silhouette = kmeans.silhouette.expect("select_k scores every k from 2");
        println!(
            "{}  {:7.0}  {:10.3}  {:.0}",
            kmeans.k, kmeans.fit.inertia, silhouette, mixture.fit.bic
        );
    }
    let best = gmm::lowest_bic(&by_mixture).expect("the range of k is not empty");
    println!(
        "\nThe elbow is at {:?}; the silhouette is highest for {:?}.",
        by_kmeans.elbow, by_kmeans.silhouette
    );
    println!("The BIC is lowest for {} components of {:?} points.", best.k, best.fit.sizes);
    Ok(())
}

/// Returns n points of two features around three centers.
fn three_blobs(n: usize) -> Array2<f64> {
    let centers = [[0.0, 0.0], [8.0, 0.0], [4.0, 7.0]];
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    // The sum of four uniform numbers is close to a normal one.
    let mut noise = || (0..4).map(|_| rng.gen_range(-1.0..1.0)).sum::<f64>();
    Array2::from_shape_fn((n, 2), |(i, j)| centers[i % 3][j] + noise())
}
