//! The fuzzy graph against umap-learn: `scripts/golden/make_umap.py` makes the golden file.

use ndarray::{Array2, s};
use serde_json::Value;
use umap::{Curve, Graph, Metric, Params, Umap, fuzzy_graph};

#[test]
fn the_graph_is_umap_learns() {
    let golden: Value = serde_json::from_str(include_str!("../golden/graph.json")).unwrap();
    let numbers = |value: &Value| {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>()
    };
    let rows: Vec<Vec<f64>> = golden["points"].as_array().unwrap().iter().map(numbers).collect();
    let points = Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j] as f32);
    for case in golden["cases"].as_array().unwrap() {
        let metric = if case["metric"] == "cosine" { Metric::Cosine } else { Metric::Euclidean };
        let neighbors = golden["neighbors"].as_u64().unwrap() as usize;
        let graph =
            fuzzy_graph(points.view(), &Params { neighbors, metric, ..Params::default() }).unwrap();
        let whole = |values: &[usize]| values.iter().map(|&x| x as f64).collect::<Vec<f64>>();
        assert_eq!(whole(graph.starts()), numbers(&case["starts"]), "{metric:?}");
        let heads: Vec<f64> = graph.heads().iter().map(|&j| f64::from(j)).collect();
        assert_eq!(heads, numbers(&case["heads"]), "{metric:?}");
        let weights = numbers(&case["weights"]);
        let off = graph
            .weights()
            .iter()
            .zip(&weights)
            .map(|(&a, b)| (f64::from(a) - b).abs())
            .fold(0.0, f64::max);
        assert!(off < 1e-4, "{metric:?}: {off}");
    }
}

#[test]
fn the_graph_of_new_points_is_umap_learns() {
    let golden: Value = serde_json::from_str(include_str!("../golden/graph.json")).unwrap();
    let matrix = |value: &Value| -> Array2<f64> {
        let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
        Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
    };
    let (points, new) = (matrix(&golden["points"]), matrix(&golden["new"]).mapv(|x| x as f32));
    let neighbors = golden["neighbors"].as_u64().unwrap() as usize;
    for case in golden["cases"].as_array().unwrap() {
        let metric = if case["metric"] == "cosine" { Metric::Cosine } else { Metric::Euclidean };
        let (points, curve) = (points.mapv(|x| x as f32), Curve { a: 1.0, b: 1.0 });
        let embedding = points.slice(s![.., ..2]).to_owned();
        let umap = Umap::new(points, embedding, curve, neighbors, metric).unwrap();
        let graph: Graph = umap.graph_of(new.view()).unwrap();
        let (heads, weights) =
            (matrix(&case["transform"]["heads"]), matrix(&case["transform"]["weights"]));
        for i in 0..new.nrows() {
            let mut edges: Vec<(usize, f32)> = graph.edges(i).collect();
            edges.sort_by_key(|&(head, _)| head);
            assert_eq!(edges.len(), neighbors);
            for (at, &(head, weight)) in edges.iter().enumerate() {
                assert_eq!(head as f64, heads[[i, at]], "{metric:?}: {i}");
                let off = (f64::from(weight) - weights[[i, at]]).abs();
                assert!(off < 1e-4, "{metric:?}: {i}, {at}: off by {off}");
            }
        }
    }
}
