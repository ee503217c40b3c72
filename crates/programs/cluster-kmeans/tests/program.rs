//! The program in an empty folder. What it refuses is tested for all programs at once in
//! `scripts/tests`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array1, Array2, array, s};
use test_support::Program;

/// Two pairs of points, 1 apart within and 9 between: inertia 4 x 0.25.
fn four_points(program: &Program) {
    program.write("points.npy", &array![[0.0f32, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]]);
}

#[test]
fn it_groups_what_is_close_and_says_how_well() {
    let program = Program::in_empty_folder("cluster-kmeans");
    four_points(&program);
    for algorithm in ["auto", "lloyd", "hamerly", "yinyang", "elkan", "linfa"] {
        let words = format!("--points points.npy --out a.npy --k 2 --algorithm {algorithm}");
        let shown = program.done(&words);
        assert!(shown.starts_with("inertia 1.000000e0, "), "{shown}");
        assert!(shown.contains("converged: true") && shown.contains("50.0 %"), "{shown}");
        let a: Array1<i32> = program.read("a.npy");
        assert_eq!((a[0], a[2]), (a[1], a[3]));
        assert_ne!(a[0], a[2]);
    }
}

#[test]
fn a_model_assigns_its_own_points_as_the_fit_did() {
    let program = Program::in_empty_folder("cluster-kmeans");
    let images = Array2::from_shape_fn((500, 9), |(i, j)| ((i * 7919 + j * 104_729) % 251) as u8);
    let images = images.into_shape_with_order((500, 3, 3)).unwrap();
    program.write("images.npy", &images);
    program.done("--points images.npy --out a.npy --model m.npz --k 7");
    program.done("--points images.npy --out b.npy --predict m.npz");
    assert_eq!(program.bytes("a.npy"), program.bytes("b.npy"));
}

#[test]
fn given_centroids_are_where_it_starts() {
    let program = Program::in_empty_folder("cluster-kmeans");
    four_points(&program);
    // From here Lloyd's algorithm stays with the worse grouping, lower against upper: inertia 4 x
    // 4.5^2.
    program.write("start.npy", &array![[4i64, 0], [4, 1]]);
    let shown = program.done("--points points.npy --out a.npy --k 2 --init start.npy");
    assert!(shown.starts_with("inertia 8.100000e1, "), "{shown}");
    let a: Array1<i32> = program.read("a.npy");
    assert_eq!(a, array![0, 1, 0, 1]);
}

#[test]
fn duplicated_points_leave_clusters_empty_with_a_warning() {
    let program = Program::in_empty_folder("cluster-kmeans");
    program.write("points.npy", &Array2::<f64>::ones((6, 2)));
    let told = program.notes("--points points.npy --out a.npy --k 3");
    assert!(told.contains("warning: 2 of 3 clusters are empty"), "{told}");
}

#[test]
fn duplicated_points_in_batches_are_told_of() {
    let program = Program::in_empty_folder("cluster-kmeans");
    let rows = Array2::from_shape_fn((300, 2), |(i, _)| (i % 2) as f64);
    program.write("points.npy", &rows);
    let told = |k: usize| {
        let words =
            format!("--points points.npy --out a.npy --k {k} --algorithm minibatch --batch 50");
        program.notes(&words)
    };
    let warnings = told(5);
    assert!(warnings.contains("warning: 3 of 5 starting centroids repeat another"), "{warnings}");
    assert!(warnings.contains("warning: 3 of 5 clusters are empty; lower --k"), "{warnings}");
    let none = told(2);
    assert!(!none.contains("repeat another") && !none.contains("are empty"), "{none}");
}

