//! What is asked further of an edge, from what its calls saw: at more addresses of its name, once more where one was lost,
//! as if it came from elsewhere, as a browser would ask, or for a site that does not exist.

use std::net::{IpAddr, SocketAddr};

use ringfence_contract::fingerprint::Basis;
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::sample::Sample;
use ringfence_contract::spoof::Known;

use super::observe::Attempt;
use crate::plan::Role;
use crate::scenario::Expect;

/// How many addresses of a name are called, at most.
pub const ADDRESSES_MAX: u32 = 32;

/// How many unforged calls are placed beside a forged one that alone got in.
const BESIDE: usize = 2;

/// The statuses that decide what is asked further (RFC 9110 sections 15.5.4, 15.5.5, 15.5.20).
const FORBIDDEN: u16 = 403;
const NOT_FOUND: u16 = 404;
const MISDIRECTED: u16 = 421;

/// What one call of an edge shows at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glance {
    pub(super) role: Option<Role>,
    /// Which address of the name it took.
    pub(super) nth: u32,
    pub(super) heard: Heard,
    /// Whether something took the connection, so that a request may have been sent.
    pub(super) is_connected: bool,
    /// Whether whoever took it did not answer in time.
    pub(super) is_slow: bool,
    /// Whether HTTP/2 was spoken.
    pub(super) is_http2: bool,
    pub(super) remote: Option<SocketAddr>,
    /// How many addresses the name has.
    pub(super) addresses: u32,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// An answer that is none of the others.
    Answer,
    /// A 403 in nobody's words, or in those of a server that has not shown who it is.
    BareDenial,
    /// A refusal in a platform's words.
    Refusal,
    /// A 404.
    NotFound,
    /// Nothing, or the end of the connection, where an answer might have been.
    Lost,
    /// Something that is no answer: a rejection, a name without an address, a handshake that failed.
    Obstacle,
    /// The vantage could not be asked.
    Unknown,
}

impl Glance {
    pub(super) fn at(attempt: &Attempt, nth: u32) -> Self {
        let role = attempt.role.as_deref().copied();
        let Ok(sample) = &attempt.sample else {
            let heard = Heard::Unknown;
            return Self {
                role,
                nth,
                heard,
                is_connected: false,
                is_slow: false,
                is_http2: false,
                remote: None,
                addresses: 0,
            };
        };
        let addresses = sample.resolution.as_ref().map_or(0, |found| found.addresses.len());
        Self {
            role,
            nth,
            heard: heard(sample),
            is_connected: sample.phases.connect_us.is_some(),
            is_slow: matches!(sample.outcome, Outcome::TimedOut(Phase::Tls | Phase::FirstByte)),
            is_http2: sample.tls.as_ref().is_some_and(|tls| tls.alpn.as_deref() == Some("h2")),
            remote: sample.remote,
            addresses: u32::try_from(addresses).unwrap_or(u32::MAX),
        }
    }

    /// Whether it is a call like those that the rule asks for.
    fn is_plain(&self) -> bool {
        self.role.as_ref().is_none_or(Role::is_plain)
    }

    pub(super) fn is_let_in(&self) -> bool {
        matches!(self.heard, Heard::Answer | Heard::NotFound)
    }

    fn is_answered(&self) -> bool {
        matches!(self.heard, Heard::Answer | Heard::BareDenial | Heard::Refusal | Heard::NotFound)
    }
}

fn heard(sample: &Sample) -> Heard {
    let certified = sample.tls.as_ref().is_some_and(|tls| tls.certificate_error.is_none());
    match &sample.outcome {
        Outcome::Forbidden(forbidden) if certified && forbidden.by != Basis::BodyAlone => Heard::Refusal,
        Outcome::Forbidden(_) => Heard::BareDenial,
        Outcome::Answered(_) | Outcome::Misanswered(_) => Heard::Answer,
        Outcome::TimedOut(Phase::Resolve)
        | Outcome::Refused
        | Outcome::Unreachable(_)
        | Outcome::Unresolved(_)
        | Outcome::TlsFailed(_)
        | Outcome::NotSent(_) => Heard::Obstacle,
        Outcome::Unsealed(_) | Outcome::TimedOut(_) | Outcome::Reset(_) => match sample.status {
            Some(FORBIDDEN) => Heard::BareDenial,
            Some(NOT_FOUND | MISDIRECTED) => Heard::NotFound,
            Some(_) => Heard::Answer,
            None if matches!(sample.outcome, Outcome::Unsealed(_)) => Heard::Answer,
            None => Heard::Lost,
        },
    }
}

