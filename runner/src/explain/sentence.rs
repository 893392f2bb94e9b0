//! A finding in one sentence: what was expected, what was seen, and what is missing before that proves anything.

use ringfence_contract::outcome::{Outcome, Phase};

use super::figure;
use super::seen::{quote_detail, saw};
use crate::dispatch::Measurement;
use crate::judge::{Case, Contact, Finding, Reason, Weakness, are_alike, got_in};
use crate::scenario::Expect;

/// Writes the sentence, without a full stop.
#[expect(clippy::too_many_lines, reason = "a table: an arm a reason, and none is left out")]
pub(super) fn write(case: &Case<'_>, finding: &Finding) -> String {
    let seen = case.telling_sample(finding).map_or_else(|| "nothing".to_owned(), saw);
    let got = format!("expected {}, got {seen}", case.edge.expect);
    let tries = tries(case, finding);
    let (vantage, endpoint, target) = (&case.vantage.name, &case.endpoint.name, case.owner_name());
    let family = case.edge.family;
    match finding.reason {
        Reason::Reached if finding.flaky => format!("reached only on a retry: {seen}"),
        Reason::Reached => format!("reached: {seen}"),
        Reason::DeniedAttributed => format!("denied: {seen}"),
        Reason::DeniedWitnessed => {
            let itself =
                if finding.self_witnessed { "; only the target itself shows that it lives" } else { "" };
            format!("denied: {seen}{itself}{}", weaker(finding))
        }
        Reason::Leak | Reason::LeakOneWay | Reason::PathOpen | Reason::WrongAgent
            if finding.decided_by.is_none() && case.edge.expect == Expect::Deny =>
        {
            format!("expected deny, but a witness call over this edge got in{tries}")
        }
        Reason::LeakOneWay => format!("{got}, but {} reached `{target}`{tries}", what_arrived(case, finding)),
        Reason::Blocked | Reason::WrongAnswer if has_receipt(case, finding) => {
            format!("{got}: {}{tries}", arrival(case, finding))
        }
        Reason::Leak
        | Reason::PathOpen
        | Reason::WrongAgent
        | Reason::Blocked
        | Reason::WrongAnswer
        | Reason::NameUnresolved
        | Reason::TlsFailed => format!("{got}{tries}"),
        Reason::WrongSource => format!("{}{tries}", arrived(case, finding)),
        Reason::WrongMeans => format!("expected deny by {}, got {seen}{tries}", means(case)),
        Reason::NotInBook => {
            format!("{got}, but the receipts of `{target}` know nothing of this call{tries}")
        }
        Reason::LostContact => case.measurement.map_or(seen, lost_contact),
        Reason::ContactUnclear => case.measurement.map_or(seen, unclear_contact),
        Reason::Interrupted => "the run was ended before enough was known of this edge".to_owned(),
        Reason::VantageNotAsked => not_asked(case, finding),
        Reason::NoFamily => format!("`{vantage}` has no {family} address"),
        Reason::NotSent => format!("{got}: `{vantage}` could not send, which is no denial"),
        Reason::NotResolved => format!("{got}: a name that does not resolve is no denial"),
        Reason::TlsUnclear => format!("{got}: a failed handshake may be anybody's doing"),
        Reason::NoTargetWitness => {
            let gap = case.witnesses.target(case.edge.endpoint, family).gap();
            format!("{got}, but no allowed vantage reached `{endpoint}` {gap}")
        }
        Reason::OtherAddress => {
            let there = case.telling_sample(finding).and_then(|sample| sample.remote);
            let there = there.map_or_else(|| "an unknown address".to_owned(), |there| there.to_string());
            format!("{got} at {there}, where no allowed vantage reached `{endpoint}`")
        }
        Reason::TooBusy => format!("{got}: the front end was too busy to say whether it lets `{vantage}` in"),
        Reason::HandshakeUnclear => {
            format!("{got}, but `{target}` saw handshakes begin that were not finished")
        }
        Reason::NoVantageWitness => {
            let (gap, port) = (case.sends().witnessed.gap(), case.sender().port);
            format!("{got}, but `{vantage}` reached nothing at {port} {gap}")
        }
        Reason::TargetNotAsked => format!("{got}, but `{target}` could not be asked for its receipts"),
        Reason::TargetRestarted => format!("{got}, but `{target}` restarted in the run"),
        Reason::ReceiptsWrapped => {
            format!("{got}, but `{target}` dropped receipts or turned connections away in the run")
        }
        Reason::OtherInstance => {
            format!("{got}, but from another instance of `{target}` than the one that said hello")
        }
        Reason::CallersSide => format!("{got}: that is an answer of the network that `{vantage}` calls from"),
        Reason::ServerUnclear => {
            format!("{got}, under a certificate that does not show that this is `{endpoint}`")
        }
        Reason::Intercepted => {
            format!("{got} under another certificate than `{endpoint}` shows to those who may reach it")
        }
        Reason::SourceUnclear => format!("{got}, but {}", disputed(case, finding)),
        Reason::OthersAddress => format!("{got}: {}", others_address(case, finding)),
        Reason::NoReceipts => format!("{got}, and nobody at `{endpoint}` writes down what got in"),
        Reason::NotADenial => format!("{got}: that does not say that the network denies the caller"),
        Reason::ForgedUnclear => {
            format!("{got}: a forged call, and what it got may be what allowed callers get{tries}")
        }
        Reason::NotAskedAsBrowser => {
            format!("{got}, and the endpoint was not asked once more as a browser would ask")
        }
        Reason::NotAskedAgain => {
            format!("{got}: HTTP/2 took the request back, and HTTP/1.1 is not spoken there")
        }
        Reason::Unreadable => format!("{got}, with a page in a coding that cannot be read here"),
        Reason::NoSuchSite => format!("{got}: the same server says the same of a site that does not exist"),
    }
}

