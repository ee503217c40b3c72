//! New rows among the clusters of rows that were seen before.

use ndarray::array;
use ndarray_npy::NpzWriter;
use test_support::Program;

/// Writes distances to neighbors as embed-umap does.
fn neighbors(program: &Program, name: &str, distances: &ndarray::Array2<f32>) {
    let mut archive = NpzWriter::new(std::fs::File::create(program.path(name)).unwrap());
    archive.add_array("indices", &distances.mapv(|_| 0_i32)).unwrap();
    archive.add_array("distances", distances).unwrap();
    archive.finish().unwrap();
}

/// New rows without names, and points seen in two clusters.
fn with_new_rows() -> Program {
    let program = Program::in_empty_folder("export-clusters");
    program.write("new.npy", &array![1_i32, 1]);
    program.write("new-points.npy", &array![[8.0_f32], [6.0]]);
    program.write("seen.npy", &array![0_i32, 0, 1, 1]);
    program.write("seen-points.npy", &array![[0.0_f32], [2.0], [8.0], [10.0]]);
    program
}

const NEW: &str = "--assignments new.npy --out clusters.csv --points new-points.npy \
    --seen-assignments seen.npy --seen-points seen-points.npy";

#[test]
fn distances_of_new_rows_are_to_the_means_of_those_seen() {
    let program = with_new_rows();
    program.done(NEW);
    // The means are 1 and 9.
    assert_eq!(
        program.text("clusters.csv"),
        "row,cluster,certainty,distance,second_cluster\n0,1,0.875,1,0\n1,1,0.625,3,0\n"
    );
    assert_eq!(program.json("clusters.csv.json")["inputs"].as_array().unwrap().len(), 4);
}

#[test]
fn rows_unlike_everything_seen_are_marked() {
    let program = with_new_rows();
    neighbors(&program, "seen.npz", &array![[0.0, 1.0], [0.0, 2.0], [0.0, f32::INFINITY]]);
    neighbors(&program, "new.npz", &array![[2.0, 9.0], [2.5, 9.0]]);
    let told = program.done(&format!("{NEW} --neighbors new.npz --seen-neighbors seen.npz"));
    assert!(told.contains("1 rows are unlike everything seen"), "{told}");
    let table = program.text("clusters.csv");
    let ends: Vec<&str> = table.lines().map(|line| line.splitn(6, ',').nth(5).unwrap()).collect();
    assert_eq!(ends, ["nearest,unfamiliar", "2,no", "2.5,yes"]);
}

#[test]
fn files_of_other_rows_are_refused() {
    let program = with_new_rows();
    neighbors(&program, "one.npz", &array![[1.0]]);
    neighbors(&program, "two.npz", &array![[1.0], [2.0]]);
    neighbors(&program, "none.npz", &array![[0.0, f32::INFINITY]]);
    program.write("wide.npy", &array![[0.0_f32, 1.0], [2.0, 1.0], [8.0, 1.0], [10.0, 1.0]]);
    let seen = NEW.replace("seen-points.npy", "wide.npy");
    for (words, code, told) in [
        (format!("{NEW} --neighbors two.npz"), 2, "--seen-neighbors go together"),
        (format!("{NEW} --neighbors one.npz --seen-neighbors two.npz"), 1, "found 1; give those"),
        (format!("{NEW} --neighbors two.npz --seen-neighbors two.npz"), 1, "at least 2 neighbors"),
        (format!("{NEW} --neighbors two.npz --seen-neighbors none.npz"), 1, "none that is finite"),
        (seen, 1, "wide.npy: expected shape (4, 1)"),
        (NEW.replace("--points new-points.npy", ""), 2, "go together"),
        (format!("{NEW} --into groups"), 2, "--into needs --names"),
    ] {
        program.refused(&words, code, told);
    }
}
