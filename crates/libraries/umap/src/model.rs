//! A fitted embedding, and the places of new points in it.

use ndarray::{Array1, Array2, ArrayView2, Axis, CowArray, Ix2};

use crate::checks::{check, finite, finite_embedding};
use crate::curve::Curve;
use crate::distinct::hash_values;
use crate::error::{Error, Result};
use crate::graph::{self, Graph, Kind};
use crate::layout::{Fixed, Schedule, optimize_layout};
use crate::metric::Metric;
use crate::neighbors::Neighbors;
use crate::params::Params;
use crate::precomputed::{NO_NEIGHBOR, neighbors_of_queries, refuse_exponent};
use crate::progress::Progress;
use crate::space::Space;

/// Epochs of gradient descent for new points.
const TRANSFORM_EPOCHS: usize = 100;

/// Learning rate for new points at the start, as in umap-learn: a quarter of that of a fit.
const TRANSFORM_RATE: f32 = 0.25;

/// Points and their embedding, among which new points find a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Umap {
    pub(crate) points: Array2<f32>,
    pub(crate) embedding: Array2<f32>,
    pub(crate) curve: Curve,
    pub(crate) neighbors: usize,
    pub(crate) metric: Metric,
}

impl Umap {
    /// Makes a model from its parts: `points` `(n, d)` and their `embedding` `(n, dims)`.
    ///
    /// `neighbors` counts the point itself, as [`Params::neighbors`] does. Use it for parts that
    /// were read from a file, or that another program made.
    ///
    /// ```
    /// use umap::{Curve, Metric, Umap};
    /// use ndarray::array;
    ///
    /// let (points, embedding) = (array![[0.0, 1.0], [1.0, 0.0]], array![[0.0], [1.0]]);
    /// let umap = Umap::new(points, embedding, Curve { a: 1.0, b: 1.0 }, 2, Metric::Euclidean)?;
    /// assert_eq!(umap.embedding().ncols(), 1);
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::Parameter`] if there are fewer points than neighbors, or too many dimensions.
    /// - [`Error::Model`] if the parts do not fit one another, or the curve is not one.
    /// - [`Error::NonFinite`] if a value is not finite.
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
        let refuse = |expected: String, found: String| Err(Error::Model { expected, found });
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
        Ok(Self { points, embedding, curve, neighbors, metric })
    }

    /// Returns the points that were embedded, shape `(n, d)`.
    ///
    /// ```
    /// # use umap::{Params, fit};
    /// # use ndarray::Array2;
    /// let points = Array2::from_shape_fn((60, 4), |(i, j)| ((i * (j + 3)) % 31) as f32);
    /// let umap = fit(points.view(), &Params::default(), &mut |_| ())?.model;
    /// assert_eq!(umap.points(), points);
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn points(&self) -> &Array2<f32> {
        &self.points
    }

    /// Returns the embedding of the points, shape `(n, dims)`.
    ///
    /// Its unit is that of the curve: points are near if they are less than about 1 apart.
    ///
    /// ```
    /// # use umap::{Params, fit};
    /// # use ndarray::Array2;
    /// let points = Array2::from_shape_fn((60, 4), |(i, j)| ((i * (j + 3)) % 31) as f32);
    /// let params = Params { dims: 3, ..Params::default() };
    /// let umap = fit(points.view(), &params, &mut |_| ())?.model;
    /// assert_eq!(umap.embedding().dim(), (60, 3));
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn embedding(&self) -> &Array2<f32> {
        &self.embedding
    }

    /// Returns the curve by which attraction falls with distance in the embedding.
    ///
    /// ```
    /// # use umap::{Curve, Metric, Umap};
    /// # use ndarray::array;
    /// # let (points, embedding) = (array![[0.0, 1.0], [1.0, 0.0]], array![[0.0], [1.0]]);
    /// let curve = Curve { a: 1.5, b: 0.8 };
    /// let umap = Umap::new(points, embedding, curve, 2, Metric::Euclidean)?;
    /// assert_eq!(umap.curve(), curve);
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// Returns the number of neighbors of a point, itself included.
    ///
    /// ```
    /// # use umap::{Curve, Metric, Umap};
    /// # use ndarray::array;
    /// # let (points, embedding) = (array![[0.0, 1.0], [1.0, 0.0]], array![[0.0], [1.0]]);
    /// let umap = Umap::new(points, embedding, Curve { a: 1.0, b: 1.0 }, 2, Metric::Euclidean)?;
    /// assert_eq!(umap.neighbors(), 2);
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn neighbors(&self) -> usize {
        self.neighbors
    }

