//! Images in color.

use ndarray::{Array2, Axis, s};
use scattering::{Channels, Error, Features, Fitting, Params, Scattering};

use crate::support::{fit, images};

fn params(dims: usize) -> Params {
    Params { channels: Channels::Rgb, dims, ..Params::default() }
}

/// Gives each pixel of gray images three channels, `color(image, channel)` times as bright.
fn colored(images: &Array2<f32>, color: impl Fn(usize, usize) -> f32) -> Array2<f32> {
    Array2::from_shape_fn((images.nrows(), 3 * images.ncols()), |(i, value)| {
        images[[i, value / 3]] * color(i, value % 3)
    })
}

/// Red, green and blue of an image of one of three kinds.
fn hue(i: usize, channel: usize) -> f32 {
    if i % 3 == channel { 1.0 } else { 0.25 }
}

#[test]
fn gray_images_in_three_channels_have_the_features_of_gray_ones() {
    let originals = images(300, 12);
    let same = colored(&originals, |_, _| 1.0);
    for dims in [20, 100] {
        let (model, points) = fit(&same, 12, &params(dims));
        let gray = fit(&originals, 12, &Params { dims, ..Params::default() });
        assert_eq!(points, gray.1);
        assert_eq!(model.transform(same.view(), &mut |_| ()).unwrap(), points);
        assert_eq!(model.deviations().slice(s![..gray.0.deviations().len()]), gray.0.deviations());
        // Color that a model has never seen counts as none.
        let tinted = model.transform(colored(&originals, hue).view(), &mut |_| ()).unwrap();
        assert!(tinted.iter().all(|x| x.is_finite()));
    }
    // Few values stay as they are, followed by those of chroma, which are 0.
    let small = images(450, 8);
    let (_, points) = fit(&colored(&small, |_, _| 1.0), 8, &params(1000));
    let gray = fit(&small, 8, &Params { dims: 1000, ..Params::default() }).1;
    assert_eq!(points.slice(s![.., ..144]), gray);
    assert!(points.slice(s![.., 144..]).iter().all(|&x| x == 0.0));
}

#[test]
fn color_tells_images_of_one_form_apart() {
    let originals = images(240, 12);
    // The nearest other image in gray has the same form, in color also the same hue.
    let kept = |points: &Array2<f32>| {
        let like = (0..240).filter(|&i| {
            let distance = |j: usize| (&points.row(i) - &points.row(j)).mapv(|x| x * x).sum();
            let others = (0..240).filter(|&j| j != i);
            others.min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap() % 3 == i % 3
        });
        like.count()
    };
    let color = kept(&fit(&colored(&originals, hue), 12, &params(60)).1);
    let gray = kept(&fit(&originals, 12, &Params { dims: 60, ..Params::default() }).1);
    assert!(color > 230 && gray < 140, "{color} {gray}");
}

#[test]
fn neither_luminance_nor_chroma_drowns_the_other() {
    let share_of_chroma = |strength: f32| {
        let shades = |i: usize, channel: usize| 1.0 + strength * (hue(i, channel) - 0.5);
        let all = Params { dims: 10_000, ..params(0) };
        // 8 x 8 pixels have 9 paths at 16 places in each plane: fewer values than dims.
        let (_, points) = fit(&colored(&images(450, 8), shades), 8, &all);
        let variances = points.var_axis(Axis(0), 0.0);
        variances.slice(s![144..]).sum() / variances.sum()
    };
    // Strong color or little of it weighs about the same. These forms differ less than the hues.
    let shares = [1.0, 0.3].map(share_of_chroma);
    assert!(shares.iter().all(|share| (0.1..0.9).contains(share)), "{shares:?}");
    assert!((shares[0] - shares[1]).abs() < 0.1, "{shares:?}");
    // Next to no color is next to nothing.
    assert!(share_of_chroma(0.003) < 0.05, "{}", share_of_chroma(0.003));
}

#[test]
fn blocks_and_threads_change_nothing() {
    let originals = colored(&images(90, 12), hue);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit(&originals, 12, &params(30)))
    };
    let (model, points) = with(1);
    assert_eq!((model.clone(), points.clone()), with(3));
    let mut fitting = Fitting::new(90, (12, 12), &params(30)).unwrap();
    for block in originals.axis_chunks_iter(Axis(0), 37) {
        fitting.add(block, &mut |_| ()).unwrap();
    }
    let told = fitting.add(originals.view(), &mut |_| ()).unwrap_err().to_string();
    assert!(told.starts_with("expected 90 images"), "{told}");
    let mut fitting = Fitting::new(90, (12, 12), &params(30)).unwrap();
    fitting.add(originals.view(), &mut |_| ()).unwrap();
    let fitted = fitting.finish();
    assert_eq!(fitted.model(), &model);
    assert_eq!(fitted.points(10..20, None, &mut |_| ()).unwrap(), points.slice(s![10..20, ..]));
    assert!(fitted.points(80..91, None, &mut |_| ()).is_err());
}

#[test]
fn other_images_than_those_of_a_model_in_color_are_refused() {
    let originals = colored(&images(40, 12), hue);
    let (model, _) = fit(&originals, 12, &params(30));
    assert_eq!(model.channels(), Channels::Rgb);
    let told = model.transform(images(4, 12).view(), &mut |_| ()).unwrap_err();
    assert_eq!(told, Error::ColorPixels { height: 12, width: 12, found: 144 });
    assert!(told.to_string().contains("(n, height, width, 3)"), "{told}");
    let (deviations, pca) = (model.deviations().clone(), model.pca().clone());
    let parts = |channels| {
        Features::new((12, 12), channels, model.scales(), 8, deviations.clone(), pca.clone())
    };
    assert_eq!(parts(Channels::Rgb).as_ref(), Ok(&model));
    assert!(parts(Channels::Gray).unwrap_err().to_string().contains("give another model"));
    // The transform itself takes one plane.
    let scattering = Scattering::new((12, 12), 2, 8).unwrap();
    assert!(scattering.transform(originals.view()).is_err());
}
