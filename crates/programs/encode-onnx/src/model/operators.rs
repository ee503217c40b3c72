//! Checks the operators of a graph.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::proto::Graph;
use super::refusal::{Refusal, listed};

/// Versions of the set of operators that are read.
const VERSIONS: RangeInclusive<i64> = 11..=23;

/// Version before which these operators joined all dimensions from their axis on, where later ones
/// and the library work along it. Exporters of that time chose the last, for which both agree.
const SOFTMAX_VERSION: i64 = 13;
const SOFTMAX: [&str; 2] = ["Softmax", "LogSoftmax"];

/// Operators that draw random numbers, so that the same image has other features each time.
const RANDOM: [&str; 6] = [
    "Bernoulli",
    "Multinomial",
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
];

/// Checks that all operators of a graph, in a version of their set, can be computed as they mean.
///
/// # Errors
/// A version that is not read; operators that draw random numbers.
pub fn check(graph: &Graph, version: i64) -> Result<(), Refusal> {
    if !VERSIONS.contains(&version) {
        return Err(Refusal::new(
            format!("operators of version {} to {}", VERSIONS.start(), VERSIONS.end()),
            format!("version {version}"),
            "export the network again, in Python with torch.onnx.export(..., opset_version=18), \
             or convert it with onnx.version_converter.convert_version(model, 18)",
        ));
    }
    let (mut random, mut unclear) = (BTreeSet::new(), false);
    graph.each_node(&mut |node| {
        if RANDOM.contains(&node.operator) {
            random.insert(node.operator);
        }
        let chosen = node.attributes.contains(&"axis");
        unclear |= SOFTMAX.contains(&node.operator) && version < SOFTMAX_VERSION && !chosen;
    });
    if !random.is_empty() {
        return Err(Refusal::new(
            "a network that always computes the same",
            format!("operators that draw random numbers: {}", listed(random)),
            "export it for inference, in Python after network.eval()",
        ));
    }
    if unclear {
        return Err(Refusal::new(
            "a Softmax with an axis",
            format!("one without, in operators of version {version}"),
            "convert the model, in Python with onnx.version_converter.convert_version(model, 18)",
        ));
    }
    Ok(())
}

/// Refuses a model whose operators the library does not know, or not with these attributes.
pub fn unknown(found: &str) -> Refusal {
    Refusal::new(
        "operators that encode-onnx knows",
        found,
        "export the network again, in Python with torch.onnx.export(..., opset_version=18), or \
         choose a value before this operator with --output",
    )
}
