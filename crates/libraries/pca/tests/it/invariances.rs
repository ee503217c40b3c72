//! What may not change the components: place and size of points, and threads.

use ndarray::{Array2, s};
use pca::Pca;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::support::{digits, products};

#[test]
fn points_far_from_zero_have_the_same_components() {
    let points = products(&digits());
    for (points, narrow) in [(points.clone(), 1e9), (points.slice(s![.., ..64]).to_owned(), 1e12)] {
        let near = Pca::fit(points.view(), 6);
        let far = Pca::fit((&points + narrow).view(), 6);
        assert!((near.components() - far.components()).iter().all(|x| x.abs() < 1e-9));
        assert!((far.mean() - narrow - near.mean()).iter().all(|x| x.abs() < 1e-3));
    }
    // 2^20 leaves single precision eighths.
    let (near, far) = (points.mapv(|x| x as f32), points.mapv(|x| (x + 1_048_576.0) as f32));
    let (near, far) = (Pca::fit(near.view(), 6), Pca::fit(far.view(), 6));
    assert!((near.components() - far.components()).iter().all(|x| x.abs() < 1e-9));
}

#[test]
fn points_of_any_size_have_the_same_components() {
    let points = products(&digits());
    let expected = Pca::fit(points.view(), 6).components().clone();
    for factor in [1e-100, 1e-30, 1e30, 1e100] {
        let found = Pca::fit((&points * factor).view(), 6).components().clone();
        assert!((&found - &expected).iter().all(|x| x.abs() < 1e-9), "{factor}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    for (n, d, count) in [(700, 60, 40), (1300, 300, 40), (40, 300, 5)] {
        let points =
            Array2::from_shape_fn((n, d), |(_, j)| rng.gen_range(-1.0..1.0_f32) * j as f32);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Pca::fit(points.view(), count))
        };
        assert_eq!(with(1), with(5));
    }
}
