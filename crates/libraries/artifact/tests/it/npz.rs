use std::io::Write;
use std::path::Path;

use artifact::{Npz, Outputs, Provenance, Run, Text};
use ndarray::{Array, ArrayD, Dimension, arr0, array};
use serde_json::Value;
use tempfile::tempdir;

use crate::with_header;

fn write(path: &Path) {
    let mut outputs = Outputs::new();
    outputs
        .npz(path, |archive| {
            archive.add_array("means", &array![[1.0, 2.0], [3.0, 4.0]])?;
            archive.add_array("counts", &array![1i32, 2])?;
            archive.add_array("kind", &arr0(Text::from("full")))
        })
        .unwrap();
    let run =
        Run { seconds: 0.0, threads: 1, device: "cpu".into(), peak_memory: None, argv: Vec::new() };
    let (stage, version) = ("test".into(), "0".into());
    let (inputs, outputs_of) = (Vec::new(), Vec::new());
    outputs
        .commit(Provenance {
            stage,
            version,
            parameters: Value::Null,
            inputs,
            outputs: outputs_of,
            result: Value::Null,
            run,
        })
        .unwrap();
}

#[test]
fn a_model_is_read_as_it_was_written_and_written_the_same_twice() {
    let folder = tempdir().unwrap();
    let (first, second) = (folder.path().join("a.npz"), folder.path().join("b.npz"));
    write(&first);
    write(&second);
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());

    let (mut model, record) = Npz::open(&first).unwrap();
    assert_eq!(record.bytes, std::fs::metadata(&first).unwrap().len());
    assert_eq!(model.array("means").unwrap(), array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
    assert_eq!(model.array("counts").unwrap(), array![1.0, 2.0].into_dyn());
    assert_eq!(model.text("kind").unwrap(), "full");
}

#[test]
fn what_is_missing_or_wrong_is_told() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.npz");
    write(&path);
    let (mut model, _) = Npz::open(&path).unwrap();
    let refused = model.array("weights").unwrap_err().to_string();
    assert!(
        refused.contains("expected an array `weights`, found the arrays means, counts, kind"),
        "{refused}"
    );
    let refused = model.array("kind").unwrap_err().to_string();
    assert!(
        refused
            .contains("expected a number array `kind`, found an array of dtype <U9 and shape ()"),
        "{refused}"
    );
    let refused = model.text("means").unwrap_err().to_string();
    assert!(refused.contains("expected a text `means`, found dtype <f8"), "{refused}");

    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let refused = Npz::open(&path).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("expected an .npz archive"), "{length} bytes: {refused}");
    }
}

/// Writes an uncompressed archive of members with these names.
fn archive(path: &Path, members: &[(&str, Vec<u8>)]) {
    let mut writer = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, content) in members {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap();
}

/// The `.npy` file of `values` with their first index moving fastest, as `encode` writes one of
/// them.
fn columns_first<D: Dimension>(
    dtype: &str,
    values: &Array<f64, D>,
    encode: &dyn Fn(f64) -> Vec<u8>,
) -> Vec<u8> {
    let shape: Vec<String> = values.shape().iter().map(|length| format!("{length},")).collect();
    let header =
        format!("{{'descr': '{dtype}', 'fortran_order': True, 'shape': ({}), }}", shape.concat());
    let payload: Vec<u8> = values.t().iter().flat_map(|&value| encode(value)).collect();
    with_header(&header, &payload)
}

/// Arrays of any memory order, byte order and dtype are read as the same f64 values.
#[test]
fn arrays_of_models_may_be_stored_in_any_way() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let matrix = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let cube = Array::from_shape_fn((2, 3, 3), |(i, j, k)| (9 * i + 3 * j + k) as f64);
    type Encode = Box<dyn Fn(f64) -> Vec<u8>>;
    let dtypes: [(&str, Encode); 12] = [
        ("<f8", Box::new(|x| x.to_le_bytes().to_vec())),
        (">f8", Box::new(|x| x.to_be_bytes().to_vec())),
        ("<f4", Box::new(|x| (x as f32).to_le_bytes().to_vec())),
        (">f4", Box::new(|x| (x as f32).to_be_bytes().to_vec())),
        ("<f2", Box::new(|x| half::f16::from_f64(x).to_le_bytes().to_vec())),
        (">f2", Box::new(|x| half::f16::from_f64(x).to_be_bytes().to_vec())),
        ("|u1", Box::new(|x| vec![x as u8])),
        ("|i1", Box::new(|x| vec![x as u8])),
        ("<i2", Box::new(|x| (x as i16).to_le_bytes().to_vec())),
        (">u4", Box::new(|x| (x as u32).to_be_bytes().to_vec())),
        ("<i8", Box::new(|x| (x as i64).to_le_bytes().to_vec())),
        (">u8", Box::new(|x| (x as u64).to_be_bytes().to_vec())),
    ];
    for (dtype, encode) in &dtypes {
        archive(
            &path,
            &[
                ("matrix.npy", columns_first(dtype, &matrix, encode.as_ref())),
                ("cube.npy", columns_first(dtype, &cube, encode.as_ref())),
            ],
        );
        let (mut model, _) = Npz::open(&path).unwrap();
        let same = |name: &str, found: ArrayD<f64>, expected: ArrayD<f64>| {
            assert_eq!(found, expected, "{name} {dtype}");
            assert!(found.is_standard_layout(), "{name} {dtype}");
        };
        same("matrix", model.array("matrix").unwrap(), matrix.clone().into_dyn());
        same("cube", model.array("cube").unwrap(), cube.clone().into_dyn());
    }
}

