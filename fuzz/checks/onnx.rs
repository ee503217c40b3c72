// Checks the reader of networks, for the fuzz target and for the tests of encode-onnx.

use std::path::Path;

use encode_onnx::{Choice, Network, Worker};

/// Most values of a batch of images. Larger networks are valid, and only take time.
const MOST: usize = 1 << 16;

/// Checks that a model is refused in one line, or that what it says of itself holds.
///
/// Gives the number of features.
pub fn check(path: &Path) -> Option<usize> {
    let choice = Choice { size: Some("8".parse().expect("a size")), ..Choice::default() };
    let network = match Network::read(path, &Choice::default()) {
        Ok((network, _)) => network,
        Err(error) => {
            let line = error.to_string();
            assert!(line.contains("expected ") && line.contains(", found "), "{line}");
            Network::read(path, &choice).ok()?.0
        }
    };
    let size = network.size();
    let values = network.batch() * network.channels() * size.height * size.width;
    let features = network.features();
    assert!(features > 0 && [1, 3].contains(&network.channels()));
    if values <= MOST {
        // Layers may have sides that only a run contradicts.
        if let Ok(found) = network.encode(&Worker::new(), &vec![0.5; values]) {
            assert_eq!(found.len(), network.batch() * features);
            assert!(found.iter().all(|value| value.is_finite()));
        }
    }
    Some(features)
}
