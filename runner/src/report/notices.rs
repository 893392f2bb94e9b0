//! What a reader has to know though it changes no verdict, a line each with what to do.

use super::page::{Page, Style, Tone};
use crate::tally::RunRecord;

/// How many are told; the JSON report has all.
const TOLD_MAX: usize = 20;

/// Draws them, if there are any.
pub(super) fn draw(page: &mut Page, record: &RunRecord) {
    for notice in record.notices.iter().take(TOLD_MAX) {
        page.line(Tone::Doubt, &format!("note: {}", notice.sentence));
        page.line(Tone::Faint, &format!("    {}", notice.hint));
    }
    if record.notices.len() > TOLD_MAX {
        page.line(Tone::Doubt, &format!("and {} notes more, see --json", record.notices.len() - TOLD_MAX));
    }
    if !record.notices.is_empty() {
        page.blank();
    }
}

/// The same as text for a report that has no page.
pub(super) fn text(record: &RunRecord) -> String {
    let mut page = Page::new(Style::default());
    draw(&mut page, record);
    page.finish()
}
