//! A judged throughput in words: what was claimed and what came, the evidence, and what to look at next.

use ringfence_contract::download::{Downloaded, Payload};
use ringfence_contract::outcome::{Outcome, Phase};

use super::budget_words::{nothing, nothing_hint};
use super::figure;
use super::hint_control::ask;
use super::seen::{quote_detail, saw};
use crate::dispatch::{Unasked, UnaskedWhy};
use crate::judge::{Case, ClaimReason, Reason, Verdict};
use crate::scenario::{Rate, Throughput};

/// How many times the others the first second has to bring to look like a burst that is allowed.
const BURST: u64 = 2;

/// How many times the mean the slowest second has to fall short of to look like a stall.
const STALL: u64 = 10;

/// Writes the sentence, without a full stop.
pub(super) fn sentence(
    edge: &Case<'_>,
    (claimed, reached): (&Throughput, Reason),
    reason: ClaimReason,
) -> String {
    let expected = format!("expected {claimed}");
    match edge.download {
        None => nothing(&expected, edge, reached, reason),
        Some(Err(_)) if reason == ClaimReason::Interrupted => nothing(&expected, edge, reached, reason),
        Some(Err(Unasked { detail, .. })) => {
            format!("{expected}, but it was not measured: {}", quote_detail(detail))
        }
        Some(Ok(Downloaded { cut_short: Some(why), .. })) if reason == ClaimReason::TooSlow => {
            format!("{expected}, got no byte: {}", quote_detail(why))
        }
        Some(Ok(Downloaded { cut_short: Some(why), .. })) => format!("{expected}, but {}", quote_detail(why)),
        Some(Ok(Downloaded { payload, .. })) if reason == ClaimReason::FastEnough => {
            format!("kept {claimed}: {}", got(payload, claimed.at_least))
        }
        Some(Ok(Downloaded { payload, .. })) => format!("{expected}, got {}", got(payload, claimed.at_least)),
    }
}

/// What came, in the unit of what is claimed.
fn got(payload: &Payload, claimed: Rate) -> String {
    let unit = claimed.unit();
    let shown = |bytes: u64| {
        let bits = bytes.saturating_mul(8);
        format!("{} {}", figure::in_units(bits, unit.bits), unit.name)
    };
    let rate = payload.rate().map_or_else(|| "nothing".to_owned(), shown);
    let slowest = payload.whole_seconds().iter().min();
    let slowest = slowest.map_or_else(String::new, |bytes| format!(", slowest second {}", shown(*bytes)));
    format!("{rate}{slowest}")
}

/// Writes the lines of evidence.
pub(super) fn evidence(edge: &Case<'_>) -> Vec<String> {
    let Some(Ok(Downloaded { sample, payload, .. })) = edge.download else { return Vec::new() };
    if !matches!(sample.outcome, Outcome::Answered(_)) {
        return vec![format!("the call for it: {}", saw(sample))];
    }
    let took = figure::time(payload.took_us.saturating_mul(1_000));
    let mut lines = vec![format!("{} came in {took}, clock program", figure::bytes(payload.bytes))];
    let seconds: Vec<String> = payload.seconds.iter().map(|bytes| figure::bytes(*bytes)).collect();
    lines.push(format!("second by second: {}", seconds.join(", ")));
    lines
}

/// Writes the hint. Every verdict but a pass has one.
pub(super) fn hint(edge: &Case<'_>, reason: ClaimReason) -> Option<String> {
    (reason.verdict() != Verdict::Pass).then(|| next_step(edge, reason))
}

fn next_step(edge: &Case<'_>, reason: ClaimReason) -> String {
    let (vantage, target) = (&edge.vantage.name, edge.owner_name());
    match edge.download {
        Some(Ok(downloaded)) if reason == ClaimReason::TooSlow && downloaded.payload.bytes == 0 => {
            nothing_came(edge, downloaded)
        }
        Some(Ok(Downloaded { payload, .. })) if reason == ClaimReason::TooSlow => slow(edge, payload),
        Some(Ok(Downloaded { sample, .. })) => match &sample.outcome {
            Outcome::Unsealed(unsealed) if unsealed.status == Some(404) => format!(
                "`{target}` answers this call as it answers strangers: an agent older than this runner gives no downloads, so \
                 bring it up to date"
            ),
            Outcome::Answered(_) => {
                "look at what ends long answers on the way: time and size limits of front ends, restarts, lost connections"
                    .to_owned()
            }
            _ => "the edge itself was reached and this call was not: look at the call's own outcome".to_owned(),
        },
        Some(Err(Unasked { why: UnaskedWhy::Refused, .. })) => format!(
            "`{vantage}` takes no such order now: an agent older than this runner knows none, and another run may be measuring \
             the same target"
        ),
        Some(Err(unasked)) if reason != ClaimReason::Interrupted => ask(vantage, Some(unasked)),
        _ => nothing_hint(edge, reason),
    }
}

/// Why not one byte came, from how far the call got.
fn nothing_came(edge: &Case<'_>, Downloaded { sample, .. }: &Downloaded) -> String {
    let target = edge.owner_name();
    match &sample.outcome {
        // Small answers came over this edge a moment ago, and the head of this one: what is missing fills whole packets.
        Outcome::Answered(_) | Outcome::TimedOut(Phase::FirstByte | Phase::Transfer) => format!(
            "connections stand and small answers come, and nothing larger does: look for a path-MTU problem first (a tunnel              or VPN whose packets are smaller, and a rule that drops ICMP \"packet too big\" or \"fragmentation needed\", RFC              2923 section 2.1), then at what holds back or inspects answers, and at `{target}` itself"
        ),
        Outcome::Unsealed(_) | Outcome::Forbidden(_) | Outcome::Misanswered(_) => format!(
            "something else than `{target}` answers this call: look at the front end's rules, size and rate limits"
        ),
        Outcome::Refused | Outcome::Reset(_) => format!(
            "the edge was reached before, and this call is turned away: look whether `{target}` was ended or restarted, and \
             at connection limits before it"
        ),
        _ => "the edge itself was reached and this call was not: look at the call's own outcome".to_owned(),
    }
}

/// Why bytes come slowly, from when they came.
fn slow(edge: &Case<'_>, payload: &Payload) -> String {
    let (vantage, target) = (&edge.vantage.name, edge.owner_name());
    let whole = payload.whole_seconds();
    if let [first, others @ ..] = whole
        && let Some(most) = others.iter().max()
        && *first >= most.saturating_mul(BURST).max(1)
    {
        return format!(
            "the first second brought {} and none after it more than {}: the rate is shaped behind a burst, so look at what \
             the sizes of `{vantage}` and `{target}` allow for long, and at shapers and gateways on the way",
            figure::bytes(*first),
            figure::bytes(*most)
        );
    }
    let slowest = whole.iter().min().copied();
    if slowest.zip(payload.rate()).is_some_and(|(slowest, rate)| slowest < rate / STALL) {
        return "it stalled, and was fast between: look at losses on the way, failovers, and pauses of either program"
            .to_owned();
    }
    format!(
        "it is as slow all along: look at what the sizes and plans of `{vantage}` and `{target}` allow, at gateways and VPNs on \
         the way, and at the load of both; over a long way, one connection is bounded by losses and its window"
    )
}
