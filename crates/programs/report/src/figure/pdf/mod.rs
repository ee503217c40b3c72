//! Writes a drawing as a PDF file of one page, in vector graphics.
//!
//! Draws what the figures of this program consist of: paths in one color, texts and PNG files. The
//! file has neither a date nor an id, so that the same drawing gives the same bytes.

mod font;
mod image;
mod page;

use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, TextStr};
use resvg::usvg::Tree;

use image::deflate;
use page::{FONT, OPACITY, PICTURE, Page, name};

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
    let mut page = Page::new(tree);
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
