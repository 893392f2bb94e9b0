//! The matrix at a glance: who called, across what was called; or, where that is too wide, a line a vantage.

use std::collections::{BTreeSet, HashMap};

use ringfence_contract::address::Family;

use super::mark::{ClaimMark, Mark};
use super::page::{Page, Style, Tone};
use crate::tally::{EdgeRecord, RunRecord};

/// The most columns a grid has; beyond that nobody reads it.
const COLUMNS_MAX: usize = 16;

/// The most rows a grid or a list of vantages has.
const ROWS_MAX: usize = 50;

/// What a cell shows of one edge.
type Shown = (Mark, ClaimMark);

/// A run's matrix, by name.
struct Matrix<'a> {
    vantages: Vec<&'a str>,
    endpoints: Vec<&'a str>,
    families: Vec<Family>,
    cells: HashMap<(&'a str, &'a str, Family), Shown>,
}

impl<'a> Matrix<'a> {
    fn of(record: &'a RunRecord) -> Self {
        let cell = |edge: &'a EdgeRecord| {
            let shown = (Mark::of(edge), ClaimMark::of(edge));
            ((edge.vantage.as_str(), edge.endpoint.as_str(), edge.family), shown)
        };
        let cells: HashMap<(&str, &str, Family), Shown> = record.edges.iter().map(cell).collect();
        let called: BTreeSet<&str> = cells.keys().map(|(_, endpoint, _)| *endpoint).collect();
        let calling: BTreeSet<&str> = cells.keys().map(|(vantage, _, _)| *vantage).collect();
        let families: BTreeSet<Family> = cells.keys().map(|(_, _, family)| *family).collect();
        let agents = record.agents.iter().map(|agent| agent.name.as_str());
        let endpoints = record.endpoints.iter().map(String::as_str);
        Self {
            vantages: agents.filter(|name| calling.contains(name)).collect(),
            endpoints: endpoints.filter(|name| called.contains(name)).collect(),
            families: families.into_iter().collect(),
            cells,
        }
    }

    /// The signs of one cell: one a family, so that each keeps its place.
    fn cell(&self, vantage: &str, endpoint: &str) -> Vec<Option<Shown>> {
        self.families.iter().map(|family| self.cells.get(&(vantage, endpoint, *family)).copied()).collect()
    }

    /// Which marks occur, in the order of the legend.
    fn marks(&self) -> Vec<Mark> {
        let used: BTreeSet<Mark> = self.cells.values().map(|(mark, _)| *mark).collect();
        Mark::ALL.into_iter().filter(|mark| used.contains(mark)).collect()
    }

    /// Which marks of claims occur.
    fn claim_marks(&self) -> Vec<ClaimMark> {
        let used: BTreeSet<ClaimMark> = self.cells.values().map(|(_, claims)| *claims).collect();
        [ClaimMark::Fail, ClaimMark::Unknown].into_iter().filter(|mark| used.contains(mark)).collect()
    }

    fn widest_vantage(&self) -> usize {
        self.vantages.iter().map(|name| name.len()).max().unwrap_or(0)
    }

    /// The widest cell: the widest sign a family, and a bar between two.
    fn cell_width(&self) -> usize {
        let shown = self.cells.values().map(|(mark, claims)| width(mark.sign()) + width(claims.sign()));
        let sign = shown.max().unwrap_or(1);
        (sign + 1) * self.families.len() - 1
    }
}

fn width(sign: &str) -> usize {
    sign.chars().count()
}

/// Draws the matrix and its legend.
pub(super) fn draw(page: &mut Page, record: &RunRecord, style: Style) {
    let matrix = Matrix::of(record);
    let columns = matrix.endpoints.len();
    let names: Vec<String> = matrix.endpoints.iter().map(|name| (*name).to_owned()).collect();
    let numbers: Vec<String> = (1..=columns).map(|number| number.to_string()).collect();
    let fits = |headings: &[String]| {
        let cells: usize = headings.iter().map(|heading| heading.len().max(matrix.cell_width()) + 2).sum();
        columns <= COLUMNS_MAX && matrix.widest_vantage() + cells <= style.width
    };
    if matrix.vantages.len() > ROWS_MAX || !fits(&numbers) {
        draw_list(page, &matrix);
    } else if fits(&names) {
        draw_rows(page, &matrix, &names);
    } else {
        draw_rows(page, &matrix, &numbers);
        for (number, name) in numbers.iter().zip(&names) {
            page.line(Tone::Faint, &format!("  {number:>2}  {name}"));
        }
    }
    draw_legend(page, &matrix);
}

