//! The layers of a network: what each computes, and the shapes of its weights.

/// What a layer computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// `output = weight input + bias`
    Dense,
    /// A convolution in steps of two pixels, which halves both sides and rounds up.
    Conv {
        /// Side of the square that each filter sees, an odd number.
        kernel: usize,
    },
    /// A transposed convolution in steps of two pixels, which doubles both sides, to an odd number where the convolution
    /// that it mirrors has rounded.
    TransposedConv {
        /// Side of the square that each value is spread over, an odd number.
        kernel: usize,
    },
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerShape {
    /// Name in the weights file, such as `encoder.0`, as a PyTorch `Sequential` counts (activations, `Flatten` and
    /// `Unflatten` have numbers too).
    pub name: String,
    /// What it computes.
    pub kind: LayerKind,
    /// What goes in for each image: (values), for convolutions (channels, height, width).
    pub input: Vec<usize>,
    /// What comes out for each image, in the same way.
    pub output: Vec<usize>,
}

impl LayerShape {
    /// Shape of the weight, as PyTorch has it: (output, input), of convolutions (output channels, input channels, kernel,
    /// kernel), of transposed ones (input channels, output channels, kernel, kernel).
    pub fn weight(&self) -> Vec<usize> {
        let (input, output) = (self.input[0], self.output[0]);
        match self.kind {
            LayerKind::Dense => vec![output, input],
            LayerKind::Conv { kernel } => vec![output, input, kernel, kernel],
            LayerKind::TransposedConv { kernel } => vec![input, output, kernel, kernel],
        }
    }

    /// Length of the bias: the values, or channels, that come out.
    pub fn bias(&self) -> usize {
        self.output[0]
    }

    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        self.weight().iter().product::<usize>() + self.bias()
    }

    /// (fan in, fan out), as PyTorch counts them by the shape of the weight. Keras counts those of a transposed
    /// convolution the other way round, which its sum does not show.
    pub(crate) fn fans(&self) -> (usize, usize) {
        let weight = self.weight();
        let field: usize = weight[2..].iter().product();
        (weight[1] * field, weight[0] * field)
    }

    /// Rows and columns of a transposed convolution's output beyond the smallest that a convolution makes its input of:
    /// 0 or 1, which is PyTorch's `output_padding`.
    pub(crate) fn output_padding(&self) -> [i64; 2] {
        [1, 2].map(|side| (self.output[side] + 1 - 2 * self.input[side]) as i64)
    }
}

/// Dense layers of these widths and back.
pub(crate) fn dense(widths: &[usize]) -> Vec<LayerShape> {
    let chain = |part: &str, widths: &[usize]| -> Vec<LayerShape> {
        let layer = |(i, pair): (usize, &[usize])| LayerShape {
            name: format!("{part}.{}", 2 * i),
            kind: LayerKind::Dense,
            input: vec![pair[0]],
            output: vec![pair[1]],
        };
        widths.windows(2).enumerate().map(layer).collect()
    };
    let back: Vec<usize> = widths.iter().rev().copied().collect();
    [chain("encoder", widths), chain("decoder", &back)].concat()
}

/// Convolutions of images (height, width) by so many filters, a dense layer to the code, and back.
pub(crate) fn convolutional(
    [height, width]: [usize; 2],
    filters: &[usize],
    latent: usize,
) -> Vec<LayerShape> {
    let mut planes = vec![[1, height, width]];
    for (i, &count) in filters.iter().enumerate() {
        let [_, height, width] = planes[i];
        planes.push([count, height.div_ceil(2), width.div_ceil(2)]);
    }
    let depth = filters.len();
    let kernel = |i: usize| if i + 1 == depth { LAST_KERNEL } else { KERNEL };
    let layer = |name: String, kind: LayerKind, input: &[usize], output: &[usize]| LayerShape {
        name,
        kind,
        input: input.to_vec(),
        output: output.to_vec(),
    };
    let down = (0..depth).map(|i| {
        let kind = LayerKind::Conv { kernel: kernel(i) };
        layer(format!("encoder.{}", 2 * i), kind, &planes[i], &planes[i + 1])
    });
    let (flat, code) = ([planes[depth].iter().product()], [latent]);
    let code_layers = [
        layer(code_layer(depth), LayerKind::Dense, &flat, &code),
        layer("decoder.0".into(), LayerKind::Dense, &code, &flat),
    ];
    let up = (0..depth).rev().enumerate().map(|(above, i)| {
        let kind = LayerKind::TransposedConv { kernel: kernel(i) };
        layer(format!("decoder.{}", 2 * above + 3), kind, &planes[i + 1], &planes[i])
    });
    down.chain(code_layers).chain(up).collect()
}

/// Name of the dense layer to the code after so many convolutions, their activations and a `Flatten`.
pub(crate) fn code_layer(depth: usize) -> String {
    format!("encoder.{}", 2 * depth + 1)
}

/// Kernels of Guo, Liu, Zhu and Yin, *Deep clustering with convolutional autoencoders*, ICONIP 2017.
const KERNEL: usize = 5;
const LAST_KERNEL: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_named_as_pytorch_counts() {
        let names = |layers: Vec<LayerShape>| {
            layers.into_iter().map(|layer| layer.name).collect::<Vec<_>>()
        };
        assert_eq!(
            names(dense(&[64, 32, 2])),
            ["encoder.0", "encoder.2", "decoder.0", "decoder.2"]
        );
        assert_eq!(
            names(convolutional([8, 8], &[4, 6], 2)),
            ["encoder.0", "encoder.2", "encoder.5", "decoder.0", "decoder.3", "decoder.5"]
        );
    }

    /// By hand, for the filters and kernels of Guo et al.
    #[test]
    fn convolutions_halve_and_their_mirror_doubles() {
        let layers = convolutional([28, 21], &[32, 64, 128], 10);
        let inputs: Vec<&[usize]> = layers.iter().map(|layer| &layer.input[..]).collect();
        let expected: [&[usize]; 8] = [
            &[1, 28, 21],
            &[32, 14, 11],
            &[64, 7, 6],
            &[128 * 4 * 3],
            &[10],
            &[128, 4, 3],
            &[64, 7, 6],
            &[32, 14, 11],
        ];
        assert_eq!(inputs, expected);
        assert_eq!(layers[7].output, [1, 28, 21]);
        let paddings: Vec<[i64; 2]> = layers[5..].iter().map(LayerShape::output_padding).collect();
        assert_eq!(paddings, [[0, 1], [1, 0], [1, 0]]);
        assert_eq!(layers[2].weight(), [128, 64, 3, 3]);
        assert_eq!(layers[5].weight(), [128, 64, 3, 3]);
        assert_eq!(layers[6].weight(), [64, 32, 5, 5]);
        assert_eq!((layers[6].bias(), layers[6].parameters()), (32, 64 * 32 * 25 + 32));
        assert_eq!((layers[1].fans(), layers[3].fans()), ((32 * 25, 64 * 25), (1536, 10)));
    }
}
