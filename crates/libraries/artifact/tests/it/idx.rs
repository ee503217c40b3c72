//! IDX files, as published and as nobody should write them.

use std::io::{Read, Write};

use artifact::idx::{images, labels};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use ndarray::array;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn idx(shape: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut content = vec![0, 0, 8, shape.len() as u8];
    shape.iter().for_each(|length| content.extend(length.to_be_bytes()));
    content.extend(elements);
    gzip(&content)
}

#[test]
fn two_images_by_hand() {
    let gzipped = idx(&[2, 2, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(gzipped.as_slice()).read_to_end(&mut unpacked).unwrap();
    for file in [gzipped, unpacked] {
        assert_eq!(
            images(&file).unwrap(),
            array![[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 255]]]
        );
    }
    assert_eq!(labels(&idx(&[3], &[9, 0, 4])).unwrap(), array![9, 0, 4]);
}

#[test]
fn hostile_files_are_refused() {
    let cases: [(&str, Vec<u8>, &str); 10] = [
        ("nothing", Vec::new(), "cannot read the IDX header"),
        ("no gzip", b"\0\0\x08\x03plain".to_vec(), "cannot read the IDX header"),
        ("half a header", gzip(&[0, 0, 8, 3, 0, 0]), "cannot read the IDX header"),
        ("labels", idx(&[3], &[1, 2, 3]), "3 dimension(s)"),
        ("floats", gzip(&[0, 0, 0x0d, 3, 0, 0, 0, 1]), "3 dimension(s)"),
        ("no images", idx(&[0, 28, 28], &[]), "impossible shape"),
        ("too large for memory", idx(&[u32::MAX; 3], &[0]), "impossible shape"),
        ("one element missing", idx(&[2, 2, 2], &[0; 7]), "7 elements of the 8"),
        ("one element too many", idx(&[2, 2, 2], &[0; 9]), "bytes after the 8"),
        ("a bomb", idx(&[1, 1, 1], &vec![0; 50_000_000]), "bytes after the 1"),
    ];
    for (case, file, told) in cases {
        let error = images(&file).unwrap_err().to_string();
        assert!(error.contains(told), "{case}: {error}");
    }
}

#[test]
fn what_fuzzing_kept_is_read_or_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fuzz/corpus/idx");
    let mut tried = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        // The first byte says whether the rest is to be compressed.
        let Some((form, rest)) = bytes.split_first() else { continue };
        let bytes = if form % 2 == 1 { gzip(rest) } else { rest.to_vec() };
        assert!(images(&bytes).map_or(true, |images| !images.is_empty()));
        assert!(labels(&bytes).map_or(true, |labels| !labels.is_empty()));
        tried += 1;
    }
    assert!(tried > 20, "{tried} files");
}

#[test]
fn a_damaged_gzip_stream_is_refused() {
    let whole = idx(&[1000], &[7; 1000]);
    assert!(labels(&whole[..whole.len() - 4]).is_err(), "the trailer cut off");
    let mut wrong_crc = whole.clone();
    let crc = wrong_crc.len() - 8;
    wrong_crc[crc] ^= 1;
    assert!(labels(&wrong_crc).is_err(), "a wrong CRC");
    assert_eq!(labels(&whole).unwrap().len(), 1000);
}