#[test]
fn texts_may_be_bytes_and_members_without_a_suffix() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let text = |dtype: &str, payload: &[u8]| {
        with_header(
            &format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': (), }}"),
            payload,
        )
    };
    let wide: Vec<u8> = "full".chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect();
    archive(
        &path,
        &[
            ("bytes.npy", text("|S5", b"full\0")),
            ("wide.npy", text(">U4", &wide)),
            ("bare", text("|S4", b"full")),
            ("broken.npy", text("|S4", b"\xff\xff\xff\xff")),
        ],
    );
    let (mut model, _) = Npz::open(&path).unwrap();
    for name in ["bytes", "wide", "bare"] {
        assert_eq!(model.text(name).unwrap(), "full", "{name}");
    }
    assert!(model.text("broken").unwrap_err().to_string().contains("found dtype |S4 and shape ()"));
}

#[test]
fn members_that_cannot_be_unpacked_are_told_from_those_that_are_missing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.npz");
    for (method, told) in [
        (
            12u16,
            "found one that is compressed with bzip2; write the archive again with numpy.savez",
        ),
        (14, "compressed with LZMA"),
        (93, "compressed with zstd"),
        (77, "compressed with Unsupported(77)"),
    ] {
        archive(&path, &[("means.npy", b"whatever".to_vec())]);
        let mut bytes = std::fs::read(&path).unwrap();
        // The compression method stands in the header of the member and in the directory.
        for (magic, at) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
            let start = bytes.windows(4).position(|four| four == magic).unwrap();
            bytes[start + at..start + at + 2].copy_from_slice(&method.to_le_bytes());
        }
        std::fs::write(&path, bytes).unwrap();
        let refused = Npz::open(&path).unwrap().0.array("means").unwrap_err().to_string();
        assert!(
            refused.contains("expected an array `means`") && refused.contains(told),
            "{refused}"
        );
    }
    archive(&path, &[]);
    let refused = Npz::open(&path).unwrap().0.array("means").unwrap_err().to_string();
    assert!(refused.contains("found no array"), "{refused}");
    for (bytes, told) in [
        (b"\x93NUMPY\x01\x00".as_slice(), "found a single array, as .npy files are"),
        (b"\x1f\x8b\x08\x00", "found a gzip-compressed file"),
        (b"\x89HDF\r\n\x1a\n", "found an HDF5 file"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let refused = Npz::open(&path).err().unwrap().to_string();
        assert!(refused.contains(told), "{refused}");
    }
}

/// While another thread replaces the file again and again, hash and content are of one and the
/// same.
#[test]
fn the_record_is_of_the_bytes_that_are_read() {
    let folder = tempdir().unwrap();
    let [path, next] = ["a.npz", "next.npz"].map(|name| folder.path().join(name));
    let written = |value: f64| {
        archive(
            &path,
            &[("value.npy", columns_first("<f8", &array![value], &|x| x.to_le_bytes().to_vec()))],
        );
        (std::fs::read(&path).unwrap(), Npz::open(&path).unwrap().1.sha256)
    };
    let files = [written(0.0), written(1.0)];
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for (bytes, _) in &files {
                    std::fs::write(&next, bytes).unwrap();
                    std::fs::rename(&next, &path).unwrap();
                }
            }
        });
        let agree = (0..2000).all(|_| {
            let (mut model, record) = Npz::open(&path).unwrap();
            let value = model.array("value").unwrap()[[0]];
            record.sha256 == files[value as usize].1
        });
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(agree);
    });
}
