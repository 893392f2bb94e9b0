//! The facts a finding rests on, one a line, most telling first.
//!
//! A pass says in a line or two what it rests on; everything else says all.

use std::net::IpAddr;

use ringfence_contract::outcome::Outcome;
use ringfence_contract::sample::{OwnLimit, Sample};

use super::figure;
use super::seen::{name_witnesses, quote, quote_detail, saw};
use crate::dispatch::{Attempt, Measurement};
use crate::judge::{Case, Finding};
use crate::judge::{Reason, Verdict};
use crate::judge::{got_in, lost_once_connected};
use crate::plan::Role;
use crate::scenario::{
    Answers, Control, Expect, ServiceEndpoint, WitnessBy, caller_in_its_network, is_service_endpoint,
};

/// Writes the lines.
pub(super) fn write(case: &Case<'_>, finding: &Finding) -> Vec<String> {
    let sample = case.telling_sample(finding);
    let mut lines = Vec::new();
    match finding.reason {
        Reason::Reached => {
            lines.extend(sample.and_then(|sample| seen_by_target(case, sample)));
            lines.extend(other_attempts(case));
            return lines;
        }
        Reason::DeniedAttributed => return lines,
        Reason::DeniedWitnessed => {
            lines.extend(witnesses(case));
            lines.extend(receipts(case));
            lines.extend(accepted(case));
            return lines;
        }
        _ => {}
    }
    if matches!(finding.reason, Reason::LostContact | Reason::ContactUnclear) {
        lines.extend(case.measurement.into_iter().flat_map(measured));
        lines.extend(sample.map(|sample| format!("before it was measured: {}", saw(sample))));
        lines.extend(sample.and_then(|sample| seen_by_target(case, sample)));
        return lines;
    }
    lines.extend(written_down(case));
    lines.extend(sample.and_then(|sample| unfinished(case, sample)));
    lines.extend(
        sample.into_iter().flat_map(|sample| path_of(sample).into_iter().chain(answer_of(case, sample))),
    );
    lines.extend(other_attempts(case));
    if case.edge.expect == Expect::Deny && finding.reason.verdict() == Verdict::Inconclusive {
        lines.extend(
            finding.missing.iter().skip(1).map(|reason| format!("also missing: {}", missing(case, *reason))),
        );
        lines.extend(witnesses(case));
        lines.extend(receipts(case));
    }
    lines
}

/// What is missing beside what the sentence says, before silence counts as a denial.
fn missing(case: &Case<'_>, reason: Reason) -> String {
    let (vantage, target) = (&case.vantage.name, case.owner_name());
    match reason {
        Reason::NoVantageWitness => {
            format!("a call of `{vantage}` that got through at {}", case.sender().port)
        }
        Reason::NoTargetWitness | Reason::OtherAddress => {
            format!("an allowed call that reached `{}` there", case.endpoint.name)
        }
        Reason::TargetNotAsked => format!("the receipts of `{target}`"),
        Reason::TargetRestarted => format!("one life of `{target}` through the whole run"),
        Reason::ReceiptsWrapped => format!("room for all receipts of `{target}`"),
        Reason::HandshakeUnclear => format!("whose handshakes `{target}` saw begin"),
        Reason::NoReceipts => "somebody who writes down what gets in".to_owned(),
        Reason::NotAskedAsBrowser => "an answer to a browser's call".to_owned(),
        other => other.to_string(),
    }
}

/// What the measured calls came to, and the first that was lost.
fn measured(measurement: &Measurement) -> Vec<String> {
    let began = measurement.began_ms.map(figure::time_of_day);
    let began =
        began.map_or_else(String::new, |began| format!(", from {began} UTC on, by the vantage's clock"));
    let every = figure::time(u64::from(measurement.interval_us) * 1_000);
    let mut lines = vec![format!("one measured call every {every}{began}")];
    let cold = figure::loss(&measurement.cold);
    lines.extend((measurement.cold.lost_in_all() > 0).then(|| format!("of the cold calls, {cold}")));
    lines.push(format!("of the calls after the cold ones, {}", figure::loss(&measurement.warm)));
    lines.extend(measurement.failed.first().map(|sample| {
        format!("the first lost call, at {} UTC: {}", figure::time_of_day(sample.started_ms), saw(sample))
    }));
    lines
}

fn seen_by_target(case: &Case<'_>, sample: &Sample) -> Option<String> {
    match &sample.outcome {
        Outcome::Answered(answered) => {
            let own = behind_service_endpoint(case, answered.seen.address);
            Some(format!("`{}` saw the call come from {}{own}", answered.agent, answered.seen))
        }
        _ => None,
    }
}

