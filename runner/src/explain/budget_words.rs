//! A judged budget in words: what was expected and measured, the evidence, and what to look at next.

use ringfence_contract::measure::{Connection, PhaseTimes, Times};
use ringfence_contract::outcome::OutcomeKind;

use super::figure::{self, loss, time};
use super::hint_control::{AGAIN, ask, ask_vantage};
use super::seen::{quote_detail, saw};
use crate::dispatch::{Measurement, UnaskedWhy};
use crate::judge::BudgetCase;
use crate::judge::Case;
use crate::judge::ClaimReason;
use crate::judge::{Reason, Verdict};
use crate::scenario::{Limit, Statistic};

/// Writes the sentence, without a full stop.
pub(super) fn sentence(case: &BudgetCase<'_>, reason: ClaimReason) -> String {
    let expected = format!("expected {}", case.limit);
    match (reason, case.measurement()) {
        (ClaimReason::WithinBudget, Some(measurement)) => {
            format!("kept {}: {}", case.limit, got(case, measurement))
        }
        (ClaimReason::OverBudget, Some(measurement)) => {
            format!("{expected}, got {}", got(case, measurement))
        }
        (ClaimReason::Interrupted, Some(measurement)) => {
            format!("{expected}, but the run was ended after {}", counted(measurement))
        }
        (_, None) => nothing(&expected, case.edge, case.reached, reason),
        (_, Some(measurement)) => format!("{expected}, but {}", too_little(case, measurement)),
    }
}

/// What is said of an edge over which nothing was measured.
pub(super) fn nothing(expected: &str, edge: &Case<'_>, reached: Reason, reason: ClaimReason) -> String {
    match reason {
        ClaimReason::NoFamily => format!("`{}` has no {} address", edge.vantage.name, edge.edge.family),
        ClaimReason::Interrupted => format!("{expected}, but the run was ended before it was measured"),
        _ if reached.verdict() == Verdict::Pass => format!("{expected}, but nothing was measured"),
        _ => format!("{expected}, but the edge was not reached, so it was not measured"),
    }
}

/// What was measured.
fn got(case: &BudgetCase<'_>, measurement: &Measurement) -> String {
    let figures = &measurement.warm;
    let total = &figures.phases.total;
    let samples = |count: u64| if count == 1 { "1 sample".to_owned() } else { format!("{count} samples") };
    match (case.limit, case.value()) {
        (Limit::Loss(_), _) => {
            format!("{}, {}", percent(figures.lost_in_all(), figures.intended), loss(figures))
        }
        (Limit::Time(..), Some(ns)) => {
            format!("{} of {}{}", time(ns), samples(total.ns.count()), by_clock(total))
        }
        (Limit::Time(_, limit_ns), None) => {
            let slow: u64 =
                total.ns.buckets().filter(|(low, ..)| *low > limit_ns).map(|bucket| bucket.2).sum();
            format!("{slow} of {} calls above it{}", figures.intended, by_clock(total))
        }
    }
}

/// Why what was measured is too little.
fn too_little(case: &BudgetCase<'_>, measurement: &Measurement) -> String {
    let (figures, stopped) = (&measurement.warm, &measurement.stopped);
    if let Some(stopped) = stopped {
        let after =
            if figures.intended == 0 { String::new() } else { format!(" after {}", counted(measurement)) };
        return format!("the measurement ended{after}: {}", quote_detail(&stopped.detail));
    }
    if figures.placed == 0 {
        return format!("`{}` placed none of {} calls", case.edge.vantage.name, figures.intended);
    }
    match (case.limit, case.value()) {
        (Limit::Time(..), Some(_)) => {
            let fast = got(case, measurement);
            format!(
                "got {fast} and {}: lost calls have no time, and no loss budget judges them",
                loss(figures)
            )
        }
        (Limit::Time(statistic, _), None) => {
            let needed = statistic.samples_needed();
            format!("{} of {} calls were answered, and it takes {needed}", figures.answered, figures.intended)
        }
        (Limit::Loss(_), _) => "no call was intended".to_owned(),
    }
}

fn counted(measurement: &Measurement) -> String {
    format!("{} of {} samples", measurement.warm.intended, measurement.samples)
}

fn by_clock(times: &Times) -> String {
    times.clock().map_or_else(String::new, |clock| format!(", clock {clock}"))
}

