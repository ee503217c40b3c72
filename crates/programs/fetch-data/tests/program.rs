//! The program as a user meets it: in an empty folder, with an empty home, and never on the
//! network.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use ndarray::{Array1, Array3, s};
use serde_json::json;
use test_support::Program;

const WRITTEN: [&str; 5] =
    ["train-images.npy", "train-labels.npy", "test-images.npy", "test-labels.npy", "classes.json"];

/// What one run said and did.
struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Outcome {
    /// The run failed with one line that contains each of `told`. Notes may come before it.
    fn assert_fails(&self, code: i32, told: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        let errors: Vec<&str> =
            self.stderr.lines().filter(|line| line.starts_with("fetch-data: ")).collect();
        assert!(
            errors.len() == 1 && self.stderr.trim_end().ends_with(errors[0]),
            "{}",
            self.stderr
        );
        for told in told {
            assert!(errors[0].contains(told), "no '{told}' in: {}", errors[0]);
        }
    }
}

fn run_with(program: &Program, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let mut command = program.command(&arguments.join(" "));
    for name in ["FASHION_MNIST_DIR", "TORCHVISION_ROOT"] {
        command.env_remove(name);
    }
    command.env("HOME", program.path("home")).envs(variables.iter().copied());
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run(program: &Program, arguments: &[&str]) -> Outcome {
    run_with(program, &[], arguments)
}

#[test]
fn help_and_version() {
    let program = Program::in_empty_folder("fetch-data");
    let help = run(&program, &["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    let text = help.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "(default fashion-mnist)",
        "(default 6000)",
        "(default 0)",
        "(default: for fashion-mnist $FASHION_MNIST_DIR",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let example = "fetch-data --out-dir data train-ae --images data/train-images.npy \
                   --out weights.safetensors";
    assert!(text.ends_with(example), "{text}");
    let version = run(&program, &["--version"]);
    assert_eq!(
        (version.code, version.stdout),
        (0, format!("fetch-data {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn wrong_usage_is_refused_before_anything_is_written() {
    let program = Program::in_empty_folder("fetch-data");
    let cases: [(&[&str], &str); 10] = [
        (&[], "--out-dir"),
        (
            &["--out-dir", "out", "--dataset", "cifar"],
            "fashion-mnist, mnist, kmnist, digits, synthetic",
        ),
        (&["--out-dir", "out", "--source", "ftp://host"], "ftp is not supported"),
        (&["--out-dir", "out", "--count", "60"], "--dataset synthetic"),
        (&["--out-dir", "out", "--seed", "1", "--dataset", "digits"], "--dataset synthetic"),
        (&["--out-dir", "out", "--dataset", "synthetic", "--count", "0"], "--count"),
        (&["--out-dir", "out", "--dataset", "synthetic", "--count", "1000001"], "1000000 at most"),
        (&["--out-dir", "out", "--dataset", "synthetic", "--offline"], "no use for synthetic"),
        (&["--out-dir", "out", "--dataset", "digits", "--source", "."], "no use for digits"),
        (&["--out-dir", "out", "--wrong"], "--wrong"),
    ];
    for (arguments, told) in cases {
        run(&program, arguments).assert_fails(2, &[told, "(see fetch-data --help)"]);
    }
    assert!(program.names().is_empty());
}

#[test]
fn digits_are_written_whole() {
    let program = Program::in_empty_folder("fetch-data");
    let outcome = run(&program, &["--out-dir", "out", "--dataset", "digits"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(
        outcome.stdout.contains("(1438, 8, 8)") && outcome.stdout.contains("(359, 8, 8)"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stderr.contains("Alpaydin & Kaynak") && outcome.stderr.contains("CC BY 4.0"),
        "{}",
        outcome.stderr
    );
    let images: Array3<u8> = program.read("out/train-images.npy");
    let labels: Array1<u8> = program.read("out/train-labels.npy");
    assert_eq!((images.dim(), labels.dim()), ((1438, 8, 8), 1438));
    // Levels 0 0 5 13 9 1 0 0 of 16.
    assert_eq!(images.slice(s![0, 0, ..]).to_vec(), [0, 0, 80, 207, 143, 16, 0, 0]);
    let test_images: Array3<u8> = program.read("out/test-images.npy");
    let test_labels: Array1<u8> = program.read("out/test-labels.npy");
    assert_eq!((test_images.dim(), test_labels.dim()), ((359, 8, 8), 359));
    let classes = program.json("out/classes.json");
    assert_eq!(classes, json!(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]));
    let mut expected: Vec<String> =
        WRITTEN.iter().flat_map(|name| [name.to_string(), format!("{name}.json")]).collect();
    expected.sort();
    assert_eq!(program.names_in("out"), expected);
}

#[test]
fn synthetic_images_are_the_same_every_time_and_say_so() {
    let program = Program::in_empty_folder("fetch-data");
    let arguments = ["--out-dir", "out", "--dataset", "synthetic", "--count", "120", "--seed", "3"];
    let contents = || -> Vec<Vec<u8>> {
        let outcome = run(&program, &arguments);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert!(outcome.stderr.contains("synthetic"), "{}", outcome.stderr);
        WRITTEN.iter().map(|name| program.bytes(format!("out/{name}"))).collect()
    };
    let first = contents();
    let mut provenance = program.json("out/train-images.npy.json");
    assert!(contents() == first);
    let mut again = program.json("out/train-images.npy.json");
    for provenance in [&mut provenance, &mut again] {
        provenance.as_object_mut().unwrap().remove("run").unwrap();
    }
    assert_eq!(again, provenance);
    assert_eq!(
        provenance["parameters"],
        json!({ "dataset": "synthetic", "count": 120, "seed": 3 })
    );
    assert_eq!(provenance["result"]["test"]["rows"], json!(20));
    let images: Array3<u8> = program.read("out/train-images.npy");
    assert_eq!(images.dim(), (120, 28, 28));
    let classes = program.json("out/classes.json");
    assert!(
        classes.as_array().unwrap().iter().all(|name| name.as_str().unwrap().contains("synthetic")),
        "{classes}"
    );
}

#[test]
fn a_wrong_file_is_refused_and_every_source_named() {
    let program = Program::in_empty_folder("fetch-data");
    fs::create_dir(program.path("mine")).unwrap();
    program.write_text("mine/train-images-idx3-ubyte.gz", "not that");
    let outcome = run(&program, &["--out-dir", "out", "--source", "mine", "--offline"]);
    let told = [
        "mine: 8 bytes instead of 26421880",
        "../shared/fashion-mnist: no such file",
        ".keras/datasets/fashion-mnist: no such file",
        "data/FashionMNIST/raw: no such file",
        "amazonaws.com: skipped (--offline)",
        "github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion: skipped (--offline)",
        "--source FOLDER",
        "make demo",
    ];
    outcome.assert_fails(1, &told);
    assert!(
        outcome.stderr.contains("mine/train-images-idx3-ubyte.gz: refused"),
        "{}",
        outcome.stderr
    );
    assert!(!program.has("out"));
}

#[test]
fn a_url_given_is_skipped_offline() {
    let program = Program::in_empty_folder("fetch-data");
    let arguments =
        ["--out-dir", "out", "--dataset", "kmnist", "--source", "http://127.0.0.1:9/", "--offline"];
    run(&program, &arguments)
        .assert_fails(1, &["http://127.0.0.1:9: skipped (--offline)", "KMNIST/raw: no such file"]);
}

#[test]
fn servers_without_the_file_are_named() {
    // The same server stands in for the mirror given and, as a proxy, for all the public ones.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    let program = Program::in_empty_folder("fetch-data");
    let variables = [("ALL_PROXY", url.as_str()), ("NO_PROXY", "127.0.0.1")];
    let arguments = ["--out-dir", "out", "--dataset", "mnist", "--source", &url];
    let outcome = run_with(&program, &variables, &arguments);
    let given = format!("{url}: HTTP status 404");
    outcome.assert_fails(
        1,
        &[&given, "ossci-datasets.s3.amazonaws.com/mnist: ", "storage.googleapis.com", "make demo"],
    );
    assert!(!program.has("out"));
}

#[test]
fn a_folder_that_cannot_be_written_is_told_first() {
    let program = Program::in_empty_folder("fetch-data");
    program.write_text("file", "");
    for dataset in ["digits", "fashion-mnist"] {
        let outcome = run(&program, &["--out-dir", "file/out", "--dataset", dataset]);
        outcome.assert_fails(1, &["file/out/train-images.npy: cannot write"]);
    }
    assert_eq!(program.names(), ["file"]);
}
