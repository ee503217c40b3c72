//! Groups in the graph of neighbors, beside networkx and numpy.

use ndarray::{Array2, array, s};
use neighborhoods::Graph;
use umap::Metric;

use crate::support::{neighborhoods, normal, numbers, stack};

fn graph(points: &Array2<f32>, k: usize) -> Graph {
    Graph::of(&neighborhoods(points, k, Metric::Euclidean))
}

#[test]
fn modularity_and_cuts_are_those_of_networkx_and_numpy() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../golden/modularity.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    for case in cases {
        let number = |key: &str| case[key].as_f64().unwrap();
        let dim = (number("n") as usize, number("d") as usize);
        let values = numbers(&case["points"]).into_iter().map(|x| x as f32).collect();
        let points = Array2::from_shape_vec(dim, values).unwrap();
        // Here the point itself counts among its neighbors.
        let graph = graph(&points, number("n_neighbors") as usize + 1);
        let groups: Vec<Option<usize>> =
            numbers(&case["groups"]).into_iter().map(|group| Some(group as usize)).collect();
        let cohesion = graph.cohesion(&groups, 5);
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-12;
        assert!(near(cohesion.modularity(), number("modularity")), "{}", case["name"]);
        assert!(near(cohesion.assortativity(), number("assortativity")), "{}", case["name"]);
        let cut = graph.weakest_cut(&(0..dim.0).collect::<Vec<_>>()).unwrap();
        // A hundred steps come near to the eigenvector where there are two pieces. Without them it
        // hardly differs from others, and the cut is a worse one.
        let difference = cut.conductance - number("conductance");
        let most = if case["name"] == "one cluster in three" { 0.06 } else { 1e-12 };
        assert!((-1e-12..=most).contains(&difference), "{}: {cut:?}", case["name"]);
    }
}

#[test]
fn links_of_a_group_lead_into_it_and_to_the_nearest() {
    let points = array![[0.0], [1.0], [2.1], [3.3], [9.0], [10.0], [11.1]];
    let graph = graph(&points, 3);
    let groups = [0, 0, 2, 2, 1, 1, 1].map(Some);
    let found = graph.cohesion(&groups, 4);
    assert_eq!(found.groups.iter().map(|group| group.points).collect::<Vec<_>>(), [2, 3, 2, 0]);
    // Twice the pair of points 0 and 1, once that of 0 and 2, twice that of 1 and 2, once that of 3
    // and 1: 4 links of 8 stay inside.
    assert_eq!(found.groups[0].inside, 0.5);
    assert_eq!(found.groups[0].nearest, Some((2, 0.5)));
    assert_eq!((found.groups[1].inside, found.groups[1].nearest), (1.0, None));
    assert_eq!((found.groups[3].inside, found.groups[3].nearest), (0.0, None));
    // Point 2 alone has one link to point 0, two to point 1 and two to point 3: of equal groups the
    // first is the nearest.
    let found = graph.cohesion(&[0, 1, 3, 2, 4, 4, 4].map(Some), 5);
    assert_eq!(found.groups[3].nearest, Some((1, 0.4)));
}

#[test]
fn a_point_of_no_group_is_alone() {
    let points = normal(60, 3, 11);
    let graph = graph(&points, 8);
    assert_eq!(graph.cohesion(&[None; 60], 2).within, 0.0);
    let alone: Vec<Option<usize>> = (0..60).map(Some).collect();
    let (none, alone) = (graph.cohesion(&[None; 60], 0), graph.cohesion(&alone, 60));
    assert_eq!((none.within, alone.within), (0.0, 0.0));
    assert!((none.modularity() - alone.modularity()).abs() < 1e-15);
    let one = graph.cohesion(&[Some(0); 60], 1);
    assert_eq!((one.within, one.modularity(), one.assortativity()), (1.0, 0.0, 0.0));
}

#[test]
fn copies_change_nothing() {
    let points = normal(50, 3, 12);
    let again = points.slice(s![..7, ..]).to_owned();
    let (once, twice) = (graph(&points, 8), graph(&stack(&[&points, &again]), 8));
    assert_eq!(twice.points(), 50);
    assert!((0..50).all(|point| once.links(point) == twice.links(point)));
}

#[test]
fn pieces_without_a_link_are_cut_apart() {
    let far = normal(20, 3, 14) + 50.0;
    let points = stack(&[&normal(60, 3, 13), &far]);
    let graph = graph(&points, 6);
    let all: Vec<usize> = (0..80).collect();
    let cut = graph.weakest_cut(&all).unwrap();
    assert_eq!(cut.conductance, 0.0);
    assert!((cut.share - 0.25).abs() < 0.05, "{cut:?}");
    // Its members alone are no two pieces, in whatever order they come.
    let first = graph.weakest_cut(&all[..60]).unwrap();
    assert!(first.conductance > 0.1, "{first:?}");
    let mut backward = all[..60].to_vec();
    backward.reverse();
    assert_eq!(graph.weakest_cut(&backward), Some(first));
    assert_eq!(graph.weakest_cut(&[]), None);
    assert_eq!(graph.weakest_cut(&[0, 79]), None);
}

#[test]
fn a_few_points_beside_a_group_are_no_piece() {
    let graph = graph(&stack(&[&normal(120, 3, 15), &(normal(2, 3, 16) + 50.0)]), 12);
    // Points 120 and 121 are linked with each other and with what is nearest, far away: left alone,
    // they would be cut off first.
    let all: Vec<usize> = (0..122).collect();
    let cut = graph.weakest_cut(&all).unwrap();
    assert!(cut.share > 0.05 && cut.conductance > 0.05, "{cut:?}");
}
