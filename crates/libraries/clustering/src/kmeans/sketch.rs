//! Short images of the points that bound distances from below, so that most distances need not be computed.
//!
//! With a matrix B of a few directions, `|B x| <= |x|`, and the length g of what B does not see, `g^2 = |x|^2 - |B x|^2`,
//! the map `x -> (B x, g)` brings no two points farther apart: `|B (x - c)|^2 + (g - h)^2 <= |x - c|^2`, and
//! `|B (x - c)|^2 + (g + h)^2` is at least that. What is farther in the image is farther in truth (the lower-bounding lemma of
//! Faloutsos, Ranganathan and Manolopoulos, *Fast subsequence matching in time-series databases*, SIGMOD 1994; for
//! k-means, with another map, Bottesch et al., *Speeding up k-means by approximating Euclidean distances via block
//! vectors*, ICML 2016). It is tight where B holds the directions in which the points vary most, since centroids, being
//! means, hardly leave these.
//!
//! Images are rounded to integers, whose distances are exact; by how much they may have moved is known.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, s};

use super::directions::directions;
use super::distance::squared_distance;
use super::frame::Frame;
use super::spread::Spread;
use crate::kernel::PADDING;
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Scalar, Work};

/// Centres side by side in a [`Panel`].
pub(super) const PANEL: usize = 8;

/// Most values of an image.
const LONGEST: usize = 48;

/// Fewest: shorter ones tell too little for what they cost.
const SHORTEST: usize = 32;

/// The length of the longest image: products of two images, and all their partial sums, are within `i32`.
const UNITS: f64 = 32_000.0;

/// Directions that are compared with four points at once.
const AT_ONCE: usize = 5;

/// Images are computed in `f32`.
const ROUNDING: f64 = <f32 as Work>::ROUNDING;

/// An image has no key that says how far it is: see [`Sketch::key_within`].
const UNKNOWN: i32 = i32::MAX;

/// Images of all points.
pub(super) struct Sketch {
    /// B, shape `(p - 1, d)`; no vector becomes longer by it.
    directions: Array2<f64>,
    /// Where images are measured from: the mean of the points less the origin, shape `(d,)`, in their values.
    mean: Array1<f64>,
    /// The images, shape `(n, p / 2)`, two values of 16 bits in each.
    pairs: Vec<i32>,
    /// Half the squared length of each image, rounded down, shape `(n,)`; [`UNKNOWN`] where the image is not to be trusted.
    halves: Vec<i32>,
    p: usize,
    /// Length of 1 in an image.
    step: f64,
    /// Most that an image is off.
    deviation: f64,
}

/// Eight centres, of whose images each entry holds the same two values.
pub(super) type Panel = [i32; PANEL];

/// Images of centres.
pub(super) struct Images {
    /// Shape `(panels, p / 2)`.
    panels: Vec<Panel>,
    /// Half the squared length of each, rounded down, shape `(panels,)`; behind the last centre a number that no key is
    /// above.
    halves: Vec<Panel>,
    /// The last value of each image, shape `(centres,)`.
    unseen: Vec<i32>,
    /// Most that an image of a point and one of these centres are off, together.
    deviation: f64,
}

impl Images {
    /// How many panels there are.
    pub(super) fn panels(&self) -> usize {
        self.halves.len()
    }
}

impl Sketch {
    /// Bytes per point, and how many values an image has; none where points are too short to be worth it.
    pub(super) fn size<F: Scalar>(points: Rows<F>) -> Option<(usize, usize)> {
        let bytes = points.d() * size_of::<F>();
        let p = (bytes / 12 / PADDING * PADDING).min(LONGEST).min(points.d() / 2 / PADDING * PADDING);
        (p >= SHORTEST).then_some((2 * p + size_of::<i32>(), p))
    }

    /// Images of `points`, if they can have any.
    pub(super) fn of<F: Scalar>(points: Rows<F>, spread: &Spread<F::Work>) -> Option<Self> {
        let (_, p) = Self::size(points)?;
        let longest = spread.radius * (1.0 + 1e-6);
        if !(longest > 0.0 && f64::from(longest as f32).is_normal()) {
            return None;
        }
        let directions = directions(points, &spread.frame, &spread.mean, p - 1)?;
        let step = longest / UNITS;
        let mut sketch = Self {
            directions,
            mean: Array1::from(spread.mean.clone()),
            pairs: vec![0; points.n() * p / 2],
            halves: vec![0; points.n()],
            p,
            step,
            deviation: 0.0,
        };
        sketch.fill(points, spread);
        // So many features that f32 says too little.
        (sketch.deviation < 0.05 * longest).then_some(sketch)
    }

