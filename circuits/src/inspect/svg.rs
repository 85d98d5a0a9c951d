//! A picture of the columns: rows run downwards, every layer has its colour.

use super::{
    figures::LayoutSummary,
    owner::{Owner, Owners},
    summary,
};
use crate::{layout::Layout, plan::Plan};
use std::{collections::BTreeMap, fmt::Write};

const TOP: f64 = 130.0;
const LEFT: f64 = 62.0;
const HEIGHT: f64 = 560.0;
/// Distance of groups, and least distance of their titles.
const GAP: f64 = 12.0;
const TITLE: f64 = 24.0;
/// Columns are narrower where there are many; width of all of them together, and of one.
const AIMED_WIDTH: f64 = 900.0;
const WIDTHS: (f64, f64) = (1.0, 14.0);
/// Greatest width of the selectors and tables, which are many and say little.
const SELECTORS_WIDTH: f64 = 320.0;
const LEGEND_WIDTH: f64 = 330.0;
const LEGEND_LINE: f64 = 19.0;
/// More pieces than this in one fixed column are drawn as their hull.
const MAX_PIECES: usize = 256;

pub(super) struct Drawing<'a> {
    pub(super) plan: &'a Plan,
    pub(super) owners: Owners<'a>,
    text: String,
    colours: BTreeMap<Owner, String>,
    x: f64,
    /// Width of a column of the present group.
    column: f64,
}

/// A column or several side by side that serve one owner over some rows.
pub(super) struct Piece {
    pub(super) lane: usize,
    pub(super) lanes: usize,
    pub(super) first: usize,
    pub(super) rows: usize,
    pub(super) owner: Option<Owner>,
}

/// See [`Plan::svg`].
pub fn svg(plan: &Plan) -> String {
    let summary = summary::summary(plan);
    let owners = Owners::new(plan);
    let mut drawing = Drawing {
        plan,
        owners,
        text: String::new(),
        colours: BTreeMap::new(),
        x: LEFT,
        column: 0.0,
    };
    drawing.columns();
    let width = (drawing.x + 24.0).max(LEFT + 2.0 * LEGEND_WIDTH);
    let legend_top = TOP + HEIGHT + 40.0;
    let height = drawing.legend(&summary, legend_top, width);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"11\" fill=\"#222\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let _ = writeln!(
        text,
        "<text x=\"24\" y=\"24\" font-size=\"15\">{}: 2^{} rows, {} columns of small numbers, {} of field elements, {} \
         fixed; about {:.1} s and {:.1} kB per proof</text>",
        escaped(&plan.graph().name),
        plan.k(),
        summary.columns.small,
        summary.columns.full,
        summary.columns.fixed,
        summary.estimated_prove_ms / 1000.0,
        summary.estimated_proof_bytes as f64 / 1000.0
    );
    text.push_str(&drawing.text);
    text.push_str("</svg>\n");
    text
}

