//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array1, Array2, arr0, array};
use ndarray_npy::NpzWriter;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;
use test_support::Program;

#[test]
fn runs_of_any_tool_become_one() {
    let program = Program::in_empty_folder("consensus");
    program.write("a.npy", &array![0_i32, 0, 0, 1, 1, 1]);
    program.write("b.npy", &array![7_i64, 7, 7, 3, 3, 7]);
    program.write("c.npy", &array![1_u8, 1, 1, 0, 0, 0]);
    let shown = program.done("--assignments a.npy b.npy c.npy --out o.npy --agreement s.npy");
    assert!(shown.contains("3 runs, pairwise ARI"), "{shown}");
    let found: Array1<i32> = program.read("o.npy");
    assert_eq!(found.mapv(|id| id == found[0]), array![true, true, true, false, false, false]);
    let agreement: Array1<f32> = program.read("s.npy");
    assert_eq!(agreement.mapv(|x| (3.0 * x).round() as i32), array![3, 3, 3, 3, 3, 2]);
    let record: Value = program.json("o.npy.json");
    assert_eq!(record["parameters"]["k"], 2);
    assert_eq!(record["inputs"].as_array().unwrap().len(), 3);
}

#[test]
fn without_an_outcome_it_says_how_much_runs_agree() {
    let program = Program::in_empty_folder("consensus");
    // a and b are one partition, and c halves each of its clusters: of 12 ordered pairs 4 are
    // together in a, none in c.
    program.write("a.npy", &array![0_i32, 0, 1, 1]);
    program.write("b.npy", &array![7_i64, 7, 3, 3]);
    program.write("c.npy", &array![0_u8, 1, 0, 1]);
    let before = program.names();
    // Pairwise ARI 1, -0.5, -0.5 and NMI 1, 0, 0.
    for (words, told) in [
        ("--assignments a.npy b.npy", "2 runs, pairwise ARI 1.0000, NMI 1.0000 on average\n"),
        ("--assignments a.npy b.npy c.npy", "3 runs, pairwise ARI 0.0000, NMI 0.3333 on average\n"),
    ] {
        assert_eq!(program.done(words), told);
    }
    assert_eq!(program.names(), before, "nothing is written");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let program = Program::in_empty_folder("consensus");
    program.write("a.npy", &array![0_i32, 0, 1]);
    program.write("b.npy", &array![0_i32, 1]);
    program.write("low.npy", &array![0_i32, -1, -2]);
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
        program.refused(words, code, told);
        assert!(!program.has("o.npy"));
    }
}

/// Runs of 4 clusters with names of their own and a fifth of the points astray.
fn write_runs(program: &Program, name: &str, n: usize, seed: u64) -> Array1<i64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let truth = Array1::from_shape_fn(n, |_| rng.gen_range(0..4_i64));
    for run in 0..3 {
        let stray = |&id: &i64| if rng.gen_bool(0.2) { rng.gen_range(0..4) } else { id };
        let ids: Array1<i64> = truth.iter().map(stray).collect();
        // A permutation and names of each run's own.
        program.write(format!("{name}{run}.npy"), &ids.mapv(|id| 10 * ((3 * id + run) % 4) + run));
    }
    truth
}

#[test]
fn a_model_gives_new_points_the_ids_of_the_first() {
    let program = Program::in_empty_folder("consensus");
    let train = write_runs(&program, "train", 500, 1);
    let test = write_runs(&program, "test", 120, 2);
    let files = |name: &str| format!("--assignments {name}0.npy {name}1.npy {name}2.npy");
    program.done(&format!("{} --out o.npy --agreement s.npy --model m.npz --k 4", files("train")));
    let again = format!("{} --predict m.npz --out again.npy --agreement share.npy", files("train"));
    assert_eq!(program.notes(&again), "");
    for (one, other) in [("o.npy", "again.npy"), ("s.npy", "share.npy")] {
        assert!(program.bytes(one) == program.bytes(other), "{one} {other}");
    }
    program.done(&format!("{} --predict m.npz --out new.npy", files("test")));
    let ids: Array1<i32> = program.read("o.npy");
    let new: Array1<i32> = program.read("new.npy");
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
    let record: Value = program.json("new.npy.json");
    assert_eq!(
        (record["inputs"].as_array().unwrap().len(), &record["parameters"]["k"]),
        (4, &Value::from(4))
    );
}

