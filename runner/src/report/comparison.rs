//! What changed from one run to another, for people: what is worse first.

use super::page::{Page, Style, Tone};
use super::text::timestamp;
use crate::explain::figure;
use crate::tally::{Change, Comparison, Direction};

/// How many changes are told; the JSON form has all.
const TOLD_MAX: usize = 100;

/// Draws a comparison for a terminal.
#[must_use]
pub fn comparison(comparison: &Comparison, style: Style) -> String {
    let mut page = Page::new(style);
    draw(&mut page, comparison);
    page.finish()
}

/// Draws it on a page that has more on it.
pub(super) fn draw(page: &mut Page, comparison: &Comparison) {
    let order = [Direction::Worse, Direction::Better, Direction::Aside];
    let of = |direction| comparison.changes.iter().filter(move |change| change.direction == direction);
    for change in order.into_iter().flat_map(of).take(TOLD_MAX) {
        page.pieces(&[(tone(change), sign(change).to_owned()), (Tone::Plain, format!(" {}", told(change)))]);
    }
    if comparison.changes.len() > TOLD_MAX {
        let more = comparison.changes.len() - TOLD_MAX;
        page.line(Tone::Doubt, &format!("and {more} changes more, see the JSON form"));
    }
    page.line(Tone::Strong, &closing(comparison));
}

/// One change in a line.
pub(super) fn told(change: &Change) -> String {
    let Change { vantage, endpoint, family, kind, sentence, .. } = change;
    format!("{vantage} -> {endpoint} {family}: {kind}: {sentence}")
}

fn sign(change: &Change) -> &'static str {
    match change.direction {
        Direction::Worse => "WORSE",
        Direction::Better => "better",
        Direction::Aside => "changed",
    }
}

fn tone(change: &Change) -> Tone {
    match change.direction {
        Direction::Worse => Tone::Bad,
        Direction::Better => Tone::Good,
        Direction::Aside => Tone::Doubt,
    }
}

/// Thousandths as percent, without needless zeros: `5`, `2.5`.
fn percent(permille: u32) -> String {
    match (permille / 10, permille % 10) {
        (whole, 0) => whole.to_string(),
        (whole, tenths) => format!("{whole}.{tenths}"),
    }
}

fn closing(comparison: &Comparison) -> String {
    let count = |direction| comparison.count(direction);
    let mut line = format!(
        "since {} UTC: {} worse, {} better, {} otherwise changed, of {} edges in both runs",
        timestamp(comparison.old_started_ms),
        count(Direction::Worse),
        count(Direction::Better),
        count(Direction::Aside),
        comparison.common
    );
    if comparison.measured > 0 {
        line = format!(
            "{line}; {} of them measured in both, slower where a percentile's bounds lie apart by more than \
             {} % and {} (of comparisons in which nothing changed, at most 1 in 100 says so)",
            comparison.measured,
            percent(comparison.tolerance.permille),
            figure::time(comparison.tolerance.ns)
        );
    }
    line
}