    /// Computes the images.
    fn fill<F: Scalar>(&mut self, points: Rows<F>, spread: &Spread<F::Work>) {
        let Self { directions, mean, p, step, .. } = self;
        let (p, step, d) = (*p, *step, points.d());
        let stride = d.next_multiple_of(PADDING);
        let mut rows = vec![0.0_f32; (p - 1).next_multiple_of(AT_ONCE) * stride];
        for (row, direction) in rows.chunks_exact_mut(stride).zip(directions.outer_iter()) {
            row.iter_mut().zip(direction).for_each(|(to, &x)| *to = x as f32);
        }
        let mean = mean.as_slice().expect("a vector that was made here is contiguous");
        let centre: Vec<f64> = mean.iter().map(|mean| mean * spread.frame.unit()).collect();
        let mut norms = vec![0.0; points.n()];
        let chunks = pieces(points.n(), d);
        let parts = split_mut(&mut self.pairs, &chunks, p / 2)
            .into_iter()
            .zip(split_mut(&mut self.halves, &chunks, 1))
            .zip(split_mut(&mut norms, &chunks, 1));
        let unseen = map(chunks.iter().zip(parts), |(rows_of, ((pairs, halves), norms))| {
            let (first, frame, directions, centre) = (rows_of.start, &*spread.frame, &rows[..], &centre[..]);
            dispatch(Fill { points, first, frame, centre, norms, directions, p, step, pairs, halves })
        });

        // How far f32 may have put B x from its place, per length of x: the bound of `Centres::error_of`, for every
        // direction. And how far that puts the squared length of what B does not see, per squared length of x.
        let terms = (stride / 8 + 12) as f64;
        let longest = spread.radius;
        let offset = 2.0 * f64::EPSILON * (spread.longest / longest + 1.0);
        let seen = 1.01 * (ROUNDING * ((p as f64).sqrt() * terms + 1.0) + offset);
        let squared = 2.0 * seen + seen * seen + f64::EPSILON * (d as f64 + 8.0) + 8.0 * offset;
        // The error of its root is larger the smaller it is. An image that is off by more than the usual is not trusted.
        let n = points.n() as f64;
        let usual = (unseen.iter().sum::<f64>() / n).sqrt();
        let mean = norms.iter().sum::<f64>() / n;
        let rest = (squared * mean / (0.25 * usual)).min((squared * longest * longest).sqrt());
        for ((half, pairs), &norm) in self.halves.iter_mut().zip(self.pairs.chunks_exact(p / 2)).zip(&norms) {
            let (unseen, error) = (f64::from(second(pairs[p / 2 - 1])) - 1.0, squared * norm);
            if error.sqrt().min(error / (unseen * step).max(f64::MIN_POSITIVE)) > rest {
                *half = UNKNOWN;
            }
        }
        self.deviation = seen * longest + rest + 0.51 * step * (p as f64).sqrt();
    }

    /// Images of `centres` `(m, d)`, given by their differences from the origin in the values of points;
    /// distances are in `unit` ([`Frame::unit`]).
    pub(super) fn images(&self, unit: f64, centres: ArrayView2<f64>) -> Images {
        let (m, whole) = (centres.nrows(), self.p / 2);
        let count = m.div_ceil(PANEL);
        let mut images = Images {
            panels: vec![[0; PANEL]; count * whole],
            halves: vec![[UNKNOWN; PANEL]; count],
            unseen: Vec::with_capacity(m),
            deviation: self.deviation + self.step * (0.51 * (self.p as f64).sqrt() + 2e-6 * UNITS),
        };
        const ROWS: usize = 32;
        let blocks = map((0..m).step_by(ROWS), |first| {
            let some = centres.slice(s![first..m.min(first + ROWS), ..]);
            let centred = (&some - &self.mean) * unit;
            let seen = centred.dot(&self.directions.t());
            let lengths: Vec<f64> = centred.outer_iter().map(|row| row.dot(&row)).collect();
            (seen, lengths)
        });
        let rows = blocks.iter().flat_map(|(seen, lengths)| seen.outer_iter().zip(lengths));
        let mut image = vec![0; self.p];
        for (c, (seen, &length)) in rows.enumerate() {
            let rest = (length - seen.dot(&seen)).max(0.0).sqrt();
            // A centre beyond all points is taken to the sphere around them: it comes nearer to each.
            let scale = 1.0 / (self.step * (length.sqrt() / (self.step * UNITS)).max(1.0));
            for (to, &x) in image.iter_mut().zip(seen.iter().chain([&rest])) {
                *to = (x * scale).round() as i32;
            }
            let (panel, lane) = (c / PANEL, c % PANEL);
            for (to, pair) in images.panels[panel * whole..].iter_mut().zip(image.as_chunks::<2>().0) {
                to[lane] = join(pair[0], pair[1]);
            }
            images.halves[panel][lane] = half(&image);
            images.unseen.push(if length.sqrt() > self.step * UNITS { UNKNOWN } else { image[self.p - 1] });
        }
        images
    }

