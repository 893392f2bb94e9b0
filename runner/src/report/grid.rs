//! A matrix as a table: who calls, across what is called. The plan and the report are drawn by it alike.
//!
//! It is never cut: where its columns do not fit beside each other, they are stacked in blocks.

use std::collections::HashMap;
use std::ops::Range;

use ringfence_contract::address::Family;

use super::page::{Page, Piece, Tone};
use super::text::{pad, width};

/// The most rows a grid has, and the most columns; beyond that nobody reads it.
const SIDE_MAX: usize = 50;

/// The most blocks with the columns' names above them, however many rows each has, and the most lines that more blocks may
/// take. Beyond both, numbers stand for the names.
const NAMED_BLOCKS_MAX: usize = 3;
const NAMED_LINES_MAX: usize = 48;

/// The space between two columns.
const GAP: usize = 2;

/// The sides of a matrix, by name: who calls, what is called, in which families.
#[derive(Debug, Clone, Default)]
pub struct Sides<'a> {
    /// Who calls: a row each.
    pub vantages: Vec<&'a str>,
    /// What is called: a column each.
    pub endpoints: Vec<&'a str>,
    /// A sign each in every cell.
    pub families: Vec<Family>,
}

impl Sides<'_> {
    /// Whether anybody would read it as a grid.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.vantages.len() <= SIDE_MAX && self.endpoints.len() <= SIDE_MAX
    }

    /// What to say of the families in a legend; nothing where there is but one.
    #[must_use]
    pub fn families_told(&self) -> String {
        let families: Vec<&str> = self.families.iter().map(|family| family.as_str()).collect();
        if families.len() > 1 { format!("; {} in each cell", families.join("|")) } else { String::new() }
    }
}

/// A matrix with a sign for each edge.
#[derive(Debug)]
pub struct Grid<'a> {
    sides: Sides<'a>,
    signs: HashMap<(&'a str, &'a str, Family), Vec<Piece>>,
}

impl<'a> Grid<'a> {
    /// A grid of these sides, without an edge.
    #[must_use]
    pub fn new(sides: Sides<'a>) -> Self {
        Self { sides, signs: HashMap::new() }
    }

    /// Gives an edge its sign.
    pub fn put(&mut self, vantage: &'a str, endpoint: &'a str, family: Family, sign: Vec<Piece>) {
        self.signs.insert((vantage, endpoint, family), sign);
    }

    /// Draws it: under the endpoints' names if they fit, in a few blocks if need be, else under numbers.
    pub fn draw(&self, page: &mut Page) {
        let names: Vec<String> = self.sides.endpoints.iter().map(|name| (*name).to_owned()).collect();
        let blocks = self.blocks(&names, page.width());
        let lines = blocks.len() * (self.sides.vantages.len() + 2);
        if blocks.len() <= NAMED_BLOCKS_MAX || lines <= NAMED_LINES_MAX {
            return self.draw_blocks(page, &names, &blocks);
        }
        let numbers: Vec<String> = (1..=names.len()).map(|number| number.to_string()).collect();
        self.draw_blocks(page, &numbers, &self.blocks(&numbers, page.width()));
        for (number, name) in numbers.iter().zip(&names) {
            page.line(Tone::Faint, &format!("  {number:>2}  {name}"));
        }
    }

    /// Which columns stand beside each other: in as few blocks as fit the page, all of one size if those fit too.
    fn blocks(&self, headings: &[String], page: usize) -> Vec<Range<usize>> {
        let filled = self.filled(headings, page);
        let each = headings.len().div_ceil(filled.len()).max(1);
        let even: Vec<Range<usize>> =
            (0..headings.len()).step_by(each).map(|first| first..headings.len().min(first + each)).collect();
        let fits = |block: &Range<usize>| self.filled(&headings[block.clone()], page).len() == 1;
        if even.iter().all(fits) { even } else { filled }
    }

    /// Blocks that are filled one after the other, with one column at least.
    fn filled(&self, headings: &[String], page: usize) -> Vec<Range<usize>> {
        let (left, cell) = (self.left(), self.cell_width());
        let (mut blocks, mut first, mut used) = (Vec::new(), 0, left);
        for (place, heading) in headings.iter().enumerate() {
            let column = width(heading).max(cell) + GAP;
            if place > first && used + column > page {
                blocks.push(first..place);
                (first, used) = (place, left);
            }
            used += column;
        }
        blocks.push(first..headings.len());
        blocks
    }

    fn draw_blocks(&self, page: &mut Page, headings: &[String], blocks: &[Range<usize>]) {
        for (place, block) in blocks.iter().enumerate() {
            if place > 0 {
                page.blank();
            }
            self.draw_block(page, headings, block);
        }
    }

    fn draw_block(&self, page: &mut Page, headings: &[String], block: &Range<usize>) {
        let (left, cell) = (self.left(), self.cell_width());
        let gap = || (Tone::Plain, " ".repeat(GAP));
        let columns = block.clone().map(|column| (&headings[column], self.sides.endpoints[column]));
        let columns: Vec<(&String, &str, usize)> =
            columns.map(|(heading, name)| (heading, name, width(heading).max(cell))).collect();
        let mut head = vec![(Tone::Plain, " ".repeat(left))];
        for (heading, _, columns) in &columns {
            head.extend([gap(), (Tone::Strong, pad(heading, *columns))]);
        }
        page.row(&head);
        for vantage in &self.sides.vantages {
            let mut row = vec![(Tone::Strong, pad(vantage, left))];
            for (_, endpoint, columns) in &columns {
                row.push(gap());
                row.extend(self.cell(vantage, endpoint, *columns));
            }
            page.row(&row);
        }
    }

    /// One cell: a sign, or one a family with a bar between them, so that each keeps its place; blank where there is no edge.
    fn cell(&self, vantage: &str, endpoint: &str, columns: usize) -> Vec<Piece> {
        let sign = |family: &Family| self.signs.get(&(vantage, endpoint, *family));
        let signs: Vec<Option<&Vec<Piece>>> = self.sides.families.iter().map(sign).collect();
        let is_edge = signs.iter().any(Option::is_some);
        let mut pieces = Vec::new();
        for (place, sign) in signs.into_iter().enumerate().filter(|_| is_edge) {
            pieces.extend((place > 0).then(|| (Tone::Faint, "|".to_owned())));
            pieces.extend(sign.cloned().unwrap_or_else(|| vec![(Tone::Plain, " ".to_owned())]));
        }
        let used: usize = pieces.iter().map(|(_, text)| width(text)).sum();
        pieces.push((Tone::Plain, " ".repeat(columns.saturating_sub(used))));
        pieces
    }

    /// How wide the rows' names are.
    fn left(&self) -> usize {
        self.sides.vantages.iter().map(|name| width(name)).max().unwrap_or(0)
    }

    /// The widest cell: the widest sign a family, and a bar between two.
    fn cell_width(&self) -> usize {
        let sign = |pieces: &Vec<Piece>| pieces.iter().map(|(_, text)| width(text)).sum();
        let widest: usize = self.signs.values().map(sign).max().unwrap_or(1);
        ((widest + 1) * self.sides.families.len()).saturating_sub(1)
    }
}
