//! Draws paths, texts and images with the operators of PDF.

use anyhow::bail;
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Name, Str};
use resvg::tiny_skia::{Path as Outline, PathSegment, Transform};
use resvg::usvg::{
    self, BlendMode, Fill, FillRule, Group, LineCap, LineJoin, Node, Paint, PaintOrder, Stroke,
    Text, Tree,
};

use super::font::EmbeddedFonts;
use super::image::Picture;

/// First letters of the names of resources.
pub const FONT: char = 'F';
pub const PICTURE: char = 'P';
pub const OPACITY: char = 'O';

/// Names the resource of a kind at a place.
pub fn name(kind: char, at: usize) -> String {
    format!("{kind}{at}")
}

/// The operators that draw a page, and the resources that they need.
pub struct Page<'a> {
    /// Operators that draw it.
    pub content: Content,
    /// Fonts of its texts.
    pub fonts: EmbeddedFonts<'a>,
    /// Its images.
    pub pictures: Vec<Picture>,
    /// Opacities below 1, each once.
    pub opacities: Vec<f32>,
}

impl<'a> Page<'a> {
    /// Makes an empty page for the drawing `tree`.
    pub fn new(tree: &'a Tree) -> Self {
        Self {
            content: Content::new(),
            fonts: EmbeddedFonts::new(tree.fontdb()),
            pictures: Vec::new(),
            opacities: Vec::new(),
        }
    }