/// What an address of a service endpoint tells of the caller's own. It has the numbers of a subnet, and does not say whose.
fn behind_service_endpoint(case: &Case<'_>, address: IpAddr) -> String {
    let zone = case.vantage.zone.as_ref();
    let is_meant = zone.is_some_and(|zone| zone.service_endpoint == ServiceEndpoint::Listed);
    match (is_meant && is_service_endpoint(address), caller_in_its_network(address)) {
        (false, _) => String::new(),
        (true, Some(caller)) => {
            format!(
                ", a service endpoint's address for {caller} in some virtual network (whose, it does not show)"
            )
        }
        (true, None) => ", a service endpoint's address that does not show the caller's own".to_owned(),
    }
}

/// Receipts the target holds for these calls.
fn written_down(case: &Case<'_>) -> Vec<String> {
    let receipts = case.attempts.iter().enumerate().filter_map(|(place, attempt)| {
        let receipt = case.receipt(attempt.call)?;
        let (number, seen) = (receipt.number, receipt.seen);
        Some(format!("`{}` holds receipt {number} for attempt {}: from {seen}", case.owner_name(), place + 1))
    });
    receipts.collect()
}

/// What the target saw of a call that was lost before it came whole.
fn unfinished(case: &Case<'_>, sample: &Sample) -> Option<String> {
    let from = sample.local.filter(|_| got_in(case, sample))?.ip();
    Some(format!("`{}` saw a connection from {from} that brought no request", case.owner_name()))
}

/// Who accepted a connection of a denied call, as far as is known: a filter that accepts for the target looks like this,
/// and so does a target behind a translated address.
fn accepted(case: &Case<'_>) -> Option<String> {
    let samples = case.attempts.iter().filter_map(|attempt| attempt.sample.as_deref().ok());
    let mut lost = samples.filter(|sample| lost_once_connected(case, sample).is_some());
    let there = lost.find_map(|sample| sample.remote)?;
    Some(format!("something accepted the connection at {there}, and nothing came of it"))
}

/// Which way the call went.
fn path_of(sample: &Sample) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(resolution) = &sample.resolution {
        let addresses: Vec<String> = resolution.addresses.iter().map(ToString::to_string).collect();
        let found = if addresses.is_empty() { "no address".to_owned() } else { addresses.join(", ") };
        let aliases: Vec<String> = resolution.cnames.iter().map(|name| quote(name)).collect();
        let aliases =
            if aliases.is_empty() { String::new() } else { format!(", by way of {}", aliases.join(", ")) };
        let (name, resolver) = (quote(&resolution.name), quote(&resolution.resolver));
        lines.push(format!("`{name}` resolved to {found}{aliases}, by {resolver}"));
    }
    lines.extend(match (sample.remote, sample.local) {
        (Some(remote), Some(local)) => Some(format!("called {remote} from {local}")),
        (Some(remote), None) => Some(format!("called {remote}")),
        (None, _) => None,
    });
    if let Some(error) = sample.tls.as_ref().and_then(|tls| tls.certificate_error.as_deref()) {
        lines.push(format!("the certificate is not good: {}", quote_detail(error)));
    }
    if let Some(why) = sample.again {
        let by = sample.tls.as_ref().and_then(|tls| tls.alpn.as_deref()).unwrap_or("http/1.1");
        lines.push(format!("asked again ({why}), over {}", quote(by)));
    }
    lines
}

/// What the answer said.
fn answer_of(case: &Case<'_>, sample: &Sample) -> Vec<String> {
    let mut lines: Vec<String> = seen_by_target(case, sample).into_iter().collect();
    match &sample.outcome {
        Outcome::Unsealed(unsealed) if !unsealed.body.is_empty() => {
            lines.push(format!("the body begins: {}", quote(&unsealed.body)));
        }
        Outcome::Unsealed(_) if sample.limit == Some(OwnLimit::Coding) => {
            lines.push("the body is in a coding that cannot be undone here".to_owned());
        }
        Outcome::Unsealed(_) if sample.limit == Some(OwnLimit::Head) => {
            lines.push("the head is not one that is read here: its status is all that counts".to_owned());
        }
        Outcome::TlsFailed(failed) => lines.push(format!("the handshake: {}", quote_detail(&failed.detail))),
        Outcome::Unresolved(unresolved) => {
            let name = sample.resolution.as_ref().map(|asked| format!(" for `{}`", quote(&asked.name)));
            let said = unresolved
                .rcode
                .as_deref()
                .map_or("asked".to_owned(), |rcode| format!("{} by", quote(rcode)));
            lines.push(format!("{said} {}{}", quote(&unresolved.resolver), name.unwrap_or_default()));
        }
        _ => {}
    }
    lines
}

