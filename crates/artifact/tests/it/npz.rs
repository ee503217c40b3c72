use std::path::Path;

use artifact::{Npz, Outputs, Provenance, Run, Text};
use ndarray::{arr0, array};
use serde_json::Value;
use tempfile::tempdir;

fn write(path: &Path) {
    let mut outputs = Outputs::new();
    outputs
        .npz(path, |archive| {
            archive.add_array("means", &array![[1.0, 2.0], [3.0, 4.0]])?;
            archive.add_array("counts", &array![1i32, 2])?;
            archive.add_array("kind", &arr0(Text::from("full")))
        })
        .unwrap();
    let run = Run { seconds: 0.0, threads: 1, device: "cpu".into(), peak_memory: None, argv: Vec::new() };
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
    assert!(refused.contains("expected a number array `kind`, found an array of dtype <U9"), "{refused}");
    let refused = model.text("means").unwrap_err().to_string();
    assert!(refused.contains("expected a text `means`, found dtype <f8"), "{refused}");

    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let refused = Npz::open(&path).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("expected an .npz archive"), "{length} bytes: {refused}");
    }
}
