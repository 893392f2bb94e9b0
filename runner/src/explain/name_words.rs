//! A judged name in words: what was expected and what the resolver said, the evidence, and what to look at next.
//!
//! Facts about Azure come from its public documentation ("Azure Private Endpoint
//! private DNS zone values", "Azure Private Endpoint DNS integration").

use std::net::IpAddr;

use ringfence_contract::outcome::{Outcome, UnresolvedWhy};
use ringfence_contract::sample::Resolution;

use super::figure::time;
use super::hint::ATTEMPTS;
use super::hint_blocked::unresolved_hint;
use super::hint_control::{AGAIN, ask_vantage};
use super::seen::{quote, quote_detail};
use crate::judge::ClaimReason;
use crate::judge::NameCase;
use crate::judge::Verdict;
use crate::scenario::{Expect, Resolves, Scope};

/// How an agent says that its hosts file had the name.
const HOSTS_FILE: &str = "hosts file";

/// The most addresses that one line lists.
const LISTED_MAX: usize = 8;

/// Writes the sentence, without a full stop.
pub(super) fn sentence(case: &NameCase<'_>, reason: ClaimReason, decided_by: Option<usize>) -> String {
    let (vantage, family) = (&case.edge.vantage.name, case.edge.edge.family);
    let expected = format!("expected to resolve {}", case.claim.resolves);
    let resolution = case.resolution(decided_by);
    let by = resolution.map(|resolution| format!(" {}", by(resolution))).unwrap_or_default();
    match reason {
        ClaimReason::Resolved => {
            let found = resolution.map(|resolution| listed(&resolution.addresses)).unwrap_or_default();
            format!("resolved {}: {found}{by}", case.claim.resolves)
        }
        ClaimReason::ResolvedElsewhere => {
            format!("{expected}, got {}{by}{}", elsewhere(case, resolution), tries(case, reason))
        }
        ClaimReason::NameUnresolved => {
            format!("{expected}, got {}{by}{}", nothing(case, decided_by), tries(case, reason))
        }
        ClaimReason::ResolverSilent => {
            format!("{expected}, but {}{}", silence(case, decided_by), tries(case, reason))
        }
        ClaimReason::NameNotAsked => format!("{expected}, but `{vantage}` did not come to ask for the name"),
        ClaimReason::VantageNotAsked => {
            let unasked = decided_by.and_then(|place| case.edge.attempts.get(place)?.sample.as_ref().err());
            let detail = unasked
                .map_or_else(|| "no result was recorded".to_owned(), |unasked| quote_detail(&unasked.detail));
            format!("`{vantage}` could not be asked: {detail}")
        }
        ClaimReason::Interrupted => "the run was ended before enough was known of this name".to_owned(),
        ClaimReason::FamilyNotClaimed => {
            format!("the name has no {family} address here, and no {family} network is claimed")
        }
        ClaimReason::NoFamily => format!("`{vantage}` has no {family} address"),
        // A name has none of these reasons.
        ClaimReason::WithinBudget
        | ClaimReason::OverBudget
        | ClaimReason::FastEnough
        | ClaimReason::TooSlow
        | ClaimReason::NotMeasured => expected,
    }
}

/// Who answered, and how fast.
fn by(resolution: &Resolution) -> String {
    let took = time(resolution.took_us * 1_000);
    match resolution.resolver.as_str() {
        HOSTS_FILE => "from its hosts file".to_owned(),
        resolver => format!("by {} in {took}", quote(resolver)),
    }
}

/// The addresses that lie elsewhere, and those that do not beside them.
fn elsewhere(case: &NameCase<'_>, resolution: Option<&Resolution>) -> String {
    let found = resolution.map_or(&[][..], |resolution| &resolution.addresses);
    let (inside, outside): (Vec<IpAddr>, Vec<IpAddr>) =
        found.iter().partition(|address| case.claim.resolves.admits(**address));
    let kind = match case.claim.resolves {
        Resolves::Networks(_) => String::new(),
        Resolves::Private | Resolves::Public => {
            outside.first().map(|address| format!(" ({})", Scope::of(*address))).unwrap_or_default()
        }
    };
    let beside = if inside.is_empty() { String::new() } else { format!(" beside {}", listed(&inside)) };
    format!("{}{kind}{beside}", listed(&outside))
}