    /// Returns the metric of distances between points.
    ///
    /// ```
    /// # use umap::{Curve, Metric, Umap};
    /// # use ndarray::array;
    /// # let (points, embedding) = (array![[0.0, 1.0], [1.0, 0.0]], array![[0.0], [1.0]]);
    /// let umap = Umap::new(points, embedding, Curve { a: 1.0, b: 1.0 }, 2, Metric::Cosine)?;
    /// assert_eq!(umap.metric(), Metric::Cosine);
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn metric(&self) -> Metric {
        self.metric
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
    /// Tested by the neighbors that new points find, and that points of the model come back to
    /// where they are; the graph is tested as that of [`Self::graph_of`].
    ///
    /// ```
    /// use umap::{Params, fit};
    /// use ndarray::{Array2, s};
    ///
    /// let points = Array2::from_shape_fn((120, 4), |(i, j)| ((i * (j + 3)) % 31) as f32);
    /// let (old, new) = (points.slice(s![..100, ..]), points.slice(s![100.., ..]));
    /// let umap = fit(old, &Params { dims: 2, ..Params::default() }, &mut |_| ())?.model;
    /// assert_eq!(umap.transform(new, 0, &mut |_| ())?.dim(), (20, 2));
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::Features`] if the number of features is not the model's.
    /// - [`Error::NonFinite`] if a value is not finite; [`Error::TooFar`] if a point is too far
    ///   from those of the model.
    /// - [`Error::Diverged`] if a coordinate of a place is not finite.
    pub fn transform(
        &self,
        new: ArrayView2<f32>,
        seed: u64,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Array2<f32>> {
        let space = Space::of(self.points.view(), self.metric);
        let (queries, found) = self.search(&space, new)?;
        self.place(&space, queries.view(), &found, seed, on_progress)
    }

    /// Embeds `new` points `(m, d)` as [`Self::transform`], with neighbors that were found before.
    ///
    /// `given` `(m, at least neighbors)` comes from [`Self::neighbors_of`], of this model or of
    /// another one of the same points, or from another program. They may be approximate. A sample
    /// of their distances is computed again.
    ///
    /// Tested to give the bytes of [`Self::transform`].
    ///
    /// ```
    /// use umap::{Params, fit};
    /// use ndarray::{Array2, s};
    ///
    /// let points = Array2::from_shape_fn((120, 4), |(i, j)| ((i * (j + 3)) % 31) as f32);
    /// let (old, new) = (points.slice(s![..100, ..]), points.slice(s![100.., ..]));
    /// let [first, second] = [0, 1].map(|seed| {
    ///     let params = Params { dims: 2, seed, ..Params::default() };
    ///     fit(old, &params, &mut |_| ()).map(|fitted| fitted.model)
    /// });
    /// let (first, second) = (first?, second?);
    /// let neighbors = first.neighbors_of(new)?;
    /// let places = second.transform_with_neighbors(new, &neighbors, 0, &mut |_| ())?;
    /// assert_eq!(places, second.transform(new, 0, &mut |_| ())?);
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::transform`]; and [`Error::Parameter`] if the neighbors are too few, in no order,
    /// or not of these points.
    pub fn transform_with_neighbors(
        &self,
        new: ArrayView2<f32>,
        given: &Neighbors,
        seed: u64,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Array2<f32>> {
        self.check_new(new)?;
        let space = Space::of(self.points.view(), self.metric);
        let queries = space.map(new);
        let found = neighbors_of_queries(&space, queries.view(), given, self.neighbors)?;
        self.place(&space, queries.view(), &found, seed, on_progress)
    }

    /// Finds the exact nearest points of the model to each of `new` `(m, d)`.
    ///
    /// Returns shape `(m, neighbors)`, fewer columns if fewer points of the model differ. Of equal
    /// points only the first is a neighbor. Under [`Metric::Cosine`] a point of zeros has
    /// [`NO_NEIGHBOR`] at infinite distance.
    ///
    /// Tested against plain search.
    ///
    /// ```
    /// use umap::{Curve, Metric, Umap};
    /// use ndarray::array;
    ///
    /// let (points, embedding) = (array![[0.0], [4.0], [9.0]], array![[0.0], [1.0], [2.0]]);
    /// let umap = Umap::new(points, embedding, Curve { a: 1.0, b: 1.0 }, 2, Metric::Euclidean)?;
    /// let found = umap.neighbors_of(array![[5.0]].view())?;
    /// assert_eq!(found.indices, array![[1, 2]]);
    /// assert_eq!(found.distances, array![[1.0, 4.0]]);
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::graph_of`]; and [`Error::Parameter`] if the points are so large or small that
    /// `f32` does not hold their distances.
    pub fn neighbors_of(&self, new: ArrayView2<f32>) -> Result<Neighbors> {
        let space = Space::of(self.points.view(), self.metric);
        refuse_exponent(&space)?;
        let (queries, mut found) = self.search(&space, new)?;
        let firsts: Vec<usize> = space.firsts().collect();
        found.indices.mapv_inplace(|row| firsts[row as usize] as u32);
        for (i, query) in queries.outer_iter().enumerate() {
            if space.is_without_direction(query) {
                found.indices.row_mut(i).fill(NO_NEIGHBOR);
                found.distances.row_mut(i).fill(f32::INFINITY);
            }
        }
        Ok(found)
    }

    /// Computes the fuzzy graph from `new` points `(m, d)` to their neighbors in the model.
    ///
    /// Its vertices are the new points, its heads rows of [`Self::points`]. Tested against
    /// umap-learn's `transform` in its mode `graph`.
    ///
    /// ```
    /// use umap::{Params, fit};
    /// use ndarray::{Array2, array};
    ///
    /// let points = Array2::from_shape_fn((30, 1), |(i, _)| i as f32);
    /// let params = Params { dims: 1, neighbors: 5, ..Params::default() };
    /// let umap = fit(points.view(), &params, &mut |_| ())?.model;
    /// let graph = umap.graph_of(array![[7.2]].view())?;
    /// let (nearest, weight) = graph.edges(0).next().expect("there are five edges");
    /// assert_eq!(nearest, 7);
    /// assert!(weight > 0.8);
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::transform`], but for [`Error::Diverged`].
    pub fn graph_of(&self, new: ArrayView2<f32>) -> Result<Graph> {
        let space = Space::of(self.points.view(), self.metric);
        let (queries, found) = self.search(&space, new)?;
        let mut graph = connect(&space, queries.view(), &found);
        let firsts: Vec<usize> = space.firsts().collect();
        graph.heads.iter_mut().for_each(|head| *head = firsts[*head as usize] as u32);
        Ok(graph)
    }

    /// Checks the shape and the values of new points.
    fn check_new(&self, new: ArrayView2<f32>) -> Result<()> {
        if new.ncols() != self.points.ncols() {
            return Err(Error::Features { expected: self.points.ncols(), found: new.ncols() });
        }
        finite(new)
    }

    /// Maps new points to `space`, and finds the rows nearest to them.
    fn search<'a>(
        &self,
        space: &Space,
        new: ArrayView2<'a, f32>,
    ) -> Result<(CowArray<'a, f32, Ix2>, Neighbors)> {
        self.check_new(new)?;
        let queries = space.map(new);
        let found = space.nearest_to(queries.view(), self.neighbors)?;
        Ok((queries, found))
    }

    /// Finds the places of `queries` by the rows `found` nearest to them.
    fn place(
        &self,
        space: &Space,
        queries: ArrayView2<f32>,
        found: &Neighbors,
        seed: u64,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Array2<f32>> {
        let graph = connect(space, queries, found);
        let firsts: Vec<usize> = space.firsts().collect();
        let positions = self.embedding.select(Axis(0), &firsts);
        let without_edges = match space.first_zero() {
            Some(i) => self.embedding.row(i).to_owned(),
            None => mean(&positions),
        };
        let mut init = Array2::<f32>::zeros((queries.nrows(), positions.ncols()));
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
        let mut on_epoch = |done| on_progress(Progress::Epoch { done, total: epochs });
        let embedding = optimize_layout(&graph, init.view(), Some(fixed), schedule, &mut on_epoch);
        finite_embedding(embedding.view())?;
        Ok(embedding)
    }
}

/// Computes the graph from `queries` to the rows of `space` that were `found` nearest to them.
fn connect(space: &Space, queries: ArrayView2<f32>, found: &Neighbors) -> Graph {
    let memberships = graph::memberships(found, Kind::New);
    let has_edges = |i: usize| !space.is_without_direction(queries.row(i));
    Graph::to_others(found, &memberships, has_edges)
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
