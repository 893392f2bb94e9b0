//! The matrix at a glance: who called, across what was called; or, where that is too wide, its counts.

use std::collections::{BTreeSet, HashMap, HashSet};

use ringfence_contract::address::Family;

use super::counts;
use super::mark::{ClaimMark, Mark};
use super::page::{Page, Style, Tone};
use crate::tally::{EdgeRecord, RunRecord};

/// The most columns a grid has; beyond that nobody reads it.
const COLUMNS_MAX: usize = 16;

/// The most rows a grid has.
const ROWS_MAX: usize = 50;

/// What a cell shows of one edge.
pub(super) type Shown = (Mark, ClaimMark);

/// The sides of a run's matrix, by name: who called, what was called, in which families.
pub(super) struct Sides<'a> {
    pub(super) vantages: Vec<&'a str>,
    pub(super) endpoints: Vec<&'a str>,
    pub(super) families: Vec<Family>,
}

impl<'a> Sides<'a> {
    fn of(record: &'a RunRecord) -> Self {
        let calling: HashSet<&str> = record.edges.iter().map(|edge| edge.vantage.as_str()).collect();
        let called: HashSet<&str> = record.edges.iter().map(|edge| &*edge.endpoint).collect();
        let families: BTreeSet<Family> = record.edges.iter().map(|edge| edge.family).collect();
        let agents = record.agents.iter().map(|agent| agent.name.as_str());
        let endpoints = record.endpoints.iter().map(|name| &**name);
        Self {
            vantages: agents.filter(|name| calling.contains(name)).collect(),
            endpoints: endpoints.filter(|name| called.contains(name)).collect(),
            families: families.into_iter().collect(),
        }
    }

    fn is_small(&self) -> bool {
        self.vantages.len() <= ROWS_MAX && self.endpoints.len() <= COLUMNS_MAX
    }
}

/// A run's matrix, small enough to draw.
struct Matrix<'a> {
    sides: Sides<'a>,
    cells: HashMap<(&'a str, &'a str, Family), Shown>,
}

impl<'a> Matrix<'a> {
    fn of(record: &'a RunRecord, sides: Sides<'a>) -> Self {
        let cell = |edge: &'a EdgeRecord| {
            let shown = (Mark::of(edge), ClaimMark::of(edge));
            ((edge.vantage.as_str(), &*edge.endpoint, edge.family), shown)
        };
        Self { sides, cells: record.edges.iter().map(cell).collect() }
    }

    /// The signs of one cell: one a family, so that each keeps its place.
    fn cell(&self, vantage: &str, endpoint: &str) -> Vec<Option<Shown>> {
        let families = self.sides.families.iter();
        families.map(|family| self.cells.get(&(vantage, endpoint, *family)).copied()).collect()
    }

    fn widest_vantage(&self) -> usize {
        self.sides.vantages.iter().map(|name| name.len()).max().unwrap_or(0)
    }

    /// The widest cell: the widest sign a family, and a bar between two.
    fn cell_width(&self) -> usize {
        let shown = self.cells.values().map(|(mark, claims)| width(mark.sign()) + width(claims.sign()));
        let sign = shown.max().unwrap_or(1);
        (sign + 1) * self.sides.families.len() - 1
    }
}

fn width(sign: &str) -> usize {
    sign.chars().count()
}

/// Draws the matrix, or its counts, and a legend.
pub(super) fn draw(page: &mut Page, record: &RunRecord, style: Style) {
    let sides = Sides::of(record);
    if !sides.is_small() {
        return counts::draw(page, record, &sides);
    }
    let matrix = Matrix::of(record, sides);
    let names: Vec<String> = matrix.sides.endpoints.iter().map(|name| (*name).to_owned()).collect();
    let numbers: Vec<String> = (1..=names.len()).map(|number| number.to_string()).collect();
    let cell = matrix.cell_width();
    let fits = |headings: &[String]| {
        let cells: usize = headings.iter().map(|heading| heading.len().max(cell) + 2).sum();
        matrix.widest_vantage() + cells <= style.width
    };
    if !fits(&numbers) {
        return counts::draw(page, record, &matrix.sides);
    }
    if fits(&names) {
        draw_rows(page, &matrix, &names);
    } else {
        draw_rows(page, &matrix, &numbers);
        for (number, name) in numbers.iter().zip(&names) {
            page.line(Tone::Faint, &format!("  {number:>2}  {name}"));
        }
    }
    draw_legend(page, matrix.cells.values().copied(), &matrix.sides.families);
}

fn draw_rows(page: &mut Page, matrix: &Matrix<'_>, headings: &[String]) {
    let left = matrix.widest_vantage();
    let widths: Vec<usize> = headings.iter().map(|heading| heading.len().max(matrix.cell_width())).collect();
    let mut head = vec![(Tone::Plain, " ".repeat(left))];
    for (heading, width) in headings.iter().zip(&widths) {
        head.push((Tone::Strong, format!("  {heading:width$}")));
    }
    page.pieces(&head);
    for vantage in &matrix.sides.vantages {
        let mut row = vec![(Tone::Strong, format!("{vantage:left$}"))];
        for (endpoint, width) in matrix.sides.endpoints.iter().zip(&widths) {
            row.push((Tone::Plain, "  ".to_owned()));
            row.extend(draw_cell(&matrix.cell(vantage, endpoint), *width));
        }
        page.pieces(&row);
    }
}

/// One cell: a sign, or one a family with a bar between them; blank where there is no edge.
fn draw_cell(shown: &[Option<Shown>], width: usize) -> Vec<(Tone, String)> {
    if shown.iter().all(Option::is_none) {
        return vec![(Tone::Plain, " ".repeat(width))];
    }
    let mut pieces = Vec::new();
    for (place, shown) in shown.iter().enumerate() {
        if place > 0 {
            pieces.push((Tone::Faint, "|".to_owned()));
        }
        match shown {
            Some((mark, claims)) => {
                pieces.push((mark.tone(), mark.sign().to_owned()));
                pieces.push((claims.tone(), claims.sign().to_owned()));
            }
            None => pieces.push((Tone::Plain, " ".to_owned())),
        }
    }
    let used: usize = pieces.iter().map(|(_, text)| text.chars().count()).sum();
    pieces.push((Tone::Plain, " ".repeat(width.saturating_sub(used))));
    pieces
}

/// What the signs mean that occur.
pub(super) fn draw_legend(page: &mut Page, shown: impl Iterator<Item = Shown>, families: &[Family]) {
    let (marks, claims): (BTreeSet<Mark>, BTreeSet<ClaimMark>) = shown.unzip();
    let signs = Mark::ALL.into_iter().filter(|mark| marks.contains(mark));
    let signs = signs.map(|mark| format!("{} {}", mark.sign(), mark.meaning()));
    let claims = ClaimMark::HARMED.into_iter().filter(|mark| claims.contains(mark));
    let claims = claims.map(|mark| format!("{} {}", mark.sign(), mark.meaning()));
    let signs: Vec<String> = signs.chain(claims).collect();
    if signs.is_empty() {
        return;
    }
    let families: Vec<&str> = families.iter().map(|family| family.as_str()).collect();
    let families =
        if families.len() > 1 { format!("; {} in each cell", families.join("|")) } else { String::new() };
    page.line(Tone::Faint, &format!("{}{families}", signs.join("; ")));
}
