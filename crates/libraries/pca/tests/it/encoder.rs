//! Scaled and whitened scores: against scikit-learn, and what is refused.

use ndarray::{Array1, Array2, array};
use pca::{Encoder, Error, Keep, Params, Pca};

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// golden: scripts/golden/make_encode_pca.py
#[test]
fn scores_are_those_of_scikit_learn() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../golden/encoder.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let name = &case["name"];
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let points = Array2::from_shape_vec((size("n"), size("d")), numbers(&case["points"]));
        let points = points.unwrap();
        let keep = match case["keep"].as_u64() {
            Some(dims) => Keep::Dims(dims as usize),
            None => Keep::Variance(case["keep"].as_f64().unwrap()),
        };
        let (standardize, whiten) = (case["standardize"] == true, case["whiten"] == true);
        let params = Params { keep, standardize, whiten };
        let encoder = Encoder::fit(points.view(), &params).unwrap();
        let variances = Array1::from(numbers(&case["explained_variance"]));
        assert_eq!(encoder.explained_variance().len(), variances.len(), "{name}");
        let off = encoder.explained_variance() / &variances - 1.0;
        assert!(off.iter().all(|x| x.abs() < 1e-9), "{name}: {off}");
        let ratio = encoder.explained_variance().sum() / encoder.total_variance();
        assert!((ratio - case["ratio"].as_f64().unwrap()).abs() < 1e-9, "{name}: {ratio}");

        let expected = numbers(&case["scores"]);
        let expected = Array2::from_shape_vec((points.nrows(), variances.len()), expected).unwrap();
        let narrow = points.mapv(|x| x as f32);
        for found in [encoder.transform(points.view()), encoder.transform(narrow.view())] {
            let found = found.unwrap();
            for (found, expected) in found.columns().into_iter().zip(expected.columns()) {
                let sign = found.dot(&expected).signum();
                let size = expected.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
                let off =
                    (&found * sign - expected).iter().fold(0.0_f64, |most, x| most.max(x.abs()));
                assert!(off < 1e-8 * size, "{name}: {off} of {size}");
            }
        }
    }
}

/// More components than are tried at first are needed.
#[test]
fn a_share_of_the_variance_is_reached_by_as_few_components_as_can_be() {
    let points = Array2::from_shape_fn((400, 200), |(i, j)| {
        (((i * 7919 + j * 104_729 + i * i * (j + 1)) % 1009) as f64).sqrt()
    });
    let params = Params { keep: Keep::Variance(0.9), ..Params::default() };
    let encoder = Encoder::fit(points.view(), &params).unwrap();
    let variances = encoder.explained_variance();
    let share = |dims: usize| variances.iter().take(dims).sum::<f64>() / encoder.total_variance();
    assert!(variances.len() > 64, "{}", variances.len());
    assert!(share(variances.len()) >= 0.9 && share(variances.len() - 1) < 0.9);
    let all = Params { keep: Keep::Variance(1.0), ..Params::default() };
    let all = Encoder::fit(points.view(), &all).unwrap();
    assert_eq!(all.components().nrows(), 200);
}

#[test]
fn what_has_no_components_is_refused() {
    let points = array![[0.0, 1.0], [2.0, 5.0], [3.0, 7.0]];
    let fit = |keep| Encoder::fit(points.view(), &Params { keep, ..Params::default() });
    for keep in [Keep::Dims(0), Keep::Dims(3), Keep::Variance(0.0), Keep::Variance(f64::NAN)] {
        assert!(matches!(fit(keep), Err(Error::Parameter { .. })), "{keep:?}");
    }
    for same in [array![[3.0, 3.0], [3.0, 3.0]], array![[1.0, 2.0]], array![[-1e300], [1e300]]] {
        for standardize in [false, true] {
            let params = Params { keep: Keep::Dims(1), standardize, whiten: false };
            let fitted = Encoder::fit(same.view(), &params);
            // A deviation of 1e300 can be divided by, but has no square.
            assert!(fitted.is_err(), "{same} {standardize}");
        }
    }
    let encoder = fit(Keep::Dims(1)).unwrap();
    let error = encoder.transform(Array2::<f32>::zeros((4, 3)).view()).unwrap_err();
    assert!(error.to_string().starts_with("expected points of 2 features"), "{error}");
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let pca = || Pca::from_parts(array![1.0, 1.0], array![[0.0, 1.0]]).unwrap();
    let made = |scale, variances| Encoder::from_parts(pca(), scale, variances, 3.0, true);
    assert!(made(None, array![1.0]).is_ok());
    for (scale, variances) in [
        (None, array![1.0, 1.0]),
        (None, array![-1.0]),
        (None, array![f64::NAN]),
        (Some(array![1.0]), array![1.0]),
        (Some(array![1.0, 0.0]), array![1.0]),
        (Some(array![1.0, f64::INFINITY]), array![1.0]),
    ] {
        assert!(matches!(made(scale, variances), Err(Error::Parameter { .. })));
    }
    // Without variance there is nothing to divide by.
    let flat = made(None, array![0.0]).unwrap();
    assert_eq!(flat.transform(array![[5.0, 3.0]].view()).unwrap(), array![[0.0]]);
}
