//! Finds fonts for figures as PNG and PDF: the own font, then those of the system.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use resvg::usvg::FontResolver;
use resvg::usvg::fontdb::{Database, ID, Source};

/// Most levels of folders that are searched for fonts.
const DEEPEST: usize = 8;

/// Fonts for the letters of a drawing.
pub struct Fonts {
    /// The own font, then the fonts of the system that are needed.
    pub database: Arc<Database>,
    /// The program's own font.
    pub own: ID,
    /// Families of the fonts of the system.
    pub others: Vec<String>,
    /// Letters that no font has.
    pub lacking: BTreeSet<char>,
}

impl Fonts {
    /// Finds fonts for `letters`.
    ///
    /// Takes the own font, then the first font of the system that has what the own font lacks.
    ///
    /// A drawing whose letters are all in the program's own font is the same on every machine.
    pub fn find(letters: &BTreeSet<char>) -> Option<Self> {
        Self::among(letters, &folders())
    }

    /// Finds fonts in the folders `folders`; `None` if the own font cannot be read.
    fn among(letters: &BTreeSet<char>, folders: &[PathBuf]) -> Option<Self> {
        let source = Source::Binary(Arc::new(epaint_default_fonts::UBUNTU_LIGHT));
        let mut database = Database::new();
        let own = *database.load_font_source(source.clone()).first()?;
        // The fallback selector skips the first font, so that a second copy shows what the font
        // has.
        let mut twice = Arc::new(database.clone());
        Arc::make_mut(&mut twice).load_font_source(source);
        let mut lacking: BTreeSet<char> = letters
            .iter()
            .copied()
            .filter(|&letter| !is_in_another(letter, own, &mut twice))
            .collect();
        let mut others = Vec::new();
        let files = if lacking.is_empty() { Vec::new() } else { files(folders) };
        for file in files {
            let Ok(bytes) = std::fs::read(&file) else { continue };
            let source = Source::Binary(Arc::new(bytes));
            let mut with = Arc::new(database.clone());
            let added = Arc::make_mut(&mut with).load_font_source(source);
            let still: BTreeSet<char> = lacking
                .iter()
                .copied()
                .filter(|&letter| !is_in_another(letter, own, &mut with))
                .collect();
            if still.len() < lacking.len() {
                let family =
                    added.first().and_then(|&id| Some(with.face(id)?.families.first()?.0.clone()));
                others.extend(family);
                database = Arc::unwrap_or_clone(with);
                lacking = still;
            }
            if lacking.is_empty() {
                break;
            }
        }
        Some(Self { database: Arc::new(database), own, others, lacking })
    }

    /// Letter drawn in place of letters that no font has.
    pub const REPLACEMENT: char = '?';

    /// Describes the letters that no font has; `None` if there are none.
    pub fn warning(&self) -> Option<String> {
        const MOST: usize = 20;
        if self.lacking.is_empty() {
            return None;
        }
        let mut letters: Vec<String> = self
            .lacking
            .iter()
            .take(MOST)
            .map(|&letter| format!("{letter} (U+{:04X})", u32::from(letter)))
            .collect();
        if self.lacking.len() > MOST {
            letters.push(format!("{} more", self.lacking.len() - MOST));
        }
        Some(format!(
            "no font of this system has {}, drawn as {} instead; install a font that has them, or \
             write \
             FILE.svg, which is drawn with the fonts of whoever looks at it",
            letters.join(", "),
            Self::REPLACEMENT
        ))
    }
}

/// Returns whether a font of `database` other than `own` has `letter`.
fn is_in_another(letter: char, own: ID, database: &mut Arc<Database>) -> bool {
    FontResolver::default_fallback_selector()(letter, &[own], database).is_some()
}

/// Returns whether a letter has a glyph.
///
/// Joiners, direction marks and variation selectors have none.
pub fn is_drawn(letter: char) -> bool {
    !letter.is_whitespace()
        && !letter.is_control()
        && !matches!(
            u32::from(letter),
            0xad | 0x034f | 0x061c | 0x180b..=0x180f | 0x200b..=0x200f | 0x202a..=0x202e
                | 0x2060..=0x206f
                | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe0fff
        )
}

/// Lists the font folders of the XDG base directory specification and of fontconfig.
fn folders() -> Vec<PathBuf> {
    let home = std::env::home_dir().unwrap_or_default();
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let mut folders =
        vec![set("XDG_DATA_HOME").map_or(home.join(".local/share"), PathBuf::from).join("fonts")];
    folders.push(home.join(".fonts"));
    let shared = set("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    folders.extend(std::env::split_paths(&shared).map(|folder| folder.join("fonts")));
    if cfg!(target_os = "macos") {
        folders.push(home.join("Library/Fonts"));
        folders.extend(["/Library/Fonts", "/System/Library/Fonts"].map(PathBuf::from));
    }
    folders
}

/// Lists the font files below `folders`, upright sans-serif fonts of usual weight first.
///
/// Breaks ties by name, so that the order in which a folder lists files does not matter.
fn files(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders {
        collect(folder, DEEPEST, &mut found);
    }
    found.sort_by_cached_key(|path| {
        (unusual(path), path.file_name().map(ToOwned::to_owned), path.clone())
    });
    found.dedup();
    found
}

fn collect(folder: &Path, deep: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let kind =
            path.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_lowercase();
        if path.is_dir() {
            if deep > 0 {
                collect(&path, deep - 1, found);
            }
        } else if ["ttf", "otf", "ttc", "otc"].contains(&kind.as_str()) && path.is_file() {
            found.push(path);
        }
    }
}

/// Ranks a font by its file name; upright sans-serif fonts of usual weight come first.
fn unusual(path: &Path) -> (usize, Reverse<bool>) {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let styles = [
        "bold",
        "italic",
        "oblique",
        "black",
        "heavy",
        "thin",
        "light",
        "condensed",
        "mono",
        "math",
    ];
    let count = styles.iter().filter(|style| name.contains(**style)).count();
    (count, Reverse(name.contains("sans") || name.contains("gothic")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    fn letters(text: &str) -> BTreeSet<char> {
        text.chars().collect()
    }

    #[test]
    fn the_systems_fonts_are_read_only_for_letters_that_ours_lacks() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("emoji")).unwrap();
        std::fs::write(
            folder.path().join("emoji/NotoEmoji.ttf"),
            epaint_default_fonts::NOTO_EMOJI_REGULAR,
        )
        .unwrap();
        std::fs::write(folder.path().join("broken.ttf"), "no font").unwrap();
        let folders = [folder.path().to_owned()];
        let plain = Fonts::among(&letters("Zürich Ω Ж"), &folders).unwrap();
        assert_eq!((plain.database.len(), plain.lacking.len()), (1, 0));
        let some = Fonts::among(&letters("a😀猫"), &folders).unwrap();
        assert_eq!(some.lacking, letters("猫"));
        assert_eq!((some.database.len(), some.others.len()), (2, 1));
        assert!(some.warning().unwrap().contains("猫 (U+732B), drawn as ?"));
        let none = Fonts::among(&letters("a😀猫"), &[]).unwrap();
        assert_eq!(none.lacking, letters("😀猫"));
    }

    #[test]
    fn usual_fonts_come_first() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["B-Bold.ttf", "ASerif.ttf", "ZSans.otf", "notes.txt", "CSans-Bold.TTF"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = files(&[folder.path().to_owned(), folder.path().to_owned()]);
        let names: Vec<_> =
            found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["ZSans.otf", "ASerif.ttf", "CSans-Bold.TTF", "B-Bold.ttf"]);
    }
}
