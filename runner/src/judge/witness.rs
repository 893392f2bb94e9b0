//! Which witnesses succeeded, before and after: looked up once for the whole run.
//!
//! A silence means something only if the endpoint is known to live and the vantage is known to be able to send. This
//! file must not know what any edge came to.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use ringfence_contract::address::Family;
use ringfence_contract::call::Pin;
use ringfence_contract::outcome::{Outcome, Unsealed};
use ringfence_contract::sample::Sample;

use super::lives::{endpoint_lives, is_confirmed, listener_lives, sites};
use super::senders::{self, Sender, Senders, Sends};
use super::site::Template;
use crate::dispatch::{Attempt, Observations};
use crate::plan::{Plan, Witness, WitnessTarget, outside};
use crate::scenario::{AgentIndex, EndpointIndex, Expect, Port, Rule, Scenario, WitnessPort};

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

    pub(super) fn note(&mut self, side: Side, by: AgentIndex) {
        match side {
            Side::Before => self.before = self.before.or(Some(by)),
            Side::After => self.after = self.after.or(Some(by)),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
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
    /// The same by endpoint, whatever the port.
    addresses: HashMap<EndpointIndex, BTreeSet<IpAddr>>,
    /// The certificates with which an endpoint answered those vantages.
    servers: HashSet<(EndpointIndex, Pin)>,
    /// The certificates that admitted callers were shown when they reached an endpoint, good or not.
    shown: HashSet<(EndpointIndex, Pin)>,
    /// The rows of the tables that admitted callers' answers bore.
    told: HashSet<(EndpointIndex, String)>,
    /// What admitted callers were answered without a seal when they reached an endpoint, each once.
    answers: HashMap<EndpointIndex, HashSet<Template>>,
    /// Where admitted callers were shown a good certificate of an endpoint.
    certified: HashSet<(EndpointIndex, SocketAddr)>,
    /// What each vantage saw at its beacons.
    beacons: HashMap<(AgentIndex, Family), Vec<Sample>>,
    /// Endpoints whose 404 is their own, and not what their door says of any site.
    sites: HashSet<EndpointIndex>,
    /// Where vantages showed that they can send.
    senders: Senders,
    /// The first call of each vantage that did not reach a beacon of its own at a port, and which beacon that was.
    missed_beacons: HashMap<(AgentIndex, Family, Port), (usize, Attempt)>,
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
        if let Outcome::Forbidden(forbidden) = &sample.outcome {
            self.told.insert((to, forbidden.fingerprint.clone()));
        }
        let lives = self.is_alive(scenario, witness, sample);
        if let (true, Outcome::Unsealed(unsealed)) = (lives, &sample.outcome) {
            self.answers.entry(to).or_default().insert(Template::of(unsealed));
        }
        let shown = sample.tls.as_ref().and_then(|tls| tls.pin).filter(|_| lives);
        self.shown.extend(shown.map(|pin| (to, pin)));
        let Some(pin) = proven_certificate(sample) else { return };
        self.certified.extend(sample.remote.map(|remote| (to, remote)));
        if lives {
            self.servers.insert((to, pin));
        }
    }

    /// Whether admitted callers were shown this certificate when they reached the endpoint.
    pub(crate) fn showed(&self, endpoint: EndpointIndex, pin: Pin) -> bool {
        self.shown.contains(&(endpoint, pin))
    }

    /// Whether admitted callers got this answer, but for what differs from one to the next; and whether any got one with its
    /// status.
    pub(crate) fn was_answered(&self, endpoint: EndpointIndex, unsealed: &Unsealed) -> (bool, bool) {
        let Some(known) = self.answers.get(&endpoint) else { return (false, false) };
        let alike = known.iter().any(|page| page.status() == unsealed.status);
        (known.contains(&Template::of(unsealed)), alike)
    }

    /// Whether admitted callers' answers bore this row of the tables.
    pub(crate) fn is_told_to_admitted(&self, endpoint: EndpointIndex, row: &str) -> bool {
        self.told.contains(&(endpoint, row.to_owned()))
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
        if let (WitnessTarget::Beacon(_), Some(sample)) = (witness.to, sample) {
            self.beacons.entry((by, family)).or_default().push(sample.clone());
        }
        let lives = sample.is_some_and(|sample| self.is_alive(scenario, witness, sample));
        let shown = sample.and_then(|sample| senders::shows(scenario, witness, (sample, lives)));
        let port = port_of(scenario, witness);
        if let (WitnessTarget::Beacon(place), None, Some(port)) = (witness.to, shown, port) {
            self.missed_beacons.entry((by, family, port)).or_insert_with(|| (place, attempt.clone()));
        }
        if let (Some(strength), Some(port)) = (shown, port) {
            self.senders.note(Sender { vantage: by, family, port }, strength, side);
        }
        let Some(sample) = sample else { return };
        match witness.to {
            WitnessTarget::Endpoint(to) if witness.expect == Expect::Allow => {
                if lives && confirmed {
                    self.targets(scenario, to, by).entry((to, family)).or_default().note(side, by);
                    self.note_address(to, attempt, side, by);
                }
            }
            WitnessTarget::OwnListener(endpoint) => {
                if listener_lives(scenario, endpoint, by, &sample.outcome) {
                    self.own_listener.entry((endpoint, family)).or_default().note(side, by);
                }
            }
            WitnessTarget::Endpoint(_) | WitnessTarget::Beacon(_) => {}
        }
    }

    fn note_address(&mut self, to: EndpointIndex, attempt: &Attempt, side: Side, by: AgentIndex) {
        if let Some(remote) = attempt.sample.as_ref().ok().and_then(|sample| sample.remote) {
            self.reached.entry((to, remote)).or_default().note(side, by);
            self.addresses.entry(to).or_default().insert(remote.ip());
        }
    }

    /// Which allowed vantages reached the endpoint at this very address.
    pub(crate) fn address(&self, endpoint: EndpointIndex, remote: SocketAddr) -> Witnessed {
        self.reached.get(&(endpoint, remote)).copied().unwrap_or_default()
    }

    /// The addresses at which allowed vantages reached the endpoint.
    pub(crate) fn addresses(&self, endpoint: EndpointIndex) -> impl Iterator<Item = IpAddr> {
        self.addresses.get(&endpoint).into_iter().flatten().copied()
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

    /// Whether the vantage showed that it can send, at this port of what it was to call, or, where a rule takes that, at any.
    pub(crate) fn sends(&self, sender: Sender, at: WitnessPort) -> Sends {
        self.senders.sends(sender, at)
    }

    /// The vantage's first call at a port that did not reach a beacon of its own, if one did not, and the beacon's place.
    pub(crate) fn missed_beacon(&self, sender: Sender) -> Option<&(usize, Attempt)> {
        self.missed_beacons.get(&(sender.vantage, sender.family, sender.port))
    }

    /// Whether what a witness saw at an endpoint shows that the endpoint lives.
    fn is_alive(&self, scenario: &Scenario, witness: &Witness, sample: &Sample) -> bool {
        match witness.to {
            WitnessTarget::Endpoint(to) => endpoint_lives(scenario, &self.sites, to, sample),
            WitnessTarget::Beacon(_) | WitnessTarget::OwnListener(_) => false,
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

/// The port that a witness calls on its way out; none where it calls its own listener.
fn port_of(scenario: &Scenario, witness: &Witness) -> Option<Port> {
    match witness.to {
        WitnessTarget::Endpoint(endpoint) => Some(Port::of(&scenario.endpoint(endpoint).route.address)),
        WitnessTarget::Beacon(place) => {
            outside(scenario.agent(witness.vantage), place).map(|route| Port::of(&route.address))
        }
        WitnessTarget::OwnListener(_) => None,
    }
}