    /// Draws everything in a group.
    ///
    /// # Errors
    /// Fails if it has something that is not drawn in PDF.
    pub fn group(&mut self, group: &Group) -> anyhow::Result<()> {
        let plain = group.opacity().get() >= 1.0
            && group.blend_mode() == BlendMode::Normal
            && group.clip_path().is_none()
            && group.mask().is_none()
            && group.filters().is_empty();
        if !plain {
            bail!("expected no opacity, clip, mask or filter of a group; write FILE.svg instead");
        }
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group)?,
                Node::Path(path) => self.path(path)?,
                Node::Image(image) => {
                    let picture = Picture::decode(image)?;
                    let size = (image.size().width(), image.size().height());
                    self.picture(picture, image.abs_transform(), size);
                }
                Node::Text(text) => self.text(text, node)?,
            }
        }
        Ok(())
    }

    fn path(&mut self, path: &usvg::Path) -> anyhow::Result<()> {
        if !path.is_visible() {
            return Ok(());
        }
        if path.paint_order() == PaintOrder::StrokeAndFill {
            self.stroke(path)?;
        }
        if let Some(fill) = path.fill() {
            self.begin(path.abs_transform());
            self.set_fill(fill)?;
            self.outline(path.data());
            match fill.rule() {
                FillRule::NonZero => self.content.fill_nonzero(),
                FillRule::EvenOdd => self.content.fill_even_odd(),
            };
            self.content.restore_state();
        }
        if path.paint_order() == PaintOrder::FillAndStroke {
            self.stroke(path)?;
        }
        Ok(())
    }

    /// Draws the line of a path, if it has one.
    fn stroke(&mut self, path: &usvg::Path) -> anyhow::Result<()> {
        if let Some(stroke) = path.stroke() {
            self.begin(path.abs_transform());
            self.set_stroke(stroke)?;
            self.outline(path.data());
            self.content.stroke();
            self.content.restore_state();
        }
        Ok(())
    }

    /// Draws a text as text, and as a picture where its font has pictures.
    fn text(&mut self, text: &Text, node: &Node) -> anyhow::Result<()> {
        let glyphs = || text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
        if !glyphs().all(|glyph| self.fonts.can_embed(glyph.font)) {
            if let Some((picture, transform, size)) = Picture::render(text, node) {
                self.picture(picture, transform, size);
            }
            return Ok(());
        }
        // Lines around letters are paths, since text that is drawn twice would be found twice.
        let lines = |page: &mut Self, order: PaintOrder| {
            text.flattened().children().iter().try_for_each(|child| match child {
                Node::Path(path) if path.paint_order() == order => page.stroke(path),
                _ => Ok(()),
            })
        };
        lines(self, PaintOrder::StrokeAndFill)?;
        for span in text.layouted().iter().filter(|span| span.visible) {
            let Some(fill) = &span.fill else { continue };
            self.begin(text.abs_transform());
            self.set_fill(fill)?;
            self.content.begin_text();
            let size = span.font_size.get();
            let mut last = None;
            for glyph in &span.positioned_glyphs {
                let Some((font, id, units)) = self.fonts.add(glyph) else { continue };
                if last.replace(font) != Some(font) {
                    self.content.set_font(Name(name(FONT, font).as_bytes()), size);
                }
                let em = units / size;
                self.content.set_text_matrix(matrix(glyph.outline_transform().pre_scale(em, em)));
                self.content.show(Str(&id.to_be_bytes()));
            }
            self.content.end_text();
            self.content.restore_state();
        }
        lines(self, PaintOrder::FillAndStroke)
    }

    fn picture(&mut self, picture: Picture, transform: Transform, (width, height): (f32, f32)) {
        self.begin(transform);
        // A picture of PDF fills the square from 0 to 1, its first row at the top.
        self.content.transform([width, 0.0, 0.0, -height, 0.0, height]);
        self.content.x_object(Name(name(PICTURE, self.pictures.len()).as_bytes()));
        self.content.restore_state();
        self.pictures.push(picture);
    }

    fn begin(&mut self, transform: Transform) {
        self.content.save_state();
        if !transform.is_identity() {
            self.content.transform(matrix(transform));
        }
    }

    fn set_fill(&mut self, fill: &Fill) -> anyhow::Result<()> {
        let [red, green, blue] = color(fill.paint())?;
        self.content.set_fill_rgb(red, green, blue);
        self.set_opacity(fill.opacity().get());
        Ok(())
    }

    fn set_stroke(&mut self, stroke: &Stroke) -> anyhow::Result<()> {
        let [red, green, blue] = color(stroke.paint())?;
        self.content.set_stroke_rgb(red, green, blue);
        self.set_opacity(stroke.opacity().get());
        self.content.set_line_width(stroke.width().get());
        self.content.set_line_cap(match stroke.linecap() {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        self.content.set_line_join(match stroke.linejoin() {
            LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
            LineJoin::Round => LineJoinStyle::RoundJoin,
            LineJoin::Bevel => LineJoinStyle::BevelJoin,
        });
        self.content.set_miter_limit(stroke.miterlimit().get());
        if let Some(dashes) = stroke.dasharray() {
            self.content.set_dash_pattern(dashes.iter().copied(), stroke.dashoffset());
        }
        Ok(())
    }

    fn set_opacity(&mut self, opacity: f32) {
        if opacity < 1.0 {
            let known = self.opacities.iter().position(|&one| one == opacity);
            let at = known.unwrap_or(self.opacities.len());
            if known.is_none() {
                self.opacities.push(opacity);
            }
            self.content.set_parameters(Name(name(OPACITY, at).as_bytes()));
        }
    }

    fn outline(&mut self, outline: &Outline) {
        let content = &mut self.content;
        let mut last = (0.0, 0.0);
        for segment in outline.segments() {
            match segment {
                PathSegment::MoveTo(to) => content.move_to(to.x, to.y),
                PathSegment::LineTo(to) => content.line_to(to.x, to.y),
                PathSegment::QuadTo(by, to) => {
                    // PDF has cubic curves alone; a quadratic one is a cubic one of these.
                    let two_thirds = |from: f32, to: f32| from + (to - from) * 2.0 / 3.0;
                    content.cubic_to(
                        two_thirds(last.0, by.x),
                        two_thirds(last.1, by.y),
                        two_thirds(to.x, by.x),
                        two_thirds(to.y, by.y),
                        to.x,
                        to.y,
                    )
                }
                PathSegment::CubicTo(a, b, to) => content.cubic_to(a.x, a.y, b.x, b.y, to.x, to.y),
                PathSegment::Close => content.close_path(),
            };
            if let PathSegment::MoveTo(to)
            | PathSegment::LineTo(to)
            | PathSegment::QuadTo(_, to)
            | PathSegment::CubicTo(_, _, to) = segment
            {
                last = (to.x, to.y);
            }
        }
    }
}

fn matrix(transform: Transform) -> [f32; 6] {
    let Transform { sx, ky, kx, sy, tx, ty } = transform;
    [sx, ky, kx, sy, tx, ty]
}

fn color(paint: &Paint) -> anyhow::Result<[f32; 3]> {
    match paint {
        Paint::Color(color) => {
            Ok([color.red, color.green, color.blue].map(|level| f32::from(level) / 255.0))
        }
        _ => bail!("expected paths in one color; write FILE.svg instead"),
    }
}
