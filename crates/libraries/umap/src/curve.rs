//! The curve by which attraction falls with distance in the embedding.

/// The curve `1 / (1 + a x^(2 b))` of distances x in the embedding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// Larger values make the curve narrower.
    pub a: f64,
    /// Larger values make the curve steeper.
    pub b: f64,
}

impl Curve {
    /// Fits the curve by least squares to one that is 1 up to `min_dist` and decays from there.
    ///
    /// The target falls as `exp(min_dist - x)`, and is compared at 300 places from 0 to 3, as in
    /// umap-learn's `find_ab_params(1, min_dist)`. Tested against that.
    pub(crate) fn fit(min_dist: f64) -> Self {
        let places: Vec<f64> = (0..300).map(|i| 3.0 * f64::from(i) / 299.0).collect();
        let target = |x: f64| if x < min_dist { 1.0 } else { (min_dist - x).exp() };
        let error = |a: f64, b: f64| -> f64 {
            places.iter().map(|&x| (1.0 / (1.0 + a * x.powf(2.0 * b)) - target(x)).powi(2)).sum()
        };
        // The algorithm of Levenberg and Marquardt.
        let (mut a, mut b, mut damping) = (1.0, 1.0, 1e-3);
        for _ in 0..200 {
            let (mut aa, mut ab, mut bb, mut ra, mut rb) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for &x in &places[1..] {
                let power = x.powf(2.0 * b);
                let value = 1.0 / (1.0 + a * power);
                let (by_a, by_b) =
                    (-value * value * power, -value * value * 2.0 * a * power * x.ln());
                let residual = target(x) - value;
                aa += by_a * by_a;
                ab += by_a * by_b;
                bb += by_b * by_b;
                ra += by_a * residual;
                rb += by_b * residual;
            }
            let (aa, bb) = (aa * (1.0 + damping), bb * (1.0 + damping));
            let determinant = aa * bb - ab * ab;
            let (to_a, to_b) =
                (a + (bb * ra - ab * rb) / determinant, b + (aa * rb - ab * ra) / determinant);
            if to_a > 0.0 && to_b > 0.0 && error(to_a, to_b) <= error(a, b) {
                let moved = (to_a - a).abs() + (to_b - b).abs();
                (a, b, damping) = (to_a, to_b, damping * 0.3);
                if moved < 1e-12 {
                    break;
                }
            } else {
                damping *= 4.0;
            }
        }
        Self { a, b }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_umap_learns() {
        // umap.umap_.find_ab_params(1.0, min_dist), by scripts/golden/make_umap.py.
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../tests/golden/graph.json")).unwrap();
        let curves: Vec<[f64; 3]> = serde_json::from_value(golden["curves"].clone()).unwrap();
        for [min_dist, a, b] in curves {
            let curve = Curve::fit(min_dist);
            assert!(
                (curve.a / a - 1.0).abs() < 1e-5 && (curve.b / b - 1.0).abs() < 1e-5,
                "{min_dist}: {curve:?}"
            );
        }
    }
}
