//! Chooses size, color and inversion by a sample of the images.

use fast_image_resize::Resizer;
use rayon::prelude::*;

use crate::decode::Color;
use crate::entry::Entry;
use crate::fit::{Fit, Size};
use crate::large::Large;
use crate::recipe::{Background, Recipe};
use crate::source::Source;

/// Most images of the sample, evenly spread over all files.
const SAMPLE: usize = 200;
/// Side to which images of the sample are stretched to look at their values.
const SIDE: usize = 32;
/// Largest side that images of one size keep.
const LARGEST_KEPT: u32 = 64;
/// Sides that are chosen, the largest that the images have; of drawings the first.
const SIDES: [u32; 4] = [28, 32, 48, 64];
/// Largest shorter side of small drawings.
const SMALL_DRAWING: u32 = 128;

/// Difference between the largest and the smallest of red, green and blue from which on a pixel
/// has color. JPEG gives gray pixels differences of a few levels.
const CHROMA: u8 = 24;
/// Share of the pixels of an image in color that have color.
const COLORED_PIXELS: f64 = 0.01;
/// Share of the images that may be in color where gray is chosen.
const COLORED_IMAGES: f64 = 0.02;
/// Luma from which on the border of an image is light.
const LIGHT: u8 = 192;
/// Largest difference to the median of a border of one shade.
const SHADE: u8 = 24;
/// Share of the pixels of a border of one shade that have that shade.
const PLAIN: f64 = 0.75;

/// Properties of an image of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    width: u32,
    height: u32,
    /// Whether it has color.
    colored: bool,
    /// Whether the border has one shade.
    plain: bool,
    /// Whether the border has one shade, which is light.
    light: bool,
}

/// Choices of the user; `None` is left to the images.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// Size of the rows.
    pub size: Option<Size>,
    /// How images of another shape get the size.
    pub fit: Fit,
    /// Whether rows are gray.
    pub color: Option<Color>,
    /// Color where an image is transparent, and beside it.
    pub background: Background,
    /// Whether light and dark are exchanged.
    pub invert: Option<bool>,
}

/// The recipe, and why what was left to be chosen was chosen.
pub struct Choice {
    /// How each image becomes a row.
    pub recipe: Recipe,
    /// A sentence for each choice.
    pub reasons: Vec<String>,
}

/// Chooses what `wishes` leave open; `None` if no file is an image.
pub fn choose(wishes: Wishes, source: &Source, entries: &[Entry]) -> Option<Choice> {
    let Wishes { size, fit, color, background, invert } = wishes;
    if let (Some(size), Some(color), Some(invert)) = (size, color, invert) {
        let recipe = Recipe { size, fit, color, background, invert };
        return Some(Choice { recipe, reasons: Vec::new() });
    }
    let sample = sample(source, entries, background);
    let mut reasons = Vec::new();
    if sample.is_empty() {
        return None;
    }
    let color = color.unwrap_or_else(|| {
        let (color, reason) = choose_color(&sample);
        reasons.push(reason);
        color
    });
    let invert = invert.unwrap_or_else(|| {
        let (invert, reason) = choose_invert(&sample, color);
        reasons.extend(reason);
        invert
    });
    let size = size.unwrap_or_else(|| {
        let (size, reason) = choose_size(&sample, color);
        reasons.push(reason);
        size
    });
    Some(Choice { recipe: Recipe { size, fit, color, background, invert }, reasons })
}

/// Looks at images that are evenly spread over all files; at all until one is found if none of
/// these is an image.
fn sample(source: &Source, entries: &[Entry], background: Background) -> Vec<Seen> {
    let look = |entries: &[&Entry]| -> Vec<Seen> {
        let look = |entry: &&Entry| look(source, entry, background);
        entries.par_iter().filter_map(look).collect()
    };
    let count = SAMPLE.min(entries.len());
    let spread: Vec<&Entry> = (0..count).map(|i| &entries[i * entries.len() / count]).collect();
    let seen = look(&spread);
    if !seen.is_empty() || count == entries.len() {
        return seen;
    }
    let all: Vec<&Entry> = entries.iter().collect();
    all.chunks(SAMPLE).map(look).find(|seen| !seen.is_empty()).unwrap_or_default()
}

