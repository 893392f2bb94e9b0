//! What a scenario means, once every name in it is known: the second of the three stages (shape, meaning, matrix).
//!
//! Everything refers to everything else by index, so that a plan of a million edges stays small. This file must not
//! know how a scenario is written.

use std::fmt;

use ringfence_contract::address::{Family, Host};
use ringfence_contract::call::{Route, Timeouts};
use ringfence_contract::fingerprint::Fingerprint;
use ringfence_contract::name::AgentName;
use ringfence_contract::order::ControlAddress;
use ringfence_contract::outcome::OutcomeKind;
use serde::{Deserialize, Serialize};

use super::inputs::Stray;
use super::latency::Latency;
use super::optional::LeftOut;
use super::resolves::NameClaim;
use super::source::{Source, Span};
use super::throughput::Throughput;
use super::zone::Zone;

/// The place of an agent in [`Scenario::agents`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentIndex(pub usize);

/// The place of an endpoint in [`Scenario::endpoints`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointIndex(pub usize);

/// The place of a rule in [`Scenario::rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub usize);

/// A scenario that makes sense.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The text it was read from.
    pub source: Source,
    /// Every agent, in the order of the file. Each is a vantage.
    pub agents: Vec<Agent>,
    /// Every endpoint, agents' first, in the order of the file.
    pub endpoints: Vec<Endpoint>,
    /// Every rule, in the order of the file, and last the one `otherwise: deny` stands for.
    pub rules: Vec<Rule>,
    /// Endpoints that are not called, because an input that they need was not given.
    pub left_out: Vec<LeftOut>,
    /// Values of input files that may be slips.
    pub strays: Vec<Stray>,
    /// What answers say in somebody's own words: the scenario's own rows first, then those known by heart.
    pub fingerprints: Vec<Fingerprint>,
    /// Headers that forged calls have beside those known by heart, or in place of one of them.
    pub spoof_headers: Vec<SpoofHeader>,
    /// How long each phase of a call may take.
    pub timeouts: Timeouts,
}

impl Scenario {
    /// The agent at an index that this scenario gave out.
    #[must_use]
    pub fn agent(&self, index: AgentIndex) -> &Agent {
        &self.agents[index.0]
    }

    /// The endpoint at an index that this scenario gave out.
    #[must_use]
    pub fn endpoint(&self, index: EndpointIndex) -> &Endpoint {
        &self.endpoints[index.0]
    }

    /// The rule at an index that this scenario gave out.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> &Rule {
        &self.rules[index.0]
    }
}

/// A header that a forged call has as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoofHeader {
    /// Its name, in lower case.
    pub name: String,
    /// Its value; none stands for the address that the call says it comes from.
    pub value: Option<String>,
}

/// An agent: a vantage that calls are made from, and the owner of the endpoints it answers on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its name.
    pub name: AgentName,
    /// Where its calls are expected to come from; none where the scenario does not care.
    pub zone: Option<Zone>,
    /// How orders get to it.
    pub control: Control,
    /// What this vantage can always reach: its witnesses at the ports where it may reach no endpoint.
    pub beacons: Vec<Beacon>,
    /// Where the scenario names it.
    pub span: Span,
}

/// How orders get to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// The agent embedded in the runner.
    Local,
    /// Straight to a listener of the agent.
    Direct(ControlAddress),
    /// By way of another agent, which passes the order on to a listener of this one.
    Relay {
        /// The agent that passes orders on.
        via: AgentIndex,
        /// Where that agent finds this one.
        to: ControlAddress,
    },
    /// Over standard input and output of a program.
    Exec(Vec<String>),
}

impl Control {
    /// Whether orders, and the run key with them, cross a link in the clear that is not this machine's loopback.
    #[must_use]
    pub fn is_plaintext(&self) -> bool {
        let plain = |to: &ControlAddress| {
            let loopback = match (to.connect, &to.address.host) {
                (Some(address), _) => address.is_loopback(),
                (None, Host::Ip(address)) => address.is_loopback(),
                // A name that may never be looked up elsewhere (RFC 6761 section 6.3).
                (None, Host::Name(name)) => name == "localhost",
            };
            !to.address.transport.is_tls() && !loopback
        };
        match self {
            Self::Local | Self::Exec(_) => false,
            Self::Direct(to) | Self::Relay { to, .. } => plain(to),
        }
    }
}

