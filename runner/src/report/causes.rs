//! What did not pass, put together by its cause: edges and claims that came to the same for the same reason, with the same next
//! step, are one cause. The worst comes first, what was skipped last.

use std::hash::Hash;

use indexmap::IndexMap;
use ringfence_contract::outcome::OutcomeKind;

use super::mark::Mark;
use super::story::{self, Story};
use crate::judge::{ClaimReason, Reason};
use crate::tally::{ClaimRecord, EdgeRecord, RunRecord};

/// How many causes are told each by itself. Where there are more, those of one kind are told as one.
const CAUSES_MAX: usize = 50;

/// An edge that is worth telling, or a claim of one.
#[derive(Clone, Copy)]
pub(super) enum Told<'r> {
    Edge(&'r EdgeRecord),
    Claim(&'r EdgeRecord, &'r ClaimRecord),
}

/// What is told as one: at least one edge or claim, in the order of the edges.
pub(super) struct Cause<'r> {
    pub(super) first: Told<'r>,
    pub(super) others: Vec<Told<'r>>,
}

/// What all of one cause have in common: the sign, the reason, and what to do.
type OfCause<'r> = (Mark, &'static str, Option<&'r str>);

/// What those of one kind have in common: the sign, the reason, the rule or the claim's line, and what was seen.
type OfKind<'r> = (Mark, &'static str, usize, &'r str, Option<OutcomeKind>);

impl<'r> Told<'r> {
    pub(super) fn edge(self) -> &'r EdgeRecord {
        match self {
            Self::Edge(edge) | Self::Claim(edge, _) => edge,
        }
    }

    /// Who calls what, and of a claim, what is claimed.
    pub(super) fn name(self) -> String {
        let edge = self.edge();
        let name = format!("{} -> {} {}", edge.vantage, edge.endpoint, edge.family);
        match self {
            Self::Edge(_) => name,
            Self::Claim(_, claim) => format!("{name} ({})", claim.claimed),
        }
    }

    pub(super) fn mark(self) -> Mark {
        match self {
            Self::Edge(edge) => Mark::of(edge),
            Self::Claim(_, claim) => Mark::of_claim(claim),
        }
    }

    pub(super) fn story(self, record: &RunRecord) -> Story {
        match self {
            Self::Edge(edge) => story::tell(record, edge),
            Self::Claim(edge, claim) => story::tell_claim(record, edge, claim),
        }
    }

    /// Whether nothing is known but that the run was ended.
    fn is_interrupted(self) -> bool {
        match self {
            Self::Edge(edge) => edge.judged.reason == Reason::Interrupted,
            Self::Claim(_, claim) => claim.judged.reason == ClaimReason::Interrupted,
        }
    }

    fn cause(self) -> OfCause<'r> {
        match self {
            Self::Edge(edge) => (self.mark(), edge.judged.reason.as_str(), edge.judged.hint.as_deref()),
            Self::Claim(_, claim) => {
                (self.mark(), claim.judged.reason.as_str(), claim.judged.hint.as_deref())
            }
        }
    }

    fn kind(self) -> OfKind<'r> {
        match self {
            Self::Edge(edge) => (self.mark(), edge.judged.reason.as_str(), edge.rule, "", edge.outcome),
            Self::Claim(_, claim) => {
                (self.mark(), claim.judged.reason.as_str(), claim.line, &claim.claimed, None)
            }
        }
    }
}

/// Everything that is worth telling: by its causes, the worst first, and apart from them what is not known because the run was
/// ended.
pub(super) fn causes(record: &RunRecord) -> (Vec<Cause<'_>>, Vec<Told<'_>>) {
    let told = record.edges.iter().flat_map(worth_telling);
    let (interrupted, told): (Vec<_>, Vec<_>) = told.partition(|one| one.is_interrupted());
    let by_cause = group(&told, Told::cause);
    let causes = if by_cause.len() > CAUSES_MAX { group(&told, Told::kind) } else { by_cause };
    (causes, interrupted)
}

fn group<'r, K: Eq + Hash>(told: &[Told<'r>], key: impl Fn(Told<'r>) -> K) -> Vec<Cause<'r>> {
    let mut groups: IndexMap<K, Cause<'r>> = IndexMap::new();
    for &one in told {
        match groups.entry(key(one)) {
            indexmap::map::Entry::Occupied(mut known) => known.get_mut().others.push(one),
            indexmap::map::Entry::Vacant(new) => drop(new.insert(Cause { first: one, others: Vec::new() })),
        }
    }
    let mut causes: Vec<Cause<'r>> = groups.into_values().collect();
    causes.sort_by_key(|cause| cause.first.mark());
    causes
}

/// What is worth telling of an edge: its reachability first, then its claims.
fn worth_telling(edge: &EdgeRecord) -> impl Iterator<Item = Told<'_>> {
    let reached = story::is_told(edge).then_some(Told::Edge(edge));
    let claims = edge.claims.iter().filter(|claim| story::is_claim_told(claim));
    reached.into_iter().chain(claims.map(move |claim| Told::Claim(edge, claim)))
}
