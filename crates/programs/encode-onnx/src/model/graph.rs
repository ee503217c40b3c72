//! Chooses the output and the input of a graph, and leaves out what they do not need.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::choice::Choice;
use super::input::may_be_images;
use super::proto::{Graph, Node};
use super::refusal::{Refusal, listed};
use super::wire::{append_number, append_part};

/// Version of the file format that pruned models say they have.
const IR_VERSION: u64 = 8;

/// Input and output of a graph, and the nodes that lead from one to the other.
#[derive(Debug)]
pub struct Chosen {
    /// Name of the input.
    pub input: String,
    /// Name of the output.
    pub output: String,
    /// Indices of the nodes that the output needs.
    nodes: BTreeSet<usize>,
}

/// Chooses input and output.
///
/// # Errors
/// Names that the graph does not have; an output that needs several inputs or none; several
/// outputs of which none was chosen.
pub fn choose(graph: &Graph, choice: &Choice) -> Result<Chosen, Refusal> {
    let inputs = inputs(graph);
    if let Some(name) = choice.input.as_deref()
        && !inputs.contains(name)
    {
        let found = listed(sorted(&inputs));
        return Err(Refusal::new(format!("an input {name}"), found, "choose one with --input"));
    }
    let makers = makers(graph);
    let outputs: Vec<&str> = graph.outputs.iter().map(|output| output.name).collect();
    let Some(output) = choice.output.as_deref() else {
        return only(graph, &outputs, &inputs, &makers, choice.input.as_deref());
    };
    if !makers.contains_key(output) {
        let hint = "choose one of these with --output, or the name of a value in the graph";
        return Err(Refusal::new(format!("an output {output}"), listed(outputs), hint));
    }
    let (nodes, needed) = needed(graph, &makers, output);
    let needed: BTreeSet<&str> = needed.intersection(&inputs).copied().collect();
    let mut names = needed.iter().copied();
    match (names.next(), names.next(), choice.input.as_deref()) {
        (Some(input), None, wanted) if wanted.is_none_or(|wanted| wanted == input) => {
            Ok(Chosen { input: input.to_owned(), output: output.to_owned(), nodes })
        }
        (None, ..) => Err(Refusal::new(
            "an output that is computed from images",
            format!("that {output} needs no input"),
            "choose another with --output",
        )),
        (.., wanted) => Err(Refusal::new(
            match wanted {
                Some(wanted) => format!("an output that needs the input {wanted} alone"),
                None => "an output that needs one input alone, of images".to_owned(),
            },
            format!("that {output} needs {}", listed(needed)),
            "choose another with --output, or export the part for images alone",
        )),
    }
}

/// Chooses the only output that needs one input alone, which must be of images if none was chosen.
fn only(
    graph: &Graph,
    outputs: &[&str],
    inputs: &HashSet<&str>,
    makers: &HashMap<&str, usize>,
    wanted: Option<&str>,
) -> Result<Chosen, Refusal> {
    let mut possible = Vec::new();
    for &output in outputs {
        let (nodes, needed) = needed(graph, makers, output);
        let mut names = needed.intersection(inputs);
        if let (Some(&input), None) = (names.next(), names.next())
            && wanted.is_none_or(|wanted| wanted == input)
        {
            possible.push(Chosen { input: input.to_owned(), output: output.to_owned(), nodes });
        }
    }
    let of_images = |chosen: &Chosen| {
        graph.inputs.iter().any(|input| input.name == chosen.input && may_be_images(input))
    };
    if possible.iter().any(of_images) {
        possible.retain(of_images);
    }
    let names: Vec<&str> = possible.iter().map(|chosen| chosen.output.as_str()).collect();
    match names.as_slice() {
        [_] => possible.pop().ok_or_else(|| Refusal::new("one output", "none", "export it again")),
        [] => Err(Refusal::new(
            match wanted {
                Some(wanted) => format!("an output that needs the input {wanted} alone"),
                None => "an image network, an output of which needs one input alone".to_owned(),
            },
            format!(
                "the inputs {} and the outputs {}",
                listed(sorted(inputs)),
                listed(outputs.to_vec())
            ),
            "choose a value of the graph with --output, or export the part for images alone",
        )),
        several => Err(Refusal::new(
            "one output for features",
            listed(several.to_vec()),
            "choose one with --output",
        )),
    }
}

/// Writes a model of the nodes, constants and values that the chosen output needs.
pub fn pruned(graph: &Graph, chosen: &Chosen) -> Vec<u8> {
    let nodes: Vec<&Node> = chosen.nodes.iter().map(|&at| &graph.nodes[at]).collect();
    let mut names = HashSet::from([chosen.output.as_str()]);
    for node in &nodes {
        node.each_read(&mut |name| {
            names.insert(name);
        });
    }
    let needed = |name: &str| names.contains(name);
    let mut written = Vec::new();
    nodes.iter().for_each(|node| written.extend_from_slice(node.bytes));
    let tensors = graph.tensors.iter().filter(|tensor| needed(tensor.name));
    tensors.for_each(|tensor| written.extend_from_slice(tensor.bytes));
    let inner = graph.inner.iter().filter(|value| needed(value.name));
    inner.for_each(|value| written.extend_from_slice(value.bytes));
    let mut name = Vec::new();
    append_part(&mut name, 1, chosen.output.as_bytes());
    append_part(&mut written, 12, &name);
    // Inputs with a constant, as files of 2018 have them, are constants alone.
    let inputs = graph.inputs.iter().filter(|input| input.name == chosen.input).take(1);
    inputs.for_each(|input| written.extend_from_slice(input.bytes));
    let mut model = Vec::with_capacity(written.len() + 32);
    append_number(&mut model, 1, IR_VERSION);
    append_part(&mut model, 7, &written);
    model
}

/// Gives the names of the inputs that have no value of their own.
fn inputs<'a>(graph: &Graph<'a>) -> HashSet<&'a str> {
    let given: HashSet<&str> = graph.tensors.iter().map(|tensor| tensor.name).collect();
    graph.inputs.iter().map(|input| input.name).filter(|name| !given.contains(name)).collect()
}

/// Gives the index of the node that makes each value.
fn makers<'a>(graph: &Graph<'a>) -> HashMap<&'a str, usize> {
    let mut makers = HashMap::new();
    for (at, node) in graph.nodes.iter().enumerate() {
        for name in node.outputs.iter().filter(|name| !name.is_empty()) {
            makers.entry(*name).or_insert(at);
        }
    }
    makers
}

/// Finds the nodes that `output` needs, and the names of all values that they read.
fn needed<'a>(
    graph: &Graph<'a>,
    makers: &HashMap<&'a str, usize>,
    output: &'a str,
) -> (BTreeSet<usize>, HashSet<&'a str>) {
    let (mut nodes, mut names) = (BTreeSet::new(), HashSet::new());
    let mut open = vec![output];
    while let Some(name) = open.pop() {
        if let Some(&at) = makers.get(name)
            && nodes.insert(at)
        {
            graph.nodes[at].each_read(&mut |name| {
                if names.insert(name) {
                    open.push(name);
                }
            });
        }
    }
    (nodes, names)
}

fn sorted<'a>(names: &HashSet<&'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.iter().copied().collect();
    names.sort_unstable();
    names
}