/// Something that a healthy vantage can always reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beacon {
    /// What it is.
    pub to: BeaconTarget,
    /// Where the scenario names it.
    pub span: Span,
}

/// What a beacon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeaconTarget {
    /// Something outside the scenario. Any HTTP answer, or any accepted TCP connection, will do.
    Outside(Route),
    /// An endpoint of the scenario, which is called as one.
    Endpoint(EndpointIndex),
}

/// One way in to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `owner/endpoint` for an agent's, the target's name for a plain target's.
    pub name: String,
    /// The agent it belongs to; none for a plain target.
    pub owner: Option<AgentIndex>,
    /// How it is reached.
    pub route: Route,
    /// Who answers there.
    pub answers: Answers,
    /// The families it is called in, each an edge of its own.
    pub families: Vec<Family>,
    /// What its name has to resolve to, from wherever it is called and no rule says otherwise.
    pub resolves: Option<NameClaim>,
    /// Where the scenario names it.
    pub span: Span,
}

/// Who answers at an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answers {
    /// The owning agent, with a sealed answer.
    Agent,
    /// The platform itself: no seal, no receipts. Allowed means one of these statuses, or any that is no
    /// denial and not 404, 502, 503 or 504.
    Platform {
        /// The statuses that count as reached; empty means any that is no denial and not 404, 502, 503 or 504.
        statuses: Vec<u16>,
    },
}

/// A named line of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, unique in the scenario.
    pub name: String,
    /// The vantages it is about, in the order of the scenario's agents.
    pub from: Vec<AgentIndex>,
    /// The endpoints it is about, in the order of the scenario's endpoints.
    pub to: Vec<EndpointIndex>,
    /// What is expected of them.
    pub expect: Expect,
    /// How many calls one edge takes, at least 1.
    pub attempts: u32,
    /// Over how long these calls are spread, in milliseconds.
    pub window_ms: u32,
    /// How often a failed allow edge is tried again; 0 unless the rule says so.
    pub retries: u32,
    /// The outcomes that count as a denial; empty means any that is evidence of one.
    pub by: Vec<OutcomeKind>,
    /// The families it is about; empty means all of each endpoint's.
    pub families: Vec<Family>,
    /// Whether an agent's calls to its own endpoints are edges of this rule.
    pub self_calls: SelfCalls,
    /// Who shows that a silent endpoint lives.
    pub witness: WitnessBy,
    /// At which port a vantage has to show that it can send.
    pub witness_port: WitnessPort,
    /// Whether denied callers also try to pass for admitted ones.
    pub spoofing: Spoofing,
    /// What the names it is about have to resolve to, whatever their endpoints say.
    pub resolves: Option<NameClaim>,
    /// How its edges are measured, and how fast they have to be. Only where they are allowed.
    pub latency: Option<Latency>,
    /// How fast the bytes of its edges have to come. Only where they are allowed.
    pub throughput: Option<Throughput>,
    /// Where the scenario writes it; for the `otherwise` rule, where that key stands, if it does.
    pub span: Option<Span>,
}

/// What is expected of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// The call gets through.
    Allow,
    /// The call does not get through.
    Deny,
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        })
    }
}

/// Whether an agent's calls to its own endpoints are edges of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfCalls {
    /// They are not.
    Excluded,
    /// They are, beside the others.
    Included,
    /// They alone are.
    Only,
}

/// Whether denied callers also say, in the headers of proxies, that they come from an admitted address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoofing {
    /// They do, in one call more.
    Tried,
    /// They do not.
    Left,
}

/// Who shows that a silent endpoint lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WitnessBy {
    /// Another vantage, one that may reach it.
    Allowed,
    /// The target agent's own call to its own listener: weaker, and shown as such.
    TargetItself,
}

/// At which port a vantage has to show that it can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WitnessPort {
    /// At that of the endpoint that stays silent.
    Same,
    /// At any: weaker, and shown as such.
    Any,
}
