//! SVG to PNG.

use std::collections::BTreeSet;

use anyhow::Context;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::roxmltree::{Document, Node};
use resvg::usvg::{FontResolver, Options, Tree};

use crate::figure::fonts::{Fonts, is_drawn};
use crate::pictures::color_png;

/// Pixels of a unit of the drawing.
const SCALE: f32 = 2.0;

/// Draws an SVG file of ours, and tells with which fonts.
///
/// Its letters come with the program: they are the same on every machine. Letters that its font lacks
/// come from the system's fonts; those that none has become [`Fonts::REPLACEMENT`].
///
/// # Errors
/// Fails if the drawing is larger than memory.
pub fn png(svg: &str) -> anyhow::Result<(Vec<u8>, Fonts)> {
    let fonts = Fonts::find(&letters(&Document::parse(svg)?))
        .context("the program's own font is broken")?;
    let own = fonts.own;
    let options = Options {
        fontdb: fonts.database.clone(),
        font_resolver: FontResolver {
            // Fonts of the system take no part in what the own font can draw.
            select_font: Box::new(move |_, _| Some(own)),
            select_fallback: FontResolver::default_fallback_selector(),
        },
        ..Options::default()
    };
    // The renderer gives up a text's other letters at the first one that no font has.
    let lacking = |letter: char| fonts.lacking.contains(&letter);
    let tree = Tree::from_str(&svg.replace(lacking, &Fonts::REPLACEMENT.to_string()), &options)?;
    let size = tree.size().to_int_size().scale_by(SCALE).context("a drawing without a size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).context("too large a drawing")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    // The paper below everything is opaque, so that no color is mixed with an opacity.
    let bytes = color_png(pixels.data(), pixels.width() as usize, pixels.height() as usize)?;
    Ok((bytes, fonts))
}

/// The letters that a drawing shows.
fn letters(drawing: &Document) -> BTreeSet<char> {
    let shown = |node: &Node| {
        let inside = |name: &str| {
            node.ancestors().any(|parent| parent.has_tag_name(("http://www.w3.org/2000/svg", name)))
        };
        node.is_text() && inside("text") && !inside("title")
    };
    let texts = drawing.descendants().filter(shown).filter_map(|node| node.text());
    texts.flat_map(str::chars).filter(|&letter| is_drawn(letter)).collect()
}
