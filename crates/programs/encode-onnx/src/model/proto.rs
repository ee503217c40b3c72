//! The parts of a model file that decide what can be done with it.
//!
//! Field numbers are those of `onnx.proto` of the ONNX standard. Parts borrow bytes of the file.

use super::wire::{Damaged, Field, each_field};

/// Graphs within graphs, as in the branches of an If, down to which a file is read.
///
/// What reads the file again does so recursively, and would fill its stack.
const MOST_DEPTH: usize = 8;

/// A model.
#[derive(Debug, Default)]
pub struct Model<'a> {
    /// Version of the standard set of operators.
    pub version: Option<i64>,
    /// The graph.
    pub graph: Option<Graph<'a>>,
}

/// A graph of operators.
#[derive(Debug, Default)]
pub struct Graph<'a> {
    /// Operators.
    pub nodes: Vec<Node<'a>>,
    /// Constants.
    pub tensors: Vec<Tensor<'a>>,
    /// Inputs; in old files those that have a constant, too.
    pub inputs: Vec<Described<'a>>,
    /// Outputs.
    pub outputs: Vec<Described<'a>>,
    /// Values in between whose shapes are known.
    pub inner: Vec<Described<'a>>,
    /// Whether there are constants with few values.
    pub sparse: bool,
}

/// An operator.
#[derive(Debug, Default)]
pub struct Node<'a> {
    /// Name of the operator.
    pub operator: &'a str,
    /// Who has defined the operator; empty for the standard.
    pub domain: &'a str,
    /// Names of the values that it reads; an empty one is left out.
    pub inputs: Vec<&'a str>,
    /// Names of the values that it makes.
    pub outputs: Vec<&'a str>,
    /// Names of its attributes.
    pub attributes: Vec<&'a str>,
    /// Constants among its attributes.
    pub tensors: Vec<Tensor<'a>>,
    /// Graphs among its attributes.
    pub graphs: Vec<Graph<'a>>,
    /// The field that it is.
    pub bytes: &'a [u8],
}

/// A constant.
#[derive(Debug, Default)]
pub struct Tensor<'a> {
    /// Name.
    pub name: &'a str,
    /// Sides.
    pub sides: Vec<i64>,
    /// Code of the type of its values.
    pub element: i64,
    /// Name of the file beside the model that holds its values.
    pub location: Option<&'a str>,
    /// The field that it is.
    pub bytes: &'a [u8],
}

/// A value with its type and shape.
#[derive(Debug, Default)]
pub struct Described<'a> {
    /// Name.
    pub name: &'a str,
    /// Code of the type of its numbers; `None` for what is no array.
    pub element: Option<i64>,
    /// Sides; `None` for one that is left open.
    pub sides: Option<Vec<Option<usize>>>,
    /// The field that it is.
    pub bytes: &'a [u8],
}