/// What the attempts came to, where they were several and not alike.
fn other_attempts(case: &Case<'_>) -> Option<String> {
    let command = command_of(case);
    // A command may be long, and would be told once an attempt.
    let unnamed = |detail: &str| match &command {
        Some(command) => detail.replace(&format!("`{command}`"), "its program"),
        None => detail.to_owned(),
    };
    let attempts: Vec<String> = case
        .attempts
        .iter()
        .map(|attempt| {
            let came_to = match &attempt.sample {
                Ok(sample) => saw(sample),
                Err(unasked) => format!("not asked: {}", quote_detail(&unnamed(&unasked.detail))),
            };
            format!("{}{came_to}", guise(attempt))
        })
        .collect();
    let alike = case.outcomes().len() == 1 && case.attempts.iter().all(|attempt| attempt.sample.is_ok());
    (attempts.len() > 1 && !alike).then(|| format!("attempts: {}", attempts.join("; ")))
}

/// What a call was placed for, where it was not as the rule asks.
fn guise(attempt: &Attempt) -> String {
    match attempt.role.as_deref() {
        None | Some(Role::Further | Role::Beside) => String::new(),
        Some(Role::Retry) => "retried: ".to_owned(),
        Some(Role::Again(of)) => format!("attempt {} again: ", of + 1),
        Some(Role::Forged(source)) => format!("forged, saying that we are {source}: "),
        Some(Role::ForgedAlone(source, header)) => {
            format!("forged in `{header}` alone, saying that we are {source}: ")
        }
        Some(Role::AtAddress(address)) => format!("at {address}, where others reached it: "),
        Some(Role::Http1) => "over HTTP/1.1: ".to_owned(),
        Some(Role::Browser) => "as a browser: ".to_owned(),
        Some(Role::OtherFamily) => "looked up in the other family: ".to_owned(),
        Some(Role::MadeUpHost) => "for a site that does not exist: ".to_owned(),
    }
}

/// The program that orders to the vantage, or to who passes them on, go through.
fn command_of(case: &Case<'_>) -> Option<String> {
    let mut control = &case.vantage.control;
    for _ in &case.scenario.agents {
        match control {
            Control::Exec(command) => return Some(command.join(" ")),
            Control::Relay { via, .. } => control = &case.scenario.agent(*via).control,
            Control::Local | Control::Direct(_) => return None,
        }
    }
    None
}

/// Who showed that the endpoint lives and that the vantage can send.
fn witnesses(case: &Case<'_>) -> Vec<String> {
    let edge = case.edge;
    let target = case.witnesses.target(edge.endpoint, edge.family);
    let sends = case.sends();
    let port = case.sender().port;
    let mut lines = vec![format!("`{}` was reached by {}", case.endpoint.name, name_witnesses(case, target))];
    if case.rule.witness == WitnessBy::TargetItself {
        let own = case.witnesses.own_listener(edge.endpoint, edge.family);
        lines.push(format!("its own listener was reached by {}", name_witnesses(case, own)));
    }
    let name = &case.vantage.name;
    let samples = case.attempts.iter().filter_map(|attempt| attempt.sample.as_deref().ok());
    lines.push(match sends.witnessed.holds() {
        true => {
            let port = if sends.elsewhere { format!("another port than {port}") } else { port.to_string() };
            let word = if sends.plain { ", on a word that may be anybody's" } else { "" };
            format!("`{name}` reached something at {port} before and after{word}")
        }
        false if samples.clone().any(|sample| case.witnesses.is_server(edge.endpoint, sample)) => {
            format!("`{name}` was turned away by the server that answers others, known by its certificate")
        }
        false => format!("`{name}` reached nothing at {port} {}", sends.witnessed.gap()),
    });
    lines
}

/// What the target says it did not see.
fn receipts(case: &Case<'_>) -> Option<String> {
    let target = case.owner_name();
    if matches!(case.endpoint.answers, Answers::Platform { .. }) {
        return None;
    }
    match (case.receipts(), case.owner.and_then(|owner| owner.receipts.as_ref().err())) {
        (Some(book), _) => {
            let restarted = if book.restarted { ", but restarted in the run" } else { "" };
            let wrapped =
                if book.wrapped { ", but dropped some or turned connections away in the run" } else { "" };
            Some(format!("`{target}` holds no receipt for these calls{restarted}{wrapped}"))
        }
        (None, Some(unasked)) => Some(format!("`{target}` was not asked: {}", quote_detail(&unasked.detail))),
        (None, None) => Some(format!("`{target}` was not asked for receipts")),
    }
}