    /// The image of a point.
    #[inline(always)]
    fn image(&self, i: usize) -> &[i32] {
        &self.pairs[i * self.p / 2..(i + 1) * self.p / 2]
    }

    /// The keys of points against `images` in `panels`: `(points, panels, PANEL)`.
    #[inline(always)]
    pub(super) fn keys<I: Isa>(
        &self,
        points: impl ExactSizeIterator<Item = usize> + Clone,
        images: &Images,
        panels: Range<usize>,
        keys: &mut Vec<Panel>,
    ) {
        const R: usize = 4;
        let whole = self.p / 2;
        let width = panels.len();
        keys.resize(points.len().next_multiple_of(R) * width, [0; PANEL]);
        let mut points = points;
        for keys in keys.chunks_exact_mut(R * width) {
            let Some(first) = points.next() else { break };
            let mut rows = [self.image(first); R];
            for row in &mut rows[1..] {
                if let Some(point) = points.next() {
                    *row = self.image(point);
                }
            }
            let mut at = 0;
            while at < width {
                let panel = |j: usize| {
                    let panel = panels.start + at + j;
                    &images.panels[panel * whole..(panel + 1) * whole]
                };
                macro_rules! tile {
                    ($count:literal) => {{
                        let products = I::dots::<R, $count>(rows, std::array::from_fn(panel));
                        for (j, products) in products.iter().enumerate() {
                            let halves = &images.halves[panels.start + at + j];
                            for (r, products) in products.iter().enumerate() {
                                let to = &mut keys[r * width + at + j];
                                for l in 0..PANEL {
                                    to[l] = halves[l].wrapping_sub(products[l]);
                                }
                            }
                        }
                        at += $count;
                    }};
                }
                if width - at >= 2 { tile!(2) } else { tile!(1) }
            }
        }
    }

    /// The highest key that a centre no farther from point `i` than `distance` can have.
    #[inline(always)]
    pub(super) fn key_within(&self, i: usize, images: &Images, distance: f64) -> i32 {
        let half = self.halves[i];
        if half == UNKNOWN {
            return UNKNOWN - 1;
        }
        let units = (distance + images.deviation) / self.step;
        // As a cast, this stays within the numbers there are.
        ((0.5 * units * units).ceil() as i64 - i64::from(half)).clamp(i32::MIN.into(), (UNKNOWN - 1).into())
            as i32
    }

    /// No centre with at least this key is nearer to point `i` than this.
    #[inline(always)]
    pub(super) fn at_least(&self, i: usize, images: &Images, key: i32) -> f64 {
        let half = self.halves[i];
        if half == UNKNOWN {
            return 0.0;
        }
        if key == UNKNOWN {
            return f64::INFINITY;
        }
        let squared = 2.0 * (f64::from(half) + f64::from(key));
        (squared.max(0.0).sqrt() * self.step - images.deviation).max(0.0)
    }

    /// Centre `c`, which has this key, is no farther from point `i` than this.
    #[inline(always)]
    pub(super) fn at_most(&self, i: usize, images: &Images, c: usize, key: i32) -> f64 {
        let (half, unseen) = (self.halves[i], images.unseen[c]);
        if half == UNKNOWN || unseen == UNKNOWN {
            return f64::INFINITY;
        }
        let own = second(self.image(i)[self.p / 2 - 1]);
        // Both halves were rounded down.
        let squared =
            2.0 * (f64::from(half) + f64::from(key)) + 2.0 + 4.0 * f64::from(own) * f64::from(unseen);
        squared.max(0.0).sqrt() * self.step + images.deviation
    }
}

/// The images of a run of points; returns the sum of the squared lengths of what the directions do not see.
struct Fill<'a, F: Scalar> {
    points: Rows<'a, F>,
    first: usize,
    frame: &'a Frame<F::Work>,
    /// The mean less the origin, in the unit of the frame.
    centre: &'a [f64],
    /// Squared distances to the mean, to be filled.
    norms: &'a mut [f64],
    /// Shape `(directions, stride)`.
    directions: &'a [f32],
    p: usize,
    step: f64,
    pairs: &'a mut [i32],
    halves: &'a mut [i32],
}

