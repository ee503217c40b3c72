//! Algorithms that find the nearest centroids.

/// Algorithm of the assignment step.
///
/// All but `Algorithm::Linfa` give the same result to the last bit; they differ in time and
/// memory. In the bytes below, w is 8 for points in `f64` and 4 for others.
///
/// The enum is non-exhaustive, because the feature `linfa` adds a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// Chooses bounds that are likely to be the fastest for these n, d and k, and keeps them only
    /// while they save distances. If points are long enough, short codes of them prune most
    /// centroids. Both take about a quarter of the memory of the points where that is possible.
    Auto,
    /// Computes every distance in every iteration and keeps no bounds. It is the fastest with two
    /// or three features, and with few features and more than twenty centroids.
    Lloyd,
    /// Keeps one bound for all other centroids (Hamerly 2010): 2 w bytes per point.
    Hamerly,
    /// Keeps one bound per centroid (Elkan 2003): (k + 1) w bytes per point.
    Elkan,
    /// Keeps one bound per group of about ten centroids (Ding et al. 2015): (k / 10 + 1) w bytes
    /// per point.
    Yinyang,
    /// Runs the assignment and update of linfa-clustering as a reference, which is much slower. It
    /// stops by `tol` alone and computes in `f32`, or in `f64` for points in `f64`. An empty
    /// cluster keeps its centroid; weights are refused. It needs the feature `linfa`.
    #[cfg(feature = "linfa")]
    Linfa,
}

impl Algorithm {
    /// All algorithms that this build of the crate has.
    pub const ALL: &'static [Self] = &[
        Self::Auto,
        Self::Lloyd,
        Self::Hamerly,
        Self::Yinyang,
        Self::Elkan,
        #[cfg(feature = "linfa")]
        Self::Linfa,
    ];

    /// Returns the name that command lines use.
    ///
    /// ```
    /// use clustering::kmeans::Algorithm;
    ///
    /// assert_eq!(Algorithm::Yinyang.as_str(), "yinyang");
    /// let found = Algorithm::ALL.iter().find(|algorithm| algorithm.as_str() == "lloyd");
    /// assert_eq!(found, Some(&Algorithm::Lloyd));
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Lloyd => "lloyd",
            Self::Hamerly => "hamerly",
            Self::Elkan => "elkan",
            Self::Yinyang => "yinyang",
            #[cfg(feature = "linfa")]
            Self::Linfa => "linfa",
        }
    }
}
