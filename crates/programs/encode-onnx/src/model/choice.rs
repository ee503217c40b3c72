//! What a user chooses about a network.

use super::layout::Layout;
use crate::size::Size;

/// What a user has chosen about a network; the rest is found in its file.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Input that takes the images.
    pub input: Option<String>,
    /// Output, or a value in the graph, that holds the features.
    pub output: Option<String>,
    /// Height and width for an input that leaves them open.
    pub size: Option<Size>,
    /// Order of the values of the input.
    pub layout: Option<Layout>,
    /// Number of images that are computed at once.
    pub batch: Option<usize>,
}