/// Looks at one image; `None` if the file is none.
fn look(source: &Source, entry: &Entry, background: Background) -> Option<Seen> {
    let mut large = Large::default();
    let bytes = source.read(entry, &mut large).ok()?;
    let size = Size { height: SIDE as u32, width: SIDE as u32 };
    let recipe = Recipe { size, fit: Fit::Stretch, color: Color::Rgb, background, invert: false };
    let row = recipe.row(&bytes, &mut large, &mut Resizer::new()).ok()?;
    let (pixels, _) = row.values.as_chunks::<3>();
    let chroma = |[red, green, blue]: &[u8; 3]| red.max(green).max(blue) - red.min(green).min(blue);
    let colored = pixels.iter().filter(|pixel| chroma(pixel) > CHROMA).count();
    let on_border = |at: usize| {
        let (i, j) = (at / SIDE, at % SIDE);
        i == 0 || j == 0 || i == SIDE - 1 || j == SIDE - 1
    };
    // The mean of the three is as good as a luma to tell light from dark.
    let mut border: Vec<u8> = (0..pixels.len())
        .filter(|&at| on_border(at))
        .map(|at| (pixels[at].iter().map(|&value| u32::from(value)).sum::<u32>() / 3) as u8)
        .collect();
    border.sort_unstable();
    let median = border[border.len() / 2];
    let of_shade = border.iter().filter(|shade| shade.abs_diff(median) <= SHADE).count();
    let plain = of_shade as f64 >= PLAIN * border.len() as f64;
    Some(Seen {
        width: row.width,
        height: row.height,
        colored: colored as f64 > COLORED_PIXELS * pixels.len() as f64,
        plain,
        light: plain && median >= LIGHT,
    })
}

/// Counts the images for which `is` holds.
fn count(sample: &[Seen], is: impl Fn(&Seen) -> bool) -> usize {
    sample.iter().filter(|seen| is(seen)).count()
}

/// Chooses gray unless some of the images have color.
fn choose_color(sample: &[Seen]) -> (Color, String) {
    let (colored, of) = (count(sample, |seen| seen.colored), sample.len());
    if colored as f64 > COLORED_IMAGES * of as f64 {
        (Color::Rgb, format!("color rgb: {colored} of {of} images looked at have color"))
    } else {
        (Color::Gray, format!("color gray: {colored} of {of} images looked at have color"))
    }
}

/// Inverts gray images if most of them are dark on a light background.
fn choose_invert(sample: &[Seen], color: Color) -> (bool, Option<String>) {
    if color == Color::Rgb {
        return (false, None);
    }
    let (light, of) = (count(sample, |seen| seen.light), sample.len());
    let told = format!("{light} of {of} images looked at have a light background of one shade");
    match 2 * light > of {
        true => (true, Some(format!("invert yes, so that the background is 0: {told}"))),
        false => (false, Some(format!("invert no: {told}"))),
    }
}

/// Keeps one small size; else chooses a square by the median of the shorter sides.
fn choose_size(sample: &[Seen], color: Color) -> (Size, String) {
    let of = sample.len();
    let first = Size { height: sample[0].height, width: sample[0].width };
    let same = sample.iter().all(|seen| (seen.height, seen.width) == (first.height, first.width));
    if same && first.height.max(first.width) <= LARGEST_KEPT {
        return (first, format!("size {first}: all {of} images looked at have it"));
    }
    let mut shorter: Vec<u32> = sample.iter().map(|seen| seen.height.min(seen.width)).collect();
    shorter.sort_unstable();
    let median = shorter[of / 2];
    let drawings = color == Color::Gray && 2 * count(sample, |seen| seen.plain) > of;
    let (side, why) = if drawings && median <= SMALL_DRAWING {
        (SIDES[0], "small drawings on a background of one shade")
    } else {
        let fitting = SIDES.into_iter().rev().find(|&side| side <= median);
        (fitting.unwrap_or(SIDES[0]), "the largest of 28, 32, 48 and 64 that they fill")
    };
    let reason = format!(
        "size {side}x{side}: the {of} images looked at have a median shorter side of {median} \
         pixels; {why}"
    );
    (Size { height: side, width: side }, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWING: Seen = Seen { width: 20, height: 30, colored: false, plain: true, light: true };
    const PHOTO: Seen = Seen { width: 400, height: 300, colored: true, plain: false, light: false };

    #[test]
    fn size_follows_the_images() {
        let size = |sample: &[Seen], color| choose_size(sample, color).0.to_string();
        assert_eq!(size(&[DRAWING; 3], Color::Gray), "30x20", "one small size is kept");
        let other = Seen { width: 90, height: 70, ..DRAWING };
        assert_eq!(size(&[DRAWING, other], Color::Gray), "28x28");
        assert_eq!(size(&[Seen { width: 900, height: 700, ..DRAWING }], Color::Gray), "64x64");
        assert_eq!(size(&[PHOTO], Color::Rgb), "64x64");
        assert_eq!(size(&[Seen { height: 50, ..PHOTO }], Color::Rgb), "48x48");
        assert_eq!(size(&[Seen { height: 9, ..PHOTO }], Color::Rgb), "28x28");
    }

    #[test]
    fn one_image_in_color_of_a_hundred_is_an_exception() {
        let mut sample = vec![DRAWING; 99];
        sample.push(PHOTO);
        assert_eq!(choose_color(&sample).0, Color::Gray);
        assert!(choose_invert(&sample, Color::Gray).0);
        sample.extend([PHOTO; 2]);
        assert_eq!(choose_color(&sample).0, Color::Rgb);
        assert!(!choose_invert(&sample, Color::Rgb).0, "never of images in color");
    }

    #[test]
    fn light_photographs_are_not_inverted() {
        let dark = Seen { light: false, ..DRAWING };
        assert!(!choose_invert(&[dark, dark, DRAWING], Color::Gray).0);
    }
}
