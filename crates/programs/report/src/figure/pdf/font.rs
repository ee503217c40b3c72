//! Embeds fonts in a PDF file, each with the letters that are used of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use resvg::usvg::fontdb::{Database, ID};
use resvg::usvg::layout::PositionedGlyph;
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::TableProvider;
use skrifa::string::StringId;
use skrifa::{FontRef, GlyphId, MetadataProvider, Tag};
use subsetter::GlyphRemapper;

use super::image::deflate;

/// Tables of fonts whose letters are pictures or vary, which are not embedded.
const OTHER_TABLES: [&[u8; 4]; 5] = [b"COLR", b"SVG ", b"CBDT", b"sbix", b"CFF2"];

/// Glyphs are named by their numbers in the embedded font, which stand for no character set.
const IDENTITY: SystemInfo =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Thickness of vertical strokes, in thousandths of an em; viewers ignore it of embedded fonts.
const STEM: f32 = 80.0;

/// Fonts of a drawing, each with the glyphs that are used of it.
pub struct EmbeddedFonts<'a> {
    database: &'a Arc<Database>,
    fonts: Vec<(ID, Option<EmbeddedFont>)>,
}

/// A font of which a part is embedded.
struct EmbeddedFont {
    file: Vec<u8>,
    /// Place of the font in a file with several fonts.
    index: u32,
    /// Units of the font's measures in an em.
    units: f32,
    glyphs: GlyphRemapper,
    /// Text of each glyph, by its number in the embedded font.
    texts: BTreeMap<u16, String>,
}

impl<'a> EmbeddedFonts<'a> {
    /// Takes the fonts of a drawing, of which none is used yet.
    pub fn new(database: &'a Arc<Database>) -> Self {
        Self { database, fonts: Vec::new() }
    }

    /// Tells whether the font `id` can be embedded.
    pub fn can_embed(&mut self, id: ID) -> bool {
        let at = self.find(id);
        self.fonts[at].1.is_some()
    }

    /// Adds a glyph; returns the place of its font, its number there and the units of an em.
    ///
    /// Returns `None` if the font cannot be embedded.
    pub fn add(&mut self, glyph: &PositionedGlyph) -> Option<(usize, u16, f32)> {
        let at = self.find(glyph.font);
        let font = self.fonts[at].1.as_mut()?;
        let number = font.glyphs.remap(u16::try_from(glyph.id.0).ok()?);
        font.texts.entry(number).or_insert_with(|| glyph.text.clone());
        Some((at, number, font.units))
    }

    /// Finds the place of the font `id`, which it reads the first time.
    fn find(&mut self, id: ID) -> usize {
        if let Some(at) = self.fonts.iter().position(|(known, _)| *known == id) {
            return at;
        }
        let font = self.database.with_face_data(id, EmbeddedFont::read).flatten();
        self.fonts.push((id, font));
        self.fonts.len() - 1
    }

    /// Writes the fonts that are used, each with its place; `id` returns ids that are free.
    ///
    /// # Errors
    /// Fails if a font is broken.
    pub fn write(
        &self,
        pdf: &mut Pdf,
        id: &mut impl FnMut() -> Ref,
    ) -> anyhow::Result<Vec<(usize, Ref)>> {
        let fonts = self.fonts.iter().enumerate();
        let used = fonts.filter_map(|(at, (_, font))| {
            font.as_ref().filter(|font| !font.texts.is_empty()).map(|font| (at, font))
        });
        used.map(|(at, font)| Ok((at, font.write(pdf, id)?))).collect()
    }
}

impl EmbeddedFont {
    /// Reads a font; returns `None` if it cannot be embedded.
    fn read(file: &[u8], index: u32) -> Option<Self> {
        let font = FontRef::from_index(file, index).ok()?;
        if OTHER_TABLES.iter().any(|name| font.table_data(Tag::new(name)).is_some()) {
            return None;
        }
        let glyphs = GlyphRemapper::new();
        subsetter::subset(file, index, &glyphs).ok()?;
        let units = f32::from(font.head().ok()?.units_per_em());
        Some(Self { file: file.to_vec(), index, units, glyphs, texts: BTreeMap::new() })
    }

