//! A table of scores as text for a terminal, a spreadsheet, a page or a paper.

use std::str::FromStr;

/// How a comparison is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people in a terminal.
    #[default]
    Table,
    /// A line for each system, split and metric, for programs.
    Csv,
    /// As the table.
    Markdown,
    /// As the table: a `tabular` of the package booktabs.
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

/// Lines of cells under a head, as GitHub's Markdown. Bars within cells are escaped.
pub fn markdown(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let escaped = |cell: &str| cell.replace('\\', "\\\\").replace('|', "\\|");
    let mut text = line(head.iter().map(|cell| escaped(cell)).collect());
    text += &line(vec!["---".into(); head.len()]);
    rows.into_iter().for_each(|row| text += &line(row.iter().map(|cell| escaped(cell)).collect()));
    text
}

/// Lines of cells under a head, as a `tabular` that needs `\usepackage{booktabs}`.
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

/// Text that LaTeX sets as it stands.
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

/// Records under a head, quoted where they must be.
///
/// # Errors
/// None that memory does not make.
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
        let expected = "\\begin{tabular}{ll}\n\\toprule\nname & x \\\\\n\\midrule\na\\_1|b & 0.5 $\\pm$ 0.1 \\\\\n\
                        c, \"d\" & 50 \\% \\\\\n\\bottomrule\n\\end{tabular}\n";
        assert_eq!(latex(&["name", "x"], rows()), expected);
        assert_eq!(
            csv(&["name", "x"], rows()).ok().as_deref(),
            Some("name,x\na_1|b,0.5 +- 0.1\n\"c, \"\"d\"\"\",50 %\n")
        );
    }
}