impl Drawing<'_> {
    fn columns(&mut self) {
        let statement = self.plan.statement();
        self.scale();
        let (instance, rows) = (statement.columns, statement.rows());
        let statement = Piece {
            lane: 0,
            lanes: instance,
            first: 0,
            rows,
            owner: Some(Owner::Statement),
        };
        self.group("instance", instance, vec![statement]);
        match self.plan.layout() {
            Layout::Strips(layout) => self.strips(layout),
            Layout::Machine(layout) => self.machine(layout),
        }
    }

    /// Width of columns, and the rows' axis.
    fn scale(&mut self) {
        let frame = self.plan.frame();
        let columns = frame.statement.columns + frame.advice_columns + self.weight_lanes();
        self.column = (AIMED_WIDTH / columns.max(1) as f64).clamp(WIDTHS.0, WIDTHS.1);
        for quarter in 0..=4usize {
            let (row, y) = (
                (1usize << frame.k) * quarter / 4,
                TOP + HEIGHT * quarter as f64 / 4.0,
            );
            let _ = writeln!(
                self.text,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#777\">{row}</text>",
                LEFT - 8.0,
                y + 4.0
            );
        }
    }

    fn weight_lanes(&self) -> usize {
        let dot = self
            .plan
            .layout()
            .strips()
            .and_then(|layout| layout.fixed.dot.as_ref());
        dot.map_or(0, |dot| dot.lanes.len())
    }

    /// Draws a group's frame, title and pieces, and moves on.
    pub(super) fn group(&mut self, name: &str, columns: usize, pieces: Vec<Piece>) {
        if columns == 0 {
            return;
        }
        let width = columns as f64 * self.column;
        let _ = writeln!(
            self.text,
            "<rect x=\"{:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{HEIGHT}\" fill=\"#f1f1ec\" stroke=\"#bbb\" \
             stroke-width=\"0.6\"/>\n<text transform=\"translate({:.1},{:.1}) rotate(-38)\">{} ({columns})</text>",
            self.x,
            self.x + 6.0,
            TOP - 8.0,
            escaped(name)
        );
        for piece in pieces {
            self.piece(&piece);
        }
        self.x += (width + GAP).max(TITLE);
    }

    fn piece(&mut self, piece: &Piece) {
        let scale = HEIGHT / (1u64 << self.plan.k()) as f64;
        let colour = piece
            .owner
            .map_or("#b9b9ae".to_owned(), |owner| self.colour(owner));
        let _ = writeln!(
            self.text,
            "<rect x=\"{:.1}\" y=\"{:.2}\" width=\"{:.1}\" height=\"{:.2}\" fill=\"{colour}\"/>",
            self.x + piece.lane as f64 * self.column,
            TOP + piece.first as f64 * scale,
            piece.lanes as f64 * self.column,
            (piece.rows as f64 * scale).max(0.4)
        );
    }

    /// Layers in the order of their first appearance get hues a golden angle apart.
    fn colour(&mut self, owner: Owner) -> String {
        let layers = self
            .colours
            .keys()
            .filter(|o| matches!(o, Owner::Layer(_)))
            .count();
        let colour = || match owner {
            Owner::Layer(_) => hue(layers),
            Owner::Inputs => "#5b6770".to_owned(),
            Owner::Statement => "#2d3439".to_owned(),
            Owner::Commitment => "#7d5a8c".to_owned(),
            Owner::Tables => "#c9bd9a".to_owned(),
            Owner::Proof => "#b9b9ae".to_owned(),
        };
        self.colours.entry(owner).or_insert_with(colour).clone()
    }

    /// Fixed columns, whose rows have owners of their own, or one.
    pub(super) fn fixed(&mut self, columns: &[usize], owner: &dyn Fn(usize, usize) -> Option<Owner>) {
        let frame = self.plan.frame();
        let mut pieces = Vec::new();
        for (position, column) in columns.iter().enumerate() {
            let values = frame.fixed_values[*column].values.iter().enumerate();
            let used = values.map(|(row, value)| (*value != 0).then(|| owner(*column, row)).flatten());
            pieces.extend(hull(runs(position, 1, used.collect())));
        }
        self.column = self.column.min(SELECTORS_WIDTH / columns.len().max(1) as f64);
        self.group("fixed: selectors and tables", columns.len(), pieces);
    }

    /// Names and shares of the layers; returns the height of the whole picture.
    fn legend(&mut self, summary: &LayoutSummary, top: f64, width: f64) -> f64 {
        let columns = ((width - LEFT) / LEGEND_WIDTH).floor().max(1.0) as usize;
        let lines = summary.layers.len().div_ceil(columns);
        let colours: BTreeMap<String, String> = self
            .colours
            .iter()
            .map(|(owner, colour)| (self.owners.describe(*owner).0, colour.clone()))
            .collect();
        for (index, layer) in summary.layers.iter().enumerate() {
            let x = LEFT + (index / lines) as f64 * LEGEND_WIDTH;
            let y = top + (index % lines) as f64 * LEGEND_LINE;
            let colour = colours.get(&layer.name).map_or("#b9b9ae", String::as_str);
            let _ = writeln!(
                self.text,
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"{y:.1}\">{} · {} · {:.1} %</text>",
                y - 10.0,
                x + 18.0,
                escaped(&shortened(&layer.name)),
                escaped(&shortened(&layer.op)),
                100.0 * layer.share
            );
        }
        let _ = writeln!(
            self.text,
            "<text x=\"{LEFT}\" y=\"{:.1}\" fill=\"#777\">per cent: share of the estimated proving time</text>",
            top + lines as f64 * LEGEND_LINE + 6.0
        );
        top + lines as f64 * LEGEND_LINE + 26.0
    }
}

fn hue(index: usize) -> String {
    // Alternating lightness keeps hues apart that come close after many steps.
    let lightness = [58, 70, 48][index % 3];
    format!(
        "hsl({:.0},58%,{lightness}%)",
        (205.0 + index as f64 * 137.508) % 360.0
    )
}

/// Stretches of equal owners.
pub(super) fn runs(lane: usize, lanes: usize, owners: Vec<Option<Owner>>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (row, owner) in owners.into_iter().enumerate() {
        if owner.is_none() {
            continue;
        }
        match pieces.last_mut() {
            Some(last) if last.owner == owner && last.first + last.rows == row => last.rows += 1,
            _ => pieces.push(Piece {
                lane,
                lanes,
                first: row,
                rows: 1,
                owner,
            }),
        }
    }
    pieces
}

/// One piece instead of very many of one owner: alternating rows would be slivers.
fn hull(pieces: Vec<Piece>) -> Vec<Piece> {
    match (pieces.first(), pieces.last()) {
        (Some(first), Some(last)) if pieces.len() > MAX_PIECES => {
            let rows = last.first + last.rows - first.first;
            vec![Piece {
                lane: first.lane,
                lanes: 1,
                first: first.first,
                rows,
                owner: first.owner,
            }]
        }
        _ => pieces,
    }
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 28;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST - 1).collect();
    format!("{kept}…")
}

/// Names come from files.
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
    fn runs_break_at_gaps_and_other_owners() {
        let [a, b] = [Some(Owner::Inputs), Some(Owner::Tables)];
        let pieces = runs(3, 1, vec![a, a, None, a, b]);
        let shapes: Vec<_> = pieces.iter().map(|p| (p.first, p.rows)).collect();
        assert_eq!(shapes, [(0, 2), (3, 1), (4, 1)]);
    }

    #[test]
    fn names_from_files_cannot_break_the_document() {
        assert_eq!(escaped("a<b>&\"\u{1}"), "a&lt;b&gt;&amp;&quot;\u{fffd}");
    }
}