    fn write(&self, pdf: &mut Pdf, id: &mut impl FnMut() -> Ref) -> anyhow::Result<Ref> {
        let [own, part, descriptor, texts, data] = std::array::from_fn(|_| id());
        let font = FontRef::from_index(&self.file, self.index)?;
        let name = self.name(&font);
        let subset = subsetter::subset(&self.file, self.index, &self.glyphs)
            .map_err(|error| anyhow!("{name}: cannot embed this font: {error}"))?;
        let outlines = FontRef::new(&subset)?.table_data(Tag::new(b"CFF "));
        let compact = outlines.is_some();
        let bytes = outlines.map_or(subset.as_slice(), |table| table.as_bytes());

        let encoding = Name(b"Identity-H");
        let mut composite = pdf.type0_font(own);
        composite.base_font(Name(name.as_bytes())).encoding_predefined(encoding);
        composite.descendant_font(part).to_unicode(texts);
        composite.finish();

        let thousandths = |value: f32| value * 1000.0 / self.units;
        let measures = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let widths = self.glyphs.remapped_gids().map(|glyph| {
            thousandths(measures.advance_width(GlyphId::from(glyph)).unwrap_or_default())
        });
        let mut cid = pdf.cid_font(part);
        cid.subtype(if compact { CidFontType::Type0 } else { CidFontType::Type2 });
        cid.base_font(Name(name.as_bytes())).system_info(IDENTITY).font_descriptor(descriptor);
        cid.default_width(0.0);
        if !compact {
            cid.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        cid.widths().consecutive(0, widths);
        cid.finish();

        let metrics = font.metrics(Size::unscaled(), LocationRef::default());
        let bounds = metrics.bounds.context("a font without bounds")?;
        let ascent = thousandths(metrics.ascent);
        let mut flags = FontFlags::SYMBOLIC;
        flags.set(FontFlags::FIXED_PITCH, metrics.is_monospace);
        flags.set(FontFlags::ITALIC, metrics.italic_angle != 0.0);
        let mut described = pdf.font_descriptor(descriptor);
        described
            .name(Name(name.as_bytes()))
            .flags(flags)
            .bbox(Rect::new(
                thousandths(bounds.x_min),
                thousandths(bounds.y_min),
                thousandths(bounds.x_max),
                thousandths(bounds.y_max),
            ))
            .italic_angle(metrics.italic_angle)
            .ascent(ascent)
            .descent(thousandths(metrics.descent))
            .cap_height(metrics.cap_height.map_or(ascent, thousandths))
            .stem_v(STEM);
        match compact {
            true => described.font_file3(data),
            false => described.font_file2(data),
        };
        described.finish();

        let mut map = UnicodeCmap::new(Name(b"Texts"), IDENTITY);
        for (&glyph, text) in self.texts.iter().filter(|(_, text)| !text.is_empty()) {
            map.pair_with_multiple(glyph, text.chars());
        }
        pdf.cmap(texts, &map.finish());

        let compressed = deflate(bytes)?;
        let mut stream = pdf.stream(data, &compressed);
        stream.filter(Filter::FlateDecode);
        match compact {
            true => stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C")),
            false => stream.pair(Name(b"Length1"), i32::try_from(bytes.len())?),
        };
        stream.finish();
        Ok(own)
    }

    /// Names the part of the font: six letters that depend on the glyphs, then the font's name.
    fn name(&self, font: &FontRef) -> String {
        let named = font.localized_strings(StringId::POSTSCRIPT_NAME).english_or_first();
        let named: String = named
            .into_iter()
            .flat_map(|name| name.chars().collect::<Vec<_>>())
            .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
            .collect();
        // FNV-1a, 64 bits.
        let hash = self.glyphs.remapped_gids().fold(0xcbf2_9ce4_8422_2325u64, |hash, glyph| {
            (hash ^ u64::from(glyph)).wrapping_mul(0x0100_0000_01b3)
        });
        let letter = |at: u32| char::from(b'A' + (hash / 26u64.pow(at) % 26) as u8);
        let tag: String = (0..6).map(letter).collect();
        format!("{tag}+{}", if named.is_empty() { "Unnamed" } else { &named })
    }
}
