//! The report for people: the verdict, the matrix, then agents in trouble, then whatever did not pass and why, then how fast
//! the edges and their bytes are, then what changed since a baseline; where that is long, the verdict again.

use super::comparison;
use super::headline;
use super::latency::{self, Detail};
use super::matrix;
use super::notices;
use super::page::{Page, Style, Tone};
use super::stories;
use super::story;
use super::throughput;
use crate::dispatch::UnaskedWhy;
use crate::tally::{AgentRecord, RunRecord};

/// How many notes on agents are told; the JSON report has all.
const TOLD_MAX: usize = 50;

/// How far an agent's clock may be off before it is worth a word, in milliseconds.
const CLOCK_OFF_MS: u64 = 5_000;

/// How many lines a small terminal shows: behind more of them, the verdict has left the screen and is said again.
const SCREEN_LINES: usize = 24;

/// Draws a run for a terminal. Everything that a probed server said is made printable first.
#[must_use]
pub fn terminal(record: &RunRecord, style: Style) -> String {
    let mut page = Page::new(style);
    page.line(Tone::Strong, &format!("{} ({})", record.scenario.name, record.scenario.path));
    headline::draw(&mut page, record, style);
    page.blank();
    if !record.edges.is_empty() {
        matrix::draw(&mut page, record);
        page.blank();
    }
    let seen_at_once = page.lines();
    // A cause comes before its consequences.
    tell_agents(&mut page, record);
    notices::draw(&mut page, record);
    stories::draw(&mut page, record);
    latency::draw(&mut page, &record.edges, Detail::Least, style.marks);
    throughput::draw(&mut page, &record.edges);
    if let Some(baseline) = &record.baseline {
        comparison::draw(&mut page, baseline);
        page.blank();
    }
    if page.lines() - seen_at_once > SCREEN_LINES {
        page.pieces(&headline::verdict(record, style));
    }
    page.finish().trim_end().to_owned() + "\n"
}

fn tell_agents(page: &mut Page, record: &RunRecord) {
    let mut said: Vec<(Tone, String)> = record.agents.iter().flat_map(notes).collect();
    said.extend(not_asked(record));
    for (tone, note) in said.iter().take(TOLD_MAX) {
        page.line(*tone, note);
    }
    if said.len() > TOLD_MAX {
        page.line(Tone::Doubt, &format!("and {} notes on agents more, see --json", said.len() - TOLD_MAX));
    }
    if !said.is_empty() {
        page.blank();
    }
}

/// Agents that the run was ended before, all in one line.
fn not_asked(record: &RunRecord) -> Option<(Tone, String)> {
    let names = record.agents.iter().filter(|agent| is_interrupted(agent));
    let names: Vec<String> = names.map(|agent| format!("`{}`", agent.name)).collect();
    (!names.is_empty())
        .then(|| (Tone::Doubt, format!("not asked before the run was ended: {}", names.join(", "))))
}

fn is_interrupted(agent: &AgentRecord) -> bool {
    agent.trouble.as_ref().is_some_and(|trouble| trouble.why == UnaskedWhy::Interrupted)
}

/// What is worth saying of an agent.
fn notes(agent: &AgentRecord) -> Vec<(Tone, String)> {
    let mut notes = Vec::new();
    if let Some(trouble) = story::trouble(agent).filter(|_| !is_interrupted(agent)) {
        notes.push((Tone::Bad, trouble));
    }
    if agent.plaintext {
        let note = format!(
            "PLAINTEXT: orders to `{}` and the run key with them crossed a plain link ({})",
            agent.name, agent.route
        );
        notes.push((Tone::Doubt, note));
    }
    if let Some(ahead_ms) = agent.clock_ahead_ms.filter(|ahead_ms| ahead_ms.unsigned_abs() > CLOCK_OFF_MS) {
        let way = if ahead_ms > 0 { "ahead" } else { "behind" };
        let off_s = ahead_ms.unsigned_abs() / 1_000;
        notes.push((Tone::Faint, format!("the clock of `{}` is {off_s} s {way}", agent.name)));
    }
    notes
}
