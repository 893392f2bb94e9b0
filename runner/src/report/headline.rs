//! What a run came to, first of all: the verdict with its counts in a line, and under it what else the edges showed.

use super::page::{Certainty, Page, Piece, Style, Tone};
use crate::explain::figure;
use crate::judge::{ClaimKind, Verdict};
use crate::scenario::Expect;
use crate::tally::{Direction, EdgeRecord, RunOutcome, RunRecord};

/// Draws the verdict, and the facts under it.
pub(super) fn draw(page: &mut Page, record: &RunRecord, style: Style) {
    page.pieces(&verdict(record, style));
    let facts = facts(record, style);
    if !facts.is_empty() {
        page.line(Tone::Faint, &facts.join("; "));
    }
}

/// The verdict: `FAILED 2 of 14 edges in 0.4 s; 12 passed`.
pub(super) fn verdict(record: &RunRecord, style: Style) -> Vec<Piece> {
    let outcome = RunOutcome::of(record, style.flaky);
    let tone = match outcome {
        RunOutcome::Passed => Tone::Good,
        RunOutcome::Failed => Tone::Bad,
        _ => Tone::Doubt,
    };
    let (what, took) = (decisive(record, outcome), took(record.took_ms));
    let others = others(record, outcome);
    let others = if others.is_empty() { String::new() } else { format!("; {}", others.join(", ")) };
    vec![(tone, outcome.as_str().to_uppercase()), (Tone::Strong, format!(" {what}in {took}{others}"))]
}

/// What decided: how many edges, claims and changes of how many.
fn decisive(record: &RunRecord, outcome: RunOutcome) -> String {
    let summary = &record.summary;
    let claims = &summary.claims;
    let (edges, claimed) = match outcome {
        RunOutcome::Passed => (summary.passed, 0),
        RunOutcome::Failed => (summary.failed, claims.failed),
        RunOutcome::Inconclusive => (summary.inconclusive, claims.inconclusive),
        RunOutcome::NothingSelected | RunOutcome::Interrupted => (0, 0),
    };
    let worse = record.baseline.as_ref().map_or(0, |baseline| baseline.count(Direction::Worse));
    let mut parts = Vec::new();
    if edges > 0 {
        parts.push(format!("{edges} of {}", counted(summary.edges, "edge")));
    }
    if claimed > 0 {
        parts.push(format!("{claimed} of {}", counted(claims.all, "claim")));
    }
    if worse > 0 && outcome == RunOutcome::Failed {
        parts.push(format!("{} for the worse", counted(worse, "change")));
    }
    if parts.is_empty() && outcome == RunOutcome::Failed {
        parts.push(format!("{} that passed only on a retry", counted(summary.flaky, "edge")));
    }
    if parts.is_empty() { String::new() } else { format!("{} ", parts.join(" and ")) }
}

/// How many edges came to what does not decide.
fn others(record: &RunRecord, outcome: RunOutcome) -> Vec<String> {
    let summary = &record.summary;
    let retried = |text| match summary.flaky {
        0 => text,
        flaky => format!("{text} ({flaky} only on a retry)"),
    };
    let passed = match (outcome, summary.passed) {
        (RunOutcome::Passed, _) if summary.flaky > 0 => Some(format!("{} only on a retry", summary.flaky)),
        (RunOutcome::Passed, _) | (_, 0) => None,
        (_, passed) => Some(retried(format!("{} passed", counted(passed, "edge")))),
    };
    let rest = [
        (summary.failed, "failed", RunOutcome::Failed),
        (summary.inconclusive, "inconclusive", RunOutcome::Inconclusive),
        (summary.skipped, "skipped", RunOutcome::Passed),
    ];
    let is_told = |(count, _, told): &&(usize, &str, RunOutcome)| {
        *count > 0 && (*told != outcome || outcome == RunOutcome::Passed)
    };
    let rest = rest.iter().filter(is_told).map(|(count, what, _)| format!("{count} {what}"));
    passed.into_iter().chain(rest).collect()
}

