//! Fuzzes the readers of all models, with an archive or with members that the input gives.

#![no_main]

use std::io::{Cursor, Write};

use artifact::Npz;
use libfuzzer_sys::fuzz_target;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Arrays of the models, of today's formats and those of before 0.1.0. A byte of an input chooses
/// one by its remainder, so that the inputs in `corpus/` mean something else once this has another
/// length.
const NAMES: [&str; 29] = [
    "centroids",
    "weights",
    "means",
    "covariances",
    "covariance_type",
    "points",
    "embedding",
    "settings",
    "deviations",
    "mean",
    "directions",
    "center",
    "other",
    "format_version",
    "a",
    "b",
    "neighbors",
    "metric",
    "exponent",
    "components",
    "height",
    "width",
    "scales",
    "angles",
    "origin",
    "offsets",
    "runs",
    "k",
    "map",
];

/// Makes an archive of members: for each a byte that chooses its name, its length (u2) and content.
fn archive(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut seen = 0u32;
    while let [name, low, high, after @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(after.len());
        let (content, left) = after.split_at(length);
        let at = usize::from(*name) % NAMES.len();
        rest = left;
        if seen & 1 << at != 0 {
            continue;
        }
        seen |= 1 << at;
        writer.start_file(format!("{}.npy", NAMES[at]), SimpleFileOptions::default()).ok()?;
        writer.write_all(content).ok()?;
    }
    Some(writer.finish().ok()?.into_inner())
}

fuzz_target!(|data: &[u8]| {
    let Some((made, rest)) = fuzz::form(data) else { return };
    let Some(bytes) = (if made { archive(rest) } else { Some(rest.to_vec()) }) else { return };
    fuzz::with_file("model.npz", &bytes, |path| {
        if let Ok((mut archive, _)) = Npz::open(path) {
            for name in NAMES {
                let _ = archive.array(name);
                let _ = archive.text(name);
            }
        }
        let _ = model_io::consensus::read(path);
        let _ = model_io::gmm::read(path);
        let _ = model_io::kmeans::read(path);
        let _ = model_io::scattering::read(path);
        let _ = model_io::umap::read(path);
    });
});
