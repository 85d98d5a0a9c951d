//! A picture of the columns: time runs down the rows, every layer has its colour.

use super::bank_name;
use hallmark_circuits::Plan;
use hallmark_circuits::block::{Bank, Block, Rows};
use hallmark_circuits::layout::Layout;
use hallmark_model::QuantizedGraph;
use std::fmt::Write;

const HEIGHT: f64 = 640.0;
const TOP: f64 = 190.0;
const LEFT: f64 = 24.0;
const GAP: f64 = 18.0;
/// Columns are narrower where there are many.
const WIDTHS: (f64, f64) = (2.0, 12.0);
const AIMED_WIDTH: f64 = 1100.0;

struct Drawing<'a> {
    layout: &'a Layout,
    graph: &'a QuantizedGraph,
    text: String,
    column_width: f64,
    x: f64,
}

/// The picture as an SVG document.
pub fn svg(plan: &Plan) -> String {
    let layout = plan.layout();
    let columns = layout.statement.columns + layout.advice.count + layout.fixed_values.len();
    let column_width = (AIMED_WIDTH / columns.max(1) as f64).clamp(WIDTHS.0, WIDTHS.1);
    let mut drawing = Drawing {
        layout,
        graph: plan.graph(),
        text: String::new(),
        column_width,
        x: LEFT,
    };
    drawing.columns();
    let width = drawing.x + LEFT;
    let height = TOP + HEIGHT + 40.0;
    let title = escaped(&plan.graph().name);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{title}: 2^{} rows, {} advice and {} fixed columns</text>\n{}</svg>\n",
        layout.k,
        layout.advice.count,
        layout.fixed_values.len(),
        drawing.text
    )
}

