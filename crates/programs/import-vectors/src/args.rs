//! The arguments of the program.

use std::path::PathBuf;
use std::str::FromStr;

use cli::Count;

/// How a row is treated in which a value is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// Nothing is written.
    #[default]
    Refuse,
    /// The row is left out.
    Drop,
}

impl FromStr for Missing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "drop" => Ok(Self::Drop),
            other => Err(format!("expected refuse or drop, found {other}")),
        }
    }
}

/// Reads vectors that another program saved, such as embeddings, and writes them as points: .csv,
/// .tsv, .npz, .npy, .safetensors or .parquet to .npy, and the names of their rows. It finds out
/// the delimiter (comma, tab or semicolon), whether there is a header, and which column has ids,
/// and says what it found.
///
/// Values are written as f4, unless one would change by more than a millionth of the range of its
/// column: then all are f8. Text and Parquet are read twice, some rows at a time; other files are
/// held in memory, as are vectors of f8. An empty cell, NA, N/A, NULL, None and NaN are missing
/// values, and so is a null of Parquet.
///
/// Parquet is read if the program was built with cargo build --release --package import-vectors
/// --features parquet. Vectors are the lists in one of its columns, all of one length, or else the
/// numbers of all columns. A page of each column is in memory.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "import-vectors --from embeddings.csv --out points.npy --names names.csv\n\
        import-vectors --from flowers.csv --id-column plant --label-column species \
        --out points.npy --labels-out labels.npy --classes classes.json\n\
        import-vectors --from clip.npz --array image_features --out points.npy\n\
        cluster-kmeans --points points.npy --k 12 --out assignments.npy\n\
        export-clusters --assignments assignments.npy --names names.csv --points points.npy \
        --out clusters.csv"
)]
pub struct Args {
    /// vectors: .csv or .tsv with a row of numbers for each vector; .npz, .npy or .safetensors with
    /// an array (n, d); tensors may be of F16, BF16, F32 or F64; .parquet with lists or numbers
    #[argh(option, arg_name = "file")]
    pub from: PathBuf,
    /// points to write: .npy, f4 or f8, (n, d)
    #[argh(option, arg_name = "file")]
    pub out: PathBuf,
    /// names of the rows to write: .csv with row and id, and with --label-column class; without a
    /// column of ids, the number of the row in --from, from 0, is the id
    #[argh(option, arg_name = "file")]
    pub names: Option<PathBuf>,
    /// array to read from .npz or .safetensors, or column of lists from .parquet, if there are
    /// several
    #[argh(option, arg_name = "name")]
    pub array: Option<String>,
    /// column of text with ids, by its name or, without a header, its number from 1 (default a
    /// column id, name or file, or else the first column of text)
    #[argh(option, arg_name = "name")]
    pub id_column: Option<String>,
    /// column of text with classes, which is no part of the vectors
    #[argh(option, arg_name = "name")]
    pub label_column: Option<String>,
    /// labels to write: .npy, i4, (n,), the number of the class of each row
    #[argh(option, arg_name = "file")]
    pub labels_out: Option<PathBuf>,
    /// classes to write: .json, a list of names in the order of the labels, sorted
    #[argh(option, arg_name = "file")]
    pub classes: Option<PathBuf>,
    /// what to do with rows with a missing value: refuse or drop (default refuse)
    #[argh(option, arg_name = "name")]
    pub missing: Option<Missing>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
}
