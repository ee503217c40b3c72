//! Collects every score of one split, ready to be written.

use ndarray::ArrayView2;
use serde::Serialize;

use crate::{ClassMap, Contingency};

/// Most classes, and most clusters, of which a table is written as a matrix.
pub const DENSE_LIMIT: usize = 100;

/// Most cells written of a larger table: about 20 MB of JSON.
pub const CELL_LIMIT: usize = 1_000_000;

/// Every score of one split.
///
/// Small tables are lists of rows, so that the JSON reads like the matrix; of large tables the
/// cells with points are listed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Number of points, noise included.
    pub n: u64,
    /// Number of classes that occur.
    pub classes: usize,
    /// Number of clusters that occur, without noise.
    pub clusters: usize,
    /// Share of points that are noise.
    pub noise_share: f64,
    /// [`Contingency::purity`]: right under the map of `majority`.
    pub purity: f64,
    /// [`Contingency::acc`]: right under the map of `one_to_one`.
    pub acc: f64,
    /// [`Contingency::nmi`], normalized mutual information, arithmetic mean.
    pub nmi: f64,
    /// [`Contingency::ami`], adjusted mutual information, arithmetic mean.
    pub ami: f64,
    /// [`Contingency::ari`], adjusted Rand index.
    pub ari: f64,
    /// [`Contingency::homogeneity`]
    pub homogeneity: f64,
    /// [`Contingency::completeness`]
    pub completeness: f64,
    /// [`Contingency::v_measure`], the same number as `nmi`.
    pub v_measure: f64,
    /// [`Contingency::fowlkes_mallows`]
    pub fowlkes_mallows: f64,
    /// Label ids, ascending: the rows of every table here and the columns of the confusion
    /// matrices.
    pub class_ids: Vec<i64>,
    /// Cluster ids, ascending, without noise: the columns of `contingency`.
    pub cluster_ids: Vec<i64>,
    /// Points by class and cluster, (classes, clusters), for up to [`DENSE_LIMIT`] of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contingency: Option<Vec<Vec<u64>>>,
    /// Number of cells of a larger table that have points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonzero_cells: Option<usize>,
    /// These cells, as class id, cluster id and number of points, class by class, both ascending;
    /// none of a table with more than [`CELL_LIMIT`] of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contingency_cells: Option<Vec<(i64, i64, u64)>>,
    /// Noise points by class, (classes,).
    pub noise: Vec<u64>,
    /// Each cluster stands for its most frequent class.
    pub majority: Mapped,
    /// Each cluster stands for at most one class and each class has at most one cluster.
    pub one_to_one: Mapped,
}

/// Scores under a map from clusters to classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mapped {
    /// The class each cluster stands for, by id; null for none.
    pub map: ClassMap,
    /// Points by true class (rows) and predicted class (columns), (classes, classes), for up to
    /// [`DENSE_LIMIT`] classes; of more it is the cells of the contingency table under `map`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Vec<Vec<u64>>>,
    /// Points by true class that are in no column: noise, and members of clusters without a class,
    /// (classes,).
    pub unassigned: Vec<u64>,
    /// Share of each class that is predicted right, (classes,).
    pub recall: Vec<f64>,
    /// Share of what is predicted to be each class that is, (classes,); null where nothing is.
    pub precision: Vec<Option<f64>>,
}

impl Scores {
    /// Computes every score of `table`.
    ///
    /// ```
    /// use metrics::{Contingency, Scores};
    /// use ndarray::array;
    ///
    /// let table = Contingency::new(array![0, 0, 1].view(), array![5, 5, 2].view())?;
    /// let scores = Scores::of(&table);
    /// assert_eq!((scores.acc, scores.one_to_one.recall), (1.0, vec![1.0, 1.0]));
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn of(table: &Contingency) -> Self {
        let one_to_one = table.one_to_one_map();
        let dense = table.classes().len().max(table.clusters().len()) <= DENSE_LIMIT;
        let cells = || {
            let ids =
                |(row, column, count)| (table.classes()[row], table.clusters()[column], count);
            table.cells().map(ids).collect()
        };
        let listed = !dense && table.nonzero_cells() <= CELL_LIMIT;
        Self {
            n: table.n(),
            classes: table.classes().len(),
            clusters: table.clusters().len(),
            noise_share: table.noise_share(),
            purity: table.purity(),
            acc: table.accuracy(&one_to_one),
            nmi: table.nmi(),
            ami: table.ami(),
            ari: table.ari(),
            homogeneity: table.homogeneity(),
            completeness: table.completeness(),
            v_measure: table.v_measure(),
            fowlkes_mallows: table.fowlkes_mallows(),
            class_ids: table.classes().to_vec(),
            cluster_ids: table.clusters().to_vec(),
            contingency: dense.then(|| rows(table.to_dense().view())),
            nonzero_cells: (!dense).then(|| table.nonzero_cells()),
            contingency_cells: listed.then(cells),
            noise: table.noise().to_vec(),
            majority: Mapped::new(table, table.majority_map()),
            one_to_one: Mapped::new(table, one_to_one),
        }
    }
}

impl Mapped {
    fn new(table: &Contingency, map: ClassMap) -> Self {
        let confusion = table.confusion(&map);
        let dense = table.classes().len() <= DENSE_LIMIT;
        Self {
            confusion: dense.then(|| rows(table.confusion_matrix(&map).view())),
            map,
            recall: confusion.recall(),
            precision: confusion.precision(),
            unassigned: confusion.unassigned,
        }
    }
}

fn rows(table: ArrayView2<u64>) -> Vec<Vec<u64>> {
    table.outer_iter().map(|row| row.to_vec()).collect()
}