/// What is known of an edge before any call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Facts {
    pub(super) expect: Expect,
    pub(super) is_http: bool,
    /// How many calls its rule asks for.
    pub(super) attempts: u32,
    /// Whether a call like those of the edge was answered before: one that is lost now was lost to the network.
    pub(super) is_witnessed: bool,
    /// Whether a 404 of a platform may be that of any site: nothing lists it as reached.
    pub(super) asks_made_up: bool,
    /// Whether its name may have addresses in a family in which nobody calls it.
    pub(super) asks_other_family: bool,
    /// The addresses that further calls say they come from.
    pub(super) sources: Vec<IpAddr>,
    /// The addresses at which allowed vantages reached the endpoint, where its name may lead this one elsewhere.
    pub(super) elsewhere: Vec<IpAddr>,
}

/// The calls to place further, each with the address of the name that it takes; none when enough is known.
pub(super) fn wanted(facts: &Facts, seen: &[Glance]) -> Vec<(Role, u32)> {
    if seen.iter().any(|glance| glance.heard == Heard::Unknown) {
        return Vec::new();
    }
    let mut wanted = addresses(facts, seen);
    let looked_up = seen.iter().any(|glance| glance.role == Some(Role::OtherFamily));
    if facts.asks_other_family && !looked_up {
        wanted.push((Role::OtherFamily, 0));
    }
    wanted.extend(lost(facts, seen));
    wanted.extend(elsewhere(facts, seen));
    if facts.is_http {
        wanted.extend(made_up(facts, seen));
    }
    if facts.is_http && facts.expect == Expect::Deny {
        wanted.extend(forged(facts, seen));
        wanted.extend(forged_alone(seen));
        wanted.extend(browser(seen));
        wanted.extend(http1(seen));
        wanted.extend(beside(seen));
    }
    wanted
}

/// The addresses of the name beyond those that the rule's own calls went to.
fn addresses(facts: &Facts, seen: &[Glance]) -> Vec<(Role, u32)> {
    let all = seen.iter().map(|glance| glance.addresses).max().unwrap_or(0).min(ADDRESSES_MAX);
    let called =
        |nth: &u32| seen.iter().any(|glance| glance.role == Some(Role::Further) && glance.nth == *nth);
    (facts.attempts..all).filter(|nth| !called(nth)).map(|nth| (Role::Further, nth)).collect()
}

/// Calls that were lost while others like them were answered, at the same address or as witnesses: each once more, with more
/// time. And the first that was not answered in time by whoever took its connection: he may be slow, and let it in.
fn lost(facts: &Facts, seen: &[Glance]) -> Vec<(Role, u32)> {
    let of_the_rule = |glance: &Glance| matches!(glance.role, None | Some(Role::Further));
    let first_slow = seen.iter().position(|glance| of_the_rule(glance) && glance.is_slow);
    let wants = |(number, (place, glance)): (u32, (usize, &Glance))| {
        let beside =
            |other: &&Glance| other.is_plain() && other.is_answered() && other.remote == glance.remote;
        let again = Role::Again(number);
        let known = seen.iter().any(|other| other.role == Some(again));
        let wants = of_the_rule(glance) && glance.heard == Heard::Lost && !known;
        let counts =
            facts.is_witnessed || first_slow == Some(place) || seen.iter().any(|other| beside(&other));
        (wants && counts).then_some((again, glance.nth))
    };
    (0..).zip(seen.iter().enumerate()).filter_map(wants).collect()
}

/// One call at each address at which others reached the endpoint, and none of these calls went to.
fn elsewhere(facts: &Facts, seen: &[Glance]) -> Vec<(Role, u32)> {
    let let_in = seen.iter().any(|glance| glance.is_plain() && glance.is_let_in());
    let tried = |address: &IpAddr| {
        let there = |glance: &Glance| glance.remote.is_some_and(|remote| remote.ip() == *address);
        seen.iter().any(|glance| there(glance) || glance.role == Some(Role::AtAddress(*address)))
    };
    let untried = facts.elsewhere.iter().filter(|address| !let_in && !tried(address));
    untried.map(|address| (Role::AtAddress(*address), 0)).collect()
}

