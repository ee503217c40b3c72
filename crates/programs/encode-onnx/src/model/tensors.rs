//! Checks constants, and reads those that are in another file than the model.
//!
//! Models above 2 GB are written so, and smaller ones by `torch.onnx.export` if it is not told
//! otherwise.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use artifact::FileRecord;

use super::proto::{Graph, Tensor};
use super::refusal::Refusal;

/// Most dimensions of a constant.
const MOST_DIMENSIONS: usize = 16;

/// Names of the types of values, by their codes in the ONNX standard.
const TYPES: &str = "undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 \
    float64 uint32 uint64 complex64 complex128 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 \
    float8e5m2fnuz uint4 int4 float4e2m1";

/// Types of constants that are read.
const READ: [&str; 7] = ["float32", "float64", "int64", "int32", "int8", "uint8", "bool"];

/// Names the type of values with a code of the ONNX standard.
pub fn type_name(code: i64) -> String {
    let known = usize::try_from(code).ok().and_then(|code| TYPES.split_whitespace().nth(code));
    known.map_or_else(|| format!("type {code}"), str::to_owned)
}

/// Checks the types and sides of all constants of a graph.
///
/// # Errors
/// A type that is not read; sides that are negative, or whose product is no number of values.
pub fn check(graph: &Graph) -> Result<(), Refusal> {
    if graph.sparse {
        let hint = "export the network again";
        return Err(Refusal::new("constants with all their values", "sparse ones", hint));
    }
    graph.each_tensor(&mut |tensor| {
        let found = type_name(tensor.element);
        if !READ.contains(&found.as_str()) {
            return Err(Refusal::new(
                format!("a network whose constants are {}", READ.join(", ")),
                format!("{found} in {}", tensor.name),
                "export it in float32, in Python after network.float()",
            ));
        }
        let mut sides = tensor.sides.iter().map(|&side| usize::try_from(side).ok());
        let values = sides.try_fold(1_usize, |all, side| all.checked_mul(side?));
        // Beyond this the values could not be addressed.
        let fits = values.is_some_and(|values| values < usize::MAX / 16);
        if fits && tensor.sides.len() <= MOST_DIMENSIONS {
            return Ok(());
        }
        Err(Refusal::new(
            "constants with sides",
            format!("sides {:?} of {}", tensor.sides, tensor.name),
            "copy the model again, or export it again",
        ))
    })
}

/// Reads the files beside the model at `path` that hold values of its constants.
///
/// Gives their content and their records by the names that the model gives them.
///
/// # Errors
/// A file that is not in the folder of the model, or cannot be read.
pub fn external_files(
    path: &Path,
    graph: &Graph,
) -> Result<BTreeMap<String, (Vec<u8>, FileRecord)>, Refusal> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut files = BTreeMap::new();
    graph.each_tensor(&mut |tensor: &Tensor| {
        let Some(name) = tensor.location else { return Ok(()) };
        if files.contains_key(name) {
            return Ok(());
        }
        // A model from elsewhere has no business with other files of the user.
        let mut parts = Path::new(name).components();
        if name.is_empty() || !parts.all(|part| matches!(part, Component::Normal(_))) {
            return Err(refused(name, "it must be in the folder of the model"));
        }
        let place = folder.join(name);
        if !place.is_file() {
            return Err(refused(name, "it is not there"));
        }
        let read =
            artifact::read_bytes(&place).map_err(|error| refused(name, &error.to_string()))?;
        files.insert(name.to_owned(), read);
        Ok(())
    })?;
    Ok(files)
}

fn refused(name: &str, why: &str) -> Refusal {
    Refusal::new(
        "values of its constants in a file beside it",
        format!("{name} ({why})"),
        "copy both files into one folder, or export the network again, in Python with \
         torch.onnx.export(..., external_data=False)",
    )
}
