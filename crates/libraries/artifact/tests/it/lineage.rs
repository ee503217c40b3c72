//! The provenance of files, followed back.

use std::path::Path;

use artifact::FileRecord;
use artifact::lineage::{Lineage, key_values};
use serde_json::{Value, json};

#[test]
fn objects_are_printed_as_key_value_pairs() {
    let value = json!({
        "k": 10, "tol": 1e-10, "share": 0.123_456_789, "a": { "b": "c", "d": null },
        "l": [1, 2],
    });
    assert_eq!(key_values(&value), "k=10 tol=1e-10 share=0.123457 a.b=c l=[1,2]");
}

fn record(path: &Path, sha256: &str) -> FileRecord {
    FileRecord {
        path: path.display().to_string(),
        dtype: None,
        shape: vec![],
        bytes: 1,
        sha256: sha256.into(),
    }
}

#[test]
fn files_are_followed_to_where_they_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let file = |name: &str, hash: &str| json!({ "path": path(name), "bytes": 1, "sha256": hash });
    let write = |name: &str, stage: &str, inputs: Value, outputs: Value| {
        let run = json!({ "seconds": 1.5, "threads": 2, "device": "cpu",
            "argv": [format!("/bin/{stage}"), "--out", name] });
        let text = json!({ "stage": stage, "version": "1", "parameters": {}, "inputs": inputs,
            "outputs": outputs,
            "result": {}, "run": run });
        std::fs::write(path(&format!("{name}.json")), text.to_string()).unwrap();
    };
    write("b", "second", json!([file("a", "old"), file("raw", "r")]), json!([file("b", "bbb")]));
    write("a", "first", json!([]), json!([file("a", "new"), file("a2", "x")]));
    let lineage = Lineage::trace(&[record(&path("b"), "bbb"), record(&path("a2"), "x")]);
    let stages: Vec<&str> = lineage.steps.iter().map(|step| step.stage.as_str()).collect();
    assert_eq!(stages, ["first 1", "second 1"]);
    assert_eq!(lineage.untracked.len(), 1);
    assert!(lineage.untracked[0].contains("raw"));
    // The second step read an `a` that is not the one the first step wrote last.
    let changed: Vec<bool> = lineage.steps.iter().map(|step| step.outputs[0].changed).collect();
    assert_eq!(changed, [true, false]);
    assert_eq!(lineage.steps[1].argv, ["/bin/second", "--out", "b"]);
}

#[test]
fn the_fuzz_corpus_makes_no_reader_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus/json");
    let mut tried = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        std::fs::copy(file.unwrap().path(), folder.path().join("a.json.json")).unwrap();
        let lineage = Lineage::trace(&[record(&path, &"0".repeat(64))]);
        assert!(lineage.steps.len() + lineage.untracked.len() > 0);
        tried += 1;
    }
    assert!(tried > 20, "{tried} files");
}
