//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use ndarray::{Array1, Array2, arr0, array};
use ndarray_npy::{NpzWriter, read_npy, write_npy};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;
use tempfile::tempdir;

fn run(folder: &Path, words: &str) -> Output {
    Command::cargo_bin("consensus")
        .unwrap()
        .current_dir(folder)
        .args(words.split(' '))
        .output()
        .unwrap()
}

#[test]
fn runs_of_any_tool_become_one() {
    let folder = tempdir().unwrap();
    write_npy(folder.path().join("a.npy"), &array![0_i32, 0, 0, 1, 1, 1]).unwrap();
    write_npy(folder.path().join("b.npy"), &array![7_i64, 7, 7, 3, 3, 7]).unwrap();
    write_npy(folder.path().join("c.npy"), &array![1_u8, 1, 1, 0, 0, 0]).unwrap();
    let output =
        run(folder.path(), "--assignments a.npy b.npy c.npy --out o.npy --agreement s.npy");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("3 runs, pairwise ARI"), "{shown}");
    let found: Array1<i32> = read_npy(folder.path().join("o.npy")).unwrap();
    assert_eq!(found.mapv(|id| id == found[0]), array![true, true, true, false, false, false]);
    let agreement: Array1<f32> = read_npy(folder.path().join("s.npy")).unwrap();
    assert_eq!(agreement.mapv(|x| (3.0 * x).round() as i32), array![3, 3, 3, 3, 3, 2]);
    let record: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("o.npy.json")).unwrap()).unwrap();
    assert_eq!(record["parameters"]["k"], 2);
    assert_eq!(record["inputs"].as_array().unwrap().len(), 3);
}

#[test]
fn without_an_outcome_it_says_how_much_runs_agree() {
    let folder = tempdir().unwrap();
    // a and b are one partition, and c halves each of its clusters: of 12 ordered pairs 4 are
    // together in a, none in c.
    write_npy(folder.path().join("a.npy"), &array![0_i32, 0, 1, 1]).unwrap();
    write_npy(folder.path().join("b.npy"), &array![7_i64, 7, 3, 3]).unwrap();
    write_npy(folder.path().join("c.npy"), &array![0_u8, 1, 0, 1]).unwrap();
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    let before = names();
    // Pairwise ARI 1, -0.5, -0.5 and NMI 1, 0, 0.
    for (words, told) in [
        ("--assignments a.npy b.npy", "2 runs, pairwise ARI 1.0000, NMI 1.0000 on average\n"),
        ("--assignments a.npy b.npy c.npy", "3 runs, pairwise ARI 0.0000, NMI 0.3333 on average\n"),
    ] {
        let output = run(folder.path(), words);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), told);
    }
    assert_eq!(names(), before, "nothing is written");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = tempdir().unwrap();
    write_npy(folder.path().join("a.npy"), &array![0_i32, 0, 1]).unwrap();
    write_npy(folder.path().join("b.npy"), &array![0_i32, 1]).unwrap();
    write_npy(folder.path().join("low.npy"), &array![0_i32, -1, -2]).unwrap();
    for (words, code, told) in [
        ("--assignments a.npy --out o.npy", 2, "at least two runs"),
        (
            "--assignments a.npy a.npy --k 2",
            2,
            "--agreement, --k, --model and --predict go with --out",
        ),
        ("--assignments a.npy a.npy --agreement o.npy", 2, "go with --out"),
        ("--assignments a.npy a.npy --model m.npz", 2, "go with --out"),
        ("--assignments a.npy a.npy --predict m.npz", 2, "go with --out"),
        (
            "--assignments a.npy a.npy --predict m.npz --k 2 --out o.npy",
            2,
            "leave out --k and --model",
        ),
        (
            "--assignments a.npy a.npy --predict a.npy --out o.npy",
            1,
            "a.npy: expected an .npz archive",
        ),
        (
            "--assignments a.npy low.npy --out o.npy",
            1,
            "low.npy: assignment -2 at row 2, expected -1 (noise)",
        ),
        ("--assignments low.npy a.npy", 1, "low.npy: assignment -2 at row 2, expected -1 (noise)"),
        (
            "--assignments a.npy b.npy",
            1,
            "b.npy: expected 3 assignments, as many as in a.npy, found 2",
        ),
        (
            "--assignments a.npy b.npy --out o.npy",
            1,
            "b.npy: expected 3 assignments, as many as in a.npy, found 2",
        ),
        ("--assignments a.npy a.npy --k 5 --out o.npy", 1, "expected a run with 5 clusters"),
    ] {
        let output = run(folder.path(), words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(code), 1), "{error}");
        assert!(error.contains(told), "{error}");
        assert!(!folder.path().join("o.npy").exists());
    }
}

