//! Draws stand-in images that need no download.
//!
//! There are ten shapes. Each image has its own place, size, brightness and noise. It depends on
//! the seed, its split and its index alone, so that asking for more images changes none of the
//! earlier ones.

use ndarray::{Array1, Array3};
use rand::{Rng, RngCore, SeedableRng};
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

use crate::split::Split;

/// Pixels along each side, as in MNIST.
const SIDE: usize = 28;
/// Samples along each side of a pixel, so that edges are smooth.
const SAMPLES: usize = 3;
/// Largest change that noise makes to a gray level.
const NOISE: f64 = 24.0;
/// Fewest test images: every class has one, however few training images are asked for.
const MIN_TEST: usize = 10;

/// Name of the shape for each label. Nobody should take these for the classes of a real data set.
pub const CLASSES: [&str; 10] = [
    "synthetic-0 disc",
    "synthetic-1 ring",
    "synthetic-2 square",
    "synthetic-3 frame",
    "synthetic-4 triangle",
    "synthetic-5 plus",
    "synthetic-6 cross",
    "synthetic-7 horizontal bars",
    "synthetic-8 vertical bars",
    "synthetic-9 checkerboard",
];

/// Draws `count` training images (count, 28, 28) and a sixth as many test images, at least ten.
/// Image i is of class i mod 10.
pub fn draw(count: usize, seed: u64) -> (Split, Split) {
    (draw_split(count, seed, 0), draw_split((count / 6).max(MIN_TEST), seed, 1))
}

fn draw_split(count: usize, seed: u64, split: u64) -> Split {
    let labels = Array1::from_shape_fn(count, |index| (index % CLASSES.len()) as u8);
    let mut images = Array3::zeros((count, SIDE, SIDE));
    for (index, mut image) in images.outer_iter_mut().enumerate() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(stream(seed, split, index as u64));
        let figure = Figure::random(labels[index], &mut rng);
        for ((row, column), level) in image.indexed_iter_mut() {
            let noise = rng.gen_range(-NOISE..=NOISE);
            *level = (figure.brightness * figure.coverage(row, column) + noise)
                .round()
                .clamp(0.0, 255.0) as u8;
        }
    }
    Split { images, labels }
}

/// Gives each image its own seed. SplitMix64 is a bijection of its state, so no two images of a
/// split share one.
fn stream(seed: u64, split: u64, index: u64) -> u64 {
    let mix = |state| SplitMix64::seed_from_u64(state).next_u64();
    mix(mix(mix(seed) ^ split) ^ index)
}

/// One shape in one place.
struct Figure {
    class: u8,
    center: (f64, f64),
    radius: f64,
    brightness: f64,
}

impl Figure {
    fn random(class: u8, rng: &mut impl Rng) -> Self {
        let middle = SIDE as f64 / 2.0;
        Self {
            class,
            center: (middle + rng.gen_range(-2.5..=2.5), middle + rng.gen_range(-2.5..=2.5)),
            radius: rng.gen_range(7.0..=11.0),
            brightness: rng.gen_range(140.0..=255.0),
        }
    }

    /// Gives the share of a pixel that lies inside the shape, 0..=1.
    fn coverage(&self, row: usize, column: usize) -> f64 {
        let offset = |sample: usize| (sample as f64 + 0.5) / SAMPLES as f64;
        let inside = (0..SAMPLES * SAMPLES).filter(|sample| {
            let x = (column as f64 + offset(sample % SAMPLES) - self.center.0) / self.radius;
            let y = (row as f64 + offset(sample / SAMPLES) - self.center.1) / self.radius;
            contains(self.class, x, y)
        });
        inside.count() as f64 / (SAMPLES * SAMPLES) as f64
    }
}

/// Whether the shape of `class` holds the point (x, y).
///
/// Shapes reach from about -1 to 1, and y grows downwards.
fn contains(class: u8, x: f64, y: f64) -> bool {
    let distance = x * x + y * y;
    let (from_x, from_y) = (x.abs(), y.abs());
    let reach = from_x.max(from_y);
    let stripe = |z: f64| z <= 0.2 || z >= 0.6;
    match class {
        0 => distance <= 1.0,
        1 => (0.35..=1.0).contains(&distance),
        2 => reach <= 0.85,
        3 => (0.5..=0.9).contains(&reach),
        4 => (-1.0..=0.8).contains(&y) && from_x <= (y + 1.0) / 1.8,
        5 => reach <= 1.0 && from_x.min(from_y) <= 0.25,
        6 => reach <= 0.9 && (from_x - from_y).abs() <= 0.3,
        7 => reach <= 0.9 && stripe(from_y),
        8 => reach <= 0.9 && stripe(from_x),
        _ => reach <= 0.9 && x * y > 0.0,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Axis, s};

    use super::*;

    #[test]
    fn an_image_does_not_depend_on_how_many_are_drawn() {
        let (few_train, few_test) = draw(25, 7);
        let (train, test) = draw(120, 7);
        assert_eq!(train.images.slice(s![..25, .., ..]), few_train.images);
        assert_eq!(test.images.slice(s![..10, .., ..]), few_test.images);
        assert_eq!(draw(120, 7), (train, test));
    }

    #[test]
    fn counts_and_labels_are_as_promised() {
        for (count, test_count) in [(1, 10), (60, 10), (66, 11), (600, 100)] {
            let (train, test) = draw(count, 0);
            assert_eq!(
                (train.images.dim(), test.images.dim()),
                ((count, 28, 28), (test_count, 28, 28))
            );
            assert!(
                train
                    .labels
                    .iter()
                    .enumerate()
                    .all(|(index, &label)| usize::from(label) == index % 10)
            );
        }
    }

    #[test]
    fn seed_split_and_index_each_change_the_image() {
        let first = |split: &Split, index| split.images.index_axis(Axis(0), index).to_owned();
        let ((train, test), (other, _)) = (draw(11, 0), draw(11, 1));
        assert_ne!(first(&train, 0), first(&other, 0), "another seed");
        assert_ne!(first(&train, 0), first(&test, 0), "another split");
        assert_ne!(first(&train, 0), first(&train, 10), "another image of the class");
    }

    #[test]
    fn no_two_images_share_a_stream() {
        let mut streams: Vec<u64> = (0..2)
            .flat_map(|split| (0..10_000).map(move |index| stream(0, split, index)))
            .collect();
        streams.sort_unstable();
        streams.dedup();
        assert_eq!(streams.len(), 20_000);
    }

    /// The classes are of use only if they can be told apart: the nearest class mean is right far
    /// more often than chance.
    #[test]
    fn classes_can_be_told_apart() {
        let (train, test) = draw(1000, 0);
        let pixels = |split: &Split| {
            split.images.mapv(f64::from).into_shape_with_order((split.labels.len(), 784)).unwrap()
        };
        let (train_pixels, test_pixels) = (pixels(&train), pixels(&test));
        let means: Vec<_> = (0..10)
            .map(|class| train_pixels.slice(s![class..;10, ..]).mean_axis(Axis(0)).unwrap())
            .collect();
        let nearest = |row: ndarray::ArrayView1<f64>| {
            let distance = |class: &usize| (&row - &means[*class]).mapv(|d| d * d).sum();
            (0..10).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap()
        };
        let right = test_pixels
            .outer_iter()
            .zip(&test.labels)
            .filter(|(row, label)| nearest(*row) == usize::from(**label));
        let accuracy = right.count() as f64 / test.labels.len() as f64;
        assert!(accuracy > 0.5, "{accuracy}");
    }
}
