//! Renders tables of scores for terminals, spreadsheets, web pages and papers.

use std::str::FromStr;

/// Format of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for a terminal.
    #[default]
    Table,
    /// One line for each system, split and metric.
    Csv,
    /// A GitHub Markdown table.
    Markdown,
    /// A LaTeX `tabular` of the package booktabs.
    Latex,
}

/// Renders a header and rows of cells as text; the pairs (row, column) name the best cells.
pub type TableRenderer = fn(&[&str], Vec<Vec<String>>, &[(usize, usize)]) -> String;

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "table" => Ok(Self::Table),
            "csv" => Ok(Self::Csv),
            "markdown" => Ok(Self::Markdown),
            "latex" => Ok(Self::Latex),
            other => Err(format!("expected table, csv, markdown or latex, found {other}")),
        }
    }
}

/// Renders cells as a GitHub Markdown table; bars within cells are escaped.
pub fn markdown(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let escaped = |cell: &str| cell.replace('\\', "\\\\").replace('|', "\\|");
    let mut text = line(head.iter().map(|cell| escaped(cell)).collect());
    text += &line(vec!["---".into(); head.len()]);
    rows.into_iter().for_each(|row| text += &line(row.iter().map(|cell| escaped(cell)).collect()));
    text
}

/// Renders cells as a `tabular` that needs `\usepackage{booktabs}`.
pub fn latex(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let escaped = |cells: &[&str]| cells.iter().map(|cell| escape_latex(cell)).collect();
    let mut text = format!("\\begin{{tabular}}{{{}}}\n\\toprule\n", "l".repeat(head.len()));
    text += &line(escaped(head));
    text += "\\midrule\n";
    for row in rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        text += &line(escaped(&cells));
    }
    text + "\\bottomrule\n\\end{tabular}\n"
}

/// Escapes the characters that LaTeX reserves.
fn escape_latex(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', letter]),
            '\\' => escaped += "\\textbackslash{}",
            '~' => escaped += "\\textasciitilde{}",
            '^' => escaped += "\\textasciicircum{}",
            other => escaped.push(other),
        }
    }
    escaped.replace(" +- ", " $\\pm$ ")
}

/// Renders cells as CSV, quoted where necessary.
///
/// # Errors
/// Fails only if memory runs out.
pub fn csv(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head)?;
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        vec![vec!["a_1|b".into(), "0.5 +- 0.1".into()], vec!["c, \"d\"".into(), "50 %".into()]]
    }

    #[test]
    fn what_a_format_reserves_is_escaped() {
        assert_eq!(
            markdown(&["name", "x"], rows()),
            "| name | x |\n| --- | --- |\n| a_1\\|b | 0.5 +- 0.1 |\n| c, \"d\" | 50 % |\n"
        );
        let expected = "\\begin{tabular}{ll}\n\\toprule\nname & x \\\\\n\\midrule\na\\_1|b & 0.5 \
            $\\pm$ 0.1 \\\\\n\
                        c, \"d\" & 50 \\% \\\\\n\\bottomrule\n\\end{tabular}\n";
        assert_eq!(latex(&["name", "x"], rows()), expected);
        assert_eq!(
            csv(&["name", "x"], rows()).ok().as_deref(),
            Some("name,x\na_1|b,0.5 +- 0.1\n\"c, \"\"d\"\"\",50 %\n")
        );
    }
}