/// A part of all, to two decimals, rounded up: a loss is never stated smaller than it is.
fn percent(part: u32, all: u32) -> String {
    let hundredths = (u64::from(part) * 10_000).div_ceil(u64::from(all.max(1)));
    match (hundredths / 100, hundredths % 100) {
        (whole, 0) => format!("{whole} %"),
        (whole, behind) => format!("{whole}.{behind:02} %"),
    }
}

/// Writes the lines of evidence, most telling first.
pub(super) fn evidence(case: &BudgetCase<'_>) -> Vec<String> {
    let Some(measurement) = case.measurement() else { return Vec::new() };
    let figures = &measurement.warm;
    let every = time(u64::from(measurement.interval_us) * 1_000);
    let mut lines = vec![format!(
        "{} of {} samples answered, one every {every}, on {} connections; {}",
        figures.answered,
        measurement.samples,
        measurement.connection,
        loss(figures)
    )];
    lines.extend(figure::phases(figures));
    let vantage = &case.edge.vantage.name;
    lines.extend(figure::lateness(figures).map(|lateness| format!("calls of `{vantage}` {lateness}")));
    lines.extend(figure::cold(&measurement.cold));
    if let Some(sample) = measurement.failed.first() {
        lines.push(format!("the first lost call: {}", saw(sample)));
    }
    lines
}

/// Writes the hint. Every verdict but a pass has one.
pub(super) fn hint(case: &BudgetCase<'_>, reason: ClaimReason) -> Option<String> {
    if reason.verdict() == Verdict::Pass {
        return None;
    }
    Some(match (reason, case.measurement()) {
        (ClaimReason::OverBudget, Some(measurement)) => match case.limit {
            Limit::Loss(_) => lossy(measurement),
            Limit::Time(_, limit_ns) => slow(case, measurement, limit_ns),
        },
        (ClaimReason::NotMeasured, Some(measurement)) => unmeasured(case, measurement),
        _ => nothing_hint(case.edge, reason),
    })
}

/// What to look at where nothing was measured, or the run was ended.
pub(super) fn nothing_hint(edge: &Case<'_>, reason: ClaimReason) -> String {
    let (vantage, family) = (&edge.vantage.name, edge.edge.family);
    match reason {
        ClaimReason::NoFamily => {
            format!("give `{vantage}` an {family} address, or leave {family} out of the rule's families")
        }
        ClaimReason::Interrupted => AGAIN.to_owned(),
        ClaimReason::VantageNotAsked => ask_vantage(edge),
        _ => "only edges that were reached are measured: look at the edge itself".to_owned(),
    }
}

/// Why an edge is slow, from where its time goes.
fn slow(case: &BudgetCase<'_>, measurement: &Measurement, limit_ns: u64) -> String {
    let (figures, vantage) = (&measurement.warm, &case.edge.vantage.name);
    let statistic = match case.limit {
        Limit::Time(Statistic::Percentile(part), _) => Statistic::Percentile(part),
        Limit::Time(Statistic::Max, _) => Statistic::Max,
        Limit::Time(Statistic::Mean, _) | Limit::Loss(_) => Statistic::Mean,
    };
    let lag = statistic.of(&figures.lag).unwrap_or_default();
    let over = case.value().unwrap_or(limit_ns).saturating_sub(limit_ns);
    if lag > over && lag > limit_ns / 10 {
        return match measurement.connection {
            Connection::Reuse => format!(
                "calls wait up to {} for the one before them on their connection: the target is slower than the rate, so \
                 lower the rate, or look at what stalls it",
                time(lag)
            ),
            Connection::New => format!(
                "calls start up to {} late: `{vantage}` is starved of processor time, so look at its load before the \
                 network's",
                time(lag)
            ),
        };
    }
    let Some((name, ns)) = dominant(&figures.phases, statistic) else {
        return no_phase(case, &figures.phases, statistic);
    };
    let share = format!("most of it is {name} ({})", time(ns));
    match name {
        "resolve" if is_now_and_then(&figures.phases.resolve, ns) => format!(
            "{share}, while most names are found at once: questions or answers get lost or held up on the way to the resolver of \
             `{vantage}` (a lost one is asked again after a second or more)"
        ),
        "resolve" => {
            format!("{share}: the resolver of `{vantage}` is slow; look at it, and at what it forwards to")
        }
        "connect" => format!(
            "{share}: the way itself, or lost packets (a lost SYN costs 1 s); look at the route between the two, its \
             distance and its gateways"
        ),
        "tls" => format!(
            "{share}: handshakes are costly for the target or its front end; `connection: reuse` measures without them"
        ),
        "first-byte" => format!(
            "{share}: the request waits at the target or its front end; look at the load there, cold starts and scaling"
        ),
        _ => format!("{share}: the answer is large or the link is slow or lossy"),
    }
}

