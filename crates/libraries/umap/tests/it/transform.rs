//! Places of new points in an embedding.

use ndarray::{Array2, Axis, concatenate, s};
use umap::{Metric, Params, fit};

use crate::support::{blobs, kept};

#[test]
fn new_points_come_to_lie_among_their_like() {
    let points = blobs(1000, 10, 4, 6);
    let (old, new) = (points.slice(s![..800, ..]), points.slice(s![800.., ..]));
    let params = Params { dims: 2, ..Params::default() };
    let umap = fit(old, &params, &mut |_| ()).unwrap().model;
    let places = umap.transform(new, 0, &mut |_| ()).unwrap();
    let all = concatenate![Axis(0), *umap.embedding(), places];
    assert!(kept(all.view(), 4) > 0.99);
    // Points that were embedded come back to where they were.
    let again = umap.transform(old, 0, &mut |_| ()).unwrap();
    let off = (&again - umap.embedding())
        .mapv(|x| x * x)
        .sum_axis(Axis(1))
        .mapv(f32::sqrt)
        .mean()
        .unwrap();
    let extent = umap.embedding().fold(0.0_f32, |most, x| most.max(x.abs()));
    assert!(off < 0.15 * extent, "{off} of {extent}");
}

/// New points get the same place alone, in another order, and among other points.
#[test]
fn the_place_of_a_new_point_does_not_depend_on_the_others() {
    let points = blobs(700, 6, 3, 11);
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let params =
            Params { dims: 3, neighbors: 10, metric, epochs: Some(50), ..Params::default() };
        let umap = fit(points.slice(s![..400, ..]), &params, &mut |_| ()).unwrap().model;
        let new = points.slice(s![350.., ..]);
        let all = umap.transform(new, 5, &mut |_| ()).unwrap();
        let reversed = umap.transform(new.slice(s![..;-1, ..]), 5, &mut |_| ()).unwrap();
        assert_eq!(reversed.slice(s![..;-1, ..]), all);
        for i in [0, 1, 128, 349] {
            let alone = umap.transform(new.slice(s![i..=i, ..]), 5, &mut |_| ()).unwrap();
            assert_eq!(alone.row(0), all.row(i), "{i}");
        }
        // With points unlike all others, and more than 10,000 of them.
        let mut many = Array2::from_elem((10_200, 6), 100.0);
        many.slice_mut(s![9000..9350, ..]).assign(&new);
        let many = umap.transform(many.view(), 5, &mut |_| ()).unwrap();
        assert_eq!(many.slice(s![9000..9350, ..]), all);
        assert_ne!(umap.transform(new, 6, &mut |_| ()).unwrap(), all);
    }
}
