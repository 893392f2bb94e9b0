//! The one line a run ends on: what it came to, how complete it is, how sure, how long, how fast.

use crate::explain::figure;
use crate::judge::{ClaimKind, Verdict};
use crate::scenario::Expect;
use crate::tally::{EdgeRecord, Flaky, RunOutcome, RunRecord};

/// Writes the line. What is not known is left out, never written as 0.
pub(super) fn line(record: &RunRecord) -> String {
    let summary = &record.summary;
    let outcome = RunOutcome::of(record, Flaky::Passes).as_str();
    let flaky = if summary.flaky > 0 { format!(" ({} flaky)", summary.flaky) } else { String::new() };
    let mut parts = vec![format!(
        "{outcome}: {} of {} possible edges: {} passed{flaky}, {} failed, {} inconclusive, {} skipped",
        summary.edges,
        summary.possible,
        summary.passed,
        summary.failed,
        summary.inconclusive,
        summary.skipped
    )];
    parts.extend(ClaimKind::ALL.iter().filter_map(|kind| claims(record, *kind)));
    parts.extend(bound(record));
    parts.extend(self_witnessed(record));
    parts.extend(weaker(record));
    parts.extend(
        median_us(record)
            .map(|us| format!("allowed calls took {} at the median", figure::time(u64::from(us) * 1_000))),
    );
    parts.push(format!("the run took {}.{} s", record.took_ms / 1_000, record.took_ms % 1_000 / 100));
    parts.join("; ")
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

fn self_witnessed(record: &RunRecord) -> Option<String> {
    let count = record.edges.iter().filter(|edge| edge.judged.self_witnessed).count();
    (count > 0).then(|| format!("{count} of them witnessed by the target alone"))
}

/// How many denials rest on a witness that shows less than it might.
fn weaker(record: &RunRecord) -> Option<String> {
    let count = record.edges.iter().filter(|edge| !edge.judged.weaknesses.is_empty()).count();
    (count > 0).then(|| format!("{count} of them on a weaker witness"))
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