/// Whether half of the times are so short that what makes this one long is no lasting state.
fn is_now_and_then(times: &Times, ns: u64) -> bool {
    times.ns.at(50_000).is_some_and(|median| median < ns / 10)
}

/// The phase that takes the most, if it stands out: it takes as long as all others together, so that the whole would be half
/// as long without it. Where several take about as long, what is slow is what they share.
fn dominant(phases: &PhaseTimes, statistic: Statistic) -> Option<(&'static str, u64)> {
    let each = phases.each().into_iter().filter(|(name, _)| *name != "total");
    let each: Vec<(&str, u64)> =
        each.filter_map(|(name, times)| Some((name, statistic.of(&times.ns)?))).collect();
    let all: u64 = each.iter().map(|(_, ns)| *ns).sum();
    let most = each.into_iter().max_by_key(|(_, ns)| *ns)?;
    (most.1 >= all - most.1).then_some(most)
}

/// What to look at where no phase stands out.
fn no_phase(case: &BudgetCase<'_>, phases: &PhaseTimes, statistic: Statistic) -> String {
    let each = phases.each().into_iter().filter(|(name, _)| *name != "total");
    let shown = each.filter_map(|(name, times)| Some(format!("{name} {}", time(statistic.of(&times.ns)?))));
    let shown: Vec<String> = shown.collect();
    let (vantage, target) = (&case.edge.vantage.name, case.edge.owner_name());
    match shown.len() {
        0 => format!("look at the load of `{vantage}` and of `{target}`"),
        _ => format!(
            "no phase stands out ({}): what they share is slow, so look at the way itself (its distance, its jitter, losses) and \
             at the load of `{vantage}` and of `{target}`",
            shown.join(", ")
        ),
    }
}

/// Why calls are lost, from what most of them came to.
fn lossy(measurement: &Measurement) -> String {
    let most = measurement.warm.lost.iter().max_by_key(|(_, count)| **count).map(|(kind, _)| *kind);
    match most {
        Some(OutcomeKind::TimedOut) => {
            "packets are dropped, or the target is overloaded: look at gateways on the way, NAT ports and connection limits"
        }
        Some(OutcomeKind::Refused | OutcomeKind::Reset) => {
            "the target, or something before it, turns connections away: look at its backlog, connection and rate limits"
        }
        Some(OutcomeKind::NotSent) => {
            "calls were not sent: look at the vantage's own ports, files and load, or lower the rate"
        }
        Some(OutcomeKind::Unsealed | OutcomeKind::Misanswered) => {
            "something else answers some calls: look at the front end, its rate limits, and whether all instances are agents"
        }
        Some(OutcomeKind::Forbidden) => {
            "the platform refuses some calls: look whether each instance has taken up the rules"
        }
        Some(OutcomeKind::Unresolved) => "the resolver fails under this load: look at its limits",
        _ => "look at the first lost call",
    }
    .to_owned()
}

/// Why there is too little to judge on.
fn unmeasured(case: &BudgetCase<'_>, measurement: &Measurement) -> String {
    let vantage = &case.edge.vantage.name;
    match measurement.stopped.as_ref().map(|stopped| stopped.why) {
        Some(UnaskedWhy::Refused) => {
            format!(
                "`{vantage}` takes no such measurement now: another run may be measuring the same target, so run again"
            )
        }
        Some(_) => ask(vantage, measurement.stopped.as_ref()),
        None if measurement.warm.placed == 0 => format!("look at the load and the log of `{vantage}`"),
        None if case.value().is_some() => {
            format!("if some calls may be lost, say how many (`loss: 1%`); {}", lossy(measurement))
        }
        None => format!("take more samples, or find out why calls are lost: {}", lossy(measurement)),
    }
}
