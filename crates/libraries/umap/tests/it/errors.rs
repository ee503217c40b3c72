//! What is refused, and in which words.

use ndarray::Array2;
use umap::{Error, Params, fit};

use crate::support::blobs;

#[test]
fn what_cannot_be_embedded_is_refused() {
    let points = blobs(30, 3, 2, 0);
    let refused =
        |params: Params| fit(points.view(), &params, &mut |_| ()).unwrap_err().to_string();
    let default = Params::default();
    assert!(
        refused(Params { neighbors: 31, ..default.clone() })
            .contains("at least as many points as neighbors, 31, found 30")
    );
    assert!(refused(Params { neighbors: 1, ..default.clone() }).contains("at least 2 neighbors"));
    assert!(refused(Params { dims: 0, ..default.clone() }).contains("1 to 64 dims"));
    assert!(refused(Params { min_dist: 2.0, ..default.clone() }).contains("below 1"));
    let mut broken = points.clone();
    broken[[4, 2]] = f32::NAN;
    let error = fit(broken.view(), &default, &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::NonFinite { row: 4, column: 2, .. }), "{error}");
    let umap = fit(points.view(), &Params { neighbors: 5, ..default }, &mut |_| ()).unwrap().model;
    let other = Array2::zeros((3, 4));
    assert!(
        umap.transform(other.view(), 0, &mut |_| ())
            .unwrap_err()
            .to_string()
            .contains("3 features")
    );
}