impl<F: Scalar> Kernel for Fill<'_, F> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self) -> f64 {
        const R: usize = 4;
        let Self { points, first, frame, centre, norms, directions, p, step, pairs, halves } = self;
        let (stride, scale) = (points.d().next_multiple_of(PADDING), 1.0 / step);
        let (origin, unit) = (frame.origin(), frame.unit());
        let mut rows = vec![0.0_f32; R * stride];
        let mut seen = vec![[0.0_f32; R]; (p - 1).next_multiple_of(AT_ONCE)];
        let mut image = vec![0; p];
        let mut total = 0.0;
        let outputs = pairs.chunks_mut(R * p / 2).zip(halves.chunks_mut(R)).zip(norms.chunks_mut(R));
        for (at, ((pairs, halves), norms)) in (first..).step_by(R).zip(outputs) {
            for (r, row) in rows.chunks_exact_mut(stride).enumerate().take(norms.len()) {
                let from = origin.iter().zip(centre);
                for ((to, &x), (s, c)) in row.iter_mut().zip(points.row(at + r)).zip(from) {
                    let x: f64 = x.into();
                    *to = ((x - s) * unit - c) as f32;
                }
            }
            let rows: [&[f32]; R] = std::array::from_fn(|r| &rows[r * stride..(r + 1) * stride]);
            for (seen, some) in seen.chunks_exact_mut(AT_ONCE).zip(directions.chunks_exact(AT_ONCE * stride))
            {
                let some = std::array::from_fn(|j| &some[j * stride..(j + 1) * stride]);
                seen.copy_from_slice(&f32::products::<I, AT_ONCE>(rows, some));
            }
            for (r, (pairs, half_of)) in pairs.chunks_exact_mut(p / 2).zip(halves).enumerate() {
                let norm = squared_distance(points.row(at + r), origin, unit, centre);
                norms[r] = norm;
                let (mut squared, values) = (0.0, seen[..p - 1].iter().map(|seen| f64::from(seen[r])));
                for (to, value) in image.iter_mut().zip(values) {
                    squared += value * value;
                    *to = (value * scale).round() as i32;
                }
                let rest = (norm - squared).max(0.0);
                total += rest;
                image[p - 1] = (rest.sqrt() * scale).round() as i32;
                for (to, pair) in pairs.iter_mut().zip(image.as_chunks::<2>().0) {
                    *to = join(pair[0], pair[1]);
                }
                *half_of = half(&image);
            }
        }
        total
    }
}

/// Two values in one.
fn join(first: i32, second: i32) -> i32 {
    i32::from(first as i16) & 0xffff | second << 16
}

/// The second of two values.
#[inline(always)]
fn second(pair: i32) -> i32 {
    pair >> 16
}

/// Half the squared length, rounded down.
fn half(image: &[i32]) -> i32 {
    let squared: i64 = image.iter().map(|&x| i64::from(x) * i64::from(x)).sum();
    (squared / 2).min(i64::from(UNKNOWN - 1)) as i32
}

#[cfg(test)]
mod tests {
    use ndarray::Axis;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::Points;

