use autoencoder::{Device, Network, Pixels, TrainParams, Training};
use ndarray::Array2;
use serde_json::Value;

/// Most bytes of tensors that are added to a header.
const MOST: usize = 1 << 20;

/// Makes the file that an input stands for.
///
/// The first byte says whether the rest is a safetensors file, or a header that gets as many bytes
/// of tensors as it promises.
pub fn file(data: &[u8]) -> Vec<u8> {
    let Some((form, header)) = data.split_first() else { return Vec::new() };
    if form % 2 == 0 {
        return header.to_vec();
    }
    let value: Value = serde_json::from_slice(header).unwrap_or_default();
    let ends = value
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, tensor)| tensor["data_offsets"][1].as_u64());
    let length = ends.max().and_then(|end| usize::try_from(end).ok()).unwrap_or(0).min(MOST);
    [&(header.len() as u64).to_le_bytes()[..], header, &vec![0; length]].concat()
}

/// Checks that weights, and small checkpoints, are the same after writing and reading them.
pub fn check(bytes: &[u8]) {
    let Ok(network) = Network::from_safetensors(bytes, Device::Cpu) else { return };
    let architecture = network.architecture().clone();
    let again =
        network.to_safetensors().and_then(|bytes| Network::from_safetensors(&bytes, Device::Cpu));
    assert_eq!(again.expect("it was read once").architecture(), &architecture);
    if architecture.input <= 64 {
        let images = Array2::<f32>::zeros((4, architecture.input));
        let images = Pixels::F32(images.view());
        let _ = Training::resume(
            bytes,
            "fuzz",
            images,
            None,
            &architecture,
            &TrainParams::default(),
            Device::Cpu,
        );
    }
}
