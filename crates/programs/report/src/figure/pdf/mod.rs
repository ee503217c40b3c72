//! Writes a drawing as a PDF file of one page, in vector graphics.
//!
//! Draws what the figures of this program consist of: paths in one color, texts and PNG files. The
//! file has neither a date nor an id, so that the same drawing gives the same bytes.

mod font;
mod image;

use anyhow::bail;
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use resvg::tiny_skia::{Path as Outline, PathSegment, Transform};
use resvg::usvg::{
    self, BlendMode, Fill, FillRule, Group, LineCap, LineJoin, Node, Paint, PaintOrder, Stroke,
    Text, Tree,
};

use font::EmbeddedFonts;
use image::{Picture, deflate};

/// Points of PDF, 1/72 of an inch, in a pixel of SVG, 1/96 of an inch.
const POINTS: f32 = 0.75;

/// Ids of the objects that every file has; those of fonts and images follow.
const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFO: Ref = Ref::new(5);
const FIRST_FREE: i32 = 6;

/// Writes `tree` as a PDF file that is called `title`.
///
/// # Errors
/// Fails if the drawing has something that is not drawn in PDF, or a font cannot be embedded.
pub fn write(tree: &Tree, title: &str) -> anyhow::Result<Vec<u8>> {
    let (width, height) = (tree.size().width() * POINTS, tree.size().height() * POINTS);
    let mut page = Page {
        content: Content::new(),
        fonts: EmbeddedFonts::new(tree.fontdb()),
        pictures: Vec::new(),
        opacities: Vec::new(),
    };
    // In PDF, y goes upwards.
    page.content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, height]);
    page.group(tree.root())?;

    let mut pdf = Pdf::new();
    let mut free = FIRST_FREE;
    let mut id = || {
        free += 1;
        Ref::new(free - 1)
    };
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.document_info(INFO).title(TextStr(title));
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let fonts = page.fonts.write(&mut pdf, &mut id)?;
    let pictures = page.pictures.iter().map(|picture| picture.write(&mut pdf, &mut id));
    let pictures: Vec<(usize, Ref)> = pictures.enumerate().collect();
    let states = page.opacities.iter().map(|&opacity| {
        let state = id();
        pdf.ext_graphics(state).non_stroking_alpha(opacity).stroking_alpha(opacity);
        state
    });
    let states: Vec<(usize, Ref)> = states.enumerate().collect();
    let content = deflate(&page.content.finish())?;
    pdf.stream(CONTENT, &content).filter(Filter::FlateDecode);

    let mut written = pdf.page(PAGE);
    written.media_box(Rect::new(0.0, 0.0, width, height)).parent(PAGES).contents(CONTENT);
    // Opacities mix colors in the color space of the page.
    written.group().transparency().color_space().device_rgb();
    let mut resources = written.resources();
    for (kind, refs) in [(FONT, fonts), (PICTURE, pictures), (OPACITY, states)] {
        let mut all = match kind {
            FONT => resources.fonts(),
            PICTURE => resources.x_objects(),
            _ => resources.ext_g_states(),
        };
        for (at, id) in refs {
            all.pair(Name(name(kind, at).as_bytes()), id);
        }
    }
    resources.finish();
    written.finish();
    Ok(pdf.finish())
}

/// First letters of the names of resources.
const FONT: char = 'F';
const PICTURE: char = 'P';
const OPACITY: char = 'O';

fn name(kind: char, at: usize) -> String {
    format!("{kind}{at}")
}

/// What the page shows, and the resources that it needs.
struct Page<'a> {
    content: Content,
    fonts: EmbeddedFonts<'a>,
    pictures: Vec<Picture>,
    /// Opacities below 1, each once.
    opacities: Vec<f32>,
}

impl Page<'_> {
    fn group(&mut self, group: &Group) -> anyhow::Result<()> {
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