#[test]
fn points_of_weight_0_touch_nothing_but_their_own_label() {
    let program = Program::in_empty_folder("cluster-kmeans");
    let blobs = Array2::from_shape_fn((1_001, 2), |(i, j)| match i {
        1_000 => 1e8_f32,
        _ => [0.0, 10.0][i % 2] * (1 - j) as f32 + ((i * 7 + j * 13) % 41) as f32 * 0.05,
    });
    program.write("points.npy", &blobs);
    program.write("others.npy", &blobs.slice(s![..1_000, ..]).to_owned());
    program.write("weights.npy", &Array1::from_shape_fn(1_001, |i| (i < 1_000) as u8));
    program.write("ones.npy", &Array1::<u8>::ones(1_000));
    let with =
        program.done("--points points.npy --weights weights.npy --out a.npy --model m.npz --k 2");
    let without =
        program.done("--points others.npy --weights ones.npy --out b.npy --model n.npz --k 2");
    assert_eq!(with.lines().next(), without.lines().next());
    assert_eq!(program.bytes("m.npz"), program.bytes("n.npz"));
    let [a, b]: [Array1<i32>; 2] = ["a.npy", "b.npy"].map(|name| program.read(name));
    assert_eq!(a.slice(s![..1_000]), b);
    program.refused(
        "--points points.npy --weights weights.npy --out a.npy --k 1001",
        1,
        "at least k = 1001 points of positive weight, found 1000",
    );
}

#[test]
fn a_weight_of_0_leaves_a_point_out() {
    let program = Program::in_empty_folder("cluster-kmeans");
    program.write("points.npy", &array![[0.0f32], [1.0], [9.0], [1000.0]]);
    program.write("weights.npy", &array![1u8, 1, 2, 0]);
    let shown = program.done("--points points.npy --out a.npy --k 2 --weights weights.npy");
    assert!(shown.starts_with("inertia 5.000000e-1, "), "{shown}");
    let provenance = program.text("a.npy.json");
    assert!(provenance.contains("weights.npy"), "{provenance}");
}

#[test]
fn a_trace_tells_every_iteration() {
    let program = Program::in_empty_folder("cluster-kmeans");
    four_points(&program);
    program.write("start.npy", &array![[1.0, 0.0], [8.0, 0.0]]);
    program.done(
        "--points points.npy --out a.npy --k 2 --init start.npy --trace t.csv --algorithm lloyd",
    );
    let trace = program.text("t.csv");
    assert_eq!(trace, "start,iteration,inertia,moved,distances\n1,1,1,4,8\n1,2,1,0,8\n");
}

#[test]
fn numbers_of_clusters_are_compared() {
    let program = Program::in_empty_folder("cluster-kmeans");
    // Three clear blobs of four points.
    let blobs = Array2::from_shape_fn((12, 2), |(i, j)| {
        let (blob, corner) = (i / 4, i % 4);
        [[0, 0], [50, 0], [0, 50]][blob][j] as f32 + ((corner >> j) & 1) as f32
    });
    program.write("points.npy", &blobs);
    let shown = program.done("--points points.npy --out k.csv --select-k 1..6");
    assert!(
        shown.starts_with("elbow of the inertia: k = 3, highest silhouette: k = 3\n"),
        "{shown}"
    );
    let table = program.text("k.csv");
    let lines: Vec<&str> = table.lines().collect();
    let head = "k,inertia,silhouette,iterations,converged,silhouette_standard_error";
    assert_eq!((lines.len(), lines[0]), (7, head));
    assert!(
        lines[1].ends_with("true,") && lines[3].ends_with("true,0"),
        "all points are scored: {table}"
    );
    assert!(
        lines[1].starts_with("1,") && lines[1].contains(",,") && lines[3].starts_with("3,6,0.9"),
        "{table}"
    );
}

#[test]
fn minibatches_leave_the_points_in_their_file() {
    let program = Program::in_empty_folder("cluster-kmeans");
    let blobs = Array2::from_shape_fn((3_000, 2), |(i, j)| {
        [[0.0f32, 0.0], [50.0, 0.0], [0.0, 50.0]][i % 3][j] + ((i * 7 + j * 3) % 11) as f32 * 0.1
    });
    program.write("points.npy", &blobs);
    let shown = program.done(
        "--points points.npy --out a.npy --model m.npz --k 3 --algorithm minibatch --batch 256",
    );
    assert!(shown.contains(" batches, converged: true"), "{shown}");
    let a: Array1<i32> = program.read("a.npy");
    assert!((0..3_000).all(|i| a[i] == a[i % 3]));
    program.done("--points points.npy --out b.npy --predict m.npz");
    assert_eq!(program.bytes("a.npy"), program.bytes("b.npy"));
}