/// The resolver's word that there is nothing.
fn nothing(case: &NameCase<'_>, decided_by: Option<usize>) -> String {
    let family = case.edge.edge.family;
    match case.sample(decided_by).map(|sample| &sample.outcome) {
        Some(Outcome::Unresolved(unresolved)) => {
            let rcode = unresolved.rcode.as_deref().map(quote);
            match (unresolved.why, rcode) {
                (UnresolvedWhy::NoRecords, Some(rcode)) => format!("no {family} address ({rcode})"),
                (UnresolvedWhy::NoRecords, None) => format!("no {family} address"),
                (_, Some(rcode)) => rcode,
                (_, None) => "no such name".to_owned(),
            }
        }
        _ => "no address".to_owned(),
    }
}

/// Why nothing is known of the name.
fn silence(case: &NameCase<'_>, decided_by: Option<usize>) -> String {
    let asked = case.resolution(decided_by);
    let asked = asked.map(|asked| (quote(&asked.resolver), time(asked.took_us * 1_000)));
    let said = match case.sample(decided_by).map(|sample| &sample.outcome) {
        Some(Outcome::Unresolved(unresolved)) => Some((unresolved.why, unresolved.rcode.as_deref())),
        _ => None,
    };
    match (said, asked) {
        (Some((UnresolvedWhy::NoResolver, _)), _) => {
            format!("`{}` has no resolver", case.edge.vantage.name)
        }
        (Some((UnresolvedWhy::ResolverFailed, Some(rcode))), Some((resolver, took))) => {
            format!("{resolver} answered {} in {took}", quote(rcode))
        }
        (Some((UnresolvedWhy::ResolverFailed, None)), Some((resolver, took))) => {
            format!("no sense could be made of what {resolver} answered in {took}")
        }
        (_, Some((resolver, took))) => format!("no answer came from {resolver} in {took}"),
        (_, None) => "no answer came".to_owned(),
    }
}

/// Of several attempts, how many saw this.
fn tries(case: &NameCase<'_>, reason: ClaimReason) -> String {
    match case.shown.len() {
        0 | 1 => String::new(),
        all => format!(" ({} of {all} attempts)", case.count(reason)),
    }
}

