//! SVG to PNG.

use std::sync::Arc;

use anyhow::Context;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::pictures::colour_png;

/// Pixels of a unit of the drawing.
const SCALE: f32 = 2.0;

/// Draws an SVG file of ours. Its letters come with the program: the same on every machine.
///
/// # Errors
/// A drawing larger than memory.
pub fn png(svg: &str) -> anyhow::Result<Vec<u8>> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    fonts.set_sans_serif_family("Ubuntu");
    let options = Options { fontdb: Arc::new(fonts), font_family: "Ubuntu".into(), ..Options::default() };
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size().scale_by(SCALE).context("a drawing without a size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).context("too large a drawing")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    // The paper below everything is opaque, so that no colour is mixed with an opacity.
    colour_png(pixels.data(), pixels.width() as usize, pixels.height() as usize)
}