#[test]
fn a_search_leaves_a_start_with_one_centroid_on_two_blobs() {
    let program = Program::in_empty_folder("cluster-kmeans");
    let places = [0.0, 9.0, 100.0];
    let point = |(i, _): (usize, usize)| places[i % 3] + ((i * 13) % 29) as f64 / 29.0;
    program.write("points.npy", &Array2::from_shape_fn((120, 1), point));
    program.write("start.npy", &ndarray::array![[5.0], [100.2], [100.8]]);
    let words = "--points points.npy --k 3 --init start.npy";
    program.done(&format!("{words} --out without.npy"));
    let without: Array1<i32> = program.read("without.npy");
    assert_eq!(without[0], without[1], "nothing is left to search");
    let told = program.notes(&format!("{words} --search split-merge --out a.npy"));
    assert!(told.contains(", 1 moves after "), "{told}");
    let found: Array1<i32> = program.read("a.npy");
    assert!((0..120).all(|i| found[i] == found[i % 3]) && found[0] != found[1]);
    let record = program.json("a.npy.json");
    assert_eq!(record["result"]["rounds"], 1);
    assert_eq!(record["parameters"]["search"], "split-merge");
    let words = "--points points.npy --k 3 --algorithm minibatch --search none --out b.npy";
    program.refused(words, 2, "leave out --search");
}

/// Two directions, each with short and long points.
fn rays(program: &Program) {
    let points = Array2::from_shape_fn((300, 3), |(i, j)| {
        let length = [0.01_f32, 1.0, 30.0][i / 2 % 3];
        length * (if i % 2 == j { 4.0 } else { 0.5 } + ((i * 7 + j * 13) % 11) as f32 * 0.05)
    });
    program.write("points.npy", &points);
}

#[test]
fn distances_are_those_to_the_centroids() {
    let program = Program::in_empty_folder("cluster-kmeans");
    four_points(&program);
    program.write("start.npy", &array![[1.0, 0.0], [8.0, 0.0]]);
    let words = "--points points.npy --out a.npy --k 2 --init start.npy --model m.npz";
    program.done(&format!("{words} --distances d.npy"));
    let distances: Array2<f32> = program.read("d.npy");
    let far = (81.0_f64 + 0.25).sqrt() as f32;
    assert_eq!(distances, array![[0.5, far], [0.5, far], [far, 0.5], [far, 0.5]]);
    program.done("--points points.npy --predict m.npz --out b.npy --distances e.npy --threads 3");
    assert_eq!(program.bytes("d.npy"), program.bytes("e.npy"));
    let record = program.json("d.npy.json");
    assert_eq!(record["outputs"].as_array().unwrap().len(), 3);
    // Another option changes neither the model nor the assignments.
    let (model, assignments) = (program.bytes("m.npz"), program.bytes("a.npy"));
    program.done(words);
    assert_eq!((program.bytes("m.npz"), program.bytes("a.npy")), (model, assignments));
}

#[test]
fn distances_of_images_and_of_batches() {
    let program = Program::in_empty_folder("cluster-kmeans");
    let images = Array2::from_shape_fn((400, 9), |(i, j)| ((i * 7919 + j * 104_729) % 251) as u8);
    let images = images.into_shape_with_order((400, 3, 3)).unwrap();
    program.write("images.npy", &images);
    let words = "--points images.npy --k 4 --algorithm minibatch --batch 100";
    program.done(&format!("{words} --out a.npy --model m.npz --distances d.npy"));
    program.done("--points images.npy --predict m.npz --out b.npy --distances e.npy");
    assert_eq!(program.bytes("d.npy"), program.bytes("e.npy"));
    let (distances, a): (Array2<f32>, Array1<i32>) = (program.read("d.npy"), program.read("a.npy"));
    assert_eq!(distances.dim(), (400, 4));
    assert!(distances.iter().all(|&distance| distance > 0.0 && distance < 3.0), "in units of 255");
    for (of_point, &own) in distances.outer_iter().zip(&a) {
        assert!(of_point.iter().all(|&other| of_point[own as usize] <= other));
    }
    program.write("far.npy", &array![[1e100], [2e100]]);
    program.refused(
        "--points far.npy --k 1 --out a.npy --distances d.npy --quiet",
        1,
        "far.npy: expected distances up to 3.4028235e38, the most of f4, found 5",
    );
    program.refused(
        "--points images.npy --select-k 2..3 --out k.csv --distances d.npy",
        2,
        "leave out --distances",
    );
}

