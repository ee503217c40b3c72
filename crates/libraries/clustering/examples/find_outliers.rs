//! Finds points that belong to no cluster, and points between two clusters.
//!
//! ```sh
//! cargo run --release --package clustering --example find_outliers
//! ```
//!
//! A mixture gives every point a log density and, for every component, a responsibility: the
//! probability of the component given the point. A low log density marks an outlier. A largest
//! responsibility far below 1 marks a point between two components.

use clustering::gmm::{self, GmmParams};
use ndarray::{Array2, array};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn main() -> Result<(), clustering::Error> {
    let points = two_blobs(400);
    let fit = gmm::fit(&points, &GmmParams { k: 2, ..GmmParams::default() }, &mut |_| {})?;
    println!("{} iterations, means:\n{:.2}\n", fit.iterations, fit.model.means());

    let new_points = array![[0.5, -0.5], [3.0, 0.0], [20.0, -9.0]];
    let labels = fit.model.predict(&new_points)?;
    let log_densities = fit.model.score_samples(&new_points)?;
    let responsibilities = fit.model.predict_proba(&new_points)?;
    // Fewer than one in a hundred points of the fit have a lower log density than this.
    let mut of_fit = fit.model.score_samples(&points)?.to_vec();
    of_fit.sort_by(f64::total_cmp);
    let threshold = of_fit[of_fit.len() / 100];

    for (i, point) in new_points.outer_iter().enumerate() {
        let largest = responsibilities.row(i).fold(0.0_f64, |most, &p| most.max(p));
        let verdict = match (log_densities[i] < threshold, largest < 0.9) {
            (true, _) => "outlier".to_owned(),
            (false, true) => format!("between components ({:.2})", responsibilities.row(i)),
            (false, false) => format!("component {}", labels[i]),
        };
        println!("{point}: log density {:.1}, {verdict}", log_densities[i]);
    }
    Ok(())
}

/// Returns n points of two features around (0, 0) and (6, 0).
fn two_blobs(n: usize) -> Array2<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    // The sum of six uniform numbers is close to a normal one.
    let mut noise = || (0..6).map(|_| rng.gen_range(-1.0..1.0)).sum::<f64>();
    Array2::from_shape_fn(
        (n, 2),
        |(i, j)| if j == 0 { 6.0 * (i % 2) as f64 } else { 0.0 } + noise(),
    )
}
