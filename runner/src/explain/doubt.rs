//! An inconclusive edge in one sentence: what was seen, and what is missing before that proves anything.

use ringfence_contract::outcome::Outcome;

use super::sentence::quote_detail;
use crate::judge::{Case, Finding, Reason};

/// What is missing, in words.
pub(super) fn unknown(case: &Case<'_>, finding: &Finding, got: &str) -> String {
    let vantage = &case.vantage.name;
    let got = format!("expected {}, got {got}", case.edge.expect);
    match finding.reason {
        Reason::Interrupted => "the run was ended before enough was known of this edge".to_owned(),
        Reason::VantageNotAsked => not_asked(case, finding),
        Reason::NoFamily => format!("`{vantage}` has no {} address", case.edge.family),
        Reason::NotSent => format!("{got}: `{vantage}` could not send, which is no denial"),
        Reason::NotResolved => format!("{got}: a name that does not resolve is no denial"),
        Reason::TlsUnclear => format!("{got}: a failed handshake may be anybody's doing"),
        Reason::NoTargetWitness => {
            let gap = case.witnesses.target(case.edge.endpoint, case.edge.family).gap();
            format!("{got}, but no allowed vantage reached `{}` {gap}", case.endpoint.name)
        }
        Reason::OtherAddress => {
            let there = case.telling_sample(finding).and_then(|sample| sample.remote);
            let there = there.map_or_else(|| "an unknown address".to_owned(), |there| there.to_string());
            format!("{got} at {there}, where no allowed vantage reached `{}`", case.endpoint.name)
        }
        Reason::TooBusy => format!("{got}: the front end was too busy to say whether it lets `{vantage}` in"),
        Reason::HandshakeUnclear => {
            format!("{got}, but `{}` saw handshakes begin that were not finished", case.owner_name())
        }
        Reason::NoVantageWitness => {
            let (gap, port) = (case.sends().witnessed.gap(), case.sender().port);
            format!("{got}, but `{vantage}` reached nothing at {port} {gap}")
        }
        Reason::TargetNotAsked => {
            format!("{got}, but `{}` could not be asked for its receipts", case.owner_name())
        }
        Reason::TargetRestarted => format!("{got}, but `{}` restarted in the run", case.owner_name()),
        Reason::ReceiptsWrapped => {
            let target = case.owner_name();
            format!("{got}, but `{target}` dropped receipts or turned connections away in the run")
        }
        _ => unproved(case, finding, &got),
    }
}

/// An answer came, and does not prove what it seems to say.
fn unproved(case: &Case<'_>, finding: &Finding, got: &str) -> String {
    let vantage = &case.vantage.name;
    match finding.reason {
        Reason::OtherInstance => {
            format!(
                "{got}, but from another instance of `{}` than the one that said hello",
                case.owner_name()
            )
        }
        Reason::CallersSide => format!("{got}: that is an answer of the network that `{vantage}` calls from"),
        Reason::ServerUnclear => {
            let endpoint = &case.endpoint.name;
            format!("{got}, under a certificate that does not show that this is `{endpoint}`")
        }
        Reason::Intercepted => {
            let endpoint = &case.endpoint.name;
            format!("{got} under another certificate than `{endpoint}` shows to those who may reach it")
        }
        Reason::SourceUnclear => format!("{got}, but {}", disputed(case, finding)),
        Reason::OthersAddress => format!("{got}: {}", others_address(case, finding)),
        Reason::NoReceipts => {
            format!("{got}, and nobody at `{}` writes down what got in", case.endpoint.name)
        }
        other => format!("{got}{}", plainly(other)),
    }
}

/// What an answer does not prove, whoever it is.
fn plainly(reason: Reason) -> &'static str {
    match reason {
        Reason::NotADenial => ": this 403 does not say that the network denies the caller",
        Reason::NotAskedAsBrowser => ", and the endpoint was not asked once more as a browser would ask",
        Reason::NotAskedAgain => ": HTTP/2 took the request back, and HTTP/1.1 is not spoken there",
        Reason::Unreadable => ", with a page in a coding that cannot be read here",
        Reason::NoSuchSite => ": the same server says the same of a site that does not exist",
        // These have sentences of their own.
        Reason::Reached
        | Reason::DeniedAttributed
        | Reason::DeniedWitnessed
        | Reason::Leak
        | Reason::LeakOneWay
        | Reason::PathOpen
        | Reason::WrongAgent
        | Reason::WrongSource
        | Reason::Blocked
        | Reason::WrongAnswer
        | Reason::NameUnresolved
        | Reason::TlsFailed
        | Reason::WrongMeans
        | Reason::NotInBook
        | Reason::OtherInstance
        | Reason::CallersSide
        | Reason::ServerUnclear
        | Reason::Intercepted
        | Reason::SourceUnclear
        | Reason::OthersAddress
        | Reason::NoReceipts
        | Reason::LostContact
        | Reason::ContactUnclear
        | Reason::Interrupted
        | Reason::VantageNotAsked
        | Reason::NoFamily
        | Reason::NotSent
        | Reason::NotResolved
        | Reason::TlsUnclear
        | Reason::NoTargetWitness
        | Reason::NoVantageWitness
        | Reason::OtherAddress
        | Reason::TooBusy
        | Reason::HandshakeUnclear
        | Reason::TargetNotAsked
        | Reason::TargetRestarted
        | Reason::ReceiptsWrapped => "",
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
