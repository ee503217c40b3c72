//! Draws lines, bars and dots along axes.

use askama::Template;
use score_io::{EpochLoss, Losses, ScoreFiles};

use crate::clusters::Clusters;
use crate::text::{text_width, truncate};

/// A tick of an axis.
pub struct Tick {
    /// Position on the drawing.
    pub at: f64,
    /// Number as text.
    pub text: String,
}

/// Returns about `count` round numbers between `low` and `high`.
///
/// They are 1, 2 or 5 times a power of ten apart.
fn round_numbers(low: f64, high: f64, count: f64) -> Vec<f64> {
    let raw = ((high - low) / count).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * power >= raw * 0.999).unwrap_or(10.0)
            * power;
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Formats a number of an axis whose ticks are `step` apart.
fn tick_text(value: f64, step: f64) -> String {
    let digits = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.digits$}")
}

/// Places about `count` ticks at round numbers between `low` and `high`.
pub fn ticks(low: f64, high: f64, count: f64, place: impl Fn(f64) -> f64) -> Vec<Tick> {
    let numbers = round_numbers(low, high, count);
    let step = numbers.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
    numbers
        .into_iter()
        .map(|value| Tick { at: place(value), text: tick_text(value, step) })
        .collect()
}

/// A line with its name at its end.
pub struct Series {
    /// Name of the line.
    pub name: &'static str,
    /// Points of the line, as SVG writes them.
    pub corners: String,
    /// Last point of the line.
    pub end: (f64, f64),
    /// Vertical position of the name.
    pub name_y: f64,
}

/// Losses by epoch.
#[derive(Template)]
#[template(path = "figures/lines.svg")]
pub struct Lines {
    standalone: bool,
    summary: String,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    series: Vec<Series>,
}

impl Lines {
    /// Left, right, top and bottom of the axes.
    const BOX: (f64, f64, f64, f64) = (62.0, 380.0, 14.0, 212.0);

    /// Draws the losses of training and, if there are any, of validation.
    pub fn new(losses: &Losses) -> Self {
        let (left, right, top, bottom) = Self::BOX;
        let epochs = losses.epochs();
        let values = || epochs.iter().flat_map(|at| [Some(at.train), at.validation]).flatten();
        let (low, high) =
            values().fold((0.0, 0.0), |(low, high): (f64, f64), x| (low.min(x), high.max(x)));
        let high = high + 0.04 * (high - low).max(f64::EPSILON);
        let (first, last) = (epochs[0].epoch, epochs[epochs.len() - 1].epoch);
        let x = |epoch: f64| left + (right - left) * (epoch - first) / (last - first).max(1.0);
        let y = |loss: f64| bottom - (bottom - top) * (loss - low) / (high - low);
        let line = |name, points: Vec<(f64, f64)>| {
            let points: Vec<(f64, f64)> = points.into_iter().map(|(a, b)| (x(a), y(b))).collect();
            let end = *points.last()?;
            let corners =
                points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
            Some(Series { name, corners, end, name_y: end.1 + 4.0 })
        };
        let train = line("training", epochs.iter().map(|at| (at.epoch, at.train)).collect());
        let held = line(
            "validation",
            epochs.iter().filter_map(|at| Some((at.epoch, at.validation?))).collect(),
        );
        let mut series: Vec<Series> = train.into_iter().chain(held).collect();
        if let [a, b] = series.as_mut_slice() {
            // Moves names that would overlap apart.
            let gap = 15.0 - (a.name_y - b.name_y).abs();
            if gap > 0.0 {
                let (upper, lower) = if a.name_y < b.name_y { (a, b) } else { (b, a) };
                upper.name_y -= gap / 2.0;
                lower.name_y += gap / 2.0;
            }
        }
        let EpochLoss { train, validation, .. } = epochs[epochs.len() - 1];
        let held = validation
            .map(|loss| format!(", on the validation images {loss:.4}"))
            .unwrap_or_default();
        Self {
            standalone: false,
            summary: format!(
                "Loss by epoch: after epoch {last} it is {train:.4} on the training images{held}."
            ),
            x_ticks: ticks(first, last.max(first + 1.0), 6.0, x)
                .into_iter()
                .filter(|tick| !tick.text.contains('.'))
                .collect(),
            y_ticks: ticks(low, high, 4.0, y),
            series,
        }
    }

    /// Makes it a file of its own.
    pub fn into_standalone(self) -> Self {
        Self { standalone: true, ..self }
    }
}

/// A bar of a chart.
pub struct Bar {
    name: String,
    y: f64,
    width: f64,
    text: String,
}

/// Sizes of clusters.
#[derive(Template)]
#[template(path = "figures/bars.svg")]
pub struct Bars {
    standalone: bool,
    summary: String,
    height: f64,
    /// Right edge of the names.
    left: f64,
    bars: Vec<Bar>,
}