/// How the contact with an edge was lost while it was measured, and when.
fn lost_contact(measurement: &Measurement) -> String {
    let contact = Contact::of(measurement);
    let from = measurement.silence.filter(|silence| silence.calls > 1).map_or_else(String::new, |silence| {
        let from = figure::time_of_day(silence.from_ms);
        format!(", each of the last {} of them, from {from} UTC on", silence.calls)
    });
    let (lost, all) = (contact.lost, contact.all());
    format!("expected allow, but contact was lost: {lost} of {all} measured calls had no answer{from}")
}

/// What became of the calls that measured an edge, where too little is known of them.
fn unclear_contact(measurement: &Measurement) -> String {
    let contact = Contact::of(measurement);
    let Contact { answered, lost, unsent, unheard } = contact;
    let parts = [(lost, "lost"), (unsent, "not sent"), (unheard, "not heard of")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    let stopped = measurement.stopped.as_ref();
    let why = stopped.map_or_else(String::new, |stopped| format!(": {}", quote_detail(&stopped.detail)));
    format!(
        "expected allow, reached at first, but of {} measured calls {answered} were answered, {}{why}",
        contact.all(),
        parts.join(", ")
    )
}

/// What got in though its answer did not come back.
fn what_arrived(case: &Case<'_>, finding: &Finding) -> &'static str {
    let unfinished = !has_receipt(case, finding)
        && case.telling_sample(finding).is_some_and(|sample| got_in(case, sample));
    if unfinished { "a connection" } else { "the call" }
}

/// What makes a witnessed denial the weaker one.
fn weaker(finding: &Finding) -> String {
    let words = finding.weaknesses.iter().map(|weakness| match weakness {
        Weakness::PlainWitness => "; that this vantage can send is on a word that may be anybody's",
        Weakness::OtherPort => "; this vantage showed only at another port that it can send",
    });
    words.collect()
}

fn arrived(case: &Case<'_>, finding: &Finding) -> String {
    let zone = case.vantage.zone.as_ref().map_or("", |zone| zone.name.as_str());
    let seen = case.telling_sample(finding).map(|sample| &sample.outcome);
    let from = match seen {
        Some(Outcome::Answered(answered)) => answered.seen.to_string(),
        _ => "elsewhere".to_owned(),
    };
    format!("expected allow, arrived from {from}, not from zone {zone}")
}

fn means(case: &Case<'_>) -> String {
    let means: Vec<String> = case.rule.by.iter().map(|kind| format!("`{kind}`")).collect();
    means.join(" or ")
}

fn has_receipt(case: &Case<'_>, finding: &Finding) -> bool {
    case.telling(finding).is_some_and(|attempt| case.receipt(attempt.call).is_some())
}

/// What became of a request that the target wrote down, and of its answer.
fn arrival(case: &Case<'_>, finding: &Finding) -> String {
    match case.telling_sample(finding).map(|sample| &sample.outcome) {
        Some(Outcome::Forbidden(_) | Outcome::Unsealed(_)) => {
            format!("yet the request, or a copy of it, reached `{}`", case.owner_name())
        }
        Some(Outcome::TimedOut(Phase::FirstByte | Phase::Transfer)) => {
            "the request arrived, its answer did not come in time".to_owned()
        }
        _ => "the request arrived, its answer was lost".to_owned(),
    }
}

/// Of several attempts, how many saw what decided.
fn tries(case: &Case<'_>, finding: &Finding) -> String {
    if let Some(source) = finding.decided_by.and_then(|place| case.spoofed(place)) {
        let only = if case.got_in_unforged() { "" } else { "only " };
        return format!(" ({only}the call that said that it comes from {source})");
    }
    let all = case.plain().count();
    let decided = case.telling_sample(finding).map(|sample| &sample.outcome);
    let alike = case
        .outcomes()
        .into_iter()
        .find(|(known, _)| decided.is_some_and(|decided| are_alike(known, decided)));
    match alike {
        Some((_, count)) if all > 1 => format!(" ({count} of {all} attempts)"),
        _ => String::new(),
    }
}

/// What the target saw where its front end's headers contradict each other.
fn disputed(case: &Case<'_>, finding: &Finding) -> String {
    let target = case.owner_name();
    match case.telling_sample(finding).map(|sample| &sample.outcome) {
        Some(Outcome::Answered(answered)) => format!("`{target}` saw the call come from {}", answered.seen),
        _ => format!("`{target}` saw the call come from two addresses"),
    }
}

/// Whose address a refusal names, if not this caller's.
fn others_address(case: &Case<'_>, finding: &Finding) -> String {
    let vantage = &case.vantage.name;
    let saw = case.telling_sample(finding).and_then(|sample| match &sample.outcome {
        Outcome::Forbidden(forbidden) => forbidden.saw,
        _ => None,
    });
    let others = saw.map_or_else(Vec::new, |saw| case.callers.others_at(case.edge.vantage, saw));
    match (others.first(), &case.vantage.zone) {
        (Some(other), _) => format!("that is the address of `{}`", case.scenario.agent(*other).name),
        (None, Some(zone)) => format!("that address is not in zone {} of `{vantage}`", zone.name),
        (None, None) => format!("that is not the address of `{vantage}`"),
    }
}

fn not_asked(case: &Case<'_>, finding: &Finding) -> String {
    let unasked = case.telling(finding).and_then(|attempt| attempt.sample.as_ref().err());
    let detail =
        unasked.map_or_else(|| "no result was recorded".to_owned(), |unasked| quote_detail(&unasked.detail));
    format!("`{}` could not be asked: {detail}", case.vantage.name)
}
