//! Plain tables.

use std::fmt::Write;

/// How a column is aligned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Lays `rows` out under `header`, two spaces between columns, a line under the header.
pub fn table(header: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let width = |text: &str| text.chars().count();
    let widths: Vec<usize> = header
        .iter()
        .enumerate()
        .map(|(index, (title, _))| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(index))
                .map(|cell| width(cell));
            cells.chain([width(title)]).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut written = String::new();
        for ((cell, (_, align)), column) in cells.zip(header).zip(&widths) {
            let padding = " ".repeat(column - width(cell).min(*column));
            let _ = match align {
                Align::Left => write!(written, "  {cell}{padding}"),
                Align::Right => write!(written, "  {padding}{cell}"),
            };
        }
        let _ = writeln!(text, "{}", written.trim_end());
    };
    line(&mut header.iter().map(|(title, _)| *title));
    let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    line(&mut rules.iter().map(String::as_str));
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = vec![
            vec!["σ".to_owned(), "10".to_owned()],
            vec!["conv".to_owned(), "7".to_owned()],
        ];
        let text = table(&[("layer", Align::Left), ("rows", Align::Right)], &rows);
        assert_eq!(
            text,
            "  layer  rows\n  ─────  ────\n  σ        10\n  conv      7\n"
        );
    }
}