impl Bars {
    /// Draws the sizes of the clusters that are shown of `system`.
    pub fn new(system: &str, clusters: &Clusters) -> Self {
        let n: usize = clusters.sizes.iter().map(|(_, size)| size).sum::<usize>() + clusters.noise;
        let mut shown: Vec<(String, usize)> =
            clusters.shown.iter().map(|cluster| (cluster.id.to_string(), cluster.size)).collect();
        if clusters.noise > 0 {
            shown.push(("noise".into(), clusters.noise));
        }
        let longest = shown.iter().map(|(name, _)| name.len()).max().unwrap_or_default().max(5);
        let largest = shown.iter().map(|(_, size)| *size).max().unwrap_or(1).max(1);
        let smallest = clusters.sizes.iter().map(|(_, size)| *size).min().unwrap_or_default();
        let bars = shown.into_iter().enumerate().map(|(i, (name, size))| Bar {
            name,
            y: 6.0 + 20.0 * i as f64,
            width: 290.0 * size as f64 / largest as f64,
            text: format!("{size} ({:.1} %)", 100.0 * size as f64 / n.max(1) as f64),
        });
        let bars: Vec<Bar> = bars.collect();
        Self {
            standalone: false,
            summary: format!(
                "Sizes of the {} clusters of {system}: from {smallest} to {largest} points.",
                clusters.sizes.len()
            ),
            height: 12.0 + 20.0 * bars.len() as f64,
            left: 12.0 + 7.0 * longest as f64,
            bars,
        }
    }

    /// Makes it a file of its own.
    pub fn into_standalone(self) -> Self {
        Self { standalone: true, ..self }
    }
}

/// The runs of a system, as dots.
pub struct DotRow {
    name: String,
    y: f64,
    dots: Vec<f64>,
    mean: f64,
    text: String,
}

/// A score of every run of every system.
#[derive(Template)]
#[template(path = "figures/dots.svg")]
pub struct Dots {
    standalone: bool,
    summary: String,
    /// Width and height of the drawing.
    size: (f64, f64),
    /// Where names end.
    left: f64,
    x_ticks: Vec<Tick>,
    rows: Vec<DotRow>,
}

impl Dots {
    /// Draws the ACC of each run on the first split; `None` if no run has any.
    pub fn new(scores: &ScoreFiles) -> Option<Self> {
        const METRIC: &str = "acc";
        let rows: Vec<_> = scores
            .rows
            .iter()
            .filter(|row| row.position == 0)
            .filter_map(|row| Some((row, row.summary(METRIC)?)))
            .collect();
        let low = rows.iter().map(|(_, spread)| spread.low).reduce(f64::min)?;
        let high = rows.iter().map(|(_, spread)| spread.high).reduce(f64::max)?;
        let longest = rows
            .iter()
            .map(|(row, _)| text_width(&truncate(&row.system)))
            .max()
            .unwrap_or_default();
        let names = 20.0 + 7.2 * longest as f64;
        let (left, right) = (names + 12.0, names + 282.0);
        let margin = ((high - low) * 0.06).max(0.005);
        let (low, high) = (low - margin, high + margin);
        let x = |score: f64| left + (right - left) * (score - low) / (high - low);
        let dots = rows.iter().enumerate().map(|(i, (row, spread))| DotRow {
            name: truncate(&row.system),
            y: 20.0 + 30.0 * i as f64,
            dots: row.runs.iter().filter_map(|run| run.score(METRIC)).map(x).collect(),
            mean: x(spread.mean),
            text: match spread.deviation {
                Some(deviation) => format!("{:.3} ± {deviation:.3}", spread.mean),
                None => format!("{:.3}", spread.mean),
            },
        });
        Some(Self {
            standalone: false,
            summary: format!("ACC of every run of {} systems; the line is their mean.", rows.len()),
            size: (right + 110.0, 52.0 + 30.0 * rows.len() as f64),
            left: names,
            rows: dots.collect(),
            x_ticks: ticks(low, high, 5.0, x),
        })
    }

    /// Makes it a file of its own.
    pub fn into_standalone(self) -> Self {
        Self { standalone: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        let texts = |low, high, count| -> Vec<String> {
            ticks(low, high, count, |x| x).into_iter().map(|tick| tick.text).collect()
        };
        assert_eq!(texts(0.0, 0.045, 4.0), ["0.00", "0.02", "0.04"]);
        assert_eq!(texts(1.0, 10.0, 6.0), ["2", "4", "6", "8", "10"]);
        assert_eq!(texts(0.52, 0.76, 5.0), ["0.55", "0.60", "0.65", "0.70", "0.75"]);
        assert_eq!(texts(1.0, 50.0, 6.0), ["10", "20", "30", "40", "50"]);
    }

    #[test]
    fn a_line_falls_as_its_loss_does_and_names_stay_apart() {
        let epoch = |epoch, train, held| EpochLoss { epoch, train, validation: Some(held) };
        let losses =
            Losses::new(vec![epoch(1.0, 0.4, 0.2), epoch(2.0, 0.2, 0.19)]).expect("epochs ascend");
        let lines = Lines::new(&losses);
        let (left, right, top, bottom) = Lines::BOX;
        let [train, held] = lines.series.as_slice() else { panic!() };
        assert!(train.corners.starts_with(&format!("{left:.1},")), "{}", train.corners);
        assert_eq!(train.end.0, right);
        assert!(top < train.end.1 && train.end.1 < held.end.1 && held.end.1 < bottom);
        assert!((held.name_y - train.name_y).abs() >= 14.99);
    }
}
