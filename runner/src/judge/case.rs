//! One edge with everything that bears on it, looked up once. Nothing is concluded here.

use std::net::IpAddr;

use ringfence_contract::download::Downloaded;
use ringfence_contract::id::CallId;
use ringfence_contract::outcome::Outcome;
use ringfence_contract::receipt::Receipt;
use ringfence_contract::sample::Sample;

use super::callers::Callers;
use super::finding::Finding;
use super::seen::{self, Seen};
use super::senders::{Sender, Sends};
use super::site;
use super::verdict::{Reason, Verdict};
use super::witness::WitnessBook;
use crate::dispatch::{AgentObservation, Attempt, Measurement, ReceiptBook, Unasked, UnaskedWhy};
use crate::plan::{Edge, Role};
use crate::scenario::{Agent, Answers, Endpoint, Rule, Scenario, Scope, WitnessPort};

/// Whether an address is one of a private network.
pub(crate) fn is_private(address: IpAddr) -> bool {
    Scope::of(address) == Scope::Private
}

/// One edge, and everything that bears on it.
pub(crate) struct Case<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) edge: &'a Edge,
    pub(crate) vantage: &'a Agent,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) rule: &'a Rule,
    pub(crate) attempts: &'a [Attempt],
    /// What its measurement saw, where it was measured.
    pub(crate) measurement: Option<&'a Measurement>,
    /// What the download over it came to, where there was one.
    pub(crate) download: Option<&'a Result<Downloaded, Unasked>>,
    pub(crate) owner: Option<&'a AgentObservation>,
    pub(crate) witnesses: &'a WitnessBook,
    pub(crate) interrupted: bool,
    /// Where each vantage was seen to come from.
    pub(crate) callers: &'a Callers,
    /// Whether some vantage resolved the endpoint's name to a private address.
    pub(crate) private_for_others: bool,
}

