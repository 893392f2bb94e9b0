//! Where each vantage was seen to come from, in the whole run.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use ringfence_contract::outcome::Outcome;

use super::case::is_private;
use crate::dispatch::{Attempt, Observations};
use crate::plan::Plan;
use crate::scenario::AgentIndex;

/// Which vantages were seen at which addresses.
#[derive(Debug, Default)]
pub(crate) struct Callers(HashMap<IpAddr, Sightings>);

#[derive(Debug, Default)]
struct Sightings {
    /// Seen there by an agent, which sealed it.
    sealed: HashSet<AgentIndex>,
    /// Their own sockets' addresses.
    own: HashSet<AgentIndex>,
}

impl Callers {
    pub(super) fn gather(plan: &Plan, observations: &Observations) -> Self {
        let edges = plan.edges.iter().zip(&observations.reach);
        let edges = edges.flat_map(|(edge, attempts)| attempts.iter().map(|attempt| (edge.vantage, attempt)));
        let sides = [&observations.before, &observations.after];
        let witnesses = sides.into_iter().flat_map(|side| plan.witnesses.iter().zip(side));
        let witnesses = witnesses.map(|(witness, attempt)| (witness.vantage, attempt));
        let mut callers = Self::default();
        for (vantage, attempt) in edges.chain(witnesses) {
            callers.note(vantage, attempt);
        }
        callers
    }

    fn note(&mut self, vantage: AgentIndex, attempt: &Attempt) {
        let forged = attempt.role.as_deref().is_some_and(|role| role.forged().is_some());
        let Some(sample) = attempt.sample.as_ref().ok().filter(|_| !forged) else { return };
        if let Some(local) = sample.local {
            self.0.entry(local.ip()).or_default().own.insert(vantage);
        }
        if let Outcome::Answered(answered) | Outcome::Misanswered(answered) = &sample.outcome {
            self.0.entry(answered.seen.address).or_default().sealed.insert(vantage);
        }
    }

    /// Whether another vantage was seen at this address, and this one never.
    pub(super) fn is_solely_anothers(&self, vantage: AgentIndex, address: IpAddr) -> bool {
        let Some(seen) = self.0.get(&address) else { return false };
        let own = seen.sealed.contains(&vantage) || seen.own.contains(&vantage);
        // Several networks have the same private addresses: a socket's own says little there.
        let others = !seen.sealed.is_empty() || (!seen.own.is_empty() && !is_private(address));
        !own && others
    }

    /// Whether any other vantage was seen there.
    pub(crate) fn others_at(&self, vantage: AgentIndex, address: IpAddr) -> Vec<AgentIndex> {
        let seen = self.0.get(&address).into_iter();
        let seen = seen.flat_map(|seen| seen.sealed.union(&seen.own).copied());
        let mut others: Vec<AgentIndex> = seen.filter(|other| *other != vantage).collect();
        others.sort();
        others
    }
}
