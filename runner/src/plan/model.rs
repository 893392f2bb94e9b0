//! The plan: every edge that will be judged, and every call that will witness it.

use std::net::IpAddr;
use std::sync::Arc;

use ringfence_contract::address::Family;

use crate::scenario::{AgentIndex, EndpointIndex, Expect, RuleIndex};

/// Every edge, in report order, and the calls that witness them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The edges: by vantage, then endpoint, then family, each in the order of the scenario.
    pub edges: Vec<Edge>,
    /// The witness calls. Each is placed before and after the edges are tried.
    pub witnesses: Vec<Witness>,
    /// How many edges the scenario could have: every vantage by every endpoint and family, self-calls left out unless
    /// a rule names them. The plan's completeness is edges of possible.
    pub possible: usize,
}

/// One cell of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edge {
    /// Who calls.
    pub vantage: AgentIndex,
    /// What is called.
    pub endpoint: EndpointIndex,
    /// In which family.
    pub family: Family,
    /// What is expected.
    pub expect: Expect,
    /// The rule that says so.
    pub rule: RuleIndex,
    /// For an edge that must be denied over HTTP: addresses from which the endpoint admits callers, one of each admitted
    /// zone. One call more for each says that it comes from there.
    pub spoofs: Spoofs,
}

/// Addresses that calls over an edge say they come from: shared by the edges that have the same ones.
pub type Spoofs = Option<Arc<[IpAddr]>>;

/// A call that must succeed for a silence to mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Witness {
    /// Who calls.
    pub vantage: AgentIndex,
    /// What is called.
    pub to: WitnessTarget,
    /// In which family.
    pub family: Family,
    /// Which of several addresses of the endpoint's name it takes, as a call's own `nth` says: a silence at one of them
    /// is witnessed only by whoever got through to that one.
    pub nth: u32,
    /// Whether it should get through. Where it should not, only a refusal in the platform's own words witnesses
    /// anything, and nothing need wait for it: it may well be dropped.
    pub expect: Expect,
}

/// What a witness calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WitnessTarget {
    /// An endpoint. Where the vantage may reach it, an answer shows that both live; where it may not, a refusal in the
    /// platform's own words shows that the vantage can send.
    Endpoint(EndpointIndex),
    /// One of the vantage's own beacons outside the scenario, by its place among [`Agent::beacons`](crate::scenario::Agent).
    Beacon(usize),
    /// The vantage's own listener behind this endpoint of its own.
    OwnListener(EndpointIndex),
}