/// One call for a site that does not exist, where a 404 may be the door's own.
fn made_up(facts: &Facts, seen: &[Glance]) -> Option<(Role, u32)> {
    let known = seen.iter().any(|glance| glance.role == Some(Role::MadeUpHost));
    let found = seen.iter().find(|glance| glance.heard == Heard::NotFound);
    found.filter(|_| facts.asks_made_up && !known).map(|glance| (Role::MadeUpHost, glance.nth))
}

/// One call for each address that it may say it comes from, once a request gets as far as a server.
fn forged(facts: &Facts, seen: &[Glance]) -> Vec<(Role, u32)> {
    if !seen.iter().any(|glance| glance.is_plain() && glance.is_connected) {
        return Vec::new();
    }
    let known = |role: Role| seen.iter().any(|glance| glance.role == Some(role));
    let all = (0..).zip(&facts.sources).map(|(nth, source)| (Role::Forged(*source), nth));
    all.filter(|(role, _)| !known(*role)).collect()
}

/// Once more in each of the headers that most believe, where a forged call came to anything but a refusal in a platform's own
/// words: it may have been turned away for what it looks like.
fn forged_alone(seen: &[Glance]) -> Vec<(Role, u32)> {
    let plain = || seen.iter().filter(|glance| glance.is_plain());
    if plain().any(Glance::is_let_in) {
        return Vec::new();
    }
    let answered = plain().any(Glance::is_answered);
    let is_turned_away = |glance: &Glance| match glance.heard {
        Heard::Answer | Heard::BareDenial | Heard::NotFound => true,
        Heard::Lost => answered,
        Heard::Refusal | Heard::Obstacle | Heard::Unknown => false,
    };
    let alone = |glance: &Glance| match glance.role {
        Some(Role::Forged(source)) if is_turned_away(glance) => {
            Known::ALONE.map(|header| (Role::ForgedAlone(source, header), glance.nth)).to_vec()
        }
        _ => Vec::new(),
    };
    let known = |role: Role| seen.iter().any(|glance| glance.role == Some(role));
    seen.iter().flat_map(alone).filter(|(role, _)| !known(*role)).collect()
}

/// One call over HTTP/1.1, where HTTP/2 was spoken and let nothing in.
fn http1(seen: &[Glance]) -> Option<(Role, u32)> {
    let let_in = seen.iter().any(|glance| glance.is_plain() && glance.is_let_in());
    let over_http2 = seen.iter().find(|glance| glance.is_plain() && glance.is_http2);
    over_http2.filter(|_| !let_in && is_wanted(seen, Role::Http1)).map(|glance| (Role::Http1, glance.nth))
}

/// Whether a call of this role was not placed yet; once more where it was lost, and not for want of time.
fn is_wanted(seen: &[Glance], role: Role) -> bool {
    let placed = || seen.iter().filter(|glance| glance.role == Some(role));
    placed().count() < 2 && placed().all(|glance| glance.heard == Heard::Lost && !glance.is_slow)
}

/// One call as a browser would make it, where a 403 says nothing of who refuses, or whoever took the connection ended it
/// without a word, as some do to programs; once more where it was lost.
fn browser(seen: &[Glance]) -> Option<(Role, u32)> {
    let answered = seen.iter().any(|glance| glance.is_plain() && glance.is_answered());
    let cut_off = |glance: &Glance| !answered && glance.is_connected && glance.heard == Heard::Lost;
    let wants =
        |glance: &&Glance| glance.is_plain() && (glance.heard == Heard::BareDenial || cut_off(glance));
    let bare = seen.iter().find(wants);
    bare.filter(|_| is_wanted(seen, Role::Browser)).map(|glance| (Role::Browser, glance.nth))
}

/// A few unforged calls beside a forged one that alone got in: that it was forged may be chance.
fn beside(seen: &[Glance]) -> Vec<(Role, u32)> {
    let alone = !seen.iter().any(|glance| glance.is_plain() && glance.is_let_in());
    let known = seen.iter().any(|glance| glance.role == Some(Role::Beside));
    let is_forged = |glance: &&Glance| glance.role.is_some_and(|role| role.forged().is_some());
    let forged = seen.iter().filter(is_forged).find(|glance| glance.is_let_in());
    match forged {
        Some(glance) if alone && !known => vec![(Role::Beside, glance.nth); BESIDE],
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "second_look_tests.rs"]
mod tests;
