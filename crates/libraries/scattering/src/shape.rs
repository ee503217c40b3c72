//! Shapes of scattering transforms, and checks of their parameters.

use crate::{Error, Result};

/// Largest number of pixels along a side.
const MAX_SIDE: usize = 4096;

/// Smallest number of places along a side at which averages are taken.
const MIN_PLACES: usize = 3;

/// Gives the default number of scales for images of these sides, at least 1.
///
/// They are as many as leave three places along the shorter side.
///
/// ```
/// assert_eq!(scattering::scales(28, 28), 3);
/// ```
pub fn scales(height: usize, width: usize) -> usize {
    let side = height.min(width);
    (1..).find(|&j| side >> (j + 1) < MIN_PLACES).expect("sides are finite")
}

/// Computes the numbers of paths, and of places down and across, of images `(height, width)`.
pub(crate) fn shape(
    (height, width): (usize, usize),
    scales: usize,
    angles: usize,
) -> (usize, usize, usize) {
    let paths = 1 + scales * angles + angles * angles * (scales * (scales - 1) / 2);
    (paths, height.div_ceil(1 << scales), width.div_ceil(1 << scales))
}

/// Checks the parameters, and computes [`shape`].
///
/// # Errors
/// As [`Scattering::new`](crate::Scattering::new).
pub(crate) fn shape_of(
    size: (usize, usize),
    scales: usize,
    angles: usize,
) -> Result<(usize, usize, usize)> {
    check(size, scales, angles)?;
    Ok(shape(size, scales, angles))
}

/// Checks the sides of images, and the numbers of scales and angles.
pub(crate) fn check((height, width): (usize, usize), scales: usize, angles: usize) -> Result<()> {
    let refuse =
        |expected: String, found: String, hint| Err(Error::Parameter { expected, found, hint });
    if height.min(width) < 2 * MIN_PLACES || height.max(width) > MAX_SIDE {
        let expected = format!("images with sides of {} to {MAX_SIDE} pixels", 2 * MIN_PLACES);
        return refuse(
            expected,
            format!("{height} x {width}"),
            "give images of shape (n, height, width)",
        );
    }
    let most = self::scales(height, width);
    if !(1..=most).contains(&scales) {
        let expected = format!("1 to {most} scales for images of {height} x {width}");
        return refuse(expected, scales.to_string(), "leave it out to have as many");
    }
    if !(2..=64).contains(&angles) {
        return refuse("2 to 64 angles".into(), angles.to_string(), "8 are usual");
    }
    Ok(())
}
