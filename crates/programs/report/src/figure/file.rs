//! Renders SVG as PNG, or turns it into PDF.

use std::collections::BTreeSet;

use anyhow::Context;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::roxmltree::{Document, Node};
use resvg::usvg::{FontResolver, Options, Tree};

use crate::encode::color_png;
use crate::figure::fonts::{Fonts, is_drawn};
use crate::figure::pdf;

/// Pixels for each unit of the drawing.
const SCALE: f32 = 2.0;

/// A figure whose texts have their fonts and places.
pub struct Drawing {
    tree: Tree,
    title: String,
    /// Fonts that it needs.
    pub fonts: Fonts,
}

impl Drawing {
    /// Parses an SVG file of this program.
    ///
    /// The program brings its own font, which is the same on every machine. Letters that this font
    /// lacks come from the fonts of the system; letters that no font has become
    /// [`Fonts::REPLACEMENT`].
    ///
    /// # Errors
    /// Fails if the text is no SVG file.
    pub fn parse(svg: &str) -> anyhow::Result<Self> {
        let document = Document::parse(svg)?;
        let fonts = Fonts::find(&letters(&document)).context("the program's own font is broken")?;
        let own = fonts.own;
        let options = Options {
            fontdb: fonts.database.clone(),
            font_resolver: FontResolver {
                // The fonts of the system draw nothing that the own font can draw.
                select_font: Box::new(move |_, _| Some(own)),
                select_fallback: FontResolver::default_fallback_selector(),
            },
            ..Options::default()
        };
        let title = document.root_element().children().find(|node| node.has_tag_name("title"));
        let title = title.and_then(|node| node.text()).unwrap_or_default().to_owned();
        // The renderer drops the rest of a text after a letter that no font has.
        let lacking = |letter: char| fonts.lacking.contains(&letter);
        let svg = svg.replace(lacking, &Fonts::REPLACEMENT.to_string());
        Ok(Self { tree: Tree::from_str(&svg, &options)?, title, fonts })
    }

    /// Renders it as a PNG file.
    ///
    /// # Errors
    /// Fails if the drawing does not fit into memory.
    pub fn png(&self) -> anyhow::Result<Vec<u8>> {
        let size = self.tree.size().to_int_size().scale_by(SCALE);
        let size = size.context("a drawing without a size")?;
        let mut pixels = Pixmap::new(size.width(), size.height()).context("too large a drawing")?;
        resvg::render(&self.tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
        // The background is opaque, so that no color is mixed with an opacity.
        color_png(pixels.data(), pixels.width() as usize, pixels.height() as usize)
    }

    /// Writes it as a PDF file with its fonts embedded.
    ///
    /// # Errors
    /// Fails if the drawing has something that is not drawn in PDF.
    pub fn pdf(&self) -> anyhow::Result<Vec<u8>> {
        pdf::write(&self.tree, &self.title)
    }
}

/// Collects the letters that a drawing shows.
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
