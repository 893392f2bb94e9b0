//! Whatever did not pass, told: each cause once, with the edges and claims that it explains.

use std::collections::HashSet;

use super::causes::{Cause, Told, causes};
use super::headline::counted;
use super::page::{Page, Tone};
use super::text::tied;
use crate::tally::RunRecord;

/// How many causes are told; the JSON report has all.
const TOLD_MAX: usize = 50;

/// How many edges and claims are named beside the one that a cause is told of.
const NAMED_MAX: usize = 12;

/// Draws them, the worst first.
pub(super) fn draw(page: &mut Page, record: &RunRecord) {
    let (causes, interrupted) = causes(record);
    for cause in causes.iter().take(TOLD_MAX) {
        draw_cause(page, record, cause);
        page.blank();
    }
    let untold: usize = causes.iter().skip(TOLD_MAX).map(|cause| 1 + cause.others.len()).sum();
    if untold > 0 {
        let more = causes.len() - TOLD_MAX;
        page.line(Tone::Doubt, &format!("and {untold} more of {more} other causes, see --json"));
        page.blank();
    }
    if !interrupted.is_empty() {
        draw_interrupted(page, &interrupted);
        page.blank();
    }
}

fn draw_cause(page: &mut Page, record: &RunRecord, cause: &Cause<'_>) {
    let (mark, story) = (cause.first.mark(), cause.first.story(record));
    page.pieces(&[(mark.tone(), mark.sign().to_owned()), (Tone::Strong, format!(" {}", story.head))]);
    for line in story.lines() {
        page.line(Tone::Plain, &format!("    {line}"));
    }
    if !cause.others.is_empty() {
        let tie =
            |told: &Told<'_>| tied(&format!("{}{}", told.name(), other_rule(record, cause.first, *told)));
        let names: Vec<String> = cause.others.iter().take(NAMED_MAX).map(tie).collect();
        let more = cause.others.len() - names.len();
        let more = if more > 0 { format!(", and {more} more: {}", extent(cause)) } else { String::new() };
        page.line(Tone::Plain, &format!("    same cause: {}{more}", names.join(", ")));
    }
}

/// What the run was ended before, without a word on each: there is nothing to say of it.
fn draw_interrupted(page: &mut Page, told: &[Told<'_>]) {
    let names: Vec<String> = told.iter().take(NAMED_MAX).map(|one| tied(&one.name())).collect();
    let more = told.len() - names.len();
    let more = if more > 0 { format!(", and {more} more, see --json") } else { String::new() };
    let head = format!(" {} not known, as the run was ended first", told.len());
    page.pieces(&[(Tone::Doubt, "?".to_owned()), (Tone::Strong, head)]);
    page.line(Tone::Plain, &format!("    {}{more}", names.join(", ")));
    page.line(Tone::Plain, "    hint: run again and let it end");
}

/// Where the rule stands that an edge goes by, if it is another than the one told.
fn other_rule(record: &RunRecord, first: Told<'_>, told: Told<'_>) -> String {
    let (Told::Edge(first), Told::Edge(edge)) = (first, told) else { return String::new() };
    let line = record.scenario.rules.get(edge.rule).and_then(|rule| rule.line);
    match line {
        Some(line) if edge.rule != first.rule => format!(" (line {line})"),
        _ => String::new(),
    }
}

/// How much one cause explains.
fn extent(cause: &Cause<'_>) -> String {
    let all = || std::iter::once(&cause.first).chain(&cause.others).map(|told| told.edge());
    let vantages: HashSet<&str> = all().map(|edge| edge.vantage.as_str()).collect();
    let endpoints: HashSet<&str> = all().map(|edge| &*edge.endpoint).collect();
    let in_all = 1 + cause.others.len();
    let (vantages, endpoints) = (counted(vantages.len(), "vantage"), counted(endpoints.len(), "endpoint"));
    format!("{in_all} in all, {vantages} to {endpoints}, see --json")
}
