//! The layers of a network: their kinds, names and shapes.

/// Kind of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// A dense layer: `output = weight input + bias`.
    Dense,
    /// A convolution of stride 2, which halves height and width and rounds up.
    Conv {
        /// Side of the square kernel in pixels, odd.
        kernel: usize,
    },
    /// A transposed convolution of stride 2, which doubles height and width.
    ///
    /// The result is odd where the convolution that it mirrors has rounded up.
    TransposedConv {
        /// Side of the square kernel in pixels, odd.
        kernel: usize,
    },
}

/// Name, kind and shapes of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerShape {
    /// Name in the weights file, for example `encoder.0`.
    ///
    /// The number is that of a PyTorch `Sequential`, where activations, `Flatten` and `Unflatten`
    /// count too.
    pub name: String,
    /// Kind of the layer.
    pub kind: LayerKind,
    /// Shape of the input per image: (values), or for convolutions (channels, height, width).
    pub input: Vec<usize>,
    /// Shape of the output per image, in the same form.
    pub output: Vec<usize>,
}

impl LayerShape {
    /// Returns the shape of the weight as in PyTorch.
    ///
    /// Dense: (output, input). Convolution: (output channels, input channels, kernel, kernel).
    /// Transposed convolution: (input channels, output channels, kernel, kernel).
    ///
    /// # Example
    /// ```
    /// use autoencoder::Architecture;
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let first = &architecture.layers()[0];
    /// assert_eq!(first.weight(), [8, 16]);
    /// ```
    pub fn weight(&self) -> Vec<usize> {
        let (input, output) = (self.input[0], self.output[0]);
        match self.kind {
            LayerKind::Dense => vec![output, input],
            LayerKind::Conv { kernel } => vec![output, input, kernel, kernel],
            LayerKind::TransposedConv { kernel } => vec![input, output, kernel, kernel],
        }
    }

    /// Returns the length of the bias: the number of output values, or output channels.
    ///
    /// # Example
    /// ```
    /// use autoencoder::Architecture;
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let first = &architecture.layers()[0];
    /// assert_eq!(first.bias(), 8);
    /// ```
    pub fn bias(&self) -> usize {
        self.output[0]
    }

    /// Counts the trained values of weight and bias.
    ///
    /// # Example
    /// ```
    /// use autoencoder::Architecture;
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let first = &architecture.layers()[0];
    /// assert_eq!(first.parameters(), 8 * 16 + 8);
    /// ```
    pub fn parameters(&self) -> usize {
        self.weight().iter().product::<usize>() + self.bias()
    }

    /// Returns (fan in, fan out) by the shape of the weight, as PyTorch does.
    ///
    /// Keras swaps those of a transposed convolution, but it uses only their sum.
    pub(crate) fn fans(&self) -> (usize, usize) {
        let weight = self.weight();
        let field: usize = weight[2..].iter().product();
        (weight[1] * field, weight[0] * field)
    }

    /// Returns PyTorch's `output_padding` of a transposed convolution, 0 or 1 for each side.
    ///
    /// Two heights (or widths) give the same when a convolution halves them and rounds up. The
    /// padding is 1 if the output is the larger one.
    pub(crate) fn output_padding(&self) -> [i64; 2] {
        [1, 2].map(|side| (self.output[side] + 1 - 2 * self.input[side]) as i64)
    }
}

/// Lists dense layers of these widths, and their mirror.
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

/// Lists convolutions of an image, a dense layer to the code, and their mirror.
///
/// `image` is (channels, height, width); `filters` are the numbers of filters of the convolutions.
pub(crate) fn convolutional(
    image: [usize; 3],
    filters: &[usize],
    latent: usize,
) -> Vec<LayerShape> {
    let mut planes = vec![image];
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

/// Names the dense layer to the code after `depth` convolutions.
///
/// Each convolution has an activation, and a `Flatten` comes before the dense layer.
pub(crate) fn code_layer(depth: usize) -> String {
    format!("encoder.{}", 2 * depth + 1)
}

/// Side of all kernels but the last.
///
/// Guo, Liu, Zhu and Yin, *Deep clustering with convolutional autoencoders*, ICONIP 2017.
const KERNEL: usize = 5;
/// Side of the kernels of the last convolution, next to the code.
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
            names(convolutional([1, 8, 8], &[4, 6], 2)),
            ["encoder.0", "encoder.2", "encoder.5", "decoder.0", "decoder.3", "decoder.5"]
        );
    }

    /// REFERENCE by hand, for the filters and kernels of Guo et al.
    #[test]
    fn convolutions_halve_and_their_mirror_doubles() {
        let layers = convolutional([1, 28, 21], &[32, 64, 128], 10);
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

    #[test]
    fn color_has_channels_of_its_own_in_the_first_layer_and_the_last_alone() {
        let gray = convolutional([1, 28, 21], &[32, 64, 128], 10);
        let color = convolutional([3, 28, 21], &[32, 64, 128], 10);
        assert_eq!((&color[0].input[..], color[0].weight()), (&[3, 28, 21][..], vec![32, 3, 5, 5]));
        assert_eq!(
            (&color[7].output[..], color[7].weight()),
            (&[3, 28, 21][..], vec![32, 3, 5, 5])
        );
        assert_eq!(color[7].bias(), 3);
        assert_eq!(color[7].output_padding(), gray[7].output_padding());
        assert_eq!(color[1..7], gray[1..7]);
    }
}
