//! A fitted embedding, and the embedding of new points among its own.

use ndarray::{Array1, Array2, ArrayView2, Axis, CowArray, Ix2};

use crate::checks::{check, finite, finite_embedding};
use crate::curve::Curve;
use crate::distinct::hash_values;
use crate::error::{Error, Result};
use crate::graph::{self, Graph, Kind};
use crate::layout::{Fixed, Schedule, optimize_layout};
use crate::metric::Metric;
use crate::params::{Params, Progress};
use crate::space::Space;

/// Epochs of gradient descent for new points.
const TRANSFORM_EPOCHS: usize = 100;

/// Learning rate for new points at the start, as in umap-learn: a quarter of that of a fit.
const TRANSFORM_RATE: f32 = 0.25;

/// Points and their embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct Umap {
    /// Points that were embedded, shape `(n, d)`.
    pub points: Array2<f32>,
    /// Their embedding, shape `(n, dims)`.
    pub embedding: Array2<f32>,
    /// How attraction falls with distance in the embedding.
    pub curve: Curve,
    /// Neighbors of a point, itself included.
    pub neighbors: usize,
    /// Distances between points.
    pub metric: Metric,
    /// Epochs of gradient descent; 0 for a model from [`Umap::new`].
    pub epochs: usize,
    /// Connected components of the graph; 0 for a model from [`Umap::new`].
    pub components: usize,
    /// Distinct points, without those of zeros under [`Metric::Cosine`]; 0 for a model from
    /// [`Umap::new`].
    pub distinct: usize,
    /// Points that `f32` does not tell from their neighbors; 0 for a model from [`Umap::new`].
    pub unresolved: usize,
}

