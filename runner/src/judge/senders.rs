//! Where vantages showed in a run that they can send: at which port, and on whose word.
//!
//! A silence is the endpoint's only if the vantage could send what it sent: over the same transport, to the same port. What
//! somebody answers shows it on that one's word: a good certificate or an agent's seal proves whose that is; an answer over
//! plain HTTP, or a bare connection, may be anybody's, and is weaker.

use std::collections::HashMap;

use ringfence_contract::address::Family;
use ringfence_contract::outcome::{Outcome, Phase, ToldKind, Unsealed};
use ringfence_contract::sample::Sample;
use ringfence_contract::transport::Transport;

use super::platform::BARE_DENIAL;
use super::verdict::Weakness;
use super::witness::{Side, Witnessed};
use crate::plan::{Edge, Witness, WitnessTarget, outside};
use crate::scenario::{AgentIndex, Answers, Expect, Port, Scenario, WitnessPort};

/// A vantage, as far as it sends in one family to one port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Sender {
    pub(crate) vantage: AgentIndex,
    pub(crate) family: Family,
    pub(crate) port: Port,
}

impl Sender {
    /// Who sends over an edge.
    pub(crate) fn over(scenario: &Scenario, edge: &Edge) -> Self {
        let port = Port::of(&scenario.endpoint(edge.endpoint).route.address);
        Self { vantage: edge.vantage, family: edge.family, port }
    }
}

/// On whose word it is that a vantage can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// Somebody's who is proved to be who they say: by a good certificate, or an agent's seal.
    Proved,
    /// Anybody's.
    Claimed,
}

/// What is known of a vantage at one port.
#[derive(Debug, Clone, Copy)]
struct AtPort {
    port: Port,
    proved: Witnessed,
    /// Proved or not.
    any: Witnessed,
}

/// Every vantage that showed that it can send.
#[derive(Debug, Default)]
pub(super) struct Senders(HashMap<(AgentIndex, Family), Vec<AtPort>>);

/// Whether a vantage showed that it can send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sends {
    /// When it did.
    pub(crate) witnessed: Witnessed,
    /// Whether that rests on an answer that may be anybody's.
    pub(crate) plain: bool,
    /// Whether it was at another port.
    pub(crate) elsewhere: bool,
}

impl Sends {
    /// What makes this the weaker evidence.
    pub(super) fn weaknesses(self) -> Vec<Weakness> {
        let plain = self.plain.then_some(Weakness::PlainWitness);
        plain.into_iter().chain(self.elsewhere.then_some(Weakness::OtherPort)).collect()
    }
}

impl Senders {
    pub(super) fn note(&mut self, sender: Sender, strength: Strength, side: Side) {
        let ports = self.0.entry((sender.vantage, sender.family)).or_default();
        let place = ports.iter().position(|at| at.port == sender.port).unwrap_or_else(|| {
            let (proved, any) = (Witnessed::default(), Witnessed::default());
            ports.push(AtPort { port: sender.port, proved, any });
            ports.len() - 1
        });
        let at = &mut ports[place];
        at.any.note(side, sender.vantage);
        if strength == Strength::Proved {
            at.proved.note(side, sender.vantage);
        }
    }

    pub(super) fn sends(&self, sender: Sender, at: WitnessPort) -> Sends {
        let ports = self.0.get(&(sender.vantage, sender.family)).map_or(&[][..], Vec::as_slice);
        let here = ports.iter().find(|at| at.port == sender.port);
        let there = ports.iter().filter(|_| at == WitnessPort::Any);
        let sends = |witnessed: Witnessed, plain, elsewhere| Sends { witnessed, plain, elsewhere };
        let proved = here.map(|at| sends(at.proved, false, false));
        let any = here.map(|at| sends(at.any, true, false));
        let proved_there = there.clone().map(|at| sends(at.proved, false, true));
        let any_there = there.map(|at| sends(at.any, true, true));
        let mut all = proved.into_iter().chain(any).chain(proved_there).chain(any_there);
        let gap = any.map(|any| Sends { plain: false, ..any }).unwrap_or_default();
        all.find(|sends| sends.witnessed.holds()).unwrap_or(gap)
    }
}

/// Whether what a witness saw shows that its vantage can send, and on whose word; and whether the endpoint lives by it.
pub(super) fn shows(
    scenario: &Scenario,
    witness: &Witness,
    (sample, lives): (&Sample, bool),
) -> Option<Strength> {
    match witness.to {
        WitnessTarget::Endpoint(to) => {
            let endpoint = scenario.endpoint(to);
            let transport = endpoint.route.address.transport;
            let platform = endpoint.answers != Answers::Agent;
            let admitted = witness.expect == Expect::Allow && platform && lives;
            answered(transport, sample).or_else(|| admitted.then(|| claimed(transport, sample)).flatten())
        }
        WitnessTarget::Beacon(place) => {
            let transport = outside(scenario.agent(witness.vantage), place)?.address.transport;
            answered(transport, sample).or_else(|| beacon(transport, sample))
        }
        // A listener on the same machine shows nothing about the way out of it.
        WitnessTarget::OwnListener(_) => None,
    }
}

/// An answer that shows by itself whose it is.
fn answered(transport: Transport, sample: &Sample) -> Option<Strength> {
    match &sample.outcome {
        Outcome::Answered(_) | Outcome::Misanswered(_) => Some(Strength::Proved),
        // In the clear, a refusal may be said by whatever is on the way.
        Outcome::Forbidden(_) if !transport.is_tls() => None,
        Outcome::Forbidden(_) | Outcome::Unsealed(Unsealed { status: Some(_), .. }) => {
            (transport.is_tls() && is_certified(sample)).then_some(Strength::Proved)
        }
        _ => None,
    }
}

/// An answer that anybody may have given. One by a server whose certificate is not good is nobody's.
fn claimed(transport: Transport, sample: &Sample) -> Option<Strength> {
    (!transport.is_tls() && !is_of_callers_side(&sample.outcome)).then_some(Strength::Claimed)
}

/// What shows that a beacon outside the scenario was reached: any HTTP answer but a bare denial, or any accepted TCP
/// connection.
fn beacon(transport: Transport, sample: &Sample) -> Option<Strength> {
    let reached = match &sample.outcome {
        Outcome::Unsealed(unsealed) => match unsealed.status {
            Some(status) => status != BARE_DENIAL,
            None => !transport.is_http(),
        },
        Outcome::TimedOut(Phase::FirstByte | Phase::Transfer) | Outcome::Reset(_) => {
            transport.shows_by_connecting()
        }
        _ => false,
    };
    reached.then(|| claimed(transport, sample)).flatten()
}

/// Whether the peer had a good certificate, and showed that it holds its key. Where no facts of a handshake came with an
/// answer over TLS, none is known to be wrong.
fn is_certified(sample: &Sample) -> bool {
    sample.tls.as_ref().is_none_or(|tls| tls.certificate_error.is_none() && tls.version.is_some())
}

fn is_of_callers_side(outcome: &Outcome) -> bool {
    let told = match outcome {
        Outcome::Unsealed(unsealed) => unsealed.told.as_ref(),
        _ => None,
    };
    told.is_some_and(|told| told.kind == ToldKind::CallersSide)
}

#[cfg(test)]
#[path = "senders_tests.rs"]
mod tests;
