//! Tells what the columns of a Parquet file hold.

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::{SchemaDescriptor, Type};

use crate::roles::Kind;

/// Description of columns of lists of numbers, for messages.
pub const LISTS: &str = "lists of numbers";

/// A column of the table.
#[derive(Debug, PartialEq)]
pub struct Column {
    pub name: String,
    /// Its contents; lists of numbers are `Other(LISTS)`.
    pub kind: Kind,
    /// The first column of values that belongs to it; of numbers, text and lists it is the only
    /// one.
    pub leaf: usize,
}

/// Lists the columns of a file.
pub fn columns(schema: &SchemaDescriptor) -> Vec<Column> {
    let mut leaves = vec![0; schema.root_schema().get_fields().len()];
    for leaf in (0..schema.num_columns()).rev() {
        leaves[schema.get_column_root_idx(leaf)] = leaf;
    }
    let fields = schema.root_schema().get_fields().iter();
    fields
        .zip(leaves)
        .map(|(field, leaf)| Column { name: field.name().to_owned(), kind: kind(field), leaf })
        .collect()
}

fn kind(field: &Type) -> Kind {
    let repeated = is_repeated(field);
    if field.is_primitive() {
        return match value(field) {
            Kind::Number if repeated => Kind::Other(LISTS),
            Kind::Text if repeated => Kind::Other("lists of text"),
            value => value,
        };
    }
    let info = field.get_basic_info();
    let is_list = info.converted_type() == ConvertedType::LIST
        || info.logical_type_ref() == Some(&LogicalType::List);
    let [list] = field.get_fields() else { return Kind::Other("nested values") };
    if !is_list || repeated || !is_repeated(list) {
        return Kind::Other("nested values");
    }
    // Some writers leave out the group around each element.
    let element = match (list.is_primitive(), list.as_ref()) {
        (true, _) => list,
        (false, Type::GroupType { fields, .. }) if fields.len() == 1 => &fields[0],
        _ => return Kind::Other("lists of nested values"),
    };
    if !element.is_primitive() || (is_repeated(element) && !list.is_primitive()) {
        return Kind::Other("lists of nested values");
    }
    match value(element) {
        Kind::Number => Kind::Other(LISTS),
        Kind::Text => Kind::Other("lists of text"),
        _ => Kind::Other("lists of values that are no numbers"),
    }
}

fn is_repeated(field: &Type) -> bool {
    let info = field.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

/// Tells what a primitive type holds.
fn value(field: &Type) -> Kind {
    use ConvertedType as C;
    let info = field.get_basic_info();
    let (converted, logical) = (info.converted_type(), info.logical_type_ref());
    let plain = converted == C::NONE && logical.is_none();
    let whole =
        [C::INT_8, C::INT_16, C::INT_32, C::INT_64, C::UINT_8, C::UINT_16, C::UINT_32, C::UINT_64];
    match field.get_physical_type() {
        Physical::FLOAT | Physical::DOUBLE => Kind::Number,
        Physical::INT32 | Physical::INT64 if plain || whole.contains(&converted) => Kind::Number,
        Physical::FIXED_LEN_BYTE_ARRAY if logical == Some(&LogicalType::Float16) => Kind::Number,
        Physical::BOOLEAN => Kind::Text,
        Physical::BYTE_ARRAY if plain || matches!(converted, C::UTF8 | C::ENUM | C::JSON) => {
            Kind::Text
        }
        _ if converted == C::DECIMAL => Kind::Other("decimals, which are no floats"),
        Physical::INT32 | Physical::INT64 | Physical::INT96 => {
            Kind::Other("dates, times or no values")
        }
        _ => Kind::Other("bytes of another meaning"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use std::sync::Arc;

    use parquet::schema::parser::parse_message_type;

    use super::*;

    fn found(text: &str) -> Kind {
        let schema = parse_message_type(&format!("message m {{ required int32 a; {text} }}"));
        let columns = columns(&SchemaDescriptor::new(Arc::new(schema.unwrap())));
        assert_eq!((columns.len(), columns[1].leaf), (2, 1), "{text}");
        columns[1].kind
    }

    #[test]
    fn columns_of_numbers_text_and_lists_are_told_apart() {
        for text in [
            "required float x;",
            "optional double x;",
            "optional int32 x (INTEGER(8, false));",
            "optional int64 x;",
            "optional int64 x (UINT_64);",
            "required fixed_len_byte_array(2) x (FLOAT16);",
        ] {
            assert_eq!(found(text), Kind::Number, "{text}");
        }
        for text in [
            "required binary x (UTF8);",
            "required binary x;",
            "optional binary x (ENUM);",
            "optional boolean x;",
        ] {
            assert_eq!(found(text), Kind::Text, "{text}");
        }
        for text in [
            "optional group x (LIST) { repeated group list { optional float element; } }",
            "required group x (LIST) { repeated int32 element; }",
            "repeated double x;",
        ] {
            assert_eq!(found(text), Kind::Other(LISTS), "{text}");
        }
        for text in [
            "optional int64 x (TIMESTAMP(NANOS, true));",
            "optional int32 x (DATE);",
            "required int32 x (DECIMAL(5, 2));",
            "required fixed_len_byte_array(16) x (UUID);",
            "repeated binary x (UTF8);",
            "optional group x { optional float y; optional float z; }",
            "optional group x { optional float y; }",
            "optional group x (LIST) { repeated group list { optional binary element (UTF8); } }",
            "optional group x (LIST) { repeated group list { repeated float element; } }",
            "optional group x (LIST) { repeated group list { optional group element (LIST) \
             { repeated group list { optional float element; } } } }",
        ] {
            let kind = found(text);
            assert!(matches!(kind, Kind::Other(other) if other != LISTS), "{text}: {kind:?}");
        }
    }
}
