//! A circuit's layout in words.

use crate::output::grouped;
use crate::table::{Align, table};
use hallmark_circuits::LayoutSummary;

/// Two tables: what each layer takes, and what the columns are for.
pub fn in_words(summary: &LayoutSummary) -> String {
    use Align::{Left, Right};
    let number = |n: usize| {
        if n == 0 {
            "·".to_owned()
        } else {
            grouped(n as u64)
        }
    };
    let layers: Vec<Vec<String>> = summary
        .layers
        .iter()
        .map(|layer| {
            let shape: Vec<String> = layer.output_shape.iter().map(usize::to_string).collect();
            let mut row = vec![
                shortened(&layer.name, 32),
                shortened(&layer.op, 24),
                shape.join("×"),
            ];
            let rows = layer.accumulator_rows + layer.dot_rows;
            row.extend([layer.cells, layer.weights, layer.lookups, rows].map(number));
            row.push(format!("{:.1} %", 100.0 * layer.share));
            row
        })
        .collect();
    let header = [
        ("layer", Left),
        ("operation", Left),
        ("output", Left),
        ("cells", Right),
        ("weights", Right),
        ("lookups", Right),
        ("rows", Right),
        ("share of cost", Right),
    ];
    let mut text = format!("\n{}\n", table(&header, &layers));
    let groups: Vec<Vec<String>> = summary
        .groups
        .iter()
        .map(|group| {
            vec![
                group.name.clone(),
                grouped(group.columns as u64),
                format!("{:.0} %", 100.0 * group.filled),
            ]
        })
        .collect();
    text.push_str(&table(
        &[("columns", Left), ("number", Right), ("filled", Right)],
        &groups,
    ));
    text.push_str(&format!(
        "\n2^{} rows, {} of them usable; {} copy constraints\n",
        summary.k,
        grouped(summary.usable_rows as u64),
        grouped(summary.copies as u64)
    ));
    text
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    format!("{kept}…")
}
