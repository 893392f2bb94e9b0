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
    let mut page = Page::new(Style::unwrapped());
    draw(&mut page, record);
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::ToldNotice;
    use crate::judge::sample_run::Scene;
    use crate::report::terminal;
    use crate::report::tests::{json, junit};
    use crate::tally::ledger::record;

    #[test]
    fn every_report_has_the_notices_and_the_terminal_the_first_of_very_many() {
        let mut record = record(&Scene::sound());
        let notice = |number: usize| ToldNotice {
            sentence: format!("thing {number} was not tried"),
            hint: format!("try thing {number}"),
        };
        record.notices = (0..TOLD_MAX + 2).map(notice).collect();
        let drawn = terminal(&record, Style::default());
        assert!(drawn.contains("note: thing 0 was not tried\n    try thing 0\n"), "{drawn}");
        assert!(drawn.contains("and 2 notes more, see --json") && !drawn.contains("thing 20"), "{drawn}");
        assert!(junit(&record).contains("thing 0 was not tried"));
        assert!(json(&record).contains("\"sentence\":\"thing 21 was not tried\""));
    }
}
