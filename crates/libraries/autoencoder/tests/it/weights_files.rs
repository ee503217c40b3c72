//! Files of weights: what comes back as it was saved, and which files are refused.

use autoencoder::{Activation, Architecture, Device, Loss, Network};

use crate::{architecture, convolutional, images, latents, trained};

#[test]
fn weights_come_back_as_they_were_saved() {
    for architecture in [architecture(), convolutional()] {
        let architecture =
            Architecture { activation: Activation::Tanh, loss: Loss::Bce, ..architecture };
        let network = trained(&architecture, 1).network;
        let bytes = network.to_safetensors().unwrap();
        let read = Network::from_safetensors(&bytes, Device::Cpu).unwrap();
        assert_eq!(read.architecture(), &architecture);
        assert_eq!(read.to_safetensors().unwrap(), bytes);
        let images = images(30);
        assert_eq!(latents(&read, images.view()), latents(&network, images.view()));
    }
}

/// The file of a dense network is the same as before there were convolutional ones.
#[test]
fn the_metadata_of_a_dense_network_knows_no_other() {
    let bytes = trained(&architecture(), 1).network.to_safetensors().unwrap();
    let metadata = concat!(
        r#"{"__metadata__":{"autoencoder":"{\"activation\":\"relu\",\"loss\":\"mse\","#,
        r#"\"normalize\":\"none\",\"images\":{"#
    );
    assert!(
        bytes[8..].starts_with(metadata.as_bytes()),
        "{}",
        String::from_utf8_lossy(&bytes[8..200])
    );
}

fn refused(bytes: &[u8]) -> String {
    Network::from_safetensors(bytes, Device::Cpu).unwrap_err().to_string()
}

/// Returns the file with one name or number in its header changed.
fn changed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let header_length = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..header_length]).unwrap();
    assert!(header.contains(from), "{header}");
    [&bytes[..8], header.replace(from, to).as_bytes(), &bytes[header_length..]].concat()
}

/// Each invalid file is refused in one line.
#[test]
fn weights_that_are_none_are_refused() {
    let bytes = trained(&architecture(), 1).network.to_safetensors().unwrap();
    for length in [0, 7, 8, 100, bytes.len() - 1] {
        assert!(refused(&bytes[..length]).starts_with("expected the weights"), "{length} bytes");
    }
    assert!(refused(&u64::MAX.to_le_bytes()).starts_with("expected the weights"));

    let changed = |from: &str, to: &str| changed(&bytes, from, to);
    assert!(
        refused(&changed("encoder.0.weight", "encoder.0.height"))
            .contains("found no encoder.0.weight")
    );
    assert!(
        refused(&changed("decoder.2.bias", "decoder.2.base")).contains("found no decoder.2.bias")
    );
    assert!(refused(&changed("relu", "rely")).contains("found something else"));
    assert!(
        refused(&changed("[16,12]", "[12,16]")).contains("encoder.2.weight that takes 16 values")
    );
    let mut poisoned = bytes.clone();
    let last = poisoned.len() - 4;
    poisoned[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(refused(&poisoned).contains("that are not finite"));
}

#[test]
fn convolutions_that_do_not_fit_are_refused() {
    let bytes = trained(&convolutional(), 1).network.to_safetensors().unwrap();
    let refused = |from: &str, to: &str| refused(&changed(&bytes, from, to));
    assert!(refused("encoder.2.weight", "encoder.2.height").contains("found no encoder.3.weight"));
    assert!(refused("encoder.5.weight", "encoder.5.height").contains("found no encoder.5.weight"));
    assert!(refused("decoder.3.bias", "decoder.3.base").contains("found no decoder.3.bias"));
    assert!(
        refused("[9,6,3,3]", "[6,9,3,3]")
            .contains("encoder.2.weight of dtype F32 and shape [6, 9, 3, 3]")
    );
    assert!(refused("[6,1,5,5]", "[6, 25,1]").contains("encoder.0.weight of shape [6, 25, 1]"));
    assert!(refused("[2,9]", "[9,2]").contains("encoder.5.weight of dtype F32 and shape [9, 2]"));
    assert!(refused("\\\"height\\\":4", "\\\"height\\\":9").contains("shape [2, 9]"));
    assert!(refused("conv", "cone").contains("found something else"));
    let dense = refused(r#",\"network\":{\"conv\":{\"height\":4,\"width\":3}}"#, &" ".repeat(50));
    assert!(dense.contains("found encoder.0.weight of shape [6, 1, 5, 5]"), "{dense}");

    // Images of as many pixels in other rows.
    let error = convolutional().check_sides(&[7, 3, 4]).unwrap_err().to_string();
    assert!(error.starts_with("expected images of 4 rows of 3 pixels, found 3 of 4"), "{error}");
    for (architecture, shape) in [
        (convolutional(), &[7, 4, 3][..]),
        (convolutional(), &[7, 12]),
        (architecture(), &[7, 3, 4]),
    ] {
        architecture.check_sides(shape).unwrap();
    }
}

#[path = "../../../../../fuzz/checks/weights.rs"]
mod weights;

#[test]
fn what_fuzzing_kept_is_read_or_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fuzz/corpus/weights");
    let files =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let tried = files.map(|data| weights::check(&weights::file(&data))).count();
    assert!(tried > 20, "{tried} files");
}
