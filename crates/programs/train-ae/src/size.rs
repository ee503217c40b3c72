//! Notices a dense network of very many parameters before it is trained.

use autoencoder::{Architecture, NetworkKind};

/// Size of the weights in bytes, as `f32`, from which on a dense network is warned of.
///
/// The default network has 25 MB for images of 28 x 28 pixels.
const LARGE: usize = 100_000_000;

/// Returns a warning if the weights of a dense network for images of this shape are large.
pub fn size_warning(architecture: &Architecture, shape: &[usize]) -> Option<String> {
    let parameters = architecture.parameters();
    let bytes = parameters.saturating_mul(size_of::<f32>());
    if architecture.network != NetworkKind::Dense || bytes <= LARGE {
        return None;
    }
    // Rows of values have no sides that could be convolved or imported at another size.
    let smaller = match shape {
        [_, _] => "narrower layers (--hidden) make them small",
        _ => "--network conv, or a smaller --size at import-images, makes them small",
    };
    Some(format!(
        "the weights of the dense network take {:.0} MB ({parameters} parameters), and its \
         training several times as much memory; {smaller}",
        bytes as f64 / 1e6
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use autoencoder::Channels;

    use super::*;

    fn dense(input: usize) -> Architecture {
        Architecture { input, ..Architecture::default() }
    }

    /// REFERENCE by hand: 1500-1000-500-10 and back have 2 x 2,005,000 weights and 6010 biases;
    /// each of 49,152 values adds 2 x 1500 weights and a bias.
    #[test]
    fn large_weights_are_told_in_megabytes_and_parameters() {
        let warning = size_warning(&dense(128 * 128 * 3), &[9, 128, 128, 3]).unwrap();
        assert_eq!(
            warning,
            "the weights of the dense network take 606 MB (151521162 parameters), and its training \
             several times as much memory; --network conv, or a smaller --size at import-images, \
             makes them small"
        );
        let rows = size_warning(&dense(128 * 128 * 3), &[9, 128 * 128 * 3]).unwrap();
        assert!(rows.ends_with("; narrower layers (--hidden) make them small"), "{rows}");
    }

    /// REFERENCE by hand: a hidden layer of w units between d values and l latents has
    /// w (2 d + 2 l + 2) weights and biases, and code and output have l + d biases.
    #[test]
    fn a_hundred_megabytes_are_no_reason_to_warn_and_more_are() {
        let (width, input, latent) = (188, 66311, 1);
        assert_eq!(4 * (width * (2 * input + 2 * latent + 2) + latent + input), LARGE);
        let warning = |input| {
            let architecture = Architecture { hidden: vec![width], latent, ..dense(input) };
            size_warning(&architecture, &[9, input])
        };
        assert_eq!(warning(input), None);
        assert!(warning(input + 1).is_some());
    }

    /// Even where they are large, it is the user who asked for many filters.
    #[test]
    fn convolutions_are_not_told_to_become_convolutions() {
        let network = NetworkKind::Conv { height: 128, width: 128, channels: Channels::Rgb };
        for hidden in [network.default_hidden(), vec![1000, 2000]] {
            let architecture = Architecture { network, hidden, ..dense(128 * 128 * 3) };
            assert_eq!(size_warning(&architecture, &[9, 128, 128, 3]), None);
        }
    }
}