#[test]
fn runs_that_the_model_was_not_made_of_are_told() {
    let program = Program::in_empty_folder("consensus");
    write_runs(&program, "train", 60, 1);
    let files = "--assignments train0.npy train1.npy train2.npy";
    program.done(&format!("{files} --out o.npy --model m.npz"));

    program.refused(
        "--assignments train0.npy train1.npy --predict m.npz --out new.npy",
        1,
        "m.npz: expected the --assignments of 3 runs",
    );

    // The ids of run 0 end in 0, those of run 1 in 1.
    let swapped = "--assignments train1.npy train0.npy train2.npy --predict m.npz --out new.npy";
    program.refused(swapped, 1, "train1.npy: expected cluster ids that m.npz knows of this run");
    assert!(!program.has("new.npy"));

    // One id that no run had, in one run: the others decide; in all runs: none does.
    let ids: Vec<Array1<i64>> = (0..3).map(|run| program.read(format!("train{run}.npy"))).collect();
    for (at, mut ids) in ids.into_iter().enumerate() {
        ids[5] = 999;
        if at == 0 {
            ids[7] = 999;
        }
        program.write(format!("new{at}.npy"), &ids);
    }
    let words =
        "--assignments new0.npy new1.npy new2.npy --predict m.npz --out new.npy --agreement s.npy";
    let error = program.notes(words);
    assert_eq!(error.lines().count(), 3, "{error}");
    assert!(
        error
            .contains("warning: new0.npy: 2 of 60 points are in clusters that m.npz does not know"),
        "{error}"
    );
    let new: Array1<i32> = program.read("new.npy");
    let shares: Array1<f32> = program.read("s.npy");
    assert_eq!((new[5], shares[5]), (-1, 0.0));
    assert!(new[7] >= 0 && shares[7] < 0.7 && shares[7] > 0.3);
}

#[test]
fn models_that_mean_nothing_are_refused() {
    let program = Program::in_empty_folder("consensus");
    write_runs(&program, "train", 60, 1);
    let write = |runs: i64, k: i64, map: Array2<i64>| {
        let mut npz = NpzWriter::new(std::fs::File::create(program.path("m.npz")).unwrap());
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
        let words = "--assignments train0.npy train1.npy train2.npy --predict m.npz --out new.npy";
        if told.is_empty() {
            program.done(words);
            continue;
        }
        let error = program.refused(words, 1, told);
        assert!(error.contains("m.npz: expected a model that consensus wrote"), "{error}");
    }
}

#[test]
fn a_cluster_that_most_runs_have_is_no_noise() {
    let program = Program::in_empty_folder("consensus");
    for (name, ids) in [("a", [-1, 1, 2]), ("b", [0, 1, 2]), ("c", [0, -1, 2])] {
        let ids: Array1<i64> = ids.iter().flat_map(|&id| [id; 4]).collect();
        program.write(format!("{name}.npy"), &ids);
    }
    let words = "--assignments a.npy b.npy c.npy --out o.npy --model m.npz";
    program.done(words);
    let found: Array1<i32> = program.read("o.npy");
    assert_eq!(
        found.iter().map(|id| found.iter().filter(|&other| other == id).count()).max(),
        Some(4)
    );
    assert!(found.iter().all(|&id| id >= 0), "{found}");
    let record: Value = program.json("o.npy.json");
    assert_eq!(
        (&record["parameters"]["k"], &record["result"]["sizes"]),
        (&Value::from(3), &serde_json::json!([4, 4, 4]))
    );
}