impl Drawing<'_> {
    fn columns(&mut self) {
        let layout = self.layout;
        self.group("instance", layout.statement.columns, |drawing, x| {
            drawing.cells(
                x,
                layout.statement.columns,
                0,
                layout.statement.rows(),
                "#666",
                "inputs, outputs and nonce",
            );
        });
        for (bank, lanes) in &layout.advice.lanes {
            self.group(bank_name(*bank), lanes.len(), |drawing, x| drawing.bank(*bank, x));
        }
        let tables = layout.tables.rows().min(layout.usable);
        self.group(
            "multiplicities",
            layout.advice.multiplicities.len(),
            |drawing, x| {
                drawing.cells(
                    x,
                    layout.advice.multiplicities.len(),
                    0,
                    tables,
                    "#999",
                    "how often table rows are used",
                );
            },
        );
        self.group(
            "evaluations",
            layout.advice.accumulators.len(),
            Self::accumulators,
        );
        let dot = layout.advice.dot.map_or(0, |dot| dot.len());
        self.group("sums", dot, |drawing, x| drawing.dot(x, dot));
        let helpers: usize = layout.advice.helpers.values().map(Vec::len).sum::<usize>()
            + layout.advice.table_helpers.len()
            + usize::from(layout.advice.sum.is_some());
        self.group("lookup helpers", helpers, |drawing, x| {
            drawing.cells(
                x,
                helpers,
                0,
                layout.usable,
                "#bbb",
                "lookup helpers and their sum",
            );
        });
        let lanes = layout.fixed.dot.as_ref().map_or(0, |dot| dot.lanes.len());
        self.group("weights (fixed)", lanes, |drawing, x| drawing.weights(x));
        let others = layout.fixed_values.len().saturating_sub(lanes);
        self.group("tables, selectors (fixed)", others, Self::selectors);
    }

    /// Draws the frame of `columns` columns with a slanted title, and moves on.
    fn group(&mut self, name: &str, columns: usize, inside: impl FnOnce(&mut Self, f64)) {
        if columns == 0 {
            return;
        }
        let (x, width) = (self.x, columns as f64 * self.column_width);
        let _ = writeln!(
            self.text,
            "<rect x=\"{x:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{HEIGHT}\" fill=\"#f2f2ee\" stroke=\"#ccc\" stroke-width=\"0.5\"/>\n\
             <text transform=\"translate({:.1},{:.1}) rotate(-42)\">{} ({columns})</text>",
            x + 2.0,
            TOP - 6.0,
            escaped(name)
        );
        inside(self, x);
        self.x += width + GAP;
    }

    /// A rectangle over `lanes` columns from `x` and some rows.
    fn cells(&mut self, x: f64, lanes: usize, first: usize, rows: usize, colour: &str, title: &str) {
        let scale = HEIGHT / (1u64 << self.layout.k) as f64;
        let (y, height) = (TOP + first as f64 * scale, (rows as f64 * scale).max(0.4));
        let width = lanes as f64 * self.column_width;
        let _ = writeln!(
            self.text,
            "<rect x=\"{x:.1}\" y=\"{y:.2}\" width=\"{width:.1}\" height=\"{height:.2}\" fill=\"{colour}\"><title>{}</title></rect>",
            escaped(title)
        );
    }

    fn bank(&mut self, bank: Bank, x: f64) {
        let layout = self.layout;
        for block in layout.blocks.iter().filter(|block| block.bank == bank) {
            let (colour, title) = self.owner(block.node, &block.name);
            let lanes = block.slots_per_row * block.stride;
            for (first, rows) in runs(block) {
                self.cells(x, lanes, first, rows, &colour, &title);
            }
        }
    }

    fn accumulators(&mut self, x: f64) {
        for (index, column) in self.layout.accumulators.columns.iter().enumerate() {
            let left = x + index as f64 * self.column_width;
            for (first, rows) in stretches(column.iter().map(|row| row.taken.then_some(0))) {
                self.cells(left, 1, first, rows.1, "#7a9cc6", "evaluation of a tensor");
            }
        }
    }

    fn dot(&mut self, x: f64, columns: usize) {
        for (first, (node, rows)) in stretches(self.layout.dots.rows.iter().map(|row| row.node)) {
            let (colour, title) = self.owner(Some(node), "");
            self.cells(x, columns, first, rows, &colour, &title);
        }
    }

    fn weights(&mut self, x: f64) {
        // Rows of one node with the same lanes are one rectangle.
        let key = |row: &hallmark_circuits::dot::DotRow| row.weights.map(|w| (w.node, w.lane, w.count));
        for (first, ((node, lane, count), rows)) in stretches(self.layout.dots.rows.iter().map(key)) {
            let (colour, title) = self.owner(Some(node), "weights");
            self.cells(
                x + lane as f64 * self.column_width,
                count,
                first,
                rows,
                &colour,
                &title,
            );
        }
    }

    fn selectors(&mut self, x: f64) {
        let layout = self.layout;
        let lanes = layout.fixed.dot.as_ref().map_or(&[][..], |dot| &dot.lanes);
        let others = layout
            .fixed_values
            .iter()
            .enumerate()
            .filter(|(index, _)| !lanes.contains(index));
        for (position, (_, column)) in others.enumerate() {
            let left = x + position as f64 * self.column_width;
            let used = column.values.iter().map(|value| (*value != 0).then_some(0));
            let pieces = stretches(used);
            // Alternating patterns would be thousands of slivers: their hull says as much.
            let (first, last) = (pieces.first(), pieces.last());
            match (pieces.len(), first, last) {
                (0..=64, ..) => {
                    for (first, (_, rows)) in &pieces {
                        self.cells(left, 1, *first, *rows, "#c2b280", &column.name);
                    }
                }
                (_, Some((first, _)), Some((last, (_, rows)))) => {
                    self.cells(left, 1, *first, last + rows - first, "#ddd3b4", &column.name);
                }
                _ => {}
            }
        }
    }

    /// Colour and title of what belongs to a node.
    fn owner(&self, node: Option<usize>, what: &str) -> (String, String) {
        match node.and_then(|index| self.graph.nodes.get(index).map(|node| (index, node))) {
            Some((index, node)) => {
                // The steps of one source node share its name and its colour; the golden angle keeps neighbours apart.
                let first = self
                    .graph
                    .nodes
                    .iter()
                    .position(|other| other.name == node.name)
                    .unwrap_or(index);
                let hue = (first as f64 * 137.508) % 360.0;
                (format!("hsl({hue:.0},55%,62%)"), format!("{} {what}", node.name))
            }
            None => ("#8aa".to_owned(), what.to_owned()),
        }
    }
}

/// Circuit rows of a block as stretches: first row and number.
fn runs(block: &Block) -> Vec<(usize, usize)> {
    match &block.rows {
        Rows::From(first) => vec![(*first, block.height)],
        Rows::At(rows) => {
            let mut runs: Vec<(usize, usize)> = Vec::new();
            for row in rows.iter().map(|row| *row as usize) {
                match runs.last_mut() {
                    Some((first, count)) if *first + *count == row => *count += 1,
                    _ => runs.push((row, 1)),
                }
            }
            runs
        }
    }
}

/// Stretches of equal keys: first index, key and length.
fn stretches<K: PartialEq>(keys: impl Iterator<Item = Option<K>>) -> Vec<(usize, (K, usize))> {
    let mut found: Vec<(usize, (K, usize))> = Vec::new();
    for (index, key) in keys.enumerate() {
        let Some(key) = key else { continue };
        match found.last_mut() {
            Some((first, (last, count))) if *last == key && *first + *count == index => *count += 1,
            _ => found.push((index, (key, 1))),
        }
    }
    found
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_break_at_gaps_and_other_keys() {
        let keys = [Some(1), Some(1), None, Some(1), Some(2)];
        assert_eq!(
            stretches(keys.into_iter()),
            [(0, (1, 2)), (3, (1, 1)), (4, (2, 1))]
        );
    }

    #[test]
    fn names_from_files_cannot_break_the_document() {
        assert_eq!(escaped("a<b>&\"\u{1}"), "a&lt;b&gt;&amp;&quot;\u{fffd}");
    }
}