impl<'a> Case<'a> {
    /// What the endpoint's agent wrote down of a call.
    pub(crate) fn receipt(&self, call: CallId) -> Option<&'a Receipt> {
        self.receipts().and_then(|book| book.found.get(&call).map(Box::as_ref))
    }

    /// The book of receipts of the endpoint's agent, if it showed it.
    pub(crate) fn receipts(&self) -> Option<&'a ReceiptBook> {
        self.owner.and_then(|owner| owner.receipts.as_ref().ok())
    }

    /// Why the endpoint's agent did not show its book.
    pub(crate) fn untold_receipts(&self) -> Reason {
        let untold = self.owner.and_then(|owner| owner.receipts.as_ref().err());
        match untold.map(|unasked| unasked.why) {
            Some(UnaskedWhy::Interrupted) => Reason::Interrupted,
            _ => Reason::TargetNotAsked,
        }
    }

    /// Whether a 404 is the site's own: the door said something else of a site that does not exist.
    pub(crate) fn site_exists(&self, sample: &Sample) -> bool {
        site::exists(self.attempts, sample)
    }

    /// Why the endpoint's agent may know nothing of the run, if it may not: it answers its calls as a stranger's then.
    pub(crate) fn ignorance_of_target(&self) -> Option<Reason> {
        let owner = self.owner?;
        if owner.hello.is_err() {
            return Some(Reason::TargetNotAsked);
        }
        self.receipts().is_some_and(|book| book.restarted).then_some(Reason::TargetRestarted)
    }

    pub(crate) fn owner_name(&self) -> &'a str {
        self.endpoint
            .owner
            .map_or(self.endpoint.name.as_str(), |owner| self.scenario.agent(owner).name.as_str())
    }

    /// Whether a sealed answer is the endpoint's own agent's, even where the platform should answer.
    pub(crate) fn is_of_owner(&self, outcome: &Outcome) -> bool {
        let agent = match outcome {
            Outcome::Answered(answered) => &answered.agent,
            Outcome::Misanswered(misanswered) => &misanswered.agent,
            _ => return false,
        };
        self.endpoint.owner.is_some_and(|owner| self.scenario.agent(owner).name == *agent)
    }

    /// Whether a sealed answer is one of the agent that this endpoint belongs to.
    pub(crate) fn is_right_agent(&self, outcome: &Outcome) -> bool {
        let Outcome::Answered(answered) = outcome else { return false };
        self.endpoint.answers == Answers::Agent && answered.agent.as_str() == self.owner_name()
    }

    /// The address that an attempt said it came from, if it did.
    pub(crate) fn spoofed(&self, place: usize) -> Option<IpAddr> {
        self.attempts.get(place)?.role.as_deref()?.forged()
    }

    /// Whether any call got in that did not say it comes from elsewhere.
    pub(crate) fn got_in_unforged(&self) -> bool {
        let places = 0..self.attempts.len();
        let mut unforged = places.filter(|place| self.spoofed(*place).is_none());
        unforged.any(|place| matches!(seen::see(self, place), Seen::Open(_)))
    }

    /// Whether the vantage showed that it can send what goes over this edge.
    pub(crate) fn sends(&self) -> Sends {
        self.witnesses.sends(self.sender(), self.rule.witness_port)
    }

    /// Whether the vantage can send what went over this edge, where somebody answered: that an answer came shows that the port
    /// goes out, and anything else that the vantage reached, at whatever port, that it is not cut off.
    pub(crate) fn sends_where_answered(&self) -> Sends {
        let here = self.sends();
        if here.witnessed.holds() { here } else { self.witnesses.sends(self.sender(), WitnessPort::Any) }
    }

    /// Who sends over this edge.
    pub(crate) fn sender(&self) -> Sender {
        Sender::over(self.scenario, self.edge)
    }

    /// The attempt that decided, or the last.
    pub(crate) fn telling(&self, finding: &Finding) -> Option<&'a Attempt> {
        let decided = finding.decided_by.and_then(|place| self.attempts.get(place));
        decided.or_else(|| self.attempts.last())
    }

    pub(crate) fn telling_sample(&self, finding: &Finding) -> Option<&'a Sample> {
        self.telling(finding).and_then(|attempt| attempt.sample.as_deref().ok())
    }

    /// The attempts that were made as the rule asks: neither forged, nor in another guise.
    pub(crate) fn plain(&self) -> impl Iterator<Item = &'a Attempt> {
        self.attempts.iter().filter(|attempt| attempt.role.as_deref().is_none_or(Role::is_plain))
    }

    /// How many of the plain attempts saw each outcome, in the order they were first seen. Answers of another status are
    /// another.
    pub(crate) fn outcomes(&self) -> Vec<(&'a Outcome, usize)> {
        let mut counts: Vec<(&Outcome, usize)> = Vec::new();
        for sample in self.plain().filter_map(|attempt| attempt.sample.as_ref().ok()) {
            match counts.iter_mut().find(|(known, _)| are_alike(known, &sample.outcome)) {
                Some((_, count)) => *count += 1,
                None => counts.push((&sample.outcome, 1)),
            }
        }
        counts
    }

    /// Why an edge that nothing was recorded for is inconclusive.
    pub(crate) fn nothing_recorded(&self) -> Reason {
        if self.interrupted { Reason::Interrupted } else { Reason::VantageNotAsked }
    }
}

/// Whether two attempts came to the same: a 200 beside a 403 did not, though neither bears a seal.
pub(crate) fn are_alike(one: &Outcome, other: &Outcome) -> bool {
    match (one, other) {
        (Outcome::Unsealed(one), Outcome::Unsealed(other)) => one.status == other.status,
        _ => one.kind() == other.kind(),
    }
}

/// What an attempt that has no sample means.
pub(crate) fn not_asked(unasked: &Unasked) -> Reason {
    match unasked.why {
        UnaskedWhy::Interrupted => Reason::Interrupted,
        UnaskedWhy::NoRoute
        | UnaskedWhy::NotCertified
        | UnaskedWhy::Refused
        | UnaskedWhy::NotTrusted
        | UnaskedWhy::CutOff
        | UnaskedWhy::Restarted
        | UnaskedWhy::Pointless
        | UnaskedWhy::Broken => Reason::VantageNotAsked,
    }
}

/// The first attempt that shows nothing. A missing family excuses an edge only if it is all that was ever seen.
pub(crate) fn unknown(tries: &[Reason]) -> Option<Finding> {
    if !tries.is_empty() && tries.iter().all(|reason| *reason == Reason::NoFamily) {
        return Some(Finding::new(Reason::NoFamily, Some(0)));
    }
    let place = tries.iter().position(|reason| reason.verdict() != Verdict::Pass)?;
    let reason = if tries[place] == Reason::NoFamily { Reason::NotSent } else { tries[place] };
    Some(Finding::new(reason, Some(place)))
}