#[test]
fn cosines_see_directions_alone() {
    let program = Program::in_empty_folder("cluster-kmeans");
    rays(&program);
    let by_direction = |name: &str| {
        let a: Array1<i32> = program.read(name);
        (0..300).all(|i| a[i] == a[i % 2]) && a[0] != a[1]
    };
    program.done("--points points.npy --k 2 --out euclidean.npy");
    assert!(!by_direction("euclidean.npy"));
    let words = "--points points.npy --k 2 --metric cosine --model m.npz --distances d.npy";
    let shown = program.done(&format!("{words} --out a.npy"));
    assert!(by_direction("a.npy"));
    let record = program.json("a.npy.json");
    let (inertia, cosine) = (&record["result"]["inertia"], &record["result"]["mean_cosine"]);
    let (inertia, cosine) = (inertia.as_f64().unwrap(), cosine.as_f64().unwrap());
    assert!((inertia - 600.0 * (1.0 - cosine)).abs() < 1e-9 && cosine > 0.9, "{record}");
    assert!(shown.starts_with(&format!("inertia {inertia:.6e}, mean cosine {cosine:.6}, ")));
    assert_eq!(record["parameters"]["metric"], "cosine");
    // The model carries the metric.
    let shown = program.done("--points points.npy --predict m.npz --out b.npy --distances e.npy");
    assert!(shown.contains(&format!(", mean cosine {cosine:.6}\n")), "{shown}");
    assert_eq!(program.bytes("a.npy"), program.bytes("b.npy"));
    assert_eq!(program.bytes("d.npy"), program.bytes("e.npy"));
    let distances: Array2<f32> = program.read("d.npy");
    let a: Array1<i32> = program.read("a.npy");
    let own = (0..300).map(|i| f64::from(distances[[i, a[i] as usize]])).sum::<f64>();
    assert!((2.0 * own - inertia).abs() < 1e-5, "{own} against {inertia}");
    // Batches find the same directions.
    program.done(&format!("{words} --out c.npy --algorithm minibatch --batch 60"));
    assert!(by_direction("c.npy"));
    let record = program.json("c.npy.json");
    assert!(record["result"]["mean_cosine"].as_f64().unwrap() > 0.999 * cosine);
    assert_eq!(record["parameters"]["metric"], "cosine");
    let words = "--points points.npy --metric cosine --select-k 1..4 --out k.csv";
    assert!(program.done(words).contains("highest silhouette: k = 2"));
    // Nothing tells of a metric where it is the default.
    program.done("--points points.npy --k 2 --metric euclidean --out a.npy");
    assert_eq!(program.bytes("a.npy"), program.bytes("euclidean.npy"));
    let record = program.json("a.npy.json");
    assert!(record["parameters"].get("metric").is_none());
    assert!(record["result"].get("mean_cosine").is_none());
}

#[test]
fn what_has_no_cosine_is_refused() {
    let program = Program::in_empty_folder("cluster-kmeans");
    let mut points = Array2::from_shape_fn((900, 2), |(i, j)| (1 + i + j) as f64);
    program.write("good.npy", &points);
    points.row_mut(871).fill(0.0);
    program.write("points.npy", &points);
    program.done("--points good.npy --k 2 --metric cosine --out a.npy --model m.npz");
    let told = "points.npy: expected points with a direction, found zeros alone in row 871: remove";
    for words in [
        "--k 2 --metric cosine --out a.npy",
        "--select-k 1..2 --metric cosine --out k.csv",
        "--k 2 --metric cosine --algorithm minibatch --batch 20 --max-iter 1 --out a.npy",
        "--k 2 --metric cosine --algorithm minibatch --out a.npy",
        "--predict m.npz --out a.npy",
    ] {
        program.refused(&format!("--points points.npy {words}"), 1, told);
    }
    let words = "--points good.npy --metric cosine --algorithm linfa --out a.npy";
    program.refused(words, 2, "leave out --algorithm linfa");
    let words = "--points good.npy --metric cosine --predict m.npz --out a.npy";
    program.refused(words, 2, "leave out --metric");
    program.refused("--points good.npy --metric angle --out a.npy", 2, "euclidean or cosine");
}
