//! A finding in one sentence: what was expected, what was seen.
//!
//! What a peer said is quoted on one line and cut short.

use std::fmt::Write as _;

use ringfence_contract::outcome::{Outcome, Phase, Unsealed};
use ringfence_contract::sample::Sample;

use super::doubt::unknown;
use super::figure;
use crate::dispatch::Measurement;
use crate::judge::Contact;
use crate::judge::Witnessed;
use crate::judge::got_in;
use crate::judge::platform::BARE_DENIAL;
use crate::judge::{Case, Finding, are_alike};
use crate::judge::{Reason, Weakness};
use crate::scenario::Expect;

/// The longest quotation of what a peer said, in characters.
const QUOTE_MAX: usize = 80;

/// The longest quotation of why an agent was not asked or a handshake failed, in characters: what to do often comes last.
const DETAIL_MAX: usize = 300;

/// Writes the sentence, without a full stop.
pub(super) fn write(case: &Case<'_>, finding: &Finding) -> String {
    let got = case.telling_sample(finding).map_or_else(|| "nothing".to_owned(), saw);
    match finding.reason {
        Reason::Reached if finding.flaky => format!("reached only on a retry: {got}"),
        Reason::Reached => format!("reached: {got}"),
        Reason::DeniedWitnessed if finding.self_witnessed => {
            format!("denied: {got}; only the target itself shows that it lives{}", weaker(finding))
        }
        Reason::DeniedAttributed => format!("denied: {got}"),
        Reason::DeniedWitnessed => format!("denied: {got}{}", weaker(finding)),
        Reason::LostContact | Reason::ContactUnclear => {
            case.measurement.map_or(got, |measurement| contact(measurement, finding.reason))
        }
        reason if finding.decided_by.is_none() && expects_deny(case) && is_open(reason) => {
            format!("expected deny, but a witness call over this edge got in{}", tries(case, finding))
        }
        Reason::LeakOneWay => one_way(case, finding, &got),
        Reason::WrongSource => arrived(case, finding),
        Reason::Blocked | Reason::WrongAnswer if has_receipt(case, finding) => {
            format!("expected allow, got {got}: {}{}", arrival(case, finding), tries(case, finding))
        }
        Reason::WrongMeans => format!("expected deny by {}, got {got}{}", means(case), tries(case, finding)),
        Reason::NotSent
        | Reason::VantageNotAsked
        | Reason::Interrupted
        | Reason::NoFamily
        | Reason::NotResolved
        | Reason::TlsUnclear
        | Reason::NoTargetWitness
        | Reason::NoVantageWitness
        | Reason::TargetNotAsked
        | Reason::TargetRestarted
        | Reason::ReceiptsWrapped
        | Reason::OtherAddress
        | Reason::HandshakeUnclear
        | Reason::TooBusy
        | Reason::OtherInstance
        | Reason::CallersSide
        | Reason::NotADenial
        | Reason::NotAskedAsBrowser
        | Reason::Intercepted
        | Reason::ServerUnclear
        | Reason::NotAskedAgain
        | Reason::Unreadable
        | Reason::SourceUnclear
        | Reason::OthersAddress
        | Reason::NoSuchSite
        | Reason::NoReceipts => unknown(case, finding, &got),
        Reason::NotInBook => format!(
            "expected allow, got {got}, but the receipts of `{}` know nothing of this call{}",
            case.owner_name(),
            tries(case, finding)
        ),
        Reason::Leak
        | Reason::PathOpen
        | Reason::WrongAgent
        | Reason::Blocked
        | Reason::WrongAnswer
        | Reason::NameUnresolved
        | Reason::TlsFailed => format!("expected {}, got {got}{}", case.edge.expect, tries(case, finding)),
    }
}

