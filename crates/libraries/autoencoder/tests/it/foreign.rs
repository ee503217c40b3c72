//! Weights files of other programs: names, dtypes, further tensors, no metadata.

use autoencoder::{Activation, Assumed, Device, Error, Loss, Network};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::{architecture, images, latents, trained};

/// A tensor of a file: name, dtype, shape, bytes.
type Entry = (String, Dtype, Vec<usize>, Vec<u8>);

/// Returns the tensors of the weights of a small network.
fn entries() -> Vec<Entry> {
    let bytes = trained(&architecture(), 1).network.to_safetensors().unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let entry = |(name, view): (String, TensorView)| {
        (name, view.dtype(), view.shape().to_vec(), view.data().to_vec())
    };
    file.tensors().into_iter().map(entry).collect()
}

/// Writes a file without metadata, as PyTorch does.
fn file(entries: &[Entry]) -> Vec<u8> {
    let views = entries.iter().map(|(name, dtype, shape, bytes)| {
        (name.clone(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn read(entries: &[Entry]) -> Result<Network, Error> {
    Network::from_safetensors(&file(entries), Device::Cpu)
}

/// Converts `entries` to another dtype.
fn cast(entries: &[Entry], dtype: Dtype, cast: impl Fn(f32) -> Vec<u8>) -> Vec<Entry> {
    let bytes = |bytes: &[u8]| {
        let values = bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
        values.flat_map(&cast).collect()
    };
    let entry = |(name, _, shape, old): &Entry| (name.clone(), dtype, shape.clone(), bytes(old));
    entries.iter().map(entry).collect()
}

#[test]
fn tensors_that_no_layer_has_are_refused_by_name() {
    for (name, shape) in [
        ("encoder.7.weight", vec![2, 2]),
        ("encoder.1.running_mean", vec![16]),
        ("encoder.1.num_batches_tracked", vec![1]),
        ("decoder.3.weight", vec![16]),
        ("decoder.0.scale", vec![1]),
        ("module.encoder.1.bias", vec![16]),
    ] {
        let mut entries = entries();
        let bytes = vec![0; 4 * shape.iter().product::<usize>()];
        entries.push((name.to_owned(), Dtype::F32, shape, bytes));
        let error = read(&entries).unwrap_err().to_string();
        let plain = name.strip_prefix("module.").unwrap_or(name);
        assert!(error.contains(&format!("found {plain}, which is of no layer")), "{error}");
    }
    // Tensors outside encoder and decoder are ignored.
    let mut entries = entries();
    entries.push(("classifier.weight".to_owned(), Dtype::F32, vec![1], vec![0; 4]));
    read(&entries).unwrap();
}

#[test]
fn prefixes_of_wrapped_modules_are_read_over() {
    let entries = entries();
    let plain = read(&entries).unwrap().to_safetensors().unwrap();
    for (from, to) in [
        ("", "_orig_mod."),
        ("", "module."),
        ("", "module._orig_mod."),
        ("encoder.", "encoder._orig_mod."),
    ] {
        let mut wrapped = entries.clone();
        for entry in &mut wrapped {
            if let Some(rest) = entry.0.strip_prefix(from) {
                entry.0 = format!("{to}{rest}");
            }
        }
        assert_eq!(read(&wrapped).unwrap().to_safetensors().unwrap(), plain, "{to}");
    }
    let mut twice = entries.clone();
    twice.extend(entries.iter().take(1).map(|entry| {
        let (name, dtype, shape, bytes) = entry.clone();
        (format!("module.{name}"), dtype, shape, bytes)
    }));
    let error = read(&twice).unwrap_err().to_string();
    assert!(error.contains("twice, under different prefixes"), "{error}");
}

#[test]
fn weights_of_other_dtypes_are_read() {
    let entries = entries();
    let images = images(50);
    let expected = latents(&read(&entries).unwrap(), images.view());
    let largest = expected.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
    let bytes = |x: f32| f64::from(x).to_le_bytes().to_vec();
    let doubles = read(&cast(&entries, Dtype::F64, bytes)).unwrap();
    assert_eq!(latents(&doubles, images.view()), expected);
    for (dtype, tolerance, bytes) in [
        (
            Dtype::F16,
            3e-3,
            &(|x: f32| f16::from_f32(x).to_le_bytes().to_vec()) as &dyn Fn(f32) -> Vec<u8>,
        ),
        (Dtype::BF16, 3e-2, &|x: f32| bf16::from_f32(x).to_le_bytes().to_vec()),
    ] {
        let found = latents(&read(&cast(&entries, dtype, bytes)).unwrap(), images.view());
        let difference =
            (&found - &expected).iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
        assert!(
            difference > 0.0 && difference < tolerance * largest,
            "{dtype:?}: {difference} of {largest}"
        );
    }
    let integers = read(&cast(&entries, Dtype::I32, |x| (x as i32).to_le_bytes().to_vec()));
    assert!(integers.unwrap_err().to_string().contains("of dtype I32"));
    let huge = read(&cast(&entries, Dtype::F64, |_| 1e300_f64.to_le_bytes().to_vec()));
    assert!(huge.unwrap_err().to_string().contains("not finite"));
}

#[test]
fn what_the_file_does_not_say_is_assumed_as_told() {
    let entries = entries();
    let bytes = file(&entries);
    let assume = Assumed { activation: Some(Activation::Tanh), loss: Some(Loss::Bce) };
    let network = Network::from_safetensors_assuming(&bytes, Device::Cpu, assume).unwrap();
    assert!(network.is_assumed() && network.trained_on().is_none());
    let found = network.architecture();
    assert_eq!((found.activation, found.loss), (Activation::Tanh, Loss::Bce));
    let relu = read(&entries).unwrap();
    assert_eq!(relu.architecture().activation, Activation::Relu);
    let images = images(20);
    assert_ne!(latents(&relu, images.view()), latents(&network, images.view()));

    // A file with metadata has precedence.
    let ours = trained(&architecture(), 1).network.to_safetensors().unwrap();
    let error = Network::from_safetensors_assuming(&ours, Device::Cpu, assume).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected --activation relu, as in the weights file, found --activation tanh; leave it out"
    );
    let same = Assumed { activation: Some(Activation::Relu), loss: None };
    assert!(!Network::from_safetensors_assuming(&ours, Device::Cpu, same).unwrap().is_assumed());
}
