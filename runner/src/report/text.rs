//! Text that a peer may have had a hand in, made fit for a terminal or for XML.
//!
//! This file must not know where a text comes from: nothing is trusted, names included.

use super::page::TIE;

/// What stands in for a character that cannot be shown.
const STAND_IN: char = '\u{FFFD}';

/// A text on one line that moves no cursor, changes no colour and does not turn the reading order round.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_printable(c) { c } else { STAND_IN }).collect()
}

/// How many columns of a terminal a text takes.
pub(super) fn width(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// A text with spaces behind it up to this many columns.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A text that is kept on one line where another is wrapped around it.
pub(super) fn tied(text: &str) -> String {
    text.replace(' ', &TIE.to_string())
}

/// Control characters (C0, DEL, C1), line and paragraph separators, and the characters that change the direction of
/// text or cannot be seen (Unicode Standard Annex 9, section 2).
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// A text whose every character XML 1.0 allows (section 2.2, production 2), without those that would reorder or hide
/// what a reader's screen shows.
pub(super) fn xml(text: &str) -> String {
    text.chars().map(|c| if is_xml(c) { c } else { STAND_IN }).collect()
}

fn is_xml(c: char) -> bool {
    let legal = matches!(c, '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}');
    matches!(c, '\t' | '\n') || (legal && is_printable(c))
}

/// A text for an XML attribute: legal, and on one line, since a reader makes spaces of newlines (XML 1.0 section 3.3.3).
pub(super) fn xml_line(text: &str) -> String {
    xml(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A moment as `YYYY-MM-DDTHH:MM:SS`, in UTC, from milliseconds since the Unix epoch.
///
/// Days to a date of the proleptic Gregorian calendar by eras of 400 years, each of 146,097 days.
pub(super) fn timestamp(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01: years that begin in March have their leap day at their end.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second % 3_600 / 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}", second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_move_a_cursor_is_not_printable() {
        assert_eq!(
            printable("a\u{1b}[31mb\r\n\u{202e}c\u{9b}d"),
            "a\u{FFFD}[31mb\u{FFFD}\u{FFFD}\u{FFFD}c\u{FFFD}d"
        );
        assert_eq!(printable("→ × äöü 漢字"), "→ × äöü 漢字");
    }

    #[test]
    fn a_wide_character_takes_two_columns() {
        assert_eq!((width("→×ä"), width("漢字"), width("e\u{301}")), (3, 4, 1));
        assert_eq!(pad("漢", 4), "漢  ");
        assert_eq!(pad("as wide as it is", 4), "as wide as it is");
    }

    #[test]
    fn what_xml_forbids_is_replaced() {
        assert_eq!(xml("a\0\u{1b}\u{FFFE}\u{FFFF}\tb\n"), "a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\tb\n");
        assert_eq!(xml_line("a\n  b\tc\r"), "a b c\u{FFFD}");
    }

    #[test]
    fn a_moment_is_written_as_the_calendar_has_it() {
        for (ms, written) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400_000, "2000-02-29T00:00:00"),
            (1_709_251_199_999, "2024-02-29T23:59:59"),
            (1_709_251_200_000, "2024-03-01T00:00:00"),
            (4_107_542_400_000, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(timestamp(ms), written);
        }
    }
}