/// What is known beside the verdict. What is not known is left out, never written as 0.
fn facts(record: &RunRecord, style: Style) -> Vec<String> {
    let summary = &record.summary;
    let part = format!("{} of {} possible edges planned", summary.edges, summary.possible);
    let mut facts: Vec<String> = (summary.edges < summary.possible).then_some(part).into_iter().collect();
    facts.extend(ClaimKind::ALL.iter().filter_map(|kind| claims(record, *kind)));
    facts.extend((style.certainty == Certainty::Told).then(|| bound(record)).flatten());
    facts.extend(denials(record, "witnessed by the target alone", |edge| edge.judged.self_witnessed));
    facts.extend(denials(record, "on a weaker witness", |edge| !edge.judged.weaknesses.is_empty()));
    let median = median_us(record)
        .map(|us| format!("allowed calls took {} at the median", figure::time(u64::from(us) * 1_000)));
    facts.extend(median);
    facts
}

/// So many of something, in words.
pub(super) fn counted(count: usize, what: &str) -> String {
    let several = if count == 1 { "" } else { "s" };
    format!("{count} {what}{several}")
}

/// How long the run took, as people say it.
fn took(ms: u64) -> String {
    match ms / 1_000 {
        seconds @ 0..120 => format!("{seconds}.{} s", ms % 1_000 / 100),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// How many denials rest on less than they might.
fn denials(record: &RunRecord, on: &str, is_one: impl Fn(&EdgeRecord) -> bool) -> Option<String> {
    let count = record.edges.iter().filter(|edge| is_one(edge)).count();
    (count > 0).then(|| format!("{} {on}", counted(count, "denial")))
}

/// How the claims of one kind came out, each counted once an edge: what one is called and what several are, then the words
/// for one that holds and one that does not.
fn claims(record: &RunRecord, kind: ClaimKind) -> Option<String> {
    let (one, several, holds, fails) = match kind {
        ClaimKind::Resolves => ("name", "names", "as claimed", "not"),
        ClaimKind::Budget => ("budget", "budgets", "kept", "exceeded"),
        ClaimKind::Throughput => ("throughput", "throughputs", "kept", "missed"),
    };
    let all = record.edges.iter().flat_map(|edge| &edge.claims).filter(|claim| claim.judged.kind == kind);
    let verdicts: Vec<Verdict> = all.map(|claim| claim.verdict).collect();
    let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let parts = [
        (count(Verdict::Pass), holds),
        (count(Verdict::Fail), fails),
        (count(Verdict::Inconclusive), "inconclusive"),
        (count(Verdict::Skipped), "skipped"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    let noun = if verdicts.len() == 1 { one } else { several };
    (!verdicts.is_empty()).then(|| format!("{} {noun}: {}", verdicts.len(), parts.join(", ")))
}

/// What the denied edges prove: the weakest of them.
fn bound(record: &RunRecord) -> Option<String> {
    let plain = |edge: &EdgeRecord| edge.attempts.iter().filter(|attempt| attempt.role.is_none()).count();
    let shares = record.edges.iter().filter_map(|edge| Some((edge.leak_share_below?, plain(edge))));
    let (share, attempts) = shares.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    // Rounded up: the bound must not be stated tighter than it is.
    let percent = (share * 1_000.0).ceil() / 10.0;
    Some(format!(
        "denied edges that passed: 0 of {attempts} calls got in on each, so fewer than {percent} % would (95 % confidence)"
    ))
}

/// The median time of the calls over allowed edges that passed.
fn median_us(record: &RunRecord) -> Option<u32> {
    let passed = |edge: &&EdgeRecord| edge.expect == Expect::Allow && edge.verdict == Verdict::Pass;
    let samples = record.edges.iter().filter(passed).flat_map(|edge| &edge.attempts);
    let mut times: Vec<u32> =
        samples.filter_map(|attempt| attempt.sample.as_ref()?.phases.total_us).collect();
    times.sort_unstable();
    times.get(times.len().checked_sub(1)? / 2).copied()
}
