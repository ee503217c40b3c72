//! Writes small ONNX files, good ones and hostile ones, as the bytes of a protobuf message.

/// Writes the number `value` in groups of seven bits.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Writes a field that is a number.
pub fn number(field: u64, value: i64) -> Vec<u8> {
    [varint(field << 3), varint(value as u64)].concat()
}

/// Writes a field that is a text or another message.
pub fn part(field: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    [varint(field << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

/// Element types.
pub const FLOAT: i64 = 1;
pub const UINT8: i64 = 2;
pub const INT64: i64 = 7;
pub const BFLOAT16: i64 = 16;

/// Writes a tensor with its values as raw bytes.
pub fn tensor(name: &str, kind: i64, sides: &[i64], values: &[u8]) -> Vec<u8> {
    let sides: Vec<u8> = sides.iter().flat_map(|&side| number(1, side)).collect();
    [sides, number(2, kind), part(8, name), part(9, values)].concat()
}

/// Writes a tensor of one dimension of whole numbers.
pub fn whole(name: &str, values: &[i64]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tensor(name, INT64, &[values.len() as i64], &bytes)
}

/// Writes a node without attributes.
pub fn node(kind: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|name| part(1, name)).collect();
    [inputs, part(2, output), part(4, kind)].concat()
}

/// Writes the description of a value; a side of 0 is left open.
pub fn value(name: &str, kind: i64, sides: &[i64]) -> Vec<u8> {
    let dimension = |&side: &i64| match side {
        0 => part(1, part(2, "n")),
        side => part(1, number(1, side)),
    };
    let shape: Vec<u8> = sides.iter().flat_map(dimension).collect();
    [part(1, name), part(2, part(1, [number(1, kind), part(2, shape)].concat()))].concat()
}

/// The parts of a model.
#[derive(Clone)]
pub struct Model {
    pub nodes: Vec<Vec<u8>>,
    pub tensors: Vec<Vec<u8>>,
    pub inputs: Vec<Vec<u8>>,
    pub outputs: Vec<Vec<u8>>,
    pub version: i64,
}

impl Model {
    /// Makes a network that flattens images of 4 x 4 pixels in color.
    pub fn flat() -> Self {
        Self {
            nodes: vec![node("Flatten", &["x"], "y")],
            tensors: Vec::new(),
            inputs: vec![value("x", FLOAT, &[0, 3, 4, 4])],
            outputs: vec![value("y", FLOAT, &[0, 48])],
            version: 18,
        }
    }

    /// Gives the bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        let all = |field, parts: &[Vec<u8>]| -> Vec<u8> {
            parts.iter().flat_map(|content| part(field, content)).collect()
        };
        let graph = [
            all(1, &self.nodes),
            part(2, "graph"),
            all(5, &self.tensors),
            all(11, &self.inputs),
            all(12, &self.outputs),
        ];
        [number(1, 8), part(7, graph.concat()), part(8, number(2, self.version))].concat()
    }
}
