//! Confusion matrices.

use anyhow::bail;
use askama::Template;
use score_io::ScoredRun;
use serde::Deserialize;
use serde_json::Value;

use crate::inputs::Inputs;
use crate::text::{text_width, truncate};

/// Most classes of which a confusion matrix, or samples, are shown.
pub const MAX_CLASSES: usize = 50;

/// A cell of a confusion matrix.
pub struct Cell {
    /// Number of points.
    pub count: u64,
    /// Count as a share of the true class.
    pub share: f64,
}

/// A confusion matrix as an SVG file.
#[derive(Template)]
#[template(path = "figures/matrix.svg")]
pub struct Matrix {
    title: String,
    note: String,
    classes: Vec<String>,
    /// Headings of the columns; the last one is `none` if some points have no class.
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    left: f64,
    top: f64,
    size: (f64, f64),
}

impl Matrix {
    /// Width and height of a cell.
    const CELL: (f64, f64) = (46.0, 26.0);

    /// Draws the first split of `system`, or of the last system, under the one-to-one map.
    ///
    /// # Errors
    /// Fails without scores of the system against labels, or with more than [`MAX_CLASSES`]
    /// classes.
    pub fn new(inputs: &Inputs, system: Option<&str>) -> anyhow::Result<Self> {
        let needs = || cli::usage("this figure needs --scores against labels of the system");
        let scores = inputs.scores.as_ref().ok_or_else(needs)?;
        let name = system.or(inputs.systems.last().map(|system| system.name.as_str()));
        let rows = scores.rows.iter().filter(|row| row.position == 0);
        let mut rows = rows.filter(|row| name.is_none_or(|name| row.system == name));
        let row = rows.next_back().ok_or_else(needs)?;
        let run = &row.runs[0];
        // Score files have no matrix of many classes.
        let classes = run.json.get("class_ids").and_then(Value::as_array).map_or(0, Vec::len);
        if classes > MAX_CLASSES {
            bail!(
                "{}: expected {MAX_CLASSES} classes at most to draw, found {classes}; read them \
                 in the file",
                run.file
            );
        }
        let confusion = Confusion::from_run(run, "one_to_one").ok_or_else(needs)?;
        let classes: Vec<String> =
            confusion.class_ids.iter().map(|&id| truncate(&inputs.class_name(id))).collect();
        let mut columns = classes.clone();
        if confusion.some_unassigned() {
            columns.push("none".into());
        }
        let cells = (0..classes.len()).map(|row| {
            let mut cells = confusion.cells(row);
            cells.truncate(columns.len());
            cells
        });
        let longest =
            classes.iter().map(|class| text_width(class)).max().unwrap_or_default() as f64;
        let title = truncate(&format!("{}, {}", row.system, row.split));
        let note = format!(
            "one-to-one map, ACC {:.4}; rows: true class, columns: predicted",
            run.score("acc").unwrap_or_default()
        );
        let (left, top) = (20.0 + 6.6 * longest, 62.0 + 4.8 * longest);
        let width = left + Self::CELL.0 * columns.len() as f64 + 20.0 + 4.8 * longest;
        Ok(Self {
            rows: cells.collect(),
            left,
            top,
            size: (
                width.max(24.0 + 7.0 * note.len() as f64),
                top + Self::CELL.1 * classes.len() as f64 + 14.0,
            ),
            title,
            note,
            classes,
            columns,
        })
    }

    fn x(&self, at: &usize) -> f64 {
        self.left + Self::CELL.0 * *at as f64
    }

    fn y(&self, at: &usize) -> f64 {
        self.top + Self::CELL.1 * *at as f64
    }
}

/// A confusion matrix as score files have it.
#[derive(Deserialize)]
pub struct Confusion {
    /// Ids of the classes.
    #[serde(skip)]
    pub class_ids: Vec<i64>,
    confusion: Vec<Vec<u64>>,
    /// Number of points of each class that have no predicted class.
    pub unassigned: Vec<u64>,
    /// Recall of each class.
    pub recall: Vec<f64>,
    /// Precision of each class, if any point is predicted to be it.
    pub precision: Vec<Option<f64>>,
}

impl Confusion {
    /// Reads the matrix of a run under `map`; `None` if it is missing or not square.
    pub fn from_run(run: &ScoredRun, map: &str) -> Option<Self> {
        let mut found: Self = serde_json::from_value(run.json.get(map)?.clone()).ok()?;
        found.class_ids = serde_json::from_value(run.json.get("class_ids")?.clone()).ok()?;
        let k = found.class_ids.len();
        let lengths = [
            found.confusion.len(),
            found.unassigned.len(),
            found.recall.len(),
            found.precision.len(),
        ];
        let whole = lengths == [k; 4] && found.confusion.iter().all(|row| row.len() == k);
        whole.then_some(found)
    }

    /// Returns whether some points have no predicted class.
    pub fn some_unassigned(&self) -> bool {
        self.unassigned.iter().any(|&count| count > 0)
    }

    /// Returns the cells of a row; the last one counts points without a predicted class.
    pub fn cells(&self, row: usize) -> Vec<Cell> {
        let counts = || self.confusion[row].iter().chain([&self.unassigned[row]]);
        let sum = counts().map(|&count| count as f64).sum::<f64>().max(1.0);
        counts().map(|&count| Cell { count, share: count as f64 / sum }).collect()
    }
}