impl Umap {
    /// Makes a model from its parts: `points` `(n, d)` and their `embedding` `(n, dims)`.
    ///
    /// ```
    /// use umap::{Curve, Metric, Umap};
    /// use ndarray::array;
    ///
    /// let (points, embedding) = (array![[0.0, 1.0], [1.0, 0.0]], array![[0.0], [1.0]]);
    /// let umap = Umap::new(points, embedding, Curve { a: 1.0, b: 1.0 }, 2, Metric::Euclidean)?;
    /// assert_eq!(umap.epochs, 0);
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::Parameter`] if the parts do not fit one another.
    /// - [`Error::NotFinite`] if a value is not finite.
    pub fn new(
        points: Array2<f32>,
        embedding: Array2<f32>,
        curve: Curve,
        neighbors: usize,
        metric: Metric,
    ) -> Result<Self> {
        let params = Params { dims: embedding.ncols(), neighbors, metric, ..Params::default() };
        check(points.view(), &params)?;
        finite(embedding.view())?;
        let refuse = |expected: String, found: String| {
            Err(Error::Parameter { expected, found, cure: "give another model" })
        };
        if points.nrows() != embedding.nrows() {
            return refuse(
                format!("{} rows of an embedding", points.nrows()),
                embedding.nrows().to_string(),
            );
        }
        if !(curve.a > 0.0 && curve.b > 0.0 && curve.a.is_finite() && curve.b.is_finite()) {
            return refuse("a and b above 0".into(), format!("{} and {}", curve.a, curve.b));
        }
        let (points, embedding) = (in_order(points), in_order(embedding));
        let (epochs, components, distinct, unresolved) = (0, 0, 0, 0);
        Ok(Self {
            points,
            embedding,
            curve,
            neighbors,
            metric,
            epochs,
            components,
            distinct,
            unresolved,
        })
    }

    /// Embeds `new` points `(m, d)` among those of the model, which stay: `(m, dims)`.
    ///
    /// As umap-learn's `transform`: each new point starts at the mean of its neighbors, weighted by
    /// memberships; then these attract it and random others repel it, in 100 epochs with a quarter
    /// of the learning rate. Unlike there, the place of a point depends on its values, the model
    /// and the seed alone, not on the other new points or its row among them. Under
    /// [`Metric::Cosine`] a point of zeros gets the place of those in the model, or the mean of the
    /// embedding if the model has none.
    ///
    /// # Errors
    /// - [`Error::Parameter`] if the number of features is not the model's.
    /// - [`Error::NotFinite`] if a value is not finite; [`Error::TooFar`] if a point is too far
    ///   from those of the model.
    pub fn transform(
        &self,
        new: ArrayView2<f32>,
        seed: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Array2<f32>> {
        let space = Space::of(self.points.view(), self.metric);
        let (queries, graph) = self.connect(&space, new)?;
        let firsts: Vec<usize> = space.firsts().collect();
        let positions = self.embedding.select(Axis(0), &firsts);
        let without_edges = match space.first_zero() {
            Some(i) => self.embedding.row(i).to_owned(),
            None => mean(&positions),
        };
        let mut init = Array2::<f32>::zeros((new.nrows(), positions.ncols()));
        for (i, mut row) in init.outer_iter_mut().enumerate() {
            let total: f32 = graph.edges(i).map(|(_, weight)| weight).sum();
            if total == 0.0 {
                row.assign(&without_edges);
            } else if let Some((j, _)) = graph.edges(i).find(|&(_, weight)| weight == 1.0) {
                row.assign(&positions.row(j));
            } else {
                graph
                    .edges(i)
                    .for_each(|(j, weight)| row.scaled_add(weight / total, &positions.row(j)));
            }
        }
        let epochs = TRANSFORM_EPOCHS;
        let schedule = Schedule { curve: self.curve, epochs, rate: TRANSFORM_RATE, seed };
        let keys: Vec<u64> = queries.outer_iter().map(hash_values).collect();
        let fixed = Fixed { positions: positions.view(), keys: &keys };
        let mut on_epoch = |epoch| progress(Progress::Epoch(epoch, epochs));
        let embedding = optimize_layout(&graph, init.view(), Some(fixed), schedule, &mut on_epoch);
        finite_embedding(embedding.view())?;
        Ok(embedding)
    }

    /// Computes the fuzzy graph from `new` points `(m, d)` to their neighbors in the model.
    ///
    /// Its vertices are the new points, its heads rows of [`Self::points`]. Tested against
    /// umap-learn's `transform` in its mode `graph`.
    ///
    /// # Errors
    /// As [`Self::transform`].
    pub fn graph_of(&self, new: ArrayView2<f32>) -> Result<Graph> {
        let space = Space::of(self.points.view(), self.metric);
        let (_, mut graph) = self.connect(&space, new)?;
        let firsts: Vec<usize> = space.firsts().collect();
        graph.heads.iter_mut().for_each(|head| *head = firsts[*head as usize] as u32);
        Ok(graph)
    }

    /// Maps new points to `space`, and computes the graph from them to the rows that it has.
    fn connect<'a>(
        &self,
        space: &Space,
        new: ArrayView2<'a, f32>,
    ) -> Result<(CowArray<'a, f32, Ix2>, Graph)> {
        if new.ncols() != self.points.ncols() {
            return Err(Error::features(self.points.ncols(), new.ncols()));
        }
        finite(new)?;
        let queries = space.map(new);
        let neighbors = space.nearest_to(queries.view(), self.neighbors)?;
        let memberships = graph::memberships(&neighbors, Kind::New);
        let has_edges = |i: usize| !space.is_without_direction(queries.row(i));
        let graph = Graph::to_others(&neighbors, &memberships, has_edges);
        Ok((queries, graph))
    }
}

/// Copies the matrix to C order, in which neighbors are searched, unless it has it.
fn in_order(matrix: Array2<f32>) -> Array2<f32> {
    if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().into_owned() }
}

/// Computes the mean of the rows; 0 if there are none.
pub(crate) fn mean(rows: &Array2<f32>) -> Array1<f32> {
    let sums = rows
        .outer_iter()
        .fold(Array1::<f64>::zeros(rows.ncols()), |sums, row| sums + row.mapv(f64::from));
    sums.mapv(|sum| (sum / rows.nrows().max(1) as f64) as f32)
}