    /// Keys of all points.
    struct Keys<'a>(&'a Sketch, &'a Images, &'a mut Vec<Panel>);

    impl Kernel for Keys<'_> {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            self.0.keys::<I>(0..self.0.halves.len(), self.1, 0..self.1.panels(), self.2);
        }
    }

    /// Distances between all points and centres lie within what their images say; returns for how many pairs the bounds
    /// are within a tenth of each other.
    fn check<F: Scalar>(what: &str, array: &Array2<F>, centres: &Array2<f64>) -> usize {
        let points = Points::from(array);
        let values = points.in_order();
        let rows = Rows::new(&points, &values).unwrap();
        let spread = Spread::of(rows, Some(centres)).unwrap();
        let sketch = Sketch::of(rows, &spread).unwrap_or_else(|| panic!("{what}: there are no images"));
        let (origin, unit) = (spread.frame.origin(), spread.frame.unit());
        let centres = centres - &Array1::from(origin.to_vec());
        let images = sketch.images(unit, centres.view());
        let (mut keys, mut tight) = (Vec::new(), 0);
        dispatch(Keys(&sketch, &images, &mut keys));
        for (i, keys) in keys.chunks_exact(images.panels()).take(rows.n()).enumerate() {
            for (c, centre) in centres.outer_iter().enumerate() {
                let key = keys.as_flattened()[c];
                let centre: Vec<f64> = centre.iter().map(|x| x * unit).collect();
                let distance = squared_distance(rows.row(i), origin, unit, &centre).sqrt();
                let (least, most) = (sketch.at_least(i, &images, key), sketch.at_most(i, &images, c, key));
                assert!(least <= distance && distance <= most, "{what}: {least} <= {distance} <= {most}");
                assert!(
                    key <= sketch.key_within(i, &images, distance),
                    "{what}: a key beyond its own distance"
                );
                tight += usize::from(least >= 0.9 * most);
            }
        }
        tight
    }

    /// Points near a plane of five dimensions, so far away from 0, as many as `n`.
    fn near_a_plane(n: usize, d: usize, noise: f64, away: f64) -> Array2<f64> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let axes = Array2::from_shape_fn((5, d), |_| rng.gen_range(-1.0..1.0));
        let factors = Array2::from_shape_fn((n, 5), |_| rng.gen_range(-1.0..1.0));
        factors.dot(&axes) + Array2::from_shape_fn((n, d), |_| away + noise * rng.gen_range(-1.0..1.0))
    }

    #[test]
    fn images_bound_distances_from_both_sides() {
        for (noise, away, size) in [(0.0, 0.0, 1.0), (0.01, 3.0, 1.0), (1.0, -100.0, 1e-3), (0.1, 0.0, 1e30)]
        {
            let mut array = size * near_a_plane(300, 96, noise, away);
            // The mean itself, a point that is there twice, and one far from all others.
            let mean = array.mean_axis(Axis(0)).unwrap();
            array.row_mut(0).assign(&mean);
            let other = array.row(2).to_owned();
            array.row_mut(1).assign(&other);
            array.row_mut(3).mapv_inplace(|x| 4.0 * x);
            // Means, points, and centres that no mean could be.
            let mut centres = array.slice(s![..11, ..]).to_owned();
            centres.row_mut(9).mapv_inplace(|x| 50.0 * x);
            centres.row_mut(10).assign(&array.slice(s![100..200, ..]).mean_axis(Axis(0)).unwrap());
            let what = format!("noise {noise}, away {away}, size {size}");
            check(&format!("{what}, f64"), &array, &centres);
            check(&format!("{what}, f32"), &array.mapv(|x| x as f32), &centres);
        }
        let bytes = near_a_plane(300, 400, 0.05, 0.0).mapv(|x| (128.0 + 30.0 * x).clamp(0.0, 255.0) as u8);
        let centres = bytes.slice(s![..20, ..]).mapv(f64::from);
        let tight = check("bytes", &bytes, &centres);
        assert!(tight > 300 * 20 / 2, "{tight} of 6000 pairs have tight bounds");
    }

    #[test]
    fn points_far_from_zero_have_images_as_good_as_near_it() {
        // On a grid on which they can be moved exactly, in f32 to 1e5, in f64 to 1e9.
        let near = near_a_plane(300, 96, 0.05, 0.0).mapv(|x| (x * 64.0).round() / 64.0);
        let centres = near.slice(s![..20, ..]).to_owned();
        for far in [0.0, 1e5, 1e9] {
            let what = format!("at {far:e}");
            let tight = check(&what, &(&near + far), &(&centres + far));
            assert!(tight > 300 * 20 / 2, "{what}: {tight} of 6000 pairs have tight bounds");
            if far < 1e6 {
                let narrow = (&near + far).mapv(|x| x as f32);
                assert_eq!(check(&what, &narrow, &(&centres + far)), tight, "{what}, f32");
            }
        }
    }

    /// Whether points have images.
    fn has_images<F: Scalar>(array: &Array2<F>) -> bool {
        let points = Points::from(array);
        let values = points.in_order();
        let rows = Rows::new(&points, &values).unwrap();
        Sketch::of(rows, &Spread::of(rows, None).unwrap()).is_some()
    }

    #[test]
    fn points_without_images() {
        let points = near_a_plane(300, 96, 1.0, 0.0);
        assert!(has_images(&points));
        assert!(!has_images(&points.slice(s![.., ..40]).to_owned()), "too short");
        assert!(!has_images(&points.mapv(|x| (64.0 + 10.0 * x) as u8)), "too short in bytes");
        assert!(!has_images(&Array2::from_elem((300, 96), 0.1)), "all the same");
        // What is left of these in f64 at 1e12 is but a grid of 1e-4, on which all are one point.
        assert!(!has_images(&points.mapv(|x| 1e12 + 1e-6 * x)), "all the same in f64");
        let mut one = Array2::from_elem((300, 96), 1e12);
        one[[7, 3]] += 1.0;
        assert!(has_images(&one), "all but one the same");
    }
}
