//! Progress of a fit: what k-means and mixtures report alike while they run.
//!
//! Both run one or more starts of several iterations. What only one of them can report, such as the
//! inertia or the log-likelihood, stands in the `details` of a report.

use std::fmt;

/// Progress of a fit: an iteration or a start has ended, or a move of a search begins.
///
/// `I` are the details of an iteration and `S` those of a start. [`kmeans::Progress`] and
/// [`gmm::Progress`] name them; every `fit` and `select_k` calls its callback with one of these.
///
/// ```
/// use clustering::kmeans::{self, KMeansParams, Progress};
/// use ndarray::array;
///
/// let points = array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]];
/// let params = KMeansParams { k: 2, starts: 3, ..KMeansParams::default() };
/// let mut inertias = Vec::new();
/// kmeans::fit(&points, &params, &mut |progress| {
///     if let Progress::Start(report) = progress {
///         assert!(report.converged);
///         inertias.push(report.details.inertia);
///     }
/// })?;
/// assert_eq!(inertias, [1.0; 3]);
/// # Ok::<(), clustering::Error>(())
/// ```
///
/// [`kmeans::Progress`]: crate::kmeans::Progress
/// [`gmm::Progress`]: crate::gmm::Progress
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<I, S> {
    /// An iteration has ended.
    Iteration(IterationReport<I>),
    /// A move of the [`Search`](crate::Search) is about to be tried.
    Candidate(CandidateReport),
    /// A start has ended.
    Start(StartReport<S>),
}

impl<I, S> Progress<I, S> {
    /// Returns the number of clusters of the fit, which `select_k` varies.
    ///
    /// ```
    /// use clustering::kmeans::{self, KMeansParams};
    /// use ndarray::array;
    ///
    /// let points = array![[0.0], [1.0], [9.0]];
    /// let mut seen = Vec::new();
    /// kmeans::select_k(&points, &KMeansParams::default(), 1..=3, &mut |progress| {
    ///     seen.push(progress.k());
    /// })?;
    /// seen.dedup();
    /// assert_eq!(seen, [1, 2, 3]);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    pub fn k(&self) -> usize {
        match self {
            Self::Iteration(report) => report.k,
            Self::Candidate(report) => report.k,
            Self::Start(report) => report.k,
        }
    }
}

/// Report of an iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationReport<D> {
    /// Number of clusters or components.
    pub k: usize,
    /// Index of the start, from 0.
    pub start: usize,
    /// Number of starts.
    pub starts: usize,
    /// Number of the iteration in this start, from 1.
    pub iteration: usize,
    /// Measurements of the algorithm.
    pub details: D,
}

/// Report of a move that a search tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateReport {
    /// Number of clusters or components.
    pub k: usize,
    /// Index of the start, from 0.
    pub start: usize,
    /// Number of starts.
    pub starts: usize,
    /// The move.
    pub candidate: Candidate,
}

/// A move that a search tries, among those of its round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Index of the round, from 0; each round but the last keeps one move.
    pub round: usize,
    /// Index of the move in its round, from 0.
    pub index: usize,
    /// Number of moves in this round.
    pub total: usize,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { round, index, total } = self;
        write!(f, "round {}, move {} of {total}", round + 1, index + 1)
    }
}

/// Report of a start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartReport<D> {
    /// Number of clusters or components.
    pub k: usize,
    /// Index of the start, from 0.
    pub start: usize,
    /// Number of starts.
    pub starts: usize,
    /// Number of iterations of this start.
    pub iterations: usize,
    /// Whether the start converged within `max_iter` iterations.
    pub converged: bool,
    /// Measurements of the algorithm.
    pub details: D,
}

/// Event of a search within one start, with the measurements `I` of an iteration.
pub(crate) enum SearchEvent<I> {
    /// An iteration on all points, counted from the first of the start, and what it measured.
    Iteration(usize, I),
    /// A move that is tried.
    Candidate(Candidate),
}

/// Place of a start in its fit, from which its reports are made.
#[derive(Clone, Copy)]
pub(crate) struct StartId {
    /// Number of clusters or components.
    pub(crate) k: usize,
    /// Index of the start, from 0.
    pub(crate) start: usize,
    /// Number of starts.
    pub(crate) starts: usize,
}

impl StartId {
    /// Returns the report of an iteration, whose number is counted from 1.
    pub(crate) fn iteration<I, S>(self, iteration: usize, details: I) -> Progress<I, S> {
        let Self { k, start, starts } = self;
        Progress::Iteration(IterationReport { k, start, starts, iteration, details })
    }

    /// Returns the report of an event of a search.
    pub(crate) fn search<I, S>(self, event: SearchEvent<I>) -> Progress<I, S> {
        let Self { k, start, starts } = self;
        match event {
            SearchEvent::Iteration(iteration, details) => self.iteration(iteration, details),
            SearchEvent::Candidate(candidate) => {
                Progress::Candidate(CandidateReport { k, start, starts, candidate })
            }
        }
    }

    /// Returns the report of the end of the start.
    pub(crate) fn end<I, S>(
        self,
        iterations: usize,
        converged: bool,
        details: S,
    ) -> Progress<I, S> {
        let Self { k, start, starts } = self;
        Progress::Start(StartReport { k, start, starts, iterations, converged, details })
    }
}
