//! Shows fits with several starts, alone or for each number of clusters of `--select-k`.

use crate::arguments::Span;
use crate::messages::warn;
use crate::progress::Progress;

/// Progress of fits with several starts each.
///
/// ```
/// use cli::{Span, Starts};
///
/// // Two starts for each number of clusters.
/// let span = Span { first: 2, last: 3 };
/// let shown = Starts::of_span(span, 2);
/// for k in span.numbers() {
///     for start in 0..2 {
///         shown.iteration(k, start, "iteration 1, inertia 2.5");
///         shown.end(k, start, "inertia 2.5", 1, true); // prints a line
///     }
/// }
/// ```
pub struct Starts {
    bar: Progress,
    /// The numbers of clusters that are compared, if they are.
    span: Option<Span>,
    /// Starts of each fit.
    starts: usize,
}

impl Starts {
    /// Shows one fit with so many `starts`.
    pub fn of_fit(starts: usize) -> Self {
        Self { bar: Progress::new("starts", starts as u64), span: None, starts }
    }

    /// Shows fits for all numbers of clusters in `span`, with so many `starts` each.
    pub fn of_span(span: Span, starts: usize) -> Self {
        let all = span.numbers().count() * starts;
        Self { bar: Progress::new("starts", all as u64), span: Some(span), starts }
    }

    /// Shows `text` about an iteration of a start, which counts from 0, with `k` clusters.
    pub fn iteration(&self, k: usize, start: usize, text: &str) {
        self.bar.set(self.before(k) + start as u64, &format!("{}{text}", self.prefix(k)));
    }

    /// Prints what a start, which counts from 0, has found with `k` clusters.
    pub fn end(&self, k: usize, start: usize, found: &str, iterations: usize, converged: bool) {
        self.bar.line(&self.last_line(k, start, found, iterations, converged));
        self.bar.set(self.before(k) + start as u64 + 1, "");
    }

    fn last_line(
        &self,
        k: usize,
        start: usize,
        found: &str,
        iterations: usize,
        converged: bool,
    ) -> String {
        let ended = if converged { "" } else { ", not converged" };
        let (prefix, number, starts) = (self.prefix(k), start + 1, self.starts);
        format!("{prefix}start {number}/{starts}: {found} after {iterations} iterations{ended}")
    }

    /// The number of starts of the fits with fewer than `k` clusters.
    fn before(&self, k: usize) -> u64 {
        self.span.map_or(0, |span| ((k - span.first) * self.starts) as u64)
    }

    /// The beginning of messages about a fit.
    fn prefix(&self, k: usize) -> String {
        self.span.map_or(String::new(), |_| format!("k = {k}, "))
    }
}

/// Warns that a fit ended before it converged.
///
/// ```
/// cli::warn_not_converged(300);
/// ```
pub fn warn_not_converged(max_iter: usize) {
    warn(&format!("not converged after {max_iter} iterations; raise --max-iter or --tol"));
}

/// Warns if some fits of `--select-k` ended before they converged; `converged` says which did.
///
/// ```
/// cli::warn_fits_not_converged(&[true, false, true], 300);
/// ```
pub fn warn_fits_not_converged(converged: &[bool], max_iter: usize) {
    let cut_short = converged.iter().filter(|&&converged| !converged).count();
    if cut_short > 0 {
        let all = converged.len();
        warn(&format!(
            "{cut_short} of {all} fits not converged after {max_iter} iterations; \
             raise --max-iter or --tol"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_of_a_span_are_counted_on_and_named() {
        let shown = Starts::of_span(Span { first: 3, last: 5 }, 4);
        assert_eq!((shown.before(3), shown.before(5)), (0, 8));
        assert_eq!(
            shown.last_line(5, 1, "inertia 2", 7, false),
            "k = 5, start 2/4: inertia 2 after 7 iterations, not converged"
        );
        let shown = Starts::of_fit(4);
        assert_eq!(shown.before(10), 0);
        assert_eq!(
            shown.last_line(10, 3, "inertia 2", 7, true),
            "start 4/4: inertia 2 after 7 iterations"
        );
    }
}
