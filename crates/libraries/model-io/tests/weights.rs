//! Weights: what is found in a file, whoever wrote it.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![cfg(feature = "weights")]

use half::{bf16, f16};
use model_io::weights::{Layers, NamedTensor, Tensors, write};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

#[test]
fn layers_are_in_the_order_of_computing() {
    let zeros = [0u8; 4 * 6];
    let tensor = |shape: &[usize]| {
        let bytes = &zeros[..4 * shape.iter().product::<usize>()];
        TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap()
    };
    let tensors = [
        ("decoder.0.weight", tensor(&[3, 1])),
        ("decoder.0.bias", tensor(&[3])),
        ("encoder.10.weight", tensor(&[1, 2])),
        ("encoder.2.weight", tensor(&[2, 3])),
        ("encoder.2.bias", tensor(&[2])),
        ("step", tensor(&[1])),
    ];
    let layers = Layers::read(&safetensors::serialize(tensors, None).unwrap()).unwrap();
    let found: Vec<_> =
        layers.layers.iter().map(|layer| (layer.name.as_str(), layer.parameters)).collect();
    assert_eq!(found, [("encoder.2", 8), ("encoder.10", 2), ("decoder.0", 6)]);
    assert_eq!(layers.layers[0].shape, [2, 3]);
    assert_eq!(layers.parameters(), 16);
}

#[test]
fn what_is_written_is_read() {
    let tensor = |name: &str, values: &[f32]| NamedTensor {
        name: name.to_owned(),
        shape: vec![values.len(), 1],
        values: values.to_vec(),
    };
    let all = [tensor("encoder.0.weight", &[0.1, -3e38, 1e-45]), tensor("b", &[2.0])];
    let bytes = write(&all, r#"{"loss":"mse"}"#).unwrap();
    assert_eq!(bytes, write(&all, r#"{"loss":"mse"}"#).unwrap());
    let found = Tensors::read(&bytes).unwrap();
    assert_eq!(found.metadata(), Some(r#"{"loss":"mse"}"#));
    assert_eq!(found.names().collect::<Vec<_>>(), ["b", "encoder.0.weight"]);
    for NamedTensor { name, shape, values } in &all {
        assert_eq!(&found.values(name, shape).unwrap(), values);
    }
}

#[test]
fn every_float_of_pytorch_is_read() {
    let values = [1.5_f64, -0.25, 65504.0];
    let bytes: [(Dtype, Vec<u8>); 4] = [
        (Dtype::F16, values.iter().flat_map(|&x| f16::from_f64(x).to_le_bytes()).collect()),
        (Dtype::BF16, values.iter().flat_map(|&x| bf16::from_f64(x).to_le_bytes()).collect()),
        (Dtype::F32, values.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect()),
        (Dtype::F64, values.iter().flat_map(|x| x.to_le_bytes()).collect()),
    ];
    for (dtype, bytes) in &bytes {
        let view = TensorView::new(*dtype, vec![3], bytes).unwrap();
        let file = safetensors::serialize([("module.x", view)], None).unwrap();
        let found = Tensors::read(&file).unwrap().values("x", &[3]).unwrap();
        let last = if *dtype == Dtype::BF16 { 65536.0 } else { 65504.0 };
        assert_eq!(found, [1.5, -0.25, last], "{dtype:?}");
    }
}

#[test]
fn other_tensors_are_refused_by_name() {
    let view = |dtype, bytes| TensorView::new(dtype, vec![1], bytes).unwrap();
    let (one, large) = (1_i32.to_le_bytes(), 1e300_f64.to_le_bytes());
    let tensors = [("i", view(Dtype::I32, &one)), ("x", view(Dtype::F64, &large))];
    let bytes = safetensors::serialize(tensors, None).unwrap();
    let file = Tensors::read(&bytes).unwrap();
    for (name, shape, told) in [
        ("none", 1, "no none"),
        ("i", 1, "i of dtype I32 and shape [1]"),
        ("x", 2, "x of dtype F64 and shape [1]"),
        ("x", 1, "values in x that are not finite"),
    ] {
        assert_eq!(file.values(name, &[shape]).unwrap_err().to_string(), told);
    }
    let twice = [("x", view(Dtype::F32, &one)), ("module.x", view(Dtype::F32, &one))];
    let bytes = safetensors::serialize(twice, None).unwrap();
    let error = Tensors::read(&bytes).unwrap_err().to_string();
    assert_eq!(error, "x twice, under different prefixes");
    let error = Tensors::read(b"{}").unwrap_err().to_string();
    assert!(error.starts_with("something else ("), "{error}");
}