/// What became of the contact with an edge while it was measured, and when.
fn contact(measurement: &Measurement, reason: Reason) -> String {
    let contact = Contact::of(measurement);
    let Contact { answered, lost, unsent, unheard } = contact;
    let all = contact.all();
    if reason == Reason::ContactUnclear {
        let parts = [(lost, "lost"), (unsent, "not sent"), (unheard, "not heard of")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
        let stopped = measurement.stopped.as_ref();
        let why = stopped.map_or_else(String::new, |stopped| format!(": {}", quote_detail(&stopped.detail)));
        return format!(
            "expected allow, reached at first, but of {all} measured calls {answered} were answered, {}{why}",
            parts.join(", ")
        );
    }
    let from = measurement.silence.filter(|silence| silence.calls > 1).map_or_else(String::new, |silence| {
        format!(
            ", each of the last {} of them, from {} UTC on",
            silence.calls,
            figure::time_of_day(silence.from_ms)
        )
    });
    format!("expected allow, but contact was lost: {lost} of {all} measured calls had no answer{from}")
}

/// What got in though its answer did not come back.
fn one_way(case: &Case<'_>, finding: &Finding, got: &str) -> String {
    let unfinished = !has_receipt(case, finding)
        && case.telling_sample(finding).is_some_and(|sample| got_in(case, sample));
    let what = if unfinished { "a connection" } else { "the call" };
    let (target, tries) = (case.owner_name(), tries(case, finding));
    format!("expected deny, got {got}, but {what} reached `{target}`{tries}")
}

fn expects_deny(case: &Case<'_>) -> bool {
    case.edge.expect == Expect::Deny
}

fn is_open(reason: Reason) -> bool {
    matches!(reason, Reason::Leak | Reason::LeakOneWay | Reason::PathOpen | Reason::WrongAgent)
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
    format!("expected allow, arrived from {from}, not from zone {zone}{}", tries(case, finding))
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

/// What a sample saw: the outcome, its facts and how long it took.
pub(super) fn saw(sample: &Sample) -> String {
    let mut text = format!("`{}`", sample.outcome.kind());
    let from = sample.remote.map(|remote| format!(" from {}", remote.ip())).unwrap_or_default();
    let facts = match &sample.outcome {
        Outcome::Answered(_) => from,
        Outcome::Misanswered(answered) => format!(" by `{}`{from}", answered.agent),
        Outcome::Forbidden(forbidden) => match forbidden.saw {
            Some(address) => format!(" ({}, which saw {address})", quote(&forbidden.fingerprint)),
            None => format!(" ({})", quote(&forbidden.fingerprint)),
        },
        Outcome::Unsealed(unsealed) => format!(" {}", saw_unsealed(unsealed)),
        Outcome::Refused => String::new(),
        Outcome::Reset(reset) => format!(" ({reset})"),
        Outcome::Unreachable(what) => format!(" ({what})"),
        Outcome::TimedOut(phase) => format!(" ({phase})"),
        Outcome::Unresolved(unresolved) => {
            let rcode =
                unresolved.rcode.as_deref().map(|rcode| format!(", {}", quote(rcode))).unwrap_or_default();
            format!(" ({}{rcode})", unresolved.why)
        }
        Outcome::TlsFailed(failed) => format!(" ({})", failed.why),
        Outcome::NotSent(not_sent) => format!(" ({}: {})", not_sent.why, quote(&not_sent.detail)),
    };
    text.push_str(&facts);
    if let Some(total_us) = sample.phases.total_us {
        // A text takes any formatting.
        let _written = write!(text, " in {}", milliseconds(total_us.into()));
    }
    text
}

fn saw_unsealed(unsealed: &Unsealed) -> String {
    let mut facts = vec![match unsealed.status {
        Some(BARE_DENIAL) => format!("status {BARE_DENIAL} without the platform's fingerprint"),
        Some(status) => format!("status {status}"),
        None if begins_as_http(unsealed) => "bytes that begin as HTTP does".to_owned(),
        None => "bytes that are not HTTP".to_owned(),
    }];
    facts.extend(unsealed.server.as_deref().map(|server| format!("server `{}`", quote(server))));
    facts.extend(unsealed.location.as_deref().map(|location| format!("location `{}`", quote(location))));
    facts.extend(unsealed.flaw.map(|flaw| format!("its seal {flaw}")));
    facts.join(", ")
}

/// Whether what came to a call that speaks no HTTP is an HTTP answer (RFC 9112 section 4).
pub(super) fn begins_as_http(unsealed: &Unsealed) -> bool {
    unsealed.body.starts_with("HTTP/1.")
}

/// A time as people read it: three significant digits below 10 ms, whole milliseconds above.
pub(super) fn milliseconds(us: u64) -> String {
    match us {
        0..10_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        _ => format!("{} ms", us / 1_000),
    }
}

/// Witnesses by name, for a sentence or a line of evidence.
pub(super) fn name_witnesses(case: &Case<'_>, witnessed: Witnessed) -> String {
    let name = |by: Option<_>| match by {
        Some(by) => format!("`{}`", case.scenario.agent(by).name),
        None => "nobody".to_owned(),
    };
    match (witnessed.before, witnessed.after) {
        (None, None) => "nobody".to_owned(),
        (before, after) if before == after => format!("{} before and after", name(before)),
        (before, after) => format!("{} before and {} after", name(before), name(after)),
    }
}

/// What a peer said, on one line and cut short.
pub(super) fn quote(text: &str) -> String {
    cut_at(QUOTE_MAX, text)
}

/// Why an agent was not asked or a handshake failed, on one line and cut less short.
pub(super) fn quote_detail(text: &str) -> String {
    cut_at(DETAIL_MAX, text)
}

fn cut_at(max: usize, text: &str) -> String {
    let plain: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = plain.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
    let mut cut: String = line.chars().take(max).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::{DETAIL_MAX, quote, quote_detail};
    use crate::dispatch::UnaskedWhy;
    use crate::judge::sample_run::{OUTSIDER, OUTSIDER_TO_SITE, Scene, answered, attempt, unasked};
    use crate::scenario::Control;

    #[test]
    fn the_useful_half_of_a_control_trouble_is_kept() {
        let detail = "https://agent.example.test:8443: status `404`: no agent takes orders at this address, or it \
                      does not trust this key";
        let mut untold = unasked(UnaskedWhy::NoRoute);
        untold.sample.as_mut().expect_err("it was not asked").detail = detail.into();
        let scene = Scene::sound().with(|scene| scene.observations.reach[OUTSIDER_TO_SITE] = vec![untold]);
        let sentence = scene.edge(OUTSIDER_TO_SITE).sentence;
        assert_eq!(sentence, format!("`outsider` could not be asked: {detail}"));
        let long = quote_detail(&"x\n\u{1b}".repeat(1_000));
        assert_eq!(long.chars().count(), DETAIL_MAX + 1, "and cut all the same");
        assert!(!long.contains(char::is_control));
        assert_eq!(quote(&"x".repeat(1_000)).chars().count(), 81);
    }

    #[test]
    fn a_line_of_attempts_does_not_repeat_the_command_of_a_route() {
        let scene = Scene::sound().with(|scene| {
            let command = "ssh far.test ringfence-agent serve".split(' ').map(str::to_owned).collect();
            scene.scenario.agents[OUTSIDER.0].control = Control::Exec(command);
            let mut ended = unasked(UnaskedWhy::NoRoute);
            ended.sample.as_mut().expect_err("it was not asked").detail =
                "`ssh far.test ringfence-agent serve` ended, saying nothing".into();
            let reached = attempt(answered("198.51.100.7"));
            scene.observations.reach[OUTSIDER_TO_SITE] = vec![reached, ended.clone(), ended];
        });
        let evidence = scene.edge(OUTSIDER_TO_SITE).evidence.join("\n");
        assert_eq!(evidence.matches("its program ended, saying nothing").count(), 2, "{evidence}");
        assert!(!evidence.contains("far.test"), "{evidence}");
    }
}
