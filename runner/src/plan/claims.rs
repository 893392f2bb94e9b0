//! What is claimed of an edge beside its reachability: each claim is judged as a case of its own. This file must not know
//! how a claim is judged.

use crate::scenario::{Budget, Expect, Latency, NameClaim, Scenario, Span, Throughput};

use super::model::Edge;

/// Something claimed of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim<'s> {
    /// What the endpoint's name resolves to for the vantage, in the edge's family.
    Resolves(&'s NameClaim),
    /// How fast the edge is, or how few calls it loses.
    Keeps(&'s Budget),
    /// How fast bytes come over the edge, from the target to the caller.
    Flows(&'s Throughput),
}

impl Claim<'_> {
    /// The claim as plans and reports show it: `resolves within 10.0.3.0/24`, `p99 <= 50 ms`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Resolves(claim) => format!("resolves {}", claim.resolves),
            Self::Keeps(budget) => budget.limit.to_string(),
            Self::Flows(throughput) => throughput.to_string(),
        }
    }

    /// Where the scenario says so.
    #[must_use]
    pub fn span(&self) -> &Span {
        match self {
            Self::Resolves(claim) => &claim.span,
            Self::Keeps(budget) => &budget.span,
            Self::Flows(throughput) => &throughput.span,
        }
    }
}

/// The claims an edge bears. What its rule says of names outranks what its endpoint says.
#[must_use]
pub fn claims<'s>(scenario: &'s Scenario, edge: &Edge) -> Vec<Claim<'s>> {
    let by_rule = scenario.rule(edge.rule).resolves.as_ref();
    let name = by_rule.or(scenario.endpoint(edge.endpoint).resolves.as_ref());
    let budgets = latency(scenario, edge).into_iter().flat_map(|latency| &latency.budgets);
    let flows = throughput(scenario, edge).map(Claim::Flows);
    name.map(Claim::Resolves).into_iter().chain(budgets.map(Claim::Keeps)).chain(flows).collect()
}

/// How an edge is to be measured once it was reached; none where it is not, as an edge that must be denied never is.
#[must_use]
pub fn latency<'s>(scenario: &'s Scenario, edge: &Edge) -> Option<&'s Latency> {
    let latency = scenario.rule(edge.rule).latency.as_ref();
    latency.filter(|_| edge.expect == Expect::Allow)
}

/// How fast bytes have to come over an edge once it was reached; none where nothing says, or the edge must be denied.
#[must_use]
pub fn throughput<'s>(scenario: &'s Scenario, edge: &Edge) -> Option<&'s Throughput> {
    let throughput = scenario.rule(edge.rule).throughput.as_ref();
    throughput.filter(|_| edge.expect == Expect::Allow)
}