impl<'a> Model<'a> {
    /// Reads a model.
    ///
    /// # Errors
    /// Bytes that are no model, or break off.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let mut model = Self::default();
        each_field(bytes, |field| {
            match field.number {
                7 => model.graph = Some(Graph::read(field.part()?, 0)?),
                8 => {
                    let (mut domain, mut version) = ("", 0);
                    each_field(field.part()?, |field| {
                        match field.number {
                            1 => domain = field.text()?,
                            2 => version = field.number()?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    if is_standard(domain) {
                        model.version = Some(version);
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(model)
    }
}

/// Whether a domain is that of the ONNX standard.
pub fn is_standard(domain: &str) -> bool {
    ["", "ai.onnx"].contains(&domain)
}

impl<'a> Graph<'a> {
    fn read(bytes: &'a [u8], depth: usize) -> Result<Self, Damaged> {
        if depth > MOST_DEPTH {
            return Err(Damaged);
        }
        let mut graph = Self::default();
        each_field(bytes, |field| {
            match field.number {
                1 => graph.nodes.push(Node::read(&field, depth)?),
                5 => graph.tensors.push(Tensor::read(&field)?),
                11 => graph.inputs.push(Described::read(&field)?),
                12 => graph.outputs.push(Described::read(&field)?),
                13 => graph.inner.push(Described::read(&field)?),
                15 => graph.sparse = true,
                _ => {}
            }
            Ok(())
        })?;
        Ok(graph)
    }

    /// Calls `take` with all constants, those of operators and of inner graphs too.
    ///
    /// # Errors
    /// The error of `take`.
    pub fn each_tensor<E>(
        &self,
        take: &mut dyn FnMut(&Tensor<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.tensors.iter().try_for_each(&mut *take)?;
        for node in &self.nodes {
            node.tensors.iter().try_for_each(&mut *take)?;
            node.graphs.iter().try_for_each(|graph| graph.each_tensor(take))?;
        }
        Ok(())
    }

    /// Calls `take` with all operators, those of inner graphs too.
    pub fn each_node(&self, take: &mut dyn FnMut(&Node<'a>)) {
        for node in &self.nodes {
            take(node);
            node.graphs.iter().for_each(|graph| graph.each_node(take));
        }
    }
}

impl<'a> Node<'a> {
    fn read(field: &Field<'a>, depth: usize) -> Result<Self, Damaged> {
        let mut node = Self { bytes: field.bytes, ..Self::default() };
        each_field(field.part()?, |field| {
            match field.number {
                1 => node.inputs.push(field.text()?),
                2 => node.outputs.push(field.text()?),
                4 => node.operator = field.text()?,
                5 => node.read_attribute(field.part()?, depth)?,
                7 => node.domain = field.text()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(node)
    }

    fn read_attribute(&mut self, bytes: &'a [u8], depth: usize) -> Result<(), Damaged> {
        each_field(bytes, |field| {
            match field.number {
                1 => self.attributes.push(field.text()?),
                5 | 10 => self.tensors.push(Tensor::read(&field)?),
                6 | 11 => self.graphs.push(Graph::read(field.part()?, depth + 1)?),
                // Constants with few values, and types as values, are in no network of images.
                14 | 15 | 22 | 23 => return Err(Damaged),
                _ => {}
            }
            Ok(())
        })
    }

    /// Calls `take` with the names of the values that are read, in inner graphs too.
    pub fn each_read(&self, take: &mut dyn FnMut(&'a str)) {
        self.inputs.iter().filter(|name| !name.is_empty()).for_each(|name| take(name));
        for graph in &self.graphs {
            graph.outputs.iter().for_each(|output| take(output.name));
            graph.nodes.iter().for_each(|node| node.each_read(take));
        }
    }
}

impl<'a> Tensor<'a> {
    fn read(field: &Field<'a>) -> Result<Self, Damaged> {
        let mut tensor = Self { bytes: field.bytes, ..Self::default() };
        let (mut external, mut location) = (false, "");
        each_field(field.part()?, |field| {
            match field.number {
                1 => field.numbers(&mut tensor.sides)?,
                2 => tensor.element = field.number()?,
                8 => tensor.name = field.text()?,
                13 => {
                    let (mut key, mut value) = ("", "");
                    each_field(field.part()?, |field| {
                        match field.number {
                            1 => key = field.text()?,
                            2 => value = field.text()?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    if key == "location" {
                        location = value;
                    }
                }
                14 => external = field.number()? == 1,
                _ => {}
            }
            Ok(())
        })?;
        tensor.location = external.then_some(location);
        Ok(tensor)
    }
}

impl<'a> Described<'a> {
    fn read(field: &Field<'a>) -> Result<Self, Damaged> {
        let mut value = Self { bytes: field.bytes, ..Self::default() };
        each_field(field.part()?, |field| {
            match field.number {
                1 => value.name = field.text()?,
                2 => each_field(field.part()?, |field| match field.number {
                    1 => value.read_array(field.part()?),
                    6 => Ok(()),
                    // Sequences of arrays, and sequences of these, are in no network of images.
                    _ => Err(Damaged),
                })?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(value)
    }

    fn read_array(&mut self, bytes: &'a [u8]) -> Result<(), Damaged> {
        each_field(bytes, |field| {
            match field.number {
                1 => self.element = Some(field.number()?),
                2 => {
                    let mut sides = Vec::new();
                    each_field(field.part()?, |field| {
                        if field.number == 1 {
                            sides.push(side(field.part()?)?);
                        }
                        Ok(())
                    })?;
                    self.sides = Some(sides);
                }
                _ => {}
            }
            Ok(())
        })
    }
}

/// Reads a side of a shape: a number above 0, or `None` for a name, which is open.
fn side(bytes: &[u8]) -> Result<Option<usize>, Damaged> {
    let mut side = None;
    each_field(bytes, |field| {
        if field.number == 1 {
            side = usize::try_from(field.number()?).ok().filter(|&side| side > 0);
        }
        Ok(())
    })?;
    Ok(side)
}