/// Runs of 4 clusters with names of their own and a fifth of the points astray.
fn write_runs(folder: &Path, name: &str, n: usize, seed: u64) -> Array1<i64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let truth = Array1::from_shape_fn(n, |_| rng.gen_range(0..4_i64));
    for run in 0..3 {
        let stray = |&id: &i64| if rng.gen_bool(0.2) { rng.gen_range(0..4) } else { id };
        let ids: Array1<i64> = truth.iter().map(stray).collect();
        // A permutation and names of each run's own.
        write_npy(
            folder.join(format!("{name}{run}.npy")),
            &ids.mapv(|id| 10 * ((3 * id + run) % 4) + run),
        )
        .unwrap();
    }
    truth
}

#[test]
fn a_model_gives_new_points_the_ids_of_the_first() {
    let folder = tempdir().unwrap();
    let train = write_runs(folder.path(), "train", 500, 1);
    let test = write_runs(folder.path(), "test", 120, 2);
    let files = |name: &str| format!("--assignments {name}0.npy {name}1.npy {name}2.npy");
    let output = run(
        folder.path(),
        &format!("{} --out o.npy --agreement s.npy --model m.npz --k 4", files("train")),
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = run(
        folder.path(),
        &format!("{} --predict m.npz --out again.npy --agreement share.npy", files("train")),
    );
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    for (one, other) in [("o.npy", "again.npy"), ("s.npy", "share.npy")] {
        let bytes = |name| std::fs::read(folder.path().join(name)).unwrap();
        assert!(bytes(one) == bytes(other), "{one} {other}");
    }
    let output = run(folder.path(), &format!("{} --predict m.npz --out new.npy", files("test")));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ids: Array1<i32> = read_npy(folder.path().join("o.npy")).unwrap();
    let new: Array1<i32> = read_npy(folder.path().join("new.npy")).unwrap();
    // The id that stands for each of the true clusters, and how often it does.
    let named = |truth: &Array1<i64>, ids: &Array1<i32>| -> Vec<i32> {
        let count =
            |class, id| truth.iter().zip(ids).filter(|&(&a, &b)| (a, b) == (class, id)).count();
        (0..4).map(|class| (0..4).max_by_key(|&id| count(class, id)).unwrap()).collect()
    };
    let names = named(&train, &ids);
    assert_eq!(names, named(&test, &new));
    let right = test.iter().zip(&new).filter(|&(&class, &id)| names[class as usize] == id).count();
    assert!(right > 100, "{right} of 120");
    let record: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("new.npy.json")).unwrap())
            .unwrap();
    assert_eq!(
        (record["inputs"].as_array().unwrap().len(), &record["parameters"]["k"]),
        (4, &Value::from(4))
    );
}

