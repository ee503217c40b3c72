//! Tests the public readers and writers on valid and invalid files.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod color;
mod corpus;
mod idx;
mod images;
mod lineage;
mod npz;
mod output;
mod read;
mod row_writer;
mod rows;

use std::path::{Path, PathBuf};

/// An .npy file with this dtype, order, shape and payload, written byte by byte.
fn npy(folder: &Path, dtype: &str, fortran: bool, shape: &str, payload: &[u8]) -> PathBuf {
    let order = if fortran { "True" } else { "False" };
    let header = format!(
        "{{'descr': {dtype}, 'fortran_order': {order}, 'shape': {shape}, }}",
        dtype = quoted(dtype)
    );
    raw(folder, &with_header(&header, payload))
}

/// A structured dtype is a list and stands as it is; any other is a string.
fn quoted(dtype: &str) -> String {
    if dtype.starts_with('[') { dtype.to_owned() } else { format!("'{dtype}'") }
}

fn with_header(header: &str, payload: &[u8]) -> Vec<u8> {
    let padding = 63 - (10 + header.len()) % 64;
    let header = format!("{header}{}\n", " ".repeat(padding));
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(payload);
    bytes
}

fn raw(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("array.npy");
    std::fs::write(&path, bytes).unwrap();
    path
}
