//! Fuzzes every reader of a model: an archive as it is, or one of members that the input gives.

#![no_main]

use std::io::{Cursor, Write};

use artifact::Npz;
use libfuzzer_sys::fuzz_target;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

// The modules of the programs that read their models.
#[allow(dead_code)]
#[path = "../../crates/programs/embed-manifold/src/model.rs"]
mod embedding;
#[allow(dead_code)]
#[path = "../../crates/programs/scatter/src/model.rs"]
mod features;
#[allow(dead_code)]
#[path = "../../crates/programs/cluster-gmm/src/model.rs"]
mod mixture;

const NAMES: [&str; 13] = [
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
];

/// Makes an archive of members, each a byte for the name, two for the length, and the content.
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
            if let Ok(centroids) = archive.array("centroids") {
                let _ = centroids.into_dimensionality().map(clustering::kmeans::KMeans::new);
            }
        }
        let _ = mixture::read_model(path);
        let _ = embedding::read(path);
        let _ = features::read(path);
    });
});
