//! A circuit's layout in words.

use crate::output::grouped;
use crate::table::{Align, table};
use hallmark_circuits::{ColumnGroup, EmptyCells, LayoutSummary, ParameterSummary, ParametersSummary};
use std::collections::BTreeMap;

/// Columns that are at least so full need no reason.
const WELL_FILLED: f64 = 0.85;

/// Two tables: what each layer takes, and what the columns are for; and why columns are not full.
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
    text.push('\n');
    for group in summary.groups.iter().filter(|group| group.filled < WELL_FILLED) {
        text.push_str(&emptiness(group));
        text.push('\n');
    }
    text.push_str(&parameters(&summary.parameters, summary.columns.fixed));
    text.push_str(&format!(
        "2^{} rows, {} of them usable; {} copy constraints\n",
        summary.k,
        grouped(summary.usable_rows as u64),
        grouped(summary.copies as u64)
    ));
    text
}

/// Why columns are not full: a line for every reason.
fn emptiness(group: &ColumnGroup) -> String {
    let one = |empty: &EmptyCells| {
        let most = match &empty.most {
            Some(most) => format!("\n        {most}"),
            None => String::new(),
        };
        format!("  {:>3.0} % {}{most}\n", 100.0 * empty.share, empty.reason)
    };
    // Less than half a percent is no reason.
    let reasons = group.empty.iter().filter(|empty| empty.share >= 0.005);
    format!(
        "{}: {:.0} % full; empty are\n{}",
        group.name,
        100.0 * group.filled,
        reasons.map(one).collect::<String>()
    )
}

/// Where parameters lie, and what the layout shows of them.
fn parameters(parameters: &ParametersSummary, fixed: usize) -> String {
    let columns: usize = parameters
        .columns
        .iter()
        .map(|range| range.last - range.first + 1)
        .sum();
    let ranges: Vec<String> = parameters
        .columns
        .iter()
        .map(|range| match range.first == range.last {
            true => format!("{} ({})", range.first, range.name),
            false => format!("{} to {} (from {})", range.first, range.last, range.name),
        })
        .collect();
    let mut text = format!(
        "parameters are in {} cells of {} of the {} fixed columns: {}\n",
        grouped(parameters.cells as u64),
        grouped(columns as u64),
        grouped(fixed as u64),
        ranges.join(", ")
    );
    let mut bits: BTreeMap<&str, u32> = BTreeMap::new();
    for own in &parameters.all {
        let most = bits.entry(own.role).or_default();
        *most = own.bits.max(*most);
    }
    let bits: Vec<String> = bits
        .iter()
        .map(|(role, bits)| format!("{role} {bits} bits and a sign"))
        .collect();
    let mut shown = vec![format!("ranges ({})", bits.join(", "))];
    let mut names = |what: &str, chosen: fn(&ParameterSummary) -> bool| {
        let all = parameters.all.iter().filter(|own| chosen(own));
        let names: Vec<String> = all.map(|own| format!("{} of {}", own.role, own.node)).collect();
        if !names.is_empty() {
            shown.push(format!("{what} ({})", names.join(", ")));
        }
    };
    names("what is zero throughout", |own| own.zero);
    names("which elements are equal", |own| own.equal_elements);
    text.push_str(&format!("the layout shows of them: {}\n", shown.join("; ")));
    text
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    format!("{kept}…")
}
