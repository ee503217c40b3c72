//! Results as a table for people.

use comfy_table::{CellAlignment, Table, presets};

/// A table with a line under the head; columns of numbers to the right, others to the left. Ends with a newline.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    // ASCII, so that a table survives a log file, a terminal without Unicode, or being pasted into an issue.
    table.load_style(presets::ASCII_MARKDOWN).set_header(head.to_vec()).add_rows(rows);
    let numeric = |content: String| content.is_empty() || content.starts_with(|c: char| c.is_ascii_digit());
    for i in 0..head.len() {
        let right = table.column_cells_iter(i).flatten().all(|cell| numeric(cell.content()));
        if let Some(column) = table.column_mut(i).filter(|_| right) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{}\n", table.trim_fmt())
}

/// How many points there are of each kind, numbered from 0, and which share of all that is.
pub fn share_table(kind: &str, counts: &[usize]) -> String {
    let n: usize = counts.iter().sum();
    let row = |(i, &count): (usize, &usize)| {
        vec![i.to_string(), count.to_string(), format!("{:.1} %", 100.0 * count as f64 / n as f64)]
    };
    table(&[kind, "points", "share"], counts.iter().enumerate().map(row))
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_stand_to_the_right() {
        let text =
            super::table(&["name", "n"], [vec!["a".into(), "1".into()], vec!["bb".into(), "100 %".into()]]);
        assert_eq!(text, "| name |     n |\n|------|-------|\n| a    |     1 |\n| bb   | 100 % |\n");
    }
}
