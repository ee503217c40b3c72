//! Archives give the same rows as the folder that was packed.

use std::fs::File;
use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use ndarray::Array3;
use test_support::Program;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::made::png_of;
use crate::{OUT, column, program, put};

/// Members of a zip archive, in this order.
fn zipped(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Members of a tar archive, in this order; names are not checked.
fn tarred(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    file.write_all(bytes).unwrap();
    file.finish().unwrap()
}

/// The rows, names and skipped files of a run on `from`.
fn outcome(program: &Program, from: &str) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    program.done(&format!("--from {from} {OUT} --size 1 --color gray --invert no"));
    (program.bytes("images.npy"), program.bytes("names.csv"), program.bytes("skipped.csv"))
}

#[test]
fn archives_are_like_the_folder() {
    let program = program();
    let images: Vec<Vec<u8>> = (0..5).map(|level| png_of(20 * level)).collect();
    // Not in the order of rows.
    let members: [(&str, &[u8]); 7] = [
        ("b/10.png", &images[3]),
        ("b/2.png", &images[2]),
        ("a.png", &images[0]),
        ("b/notes.txt", b"text"),
        ("__MACOSX/b/._2.png", b"x"),
        ("ü/1.png", &images[4]),
        ("b/1.png", &images[1]),
    ];
    for (name, bytes) in members {
        put(&program, &format!("in/{name}"), bytes);
    }
    let packed = tarred(&members);
    put(&program, "packed.tar", &packed);
    put(&program, "packed.tar.gz", gzipped(&packed));
    put(&program, "stored.zip", zipped(&members, CompressionMethod::Stored));
    // The content counts, not the name.
    put(&program, "deflated", zipped(&members, CompressionMethod::Deflated));
    let folder = outcome(&program, "in");
    assert_eq!(column(&program, "names.csv", "file").len(), 5);
    assert_eq!(program.json("images.npy.json")["inputs"], serde_json::json!([]));
    let content = program.json("images.npy.json")["result"]["content_sha256"].clone();
    for archive in ["packed.tar", "packed.tar.gz", "stored.zip", "deflated"] {
        assert!(outcome(&program, archive) == folder, "{archive}");
        let record = program.json("images.npy.json");
        assert_eq!(record["inputs"][0]["path"], archive);
        assert_eq!(record["inputs"][0]["bytes"], program.bytes(archive).len());
        assert_eq!(record["result"]["content_sha256"], content);
        assert_eq!(record["result"]["hidden"], 1);
    }
    let read = artifact::read_bytes(&program.path("packed.tar")).unwrap().1;
    program.done(&format!("--from packed.tar {OUT}"));
    assert_eq!(program.json("names.csv.json")["inputs"][0]["sha256"], read.sha256);
}

#[test]
fn hostile_members_are_skipped() {
    let program = program();
    let good = png_of(50);
    let members: [(&str, &[u8]); 6] = [
        ("../evil.png", &good),
        ("/etc/evil.png", &good),
        ("a/../../evil.png", &good),
        ("broken.png", b"text"),
        ("good.png", &good),
        ("secret.png", &good),
    ];
    let mut archive = zipped(&members, CompressionMethod::Stored);
    // Marks the last member as encrypted, before its content and in the directory.
    let last = |mark: &[u8]| archive.windows(4).rposition(|bytes| bytes == mark).unwrap();
    let (local, central) = (last(b"PK\x03\x04"), last(b"PK\x01\x02"));
    archive[local + 6] |= 1;
    archive[central + 8] |= 1;
    put(&program, "in.zip", archive);
    put(&program, "in.tar", tarred(&members[..5]));
    for (from, skipped) in [("in.zip", 5), ("in.tar", 4)] {
        let before = program.names();
        program.done(&format!("--from {from} {OUT} --size 1 --color gray --invert no"));
        assert_eq!(column(&program, "names.csv", "file"), ["good.png"]);
        let (files, reasons) =
            (column(&program, "skipped.csv", "file"), column(&program, "skipped.csv", "reason"));
        assert_eq!(files.len(), skipped, "{files:?}");
        let leaving = reasons.iter().filter(|reason| reason.contains("leads out of the archive"));
        assert_eq!(leaving.count(), 3, "{reasons:?}");
        if let Some(at) = files.iter().position(|file| file == "secret.png") {
            assert!(reasons[at].starts_with("encrypted"), "{reasons:?}");
        }
        for name in program.names() {
            assert!(before.contains(&name) || !name.contains("evil"), "{name}");
        }
        assert!(!program.path("../evil.png").exists());
    }
}

#[test]
fn bombs_do_not_fill_the_memory() {
    let program = program();
    let mut archive = ZipWriter::new(File::create(program.path("in.zip")).unwrap());
    let options = SimpleFileOptions::default().compression_level(Some(1));
    archive.start_file("bomb.png", options).unwrap();
    archive.write_all(&png_of(1)).unwrap();
    let zeros = vec![0; 1 << 20];
    (0..600).for_each(|_| archive.write_all(&zeros).unwrap());
    archive.start_file("good.png", options).unwrap();
    archive.write_all(&png_of(7)).unwrap();
    archive.finish().unwrap();
    program.done(&format!("--from in.zip {OUT} --size 1 --color gray --invert no"));
    assert_eq!(program.read::<Array3<u8>>("images.npy")[[0, 0, 0]], 7);
    assert_eq!(column(&program, "skipped.csv", "file"), ["bomb.png"]);
    let reason = &column(&program, "skipped.csv", "reason")[0];
    assert_eq!(reason, "too large: the file has more than 512 MiB");
    let peak = program.json("images.npy.json")["run"]["peak_memory"].as_u64();
    assert!(peak.is_none_or(|peak| peak < 200 << 20), "{peak:?} bytes");
}

#[test]
fn archives_that_are_cut_off_are_refused() {
    let program = program();
    let members: [(&str, &[u8]); 2] = [("1.png", &png_of(1)), ("2.png", &png_of(2))];
    let cut = |bytes: &[u8]| bytes[..bytes.len() * 2 / 3].to_vec();
    let packed = tarred(&members);
    put(&program, "cut.zip", cut(&zipped(&members, CompressionMethod::Stored)));
    put(&program, "cut.tar.gz", cut(&gzipped(&packed)));
    put(&program, "cut.tar", &packed[..512 + 512 + 100]);
    put(&program, "text.gz", gzipped(b"a text"));
    put(&program, "noise", [0_u8, 1, 2, 3]);
    put(&program, "empty.zip", "");
    for (from, told) in [
        ("cut.zip", "found one that cannot be opened"),
        ("cut.tar.gz", "found one that cannot be unpacked"),
        ("cut.tar", "found one that cannot be read to its end"),
        ("text.gz", "found one that cannot be read to its end"),
        ("noise", "found a file of another kind"),
        ("empty.zip", "found an empty file"),
    ] {
        program.refused(&format!("--from {from} {OUT} --quiet"), 1, told);
        assert!(!program.has("images.npy"), "{from}");
    }
}
