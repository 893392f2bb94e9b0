//! A run's matrix at a glance: a grid of signs and what they mean; or, where nobody would read that, its counts.

use std::collections::{BTreeSet, HashSet};

use ringfence_contract::address::Family;

use super::counts;
use super::grid::{Grid, Sides};
use super::mark::{ClaimMark, Mark};
use super::page::{Page, Piece, TIE, Tone};
use crate::tally::{EdgeRecord, RunRecord};

/// What a cell shows of one edge.
pub(super) type Shown = (Mark, ClaimMark);

/// Draws the matrix, or its counts, and a legend.
pub(super) fn draw(page: &mut Page, record: &RunRecord) {
    let sides = sides(record);
    if !sides.is_small() {
        return counts::draw(page, record, &sides);
    }
    let families = sides.families_told();
    let mut grid = Grid::new(sides);
    for edge in &record.edges {
        grid.put(edge.vantage.as_str(), &edge.endpoint, edge.family, sign(shown(edge)));
    }
    grid.draw(page);
    draw_legend(page, record.edges.iter().map(shown), &families);
}

/// Who called in this run, and what was called, both as the scenario has them.
fn sides(record: &RunRecord) -> Sides<'_> {
    let calling: HashSet<&str> = record.edges.iter().map(|edge| edge.vantage.as_str()).collect();
    let called: HashSet<&str> = record.edges.iter().map(|edge| &*edge.endpoint).collect();
    let families: BTreeSet<Family> = record.edges.iter().map(|edge| edge.family).collect();
    let agents = record.agents.iter().map(|agent| agent.name.as_str());
    let endpoints = record.endpoints.iter().map(|name| &**name);
    Sides {
        vantages: agents.filter(|name| calling.contains(name)).collect(),
        endpoints: endpoints.filter(|name| called.contains(name)).collect(),
        families: families.into_iter().collect(),
    }
}

/// What is shown of an edge.
pub(super) fn shown(edge: &EdgeRecord) -> Shown {
    (Mark::of(edge), ClaimMark::of(edge))
}

fn sign((mark, claims): Shown) -> Vec<Piece> {
    vec![(mark.tone(), mark.sign().to_owned()), (claims.tone(), claims.sign().to_owned())]
}

/// What the signs mean that occur.
pub(super) fn draw_legend(page: &mut Page, shown: impl Iterator<Item = Shown>, families: &str) {
    let (marks, claims): (BTreeSet<Mark>, BTreeSet<ClaimMark>) = shown.unzip();
    let signs = Mark::ALL.into_iter().filter(|mark| marks.contains(mark));
    let signs = signs.map(|mark| format!("{}{TIE}{}", mark.sign(), mark.meaning()));
    let claims = ClaimMark::HARMED.into_iter().filter(|mark| claims.contains(mark));
    let claims = claims.map(|mark| format!("{}{TIE}{}", mark.sign(), mark.meaning()));
    let signs: Vec<String> = signs.chain(claims).collect();
    if !signs.is_empty() {
        page.line(Tone::Faint, &format!("{}{families}", signs.join("; ")));
    }
}
