//! Images in a PDF file.

use std::io::{Cursor, Write};

use anyhow::{Context, bail};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Filter, Pdf, Ref};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Image, ImageKind, ImageRendering, Node, Text};

/// Pixels for each unit of the drawing in a text that is rendered.
const SCALE: f32 = 6.0;

/// An image as PDF has it: colors and opacities apart.
pub struct Picture {
    width: u32,
    height: u32,
    /// Values of a pixel, 1 or 3, side by side; compressed.
    colors: Vec<u8>,
    gray: bool,
    /// Opacity of each pixel, compressed; `None` if all are opaque.
    opacity: Option<Vec<u8>>,
    /// Whether pixels are smoothed where they are enlarged.
    smooth: bool,
}

impl Picture {
    /// Decodes an image of a drawing.
    ///
    /// # Errors
    /// Fails if it is no PNG file.
    pub fn decode(image: &Image) -> anyhow::Result<Self> {
        let ImageKind::PNG(file) = image.kind() else {
            bail!("expected images as PNG; write FILE.svg instead");
        };
        let mut decoder = png::Decoder::new(Cursor::new(file.as_slice()));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let mut levels = vec![0; reader.output_buffer_size().context("too large an image")?];
        let info = reader.next_frame(&mut levels)?;
        levels.truncate(info.buffer_size());
        let channels = info.color_type.samples();
        let smooth = image.rendering_mode() == ImageRendering::OptimizeQuality;
        Self::new((info.width, info.height), channels, &levels, smooth)
    }

    /// Takes levels of 1 to 4 `channels` a pixel, of which the second or fourth is opacity.
    fn new(
        (width, height): (u32, u32),
        channels: usize,
        levels: &[u8],
        smooth: bool,
    ) -> anyhow::Result<Self> {
        let colors = channels - usize::from(channels.is_multiple_of(2));
        let opacity: Vec<u8> = match channels > colors {
            true => levels.iter().skip(colors).step_by(channels).copied().collect(),
            false => Vec::new(),
        };
        let opaque = opacity.iter().all(|&level| level == u8::MAX);
        let levels: Vec<u8> =
            levels.chunks_exact(channels).flat_map(|pixel| &pixel[..colors]).copied().collect();
        Ok(Self {
            width,
            height,
            colors: deflate(&levels)?,
            gray: colors == 1,
            opacity: (!opaque).then(|| deflate(&opacity)).transpose()?,
            smooth,
        })
    }

    /// Renders a text; returns the picture, its place in the drawing and its size there.
    ///
    /// Returns `None` if the text shows nothing.
    pub fn render(text: &Text, node: &Node) -> Option<(Self, Transform, (f32, f32))> {
        let area = text.stroke_bounding_box();
        let pixels = |side: f32| (side * SCALE).ceil().max(1.0);
        let (width, height) = (pixels(area.width()), pixels(area.height()));
        let mut pixmap = Pixmap::new(width as u32, height as u32)?;
        // The renderer moves the node by its place on the drawing, which is undone here.
        let moved = node.abs_layer_bounding_box()?;
        let place = Transform::from_scale(SCALE, SCALE)
            .pre_translate(moved.x() - area.x(), moved.y() - area.y());
        resvg::render_node(node, place, &mut pixmap.as_mut())?;
        let plain = |pixel: &resvg::tiny_skia::PremultipliedColorU8| {
            let color = pixel.demultiply();
            [color.red(), color.green(), color.blue(), color.alpha()]
        };
        let levels: Vec<u8> = pixmap.pixels().iter().flat_map(plain).collect();
        let picture = Self::new((pixmap.width(), pixmap.height()), 4, &levels, true).ok()?;
        let transform = text.abs_transform().pre_translate(area.x(), area.y());
        Some((picture, transform, (width / SCALE, height / SCALE)))
    }

    /// Writes the image; `id` returns ids that are free.
    pub fn write(&self, pdf: &mut Pdf, id: &mut impl FnMut() -> Ref) -> Ref {
        let (own, mask) = (id(), self.opacity.as_ref().map(|opacity| (id(), opacity)));
        let sides = [self.width, self.height].map(|side| i32::try_from(side).unwrap_or(i32::MAX));
        let mut image = pdf.image_xobject(own, &self.colors);
        image.filter(Filter::FlateDecode);
        image.width(sides[0]).height(sides[1]).bits_per_component(8).interpolate(self.smooth);
        match self.gray {
            true => image.color_space().device_gray(),
            false => image.color_space().device_rgb(),
        }
        if let Some((mask, _)) = mask {
            image.s_mask(mask);
        }
        drop(image);
        if let Some((mask, opacity)) = mask {
            let mut image = pdf.image_xobject(mask, opacity);
            image.filter(Filter::FlateDecode);
            image.width(sides[0]).height(sides[1]).bits_per_component(8).interpolate(self.smooth);
            image.color_space().device_gray();
        }
        own
    }
}

/// Compresses bytes for a stream with the filter `FlateDecode`.
///
/// # Errors
/// Fails only if memory runs out.
pub fn deflate(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
