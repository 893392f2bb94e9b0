//! The plan: every edge that will be judged, and every call that will witness it.

use std::net::IpAddr;
use std::sync::Arc;

use ringfence_contract::address::Family;
use ringfence_contract::spoof::Known;
use serde::{Deserialize, Serialize};

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
    /// zone. Where a call gets as far as sending a request, one call more for each says that it comes from there.
    pub spoofs: Spoofs,
}

/// Addresses that calls over an edge say they come from: shared by the edges that have the same ones.
pub type Spoofs = Option<Arc<[IpAddr]>>;

/// What a call over an edge is placed for. `Option<Box<Role>>` in an attempt: most are the rule's own, and have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// One more of the rule's own kind, at an address of the name that none of those went to.
    Further,
    /// One more of the rule's own kind, beside a forged one that alone got in.
    Beside,
    /// A retry that the rule grants.
    Retry,
    /// In the place of the attempt of this number, counted from 0, which was lost to the network beside others that were
    /// answered.
    Again(u32),
    /// It says that it comes from this address.
    Forged(IpAddr),
    /// It says so in this header alone: the one that says it in all may have been turned away for what it looks like.
    ForgedAlone(IpAddr, Known),
    /// Over HTTP/1.1, where HTTP/2 let nothing in.
    Http1,
    /// As a person's browser would ask, before a bare 403 counts as a denial.
    Browser,
    /// At this address, where allowed vantages reached the endpoint and to which its name did not lead this one.
    AtAddress(IpAddr),
    /// To see whether the name has addresses in the other family, in which nobody calls. Nothing is sent to them.
    OtherFamily,
    /// For a site that does not exist at the same door, to see what a 404 there is worth.
    MadeUpHost,
}

impl Role {
    /// The address that such a call says it comes from, if it says one.
    #[must_use]
    pub fn forged(&self) -> Option<IpAddr> {
        match self {
            Self::Forged(source) | Self::ForgedAlone(source, _) => Some(*source),
            _ => None,
        }
    }

    /// Whether such a call asks as the rule's own do.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Further | Self::Beside | Self::Retry | Self::Again(_))
    }
}

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
