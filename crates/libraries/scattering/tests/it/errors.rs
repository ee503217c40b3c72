//! What is refused, and in which words.

use scattering::{Channels, Error, Features, Params, Scattering};

use crate::support::{fit, images};

#[test]
fn what_makes_no_sense_is_refused() {
    let originals = images(10, 12);
    let told = |size, params: &Params| {
        scattering::fit(originals.view(), size, params, &mut |_| ()).unwrap_err().to_string()
    };
    assert_eq!(
        told((6, 12), &Params::default()),
        "expected images of 6 x 12 pixels, found 144 pixels; give images of that size"
    );
    assert!(
        told((12, 12), &Params { scales: Some(3), ..Params::default() })
            .starts_with("expected 1 to 2 scales")
    );
    assert!(
        told((12, 12), &Params { angles: 1, ..Params::default() })
            .starts_with("expected 2 to 64 angles")
    );
    assert!(told((12, 12), &Params { dims: 0, ..Params::default() }).contains("dims"));
    assert!(Scattering::new((3, 40), 1, 8).err().unwrap().to_string().contains("3 x 40"));
    // A model whose arrays are of other images, such as one that promises large ones.
    let (model, _) = fit(&originals, 12, &Params::default());
    let other = Features::new(
        (4096, 4096),
        Channels::Gray,
        10,
        64,
        model.deviations().clone(),
        model.pca().clone(),
    );
    assert!(other.unwrap_err().to_string().contains("give another model"));
    let same = Features::new(
        model.size(),
        model.channels(),
        model.scales(),
        model.angles(),
        model.deviations().clone(),
        model.pca().clone(),
    );
    assert_eq!(same, Ok(model));
    let mut wrong = originals.clone();
    wrong[[3, 5]] = f32::NAN;
    let error =
        scattering::fit(wrong.view(), (12, 12), &Params::default(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::NonFinite { row: 3, column: 5, .. }));
}