#[test]
fn runs_that_the_model_was_not_made_of_are_told() {
    let folder = tempdir().unwrap();
    write_runs(folder.path(), "train", 60, 1);
    let files = "--assignments train0.npy train1.npy train2.npy";
    assert!(run(folder.path(), &format!("{files} --out o.npy --model m.npz")).status.success());

    let output =
        run(folder.path(), "--assignments train0.npy train1.npy --predict m.npz --out new.npy");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
    assert!(error.contains("m.npz: expected the --assignments of 3 runs"), "{error}");

    // The ids of run 0 end in 0, those of run 1 in 1.
    let swapped = "--assignments train1.npy train0.npy train2.npy --predict m.npz --out new.npy";
    let output = run(folder.path(), swapped);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
    assert!(
        error.contains("train1.npy: expected cluster ids that m.npz knows of this run"),
        "{error}"
    );
    assert!(!folder.path().join("new.npy").exists());

    // One id that no run had, in one run: the others decide; in all runs: none does.
    let ids: Vec<Array1<i64>> = (0..3)
        .map(|run| read_npy(folder.path().join(format!("train{run}.npy"))).unwrap())
        .collect();
    for (at, mut ids) in ids.into_iter().enumerate() {
        ids[5] = 999;
        if at == 0 {
            ids[7] = 999;
        }
        write_npy(folder.path().join(format!("new{at}.npy")), &ids).unwrap();
    }
    let words =
        "--assignments new0.npy new1.npy new2.npy --predict m.npz --out new.npy --agreement s.npy";
    let output = run(folder.path(), words);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && error.lines().count() == 3, "{error}");
    assert!(
        error
            .contains("warning: new0.npy: 2 of 60 points are in clusters that m.npz does not know"),
        "{error}"
    );
    let new: Array1<i32> = read_npy(folder.path().join("new.npy")).unwrap();
    let shares: Array1<f32> = read_npy(folder.path().join("s.npy")).unwrap();
    assert_eq!((new[5], shares[5]), (-1, 0.0));
    assert!(new[7] >= 0 && shares[7] < 0.7 && shares[7] > 0.3);
}

#[test]
fn models_that_mean_nothing_are_refused() {
    let folder = tempdir().unwrap();
    write_runs(folder.path(), "train", 60, 1);
    let write = |runs: i64, k: i64, map: Array2<i64>| {
        let mut npz = NpzWriter::new(std::fs::File::create(folder.path().join("m.npz")).unwrap());
        npz.add_array("runs", &arr0(runs)).unwrap();
        npz.add_array("k", &arr0(k)).unwrap();
        npz.add_array("map", &map).unwrap();
        npz.finish().unwrap();
    };
    let good = array![[0, 0, 0], [0, 10, 1], [1, 1, 0], [2, 2, -1]];
    let changed = |at: [usize; 2], value: i64| {
        let mut map = good.clone();
        map[at] = value;
        map
    };
    for (runs, k, map, told) in [
        (3, 2, good.clone(), ""),
        (3, 5, good.clone(), "`k` that holds no number from 0 to 4"),
        (i64::MAX, 2, good.clone(), "`runs` that holds no number"),
        (3, 2, changed([3, 0], 3), "in row 3 of `map`"),
        (3, 2, changed([3, 2], 2), "in row 3 of `map`"),
        (3, 2, changed([1, 1], 0), "cluster 0 of run 0 out of order in row 1 of `map`"),
        (3, 2, array![[0, 0], [1, 1]], "an array `map` of shape [2, 2]"),
    ] {
        write(runs, k, map);
        let output = run(
            folder.path(),
            "--assignments train0.npy train1.npy train2.npy --predict m.npz --out new.npy",
        );
        let error = String::from_utf8(output.stderr).unwrap();
        if told.is_empty() {
            assert!(output.status.success(), "{error}");
            continue;
        }
        assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
        assert!(
            error.contains("m.npz: expected a model that consensus wrote") && error.contains(told),
            "{error}"
        );
    }
}

#[test]
fn a_cluster_that_most_runs_have_is_no_noise() {
    let folder = tempdir().unwrap();
    for (name, ids) in [("a", [-1, 1, 2]), ("b", [0, 1, 2]), ("c", [0, -1, 2])] {
        let ids: Array1<i64> = ids.iter().flat_map(|&id| [id; 4]).collect();
        write_npy(folder.path().join(format!("{name}.npy")), &ids).unwrap();
    }
    let words = "--assignments a.npy b.npy c.npy --out o.npy --model m.npz";
    assert!(run(folder.path(), words).status.success());
    let found: Array1<i32> = read_npy(folder.path().join("o.npy")).unwrap();
    assert_eq!(
        found.iter().map(|id| found.iter().filter(|&other| other == id).count()).max(),
        Some(4)
    );
    assert!(found.iter().all(|&id| id >= 0), "{found}");
    let record: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("o.npy.json")).unwrap()).unwrap();
    assert_eq!(
        (&record["parameters"]["k"], &record["result"]["sizes"]),
        (&Value::from(3), &serde_json::json!([4, 4, 4]))
    );
}
