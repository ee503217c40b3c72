//! The network of the tests in color, computed by hand in f64: an oracle of codes and images.

use std::collections::HashMap;

use ndarray::{Array1, Array2, Array3, ArrayView3};
use safetensors::SafeTensors;

use crate::color::SIDES;

/// The tensors of a weights file: shape and values by name.
pub type Tensors = HashMap<String, (Vec<usize>, Vec<f64>)>;

/// Reads the tensors of a weights file.
pub fn tensors(bytes: &[u8]) -> Tensors {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensors = file.tensors().into_iter().map(|(name, view)| {
        let values = view.data().as_chunks::<4>().0.iter();
        let values = values.map(|&bytes| f64::from(f32::from_le_bytes(bytes))).collect();
        (name, (view.shape().to_vec(), values))
    });
    tensors.collect()
}

/// Returns the value of a kernel (first, second, height, width) at these places.
fn at((shape, values): &(Vec<usize>, Vec<f64>), place: [usize; 4]) -> f64 {
    values[place.iter().zip(shape).fold(0, |index, (place, side)| index * side + place)]
}

/// Convolves planes (channels, height, width) with stride 2, or transposes such a convolution.
///
/// Each kernel place couples a pixel of the larger planes to one of the smaller.
fn convolve(
    tensors: &Tensors,
    name: &str,
    planes: &Array3<f64>,
    (channels, height, width): (usize, usize, usize),
    transposed: bool,
) -> Array3<f64> {
    let kernel = &tensors[&format!("{name}.weight")];
    let bias = &tensors[&format!("{name}.bias")].1;
    let side = kernel.0[2];
    let mut result = Array3::from_shape_fn((channels, height, width), |(to, _, _)| bias[to]);
    let small = if transposed { planes.dim() } else { result.dim() };
    let large = if transposed { result.dim() } else { planes.dim() };
    for (y, x) in ndarray::indices((small.1, small.2)) {
        for (down, right) in ndarray::indices((side, side)) {
            let (far_y, far_x) = (2 * y + down, 2 * x + right);
            let (Some(far_y), Some(far_x)) =
                (far_y.checked_sub(side / 2), far_x.checked_sub(side / 2))
            else {
                continue;
            };
            if far_y >= large.1 || far_x >= large.2 {
                continue;
            }
            for (of_small, of_large) in ndarray::indices((small.0, large.0)) {
                let weight = at(kernel, [of_small, of_large, down, right]);
                if transposed {
                    result[[of_large, far_y, far_x]] += weight * planes[[of_small, y, x]];
                } else {
                    result[[of_small, y, x]] += weight * planes[[of_large, far_y, far_x]];
                }
            }
        }
    }
    result
}

fn dense(tensors: &Tensors, name: &str, values: &Array1<f64>) -> Array1<f64> {
    let (shape, weight) = &tensors[&format!("{name}.weight")];
    let weight = Array2::from_shape_vec((shape[0], shape[1]), weight.clone()).unwrap();
    weight.dot(values) + Array1::from(tensors[&format!("{name}.bias")].1.clone())
}

fn elu(x: f64) -> f64 {
    if x > 0.0 { x } else { x.exp() - 1.0 }
}

/// Computes the code of an image (height, width, 3), and its reconstruction, in f64.
pub fn by_hand(tensors: &Tensors, image: ArrayView3<f64>) -> (Array1<f64>, Array3<f64>) {
    let [height, width] = SIDES;
    let planes = image.permuted_axes([2, 0, 1]).to_owned();
    let planes = convolve(tensors, "encoder.0", &planes, (6, 3, 3), false).mapv(elu);
    let planes = convolve(tensors, "encoder.2", &planes, (9, 2, 2), false).mapv(elu);
    let code = dense(tensors, "encoder.5", &planes.flatten().to_owned());
    let flat = dense(tensors, "decoder.0", &code).mapv(elu);
    let planes = flat.into_shape_with_order((9, 2, 2)).unwrap();
    let planes = convolve(tensors, "decoder.3", &planes, (6, 3, 3), true).mapv(elu);
    let planes = convolve(tensors, "decoder.5", &planes, (3, height, width), true);
    (code, planes.permuted_axes([1, 2, 0]))
}
