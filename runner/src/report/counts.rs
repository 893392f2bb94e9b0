//! A matrix too large to draw, counted: all of it, and then the vantages and endpoints with anything that is not as expected,
//! the worst first. What simply passed is in the first line and nowhere else.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::grid::Sides;
use super::mark::{ClaimMark, Mark};
use super::matrix::{Shown, draw_legend, shown};
use super::page::{Page, Piece, Tone};
use super::text::{pad, width};
use crate::tally::RunRecord;

/// The most vantages, and the most endpoints, that have a line each.
const ROWS_MAX: usize = 20;

/// How many edges show each sign.
#[derive(Debug, Clone, Default)]
struct Counts(BTreeMap<Shown, usize>);

impl Counts {
    fn add(&mut self, shown: Shown) {
        *self.0.entry(shown).or_default() += 1;
    }

    fn of(&self, wanted: impl Fn(&Shown) -> bool) -> usize {
        self.0.iter().filter(|(shown, _)| wanted(shown)).map(|(_, count)| count).sum()
    }

    /// How much is wrong, and then how much is not known: none of either where all is as expected.
    fn harm(&self) -> (usize, usize) {
        let with = |tone| move |(mark, claims): &Shown| mark.tone() == tone || claims.tone() == tone;
        (self.of(with(Tone::Bad)), self.of(with(Tone::Doubt)))
    }

    fn pieces(&self) -> impl Iterator<Item = Piece> + '_ {
        let edges =
            Mark::ALL.into_iter().map(|mark| (mark.tone(), mark.sign(), self.of(|shown| shown.0 == mark)));
        let claims = ClaimMark::HARMED.into_iter();
        let claims = claims.map(|mark| (mark.tone(), mark.sign(), self.of(|shown| shown.1 == mark)));
        let all = edges.chain(claims).filter(|(_, _, count)| *count > 0);
        all.map(|(tone, sign, count)| (tone, format!("  {sign} {count}")))
    }
}

/// Draws the counts and their legend.
pub(super) fn draw(page: &mut Page, record: &RunRecord, sides: &Sides<'_>) {
    let (rows, columns) = (sides.vantages.len(), sides.endpoints.len());
    page.line(
        Tone::Faint,
        &format!("{rows} vantages by {columns} endpoints: too many to draw, counted instead"),
    );
    let mut all = Counts::default();
    let (mut vantages, mut endpoints) = (HashMap::new(), HashMap::new());
    for edge in &record.edges {
        let shown = shown(edge);
        all.add(shown);
        count(&mut vantages, edge.vantage.as_str(), shown);
        count(&mut endpoints, &edge.endpoint, shown);
    }
    let mut row = vec![(Tone::Strong, "all".to_owned())];
    row.extend(all.pieces());
    page.pieces(&row);
    draw_side(page, "vantages", &sides.vantages, &vantages);
    draw_side(page, "endpoints", &sides.endpoints, &endpoints);
    draw_legend(page, all.0.into_keys(), "");
}

fn count<'r>(side: &mut HashMap<&'r str, Counts>, name: &'r str, shown: Shown) {
    side.entry(name).or_default().add(shown);
}

/// What of one side is not all as expected: most wrong first, then most unknown, then as the scenario has it.
fn draw_side(page: &mut Page, what: &str, names: &[&str], counts: &HashMap<&str, Counts>) {
    let known = names.iter().filter_map(|name| Some((name, counts.get(name)?)));
    let mut harmed: Vec<(&&str, &Counts)> = known.filter(|(_, counts)| counts.harm() != (0, 0)).collect();
    if harmed.is_empty() {
        return;
    }
    harmed.sort_by_key(|(_, counts)| Reverse(counts.harm()));
    let all = names.len();
    page.line(
        Tone::Faint,
        &format!("{} of {all} {what} not all as expected, the worst first:", harmed.len()),
    );
    let shown = &harmed[..harmed.len().min(ROWS_MAX)];
    let left = shown.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, counts) in shown {
        let mut row = vec![(Tone::Strong, format!("  {}", pad(name, left)))];
        row.extend(counts.pieces());
        page.pieces(&row);
    }
    if harmed.len() > shown.len() {
        page.line(Tone::Faint, &format!("  and {} more", harmed.len() - shown.len()));
    }
}
