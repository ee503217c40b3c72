//! Formats results as tables for people.

use std::io::IsTerminal;

use comfy_table::{Attribute, Cell, CellAlignment, Color, Table, presets};

/// Formats a table with a line under its head.
///
/// Columns of numbers are aligned to the right, others to the left. The text ends with a newline.
///
/// ```
/// let rows = [("a", 8), ("b", 16)].map(|(name, n)| vec![name.to_string(), n.to_string()]);
/// assert_eq!(
///     cli::table(&["name", "n"], rows),
///     "| name |  n |\n|------|----|\n| a    |  8 |\n| b    | 16 |\n"
/// );
/// ```
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    set(head, rows, |_, _| false, false)
}

/// Formats a table, see [`table`], with the best cells in color.
///
/// `best` says which cells (row, column) are. Without a terminal on stdout, or if `NO_COLOR` is
/// set, there is no color.
///
/// ```
/// let rows = ["0.25", "0.75"].map(|score| vec![score.to_string()]);
/// let text = cli::table_with_best(&["score"], rows, |row, _column| row == 1);
/// assert!(text.contains("0.75"));
/// ```
pub fn table_with_best(
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
    best: impl Fn(usize, usize) -> bool,
) -> String {
    // https://no-color.org: set and not empty.
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    set(head, rows, best, !refused && std::io::stdout().is_terminal())
}

fn set(
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
    best: impl Fn(usize, usize) -> bool,
    colored: bool,
) -> String {
    let mut table = Table::new();
    // ASCII survives a log file, a terminal without Unicode, and being pasted into an issue.
    table.load_style(presets::ASCII_MARKDOWN).set_header(head.to_vec());
    for (at, row) in rows.into_iter().enumerate() {
        table.add_row(row.into_iter().enumerate().map(|(column, content)| {
            let cell = Cell::new(content);
            if colored && best(at, column) {
                cell.fg(Color::DarkGreen).add_attribute(Attribute::Bold)
            } else {
                cell
            }
        }));
    }
    if colored {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let numeric =
        |content: String| content.is_empty() || content.starts_with(|c: char| c.is_ascii_digit());
    for i in 0..head.len() {
        let right = table.column_cells_iter(i).flatten().all(|cell| numeric(cell.content()));
        if let Some(column) = table.column_mut(i).filter(|_| right) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{}\n", table.trim_fmt())
}

/// Formats lines of comma-separated values under a head.
///
/// Cells with a comma, a quote or the end of a line are quoted, as in RFC 4180.
///
/// ```
/// let rows = [("1", 0.5), ("2", 0.25)].map(|(epoch, loss)| vec![epoch.into(), loss.to_string()]);
/// assert_eq!(cli::csv(&["epoch", "loss"], rows), "epoch,loss\n1,0.5\n2,0.25\n");
/// assert_eq!(cli::csv(&["file"], [vec!["a,b.npy".to_string()]]), "file\n\"a,b.npy\"\n");
/// ```
pub fn csv(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let quoted = |cell: &String| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    let line = |row: Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n";
    let lines: String = rows.into_iter().map(line).collect();
    format!("{}\n{lines}", head.join(","))
}

/// Most lines of a table of shares. Of more clusters the largest are listed.
const MOST: usize = 30;

/// Formats the number of points of each `kind`, numbered from 0, and its share of all points.
///
/// If there are more than 30, the largest are listed in their order, and the others in one line.
///
/// ```
/// let text = cli::share_table("cluster", &[30, 10]);
/// assert!(text.contains("|       1 |     10 | 25.0 % |"));
/// ```
pub fn share_table(kind: &str, counts: &[usize]) -> String {
    let n: usize = counts.iter().sum();
    let row = |name: String, count: usize| {
        vec![name, count.to_string(), format!("{:.1} %", 100.0 * count as f64 / n as f64)]
    };
    let mut largest: Vec<usize> = (0..counts.len()).collect();
    largest.sort_by_key(|&i| (std::cmp::Reverse(counts[i]), i));
    let smaller = largest.split_off(counts.len().min(MOST));
    largest.sort_unstable();
    let mut rows: Vec<_> = largest.iter().map(|&i| row(i.to_string(), counts[i])).collect();
    if !smaller.is_empty() {
        let points = smaller.iter().map(|&i| counts[i]).sum();
        rows.push(row(format!("{} smaller ones", smaller.len()), points));
    }
    table(&[kind, "points", "share"], rows)
}

#[cfg(test)]
mod tests {
    #[test]
    fn of_many_the_largest_are_listed() {
        let counts: Vec<usize> = (1..=40).collect();
        let text = super::share_table("cluster", &counts);
        assert!(text.ends_with("| 10 smaller ones |     55 | 6.7 % |\n"), "{text}");
        assert!(text.contains("\n| 10 ") && !text.contains("\n| 9 "), "{text}");
        assert_eq!(text.lines().count(), 2 + 30 + 1);
        let few = super::share_table("cluster", &counts[..30]);
        assert!(few.contains("| 0 ") || few.contains("|       0 "), "{few}");
        assert!(!few.contains("smaller"), "{few}");
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let text = super::table(
            &["name", "n"],
            [vec!["a".into(), "1".into()], vec!["bb".into(), "100 %".into()]],
        );
        assert_eq!(
            text,
            "| name |     n |\n|------|-------|\n| a    |     1 |\n| bb   | 100 % |\n"
        );
    }

    #[test]
    fn the_best_is_in_color_and_as_wide_as_without() {
        let rows = || [vec!["a".to_owned(), "1".to_owned()], vec!["b".to_owned(), "22".to_owned()]];
        let text = super::set(&["name", "n"], rows(), |row, column| (row, column) == (1, 1), true);
        assert!(text.contains("\u{1b}[") && text.matches("22").count() == 1, "{text:?}");
        let mut plain = String::new();
        let mut escaped = false;
        for letter in text.chars() {
            escaped |= letter == '\u{1b}';
            if !escaped {
                plain.push(letter);
            }
            escaped &= letter != 'm';
        }
        assert_eq!(plain, super::table(&["name", "n"], rows()));
    }
}
