//! Which witnesses succeeded, before and after: looked up once for the whole run.
//!
//! A silence means something only if the endpoint is known to live and the vantage is known to be able to send. This
//! file must not know what any edge came to.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use ringfence_contract::address::{Family, Transport};
use ringfence_contract::call::Pin;
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::sample::Sample;

use super::platform::{self, PlatformAnswer};
use super::site;
use crate::dispatch::{Attempt, Observations};
use crate::plan::{Plan, Witness, WitnessTarget};
use crate::scenario::{AgentIndex, Answers, EndpointIndex, Expect, Rule, Scenario};

/// Who witnessed something, before and after the edges were tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Witnessed {
    pub(crate) before: Option<AgentIndex>,
    pub(crate) after: Option<AgentIndex>,
}

impl Witnessed {
    /// Whether it was witnessed on both sides of the run.
    pub(crate) fn holds(self) -> bool {
        self.before.is_some() && self.after.is_some()
    }

    /// When it was not witnessed, for a sentence.
    pub(crate) fn gap(self) -> &'static str {
        match (self.before, self.after) {
            (None, None) => "before or after",
            (None, Some(_)) => "before",
            (Some(_), None) => "after",
            (Some(_), Some(_)) => "never missing",
        }
    }

    fn note(&mut self, side: Side, by: AgentIndex) {
        match side {
            Side::Before => self.before = self.before.or(Some(by)),
            Side::After => self.after = self.after.or(Some(by)),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Before,
    After,
}

/// Every witness of a run, by what it is a witness for.
#[derive(Debug, Default)]
pub(crate) struct WitnessBook {
    outside: HashMap<(EndpointIndex, Family), Witnessed>,
    by_owner: HashMap<(EndpointIndex, Family), Witnessed>,
    own_listener: HashMap<(EndpointIndex, Family), Witnessed>,
    /// The addresses at which allowed vantages reached an endpoint.
    reached: HashMap<(EndpointIndex, SocketAddr), Witnessed>,
    /// The certificates with which an endpoint answered those vantages.
    servers: HashSet<(EndpointIndex, Pin)>,
    /// Where admitted callers were shown a good certificate of an endpoint.
    certified: HashSet<(EndpointIndex, SocketAddr)>,
    /// What each vantage saw at its beacons.
    beacons: HashMap<(AgentIndex, Family), Vec<Sample>>,
    /// Endpoints whose 404 is their own, and not what their door says of any site.
    sites: HashSet<EndpointIndex>,
    vantages: HashMap<(AgentIndex, Family), Witnessed>,
    /// The first call of each vantage that did not reach its beacon.
    missed_beacons: HashMap<(AgentIndex, Family), Attempt>,
    /// Witness calls over an edge that must be closed.
    crossings: HashMap<(AgentIndex, EndpointIndex, Family), Vec<Attempt>>,
}

impl WitnessBook {
    pub(crate) fn gather(scenario: &Scenario, plan: &Plan, observations: &Observations) -> Self {
        let mut book = Self { sites: sites(plan, observations), ..Self::default() };
        let further = &observations.further_witnesses;
        let before = plan.witnesses.iter().zip(&observations.before);
        let before = before.chain(further.iter().map(|one| (&one.witness, &one.before)));
        let after = plan.witnesses.iter().zip(&observations.after);
        let after = after.chain(further.iter().map(|one| (&one.witness, &one.after)));
        for (witness, attempt) in before.clone().chain(after.clone()) {
            book.note_server(scenario, witness, attempt);
        }
        let sides = before.map(|one| (Side::Before, one)).chain(after.map(|one| (Side::After, one)));
        for (side, (witness, attempt)) in sides {
            let confirmed = is_confirmed(scenario, observations, witness, attempt);
            book.note(scenario, witness, (side, confirmed), attempt);
        }
        book
    }

    fn note_server(&mut self, scenario: &Scenario, witness: &Witness, attempt: &Attempt) {
        let (WitnessTarget::Endpoint(to), Expect::Allow, Ok(sample)) =
            (witness.to, witness.expect, &attempt.sample)
        else {
            return;
        };
        let Some(pin) = proven_certificate(sample) else { return };
        self.certified.extend(sample.remote.map(|remote| (to, remote)));
        if self.endpoint_lives(scenario, to, sample) {
            self.servers.insert((to, pin));
        }
    }

    /// Whether admitted callers were shown a good certificate of the endpoint at this address.
    pub(crate) fn showed_good_certificate(&self, endpoint: EndpointIndex, remote: SocketAddr) -> bool {
        self.certified.contains(&(endpoint, remote))
    }

    /// What this vantage saw at its beacons.
    pub(crate) fn beacons(&self, vantage: AgentIndex, family: Family) -> &[Sample] {
        self.beacons.get(&(vantage, family)).map_or(&[], Vec::as_slice)
    }

    /// Whether a call met the very server that answered admitted callers of this endpoint: it showed the same
    /// certificate, and that it holds its key. A portal or a proxy on the caller's own side can do neither.
    pub(crate) fn is_server(&self, endpoint: EndpointIndex, sample: &Sample) -> bool {
        proven_certificate(sample).is_some_and(|pin| self.servers.contains(&(endpoint, pin)))
    }

    fn note(
        &mut self,
        scenario: &Scenario,
        witness: &Witness,
        (side, confirmed): (Side, bool),
        attempt: &Attempt,
    ) {
        let (by, family) = (witness.vantage, witness.family);
        let sample = attempt.sample.as_deref().ok();
        if let (WitnessTarget::Endpoint(to), Expect::Deny) = (witness.to, witness.expect) {
            self.crossings.entry((by, to, family)).or_default().push(attempt.clone());
        }
        let reached = sample.is_some_and(|sample| beacon_reached(scenario, by, &sample.outcome));
        if witness.to == WitnessTarget::Beacon {
            self.beacons.entry((by, family)).or_default().extend(sample.cloned());
            if !reached {
                self.missed_beacons.entry((by, family)).or_insert_with(|| attempt.clone());
            }
        }
        let Some(sample) = sample else { return };
        let succeeded = match witness.to {
            WitnessTarget::Endpoint(to) => {
                let lives = confirmed && self.endpoint_lives(scenario, to, sample);
                if witness.expect == Expect::Allow && lives {
                    self.targets(scenario, to, by).entry((to, family)).or_default().note(side, by);
                    self.note_address(to, attempt, side, by);
                }
                self.is_server(to, sample) || self.shows_vantage(scenario, to, sample)
            }
            WitnessTarget::Beacon => reached,
            WitnessTarget::OwnListener(endpoint) => {
                if listener_lives(scenario, endpoint, by, &sample.outcome) {
                    self.own_listener.entry((endpoint, family)).or_default().note(side, by);
                }
                // A listener on the same machine shows nothing about the way out of it.
                false
            }
        };
        if succeeded {
            self.vantages.entry((by, family)).or_default().note(side, by);
        }
    }

    fn note_address(&mut self, to: EndpointIndex, attempt: &Attempt, side: Side, by: AgentIndex) {
        if let Some(remote) = attempt.sample.as_ref().ok().and_then(|sample| sample.remote) {
            self.reached.entry((to, remote)).or_default().note(side, by);
        }
    }

    /// Which allowed vantages reached the endpoint at this very address.
    pub(crate) fn address(&self, endpoint: EndpointIndex, remote: SocketAddr) -> Witnessed {
        self.reached.get(&(endpoint, remote)).copied().unwrap_or_default()
    }

    /// Where a witness for an endpoint is noted: its own agent's apart from all others.
    fn targets(
        &mut self,
        scenario: &Scenario,
        to: EndpointIndex,
        by: AgentIndex,
    ) -> &mut HashMap<(EndpointIndex, Family), Witnessed> {
        if scenario.endpoint(to).owner == Some(by) { &mut self.by_owner } else { &mut self.outside }
    }

    /// Which allowed vantages reached the endpoint. Outside vantages first: a call of the endpoint's own agent is
    /// weaker evidence, and is named only where no other is there.
    pub(crate) fn target(&self, endpoint: EndpointIndex, family: Family) -> Witnessed {
        let outside = self.outside.get(&(endpoint, family)).copied().unwrap_or_default();
        let owner = self.by_owner.get(&(endpoint, family)).copied().unwrap_or_default();
        Witnessed { before: outside.before.or(owner.before), after: outside.after.or(owner.after) }
    }

    /// Whether the endpoint's own agent reached its own listener.
    pub(crate) fn own_listener(&self, endpoint: EndpointIndex, family: Family) -> Witnessed {
        self.own_listener.get(&(endpoint, family)).copied().unwrap_or_default()
    }

    /// Whether the vantage reached anything.
    pub(crate) fn vantage(&self, vantage: AgentIndex, family: Family) -> Witnessed {
        self.vantages.get(&(vantage, family)).copied().unwrap_or_default()
    }

    /// The vantage's first call that did not reach its beacon, if one did not.
    pub(crate) fn missed_beacon(&self, vantage: AgentIndex, family: Family) -> Option<&Attempt> {
        self.missed_beacons.get(&(vantage, family))
    }

    /// Whether what an allowed vantage saw at an endpoint shows that the endpoint lives.
    fn endpoint_lives(&self, scenario: &Scenario, index: EndpointIndex, sample: &Sample) -> bool {
        let endpoint = scenario.endpoint(index);
        match &endpoint.answers {
            Answers::Agent => {
                let owner = endpoint.owner.map(|owner| &scenario.agent(owner).name);
                matches!(&sample.outcome, Outcome::Answered(answered) if Some(&answered.agent) == owner)
            }
            Answers::Platform { statuses } => {
                match platform::read(endpoint.route.address.transport, statuses, sample) {
                    PlatformAnswer::Reached => true,
                    PlatformAnswer::NotFound => self.sites.contains(&index),
                    PlatformAnswer::Refused
                    | PlatformAnswer::Wrong
                    | PlatformAnswer::Sealed
                    | PlatformAnswer::None => false,
                }
            }
        }
    }

    /// Whether what a vantage saw at an endpoint shows that the vantage can send: a seal cannot come from a door on its own side,
    /// nor can a refusal of a server that has shown a good certificate.
    fn shows_vantage(&self, scenario: &Scenario, endpoint: EndpointIndex, sample: &Sample) -> bool {
        let platform = scenario.endpoint(endpoint).answers != Answers::Agent;
        match &sample.outcome {
            Outcome::Answered(_) | Outcome::Misanswered(_) => true,
            Outcome::Forbidden(_) => proven_certificate(sample).is_some(),
            _ => platform && self.endpoint_lives(scenario, endpoint, sample),
        }
    }

    /// The witness calls that went over an edge that must be closed, and what they saw.
    pub(crate) fn crossings(
        &self,
        vantage: AgentIndex,
        endpoint: EndpointIndex,
        family: Family,
    ) -> &[Attempt] {
        self.crossings.get(&(vantage, endpoint, family)).map_or(&[], Vec::as_slice)
    }
}

/// The certificate whose key the peer has shown to hold. A handshake in which anything was wrong shows nothing.
fn proven_certificate(sample: &Sample) -> Option<Pin> {
    let tls = sample.tls.as_ref().filter(|tls| tls.certificate_error.is_none() && tls.version.is_some());
    tls.and_then(|tls| tls.pin)
}

/// Whether any rule admits anybody to the endpoint in this family.
pub(crate) fn is_admitted(scenario: &Scenario, endpoint: EndpointIndex, family: Family) -> bool {
    let about = |rule: &Rule| {
        rule.to.contains(&endpoint) && (rule.families.is_empty() || rule.families.contains(&family))
    };
    scenario.rules.iter().any(|rule| rule.expect == Expect::Allow && !rule.from.is_empty() && about(rule))
}

fn listener_lives(scenario: &Scenario, endpoint: EndpointIndex, by: AgentIndex, outcome: &Outcome) -> bool {
    let own = scenario.endpoint(endpoint).owner == Some(by);
    own && matches!(outcome, Outcome::Answered(answered) if answered.agent == scenario.agent(by).name)
}

/// Whether the target's own book knows of a sealed answer: every member of a run can make one. Where the book cannot say, the edges
/// that lean on it are judged by that.
fn is_confirmed(
    scenario: &Scenario,
    observations: &Observations,
    witness: &Witness,
    attempt: &Attempt,
) -> bool {
    let WitnessTarget::Endpoint(to) = witness.to else { return true };
    let endpoint = scenario.endpoint(to);
    let owner = endpoint.owner.filter(|_| endpoint.answers == Answers::Agent);
    let book = owner.and_then(|owner| observations.agents.get(owner.0)?.receipts.as_ref().ok());
    book.is_none_or(|book| book.restarted || book.wrapped || book.found.contains_key(&attempt.call))
}

/// The endpoints of which some vantage's own calls show that their 404 is theirs.
fn sites(plan: &Plan, observations: &Observations) -> HashSet<EndpointIndex> {
    let edges = plan.edges.iter().zip(&observations.reach);
    edges.filter(|(_, attempts)| site::is_shown(attempts)).map(|(edge, _)| edge.endpoint).collect()
}

/// Whether a vantage got through to its beacon: any HTTP answer but a bare denial, or any accepted TCP connection.
fn beacon_reached(scenario: &Scenario, vantage: AgentIndex, outcome: &Outcome) -> bool {
    let Some(beacon) = &scenario.agent(vantage).beacon else { return false };
    let transport = beacon.route.address.transport;
    match outcome {
        Outcome::Answered(_) | Outcome::Misanswered(_) | Outcome::Forbidden(_) => true,
        Outcome::Unsealed(unsealed) => match unsealed.status {
            Some(status) => status != platform::BARE_DENIAL,
            None => !transport.is_http(),
        },
        Outcome::TimedOut(Phase::FirstByte | Phase::Transfer) | Outcome::Reset(_) => {
            transport == Transport::Tcp
        }
        Outcome::Refused
        | Outcome::Unreachable(_)
        | Outcome::TimedOut(_)
        | Outcome::Unresolved(_)
        | Outcome::TlsFailed(_)
        | Outcome::NotSent(_) => false,
    }
}