fn draw_rows(page: &mut Page, matrix: &Matrix<'_>, headings: &[String]) {
    let left = matrix.widest_vantage();
    let widths: Vec<usize> = headings.iter().map(|heading| heading.len().max(matrix.cell_width())).collect();
    let mut head = vec![(Tone::Plain, " ".repeat(left))];
    for (heading, width) in headings.iter().zip(&widths) {
        head.push((Tone::Strong, format!("  {heading:width$}")));
    }
    page.pieces(&head);
    for vantage in &matrix.vantages {
        let mut row = vec![(Tone::Strong, format!("{vantage:left$}"))];
        for (endpoint, width) in matrix.endpoints.iter().zip(&widths) {
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

/// A line a vantage, those that are not all as expected first.
fn draw_list(page: &mut Page, matrix: &Matrix<'_>) {
    let (rows, columns) = (matrix.vantages.len(), matrix.endpoints.len());
    page.line(
        Tone::Faint,
        &format!("{rows} vantages by {columns} endpoints: too wide to draw, counted instead"),
    );
    let mut counts: HashMap<&str, HashMap<Mark, usize>> = HashMap::new();
    let mut claims: HashMap<(&str, ClaimMark), usize> = HashMap::new();
    for ((vantage, _, _), (mark, claim)) in &matrix.cells {
        *counts.entry(vantage).or_default().entry(*mark).or_default() += 1;
        *claims.entry((vantage, *claim)).or_default() += 1;
    }
    let claim_marks = matrix.claim_marks();
    let harmed = |vantage: &str| claim_marks.iter().any(|mark| claims.contains_key(&(vantage, *mark)));
    let is_well =
        |vantage: &&str| counts[vantage].keys().all(|mark| mark.tone() == Tone::Good) && !harmed(vantage);
    let (well, other): (Vec<&str>, Vec<&str>) = matrix.vantages.iter().partition(|vantage| is_well(vantage));
    let left = matrix.widest_vantage();
    for vantage in other.iter().chain(&well).take(ROWS_MAX) {
        let mut row = vec![(Tone::Strong, format!("{vantage:left$}"))];
        for mark in Mark::ALL.iter().filter(|mark| counts[vantage].contains_key(mark)) {
            row.push((mark.tone(), format!("  {} {}", mark.sign(), counts[vantage][mark])));
        }
        for (mark, count) in
            claim_marks.iter().filter_map(|mark| Some((mark, claims.get(&(*vantage, *mark))?)))
        {
            row.push((mark.tone(), format!("  {} {count}", mark.sign())));
        }
        page.pieces(&row);
    }
    if rows > ROWS_MAX {
        let hidden = rows - ROWS_MAX;
        let troubled = other.len().saturating_sub(ROWS_MAX);
        page.line(
            Tone::Faint,
            &format!("and {hidden} vantages more, {troubled} of them not all as expected"),
        );
    }
}

fn draw_legend(page: &mut Page, matrix: &Matrix<'_>) {
    let signs = matrix.marks().into_iter().map(|mark| (mark.sign(), mark.meaning()));
    let claims = matrix.claim_marks().into_iter().map(|mark| (mark.sign(), mark.meaning()));
    let signs: Vec<String> = signs.chain(claims).map(|(sign, meaning)| format!("{sign} {meaning}")).collect();
    if signs.is_empty() {
        return;
    }
    let families: Vec<&str> = matrix.families.iter().map(|family| family.as_str()).collect();
    let families =
        if families.len() > 1 { format!("; {} in each cell", families.join("|")) } else { String::new() };
    page.line(Tone::Faint, &format!("{}{families}", signs.join("; ")));
}