fn listed(addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().take(LISTED_MAX).map(ToString::to_string).collect();
    let more = addresses.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// Writes the lines of evidence: the answer that decided, then every other that differs from it.
pub(super) fn evidence(case: &NameCase<'_>, decided_by: Option<usize>) -> Vec<String> {
    let mut lines: Vec<String> = case.resolution(decided_by).into_iter().flat_map(answer).collect();
    let told = case.attempts.iter().map(|(_, attempt)| match &attempt.sample {
        Ok(sample) => sample.resolution.as_deref().map_or_else(|| "not asked for".to_owned(), found),
        Err(unasked) => format!("not asked: {}", quote_detail(&unasked.detail)),
    });
    let told: Vec<String> = told.collect();
    if told.iter().any(|one| *one != told[0]) {
        lines.push(format!("attempts: {}", told.join("; ")));
    }
    lines
}

/// One answer in full.
fn answer(resolution: &Resolution) -> Vec<String> {
    let found = match resolution.addresses.as_slice() {
        [] => "no address".to_owned(),
        addresses => listed(addresses),
    };
    let mut lines = vec![format!("`{}` resolved to {found}", quote(&resolution.name))];
    if !resolution.cnames.is_empty() {
        let aliases: Vec<String> = resolution.cnames.iter().map(|name| quote(name)).collect();
        lines.push(format!("an alias of {}", aliases.join(", then ")));
    }
    lines.push(match (resolution.resolver.as_str(), &resolution.rcode) {
        (HOSTS_FILE, _) => "from the hosts file of the vantage".to_owned(),
        (_, Some(rcode)) => format!("answered {} {}", quote(rcode), by(resolution)),
        (_, None) => format!("not answered {}", by(resolution)),
    });
    lines
}

fn found(resolution: &Resolution) -> String {
    match (resolution.addresses.as_slice(), resolution.rcode.as_deref()) {
        ([], Some(rcode)) => format!("no address ({})", quote(rcode)),
        ([], None) => "no answer".to_owned(),
        (addresses, _) => listed(addresses),
    }
}

/// Writes the hint. Every verdict but a pass has one.
pub(super) fn hint(case: &NameCase<'_>, reason: ClaimReason, decided_by: Option<usize>) -> Option<String> {
    if reason.verdict() == Verdict::Pass {
        return None;
    }
    let (vantage, family) = (&case.edge.vantage.name, case.edge.edge.family);
    Some(match reason {
        ClaimReason::ResolvedElsewhere => led_elsewhere(case, decided_by),
        ClaimReason::NameUnresolved => not_there(case, decided_by),
        ClaimReason::ResolverSilent => match case.sample(decided_by).map(|sample| &sample.outcome) {
            Some(Outcome::Unresolved(unresolved)) => unresolved_hint(unresolved).to_owned(),
            _ => "the resolver does not answer: look at the network's DNS servers and port 53".to_owned(),
        },
        ClaimReason::NameNotAsked => {
            "the call ended before its name was asked for: look at the edge itself".to_owned()
        }
        ClaimReason::Interrupted => AGAIN.to_owned(),
        ClaimReason::FamilyNotClaimed => {
            format!("list a network of {family}, or leave {family} out of the families")
        }
        ClaimReason::NoFamily => {
            format!("give `{vantage}` an {family} address, or leave {family} out of the rule's families")
        }
        ClaimReason::VantageNotAsked => ask_vantage(case.edge),
        // These are of other claims, or pass.
        ClaimReason::Resolved
        | ClaimReason::WithinBudget
        | ClaimReason::OverBudget
        | ClaimReason::FastEnough
        | ClaimReason::TooSlow
        | ClaimReason::NotMeasured => ATTEMPTS.to_owned(),
    })
}

/// The resolver said that there is nothing.
fn not_there(case: &NameCase<'_>, decided_by: Option<usize>) -> String {
    let why = match case.sample(decided_by).map(|sample| &sample.outcome) {
        Some(Outcome::Unresolved(unresolved)) => Some(unresolved.why),
        _ => None,
    };
    if why == Some(UnresolvedWhy::NoRecords) {
        let family = case.edge.edge.family;
        return format!(
            "the name is there, without an {family} address: look at its records, or the families"
        );
    }
    "a private DNS zone that is linked and lacks the record answers this way: look whether the private endpoint has \
     its DNS zone group, and every name its record (the scm name's is in the same `privatelink` zone)"
        .to_owned()
}

/// What to do where an endpoint's claim is not meant for a vantage that is denied anyhow.
fn if_meant(case: &NameCase<'_>) -> String {
    match (case.edge.edge.expect, &case.edge.rule.resolves) {
        (Expect::Deny, None) => format!(
            "; if `{}` is to see the public address, say `resolves: public` in a rule about it",
            case.edge.vantage.name
        ),
        (Expect::Allow, _) | (Expect::Deny, Some(_)) => String::new(),
    }
}

/// The name leads elsewhere: from where it was expected to lead and where it led to what most often explains it.
fn led_elsewhere(case: &NameCase<'_>, decided_by: Option<usize>) -> String {
    let vantage = &case.edge.vantage.name;
    let resolution = case.resolution(decided_by);
    if resolution.is_some_and(|resolution| resolution.resolver == HOSTS_FILE) {
        return format!("the hosts file of `{vantage}` has the name: look at its entry there");
    }
    let outside = resolution.and_then(|resolution| {
        resolution.addresses.iter().find(|address| !case.claim.resolves.admits(**address))
    });
    let scopes =
        |networks: &[ipnet::IpNet]| networks.iter().all(|net| Scope::of(net.addr()) == Scope::Private);
    let wants_private = match &case.claim.resolves {
        Resolves::Networks(networks) => scopes(networks),
        Resolves::Private => true,
        Resolves::Public => false,
    };
    match (wants_private, outside.map(|address| Scope::of(*address))) {
        (_, Some(Scope::Confined)) => format!(
            "the address leads nowhere beyond `{vantage}` or its link: look for a DNS filter, or a placeholder record"
        ),
        (true, Some(Scope::Public)) => format!(
            "the name leads to the public front door: link the private DNS zone to the network of `{vantage}`; where \
             that has a resolver of its own, let it forward to 168.63.129.16; look for a stale record in the zone{}",
            if_meant(case)
        ),
        (true, _) => format!(
            "the address is private and another: look for a stale A record (of a private endpoint made anew), and at \
             which private DNS zone is linked to the network of `{vantage}`"
        ),
        (false, Some(Scope::Private)) => format!(
            "a private DNS zone shadows the public name: look which zones are linked to the network of `{vantage}`, and \
             at zones of its resolver's own"
        ),
        (false, _) => format!(
            "the name's records are others than expected: look for a stale record, and at which view of the name the \
             resolver of `{vantage}` has"
        ),
    }
}
