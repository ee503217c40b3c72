//! Parameters of scattering features.

use crate::color::Channels;

/// Parameters of [`fit`](crate::fit()).
///
/// ```
/// use scattering::Params;
///
/// let params = Params { dims: 100, ..Params::default() };
/// assert_eq!((params.scales, params.angles, params.dims), (None, 8, 100));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Meaning of the values of a pixel (default gray).
    pub channels: Channels,
    /// Scales J of the wavelets; if not given, as many as leave 3 x 3 places.
    pub scales: Option<usize>,
    /// Angles L of the wavelets (default 8).
    pub angles: usize,
    /// Largest number of features of a point (default 500).
    ///
    /// The default is that of Zhang, You, Vidal and Li, *Learning a self-expressive network for
    /// subspace clustering*, CVPR 2021.
    pub dims: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self { channels: Channels::Gray, scales: None, angles: 8, dims: 500 }
    }
}
