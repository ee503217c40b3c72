//! Writes Parquet files for the tests.

use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    FloatType, Int32Type, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// Values of a column that are there.
pub enum Values {
    Bools(Vec<bool>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Texts(Vec<&'static str>),
    Halves(Vec<f32>),
}
pub use Values::*;

/// A column in a row group: values, definition levels, repetition levels.
pub struct Data(pub Values, pub Option<Vec<i16>>, pub Option<Vec<i16>>);

/// Gives a column without levels.
pub fn plain(values: Values) -> Data {
    Data(values, None, None)
}

/// Gives a column of optional values.
pub fn optional(values: Values, there: &[bool]) -> Data {
    Data(values, Some(there.iter().map(|&there| i16::from(there)).collect()), None)
}

/// Schema of an optional column of lists of optional values, as Arrow writes it.
pub fn list(name: &str, element: &str) -> String {
    format!(
        "optional group {name} (LIST) {{ repeated group list {{ optional {element} element; }} }}"
    )
}

/// Gives the column of such lists; a missing value is NaN, and a missing list is `None`.
pub fn lists(rows: &[Option<&[f32]>]) -> Data {
    let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        match row {
            Some(row) if !row.is_empty() => {
                for (at, &value) in row.iter().enumerate() {
                    repetition.push(i16::from(at > 0));
                    definition.push(if value.is_nan() { 2 } else { 3 });
                    values.extend((!value.is_nan()).then_some(value));
                }
            }
            _ => {
                repetition.push(0);
                definition.push(i16::from(row.is_some()));
            }
        }
    }
    Data(Floats(values), Some(definition), Some(repetition))
}

/// Writes a file of row groups.
pub fn write(path: &Path, schema: &str, groups: &[&[Data]], properties: WriterProperties) {
    let schema = Arc::new(parse_message_type(&format!("message m {{ {schema} }}")).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    for group in groups {
        let mut row_group = writer.next_row_group().unwrap();
        for Data(values, definition, repetition) in *group {
            let mut column = row_group.next_column().unwrap().unwrap();
            let (definition, repetition) = (definition.as_deref(), repetition.as_deref());
            let texts = |texts: &[&'static str]| -> Vec<ByteArray> {
                texts.iter().map(|&text| ByteArray::from(text)).collect()
            };
            let half = |&number: &f32| {
                let bytes = half::f16::from_f32(number).to_le_bytes().to_vec();
                FixedLenByteArray::from(ByteArray::from(bytes))
            };
            match values {
                Bools(values) => {
                    column.typed::<BoolType>().write_batch(values, definition, repetition)
                }
                Floats(values) => {
                    column.typed::<FloatType>().write_batch(values, definition, repetition)
                }
                Doubles(values) => {
                    column.typed::<DoubleType>().write_batch(values, definition, repetition)
                }
                Ints(values) => {
                    column.typed::<Int32Type>().write_batch(values, definition, repetition)
                }
                Longs(values) => {
                    column.typed::<Int64Type>().write_batch(values, definition, repetition)
                }
                Texts(values) => column.typed::<ByteArrayType>().write_batch(
                    &texts(values),
                    definition,
                    repetition,
                ),
                Halves(values) => column.typed::<FixedLenByteArrayType>().write_batch(
                    &values.iter().map(half).collect::<Vec<_>>(),
                    definition,
                    repetition,
                ),
            }
            .unwrap();
            column.close().unwrap();
        }
        row_group.close().unwrap();
    }
    writer.close().unwrap();
}
