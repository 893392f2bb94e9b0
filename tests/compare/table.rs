//! The table of all standings, and what they add up to. It must not know how anything was measured.

use super::standing::{Standing, Word};

/// What the tools are called, in the order of [`Row::tools`].
const TOOLS: [&str; 4] = ["Ringfence", "curl, codes", "curl, all it prints", "blackbox_exporter"];

/// An entry, and what each tool made of it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) tools: [Standing; 4],
}

impl Row {
    /// It as a line of the table.
    pub(crate) fn line(&self) -> String {
        line(self.name, self.tools.map(|standing| standing.shown()))
    }
}

/// Something that is counted of each standing.
type Count = fn(&Standing) -> usize;

/// The whole table.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![String::new(), line("", TOOLS.map(str::to_owned))];
    lines.extend(rows.iter().map(Row::line));
    lines.push(
        "\nFOUND/DUE +BESIDE: edges alarmed on, of those that must turn; and others alarmed on\n".to_owned(),
    );
    for word in Word::ALL {
        lines.push(total(word.as_str(), |tool| count(rows, |row| row.tools[tool].word() == word)));
    }
    let sums: [(&str, Count); 6] = [
        ("edges that must turn", |standing| standing.due),
        ("  found", |standing| standing.found),
        ("  that it cannot ask", |standing| standing.beyond),
        ("other edges alarmed on", |standing| standing.wrong),
        ("denied edges that nothing proves", |standing| standing.unproved),
        ("  called denied", |standing| standing.vouched),
    ];
    for (name, of) in sums {
        lines.push(total(name, |tool| rows.iter().map(|row| of(&row.tools[tool])).sum()));
    }
    lines.push(total("  in so many entries", |tool| count(rows, |row| row.tools[tool].vouched > 0)));
    lines.join("\n")
}

fn line(name: &str, cells: [String; 4]) -> String {
    let cells = cells.map(|cell| format!("  {cell:22}")).concat();
    format!("{name:36}{cells}").trim_end().to_owned()
}

fn total(name: &str, of: impl Fn(usize) -> usize) -> String {
    line(name, [0, 1, 2, 3].map(|tool| of(tool).to_string()))
}

fn count(rows: &[Row], is_one: impl Fn(&Row) -> bool) -> usize {
    rows.iter().filter(|row| is_one(row)).count()
}
