//! The witness calls, before and after the edges are tried, and what must wait for which.

use std::collections::HashMap;
use std::sync::Arc;

use ringfence_contract::id::CallId;
use ringfence_contract::outcome::{Outcome, OutcomeKind};
use ringfence_contract::sample::Sample;

use super::board::Board;
use super::observe::{Attempt, FurtherWitness, Unasked, UnaskedWhy};
use super::pending::{Pending, Tie};
use super::phases::Phases;
use super::place::{Errand, Turn, place_all};
use super::progress::Stage;
use super::second_look::ADDRESSES_MAX;
use crate::plan::{ADDRESSES_EACH, Role, Witness, WitnessTarget, call_for_witness};
use crate::scenario::Expect;

/// What the witnesses and the edges came to, each in the order of the plan.
pub(super) struct Tried {
    pub(super) before: Vec<Attempt>,
    pub(super) reach: Vec<Vec<Attempt>>,
    pub(super) after: Vec<Attempt>,
    pub(super) further_witnesses: Vec<FurtherWitness>,
}

impl Phases<'_> {
    fn witness_errand(&self, witness: usize) -> Errand {
        let witness = &self.plan.witnesses[witness];
        self.errand(witness.vantage, Tie::of_witness(witness), call_for_witness(self.scenario, witness))
    }

    /// The witnesses, the edges, and the witnesses again. An edge is tried once every witness of its endpoint and of its
    /// vantage that should get through has had its time, and each of those is placed again once every edge of its endpoint
    /// and of its vantage has. Witnesses that should not get through may be dropped, so no edge waits for them: they are
    /// placed first, and again at the end, if anything came back.
    pub(super) async fn witness_and_reach(&self) -> Tried {
        let all = 0..self.plan.witnesses.len();
        let (sure, hopeful): (Vec<usize>, Vec<usize>) =
            all.partition(|&witness| self.plan.witnesses[witness].expect == Expect::Allow);
        let errands =
            |witnesses: &[usize]| witnesses.iter().map(|&witness| self.witness_errand(witness)).collect();
        let ties = sure.iter().map(|&witness| Tie::of_witness(&self.plan.witnesses[witness]));
        let (witnesses, edges) = (Arc::new(Pending::of(ties)), Arc::new(Pending::of(self.calls_on_edges())));
        let first = Turn { own: Arc::clone(&witnesses), ..Turn::default() };
        let then = Turn { behind: witnesses, own: Arc::clone(&edges) };
        let last = Turn { behind: edges, ..Turn::default() };

        let hoped_for = place_all(errands(&hopeful), Turn::default(), &self.cancel, |_| Vec::new());
        let board = Board::of(self.plan);
        let mut known = Known::default();
        let before = async {
            self.begin(Stage::WitnessesBefore, sure.len());
            let errands = errands(&sure);
            known.expect(sure.iter().map(|&witness| self.plan.witnesses[witness]), &errands);
            let follow = |ended: &[Attempt]| {
                self.done(
                    Stage::WitnessesBefore,
                    ended.iter().filter(|attempt| attempt.role.is_none()).count(),
                );
                let further = known.hear(ended, &board);
                further.into_iter().map(|witness| known.further_errand(self, witness)).collect()
            };
            let mut before = place_all(errands, first, &self.cancel, follow).await;
            let further = before.split_off(sure.len());
            self.begin(Stage::Reach, self.calls_on_edges().count());
            (before, further)
        };
        let reach = async {
            let reach = self.reach(then, &board).await;
            self.begin(Stage::WitnessesAfter, sure.len());
            reach
        };
        let after = self.place(Stage::WitnessesAfter, errands(&sure), last);
        let (hoped_for, (before, mut further), reach, after) = tokio::join!(hoped_for, before, reach, after);
        let mut again = known.further;
        for (&witness, (before, after)) in sure.iter().zip(before.iter().zip(&after)) {
            if is_lost(&self.plan.witnesses[witness], after) {
                again.push(self.plan.witnesses[witness]);
                further.push(before.clone());
            }
        }
        let further_witnesses = self.witness_further(again, further).await;

        let (again, pointless): (Vec<usize>, Vec<usize>) =
            (0..hopeful.len()).partition(|&place| came_back(&hoped_for[place]));
        let again: Vec<usize> = again.into_iter().map(|place| hopeful[place]).collect();
        let hoped_again = place_all(errands(&again), Turn::default(), &self.cancel, |_| Vec::new()).await;
        let pointless = pointless.into_iter().map(|place| (hopeful[place], not_again()));
        let before = sure.iter().copied().zip(before).chain(hopeful.iter().copied().zip(hoped_for));
        let after =
            sure.iter().copied().zip(after).chain(again.into_iter().zip(hoped_again)).chain(pointless);
        Tried { before: in_order(before), reach, after: in_order(after), further_witnesses }
    }

    /// Places the witnesses once more that the plan did not know of: at addresses that only the resolver could tell of, and
    /// beacons whose call was lost.
    async fn witness_further(&self, witnesses: Vec<Witness>, before: Vec<Attempt>) -> Vec<FurtherWitness> {
        let call = |witness: &Witness| {
            let call = call_for_witness(self.scenario, witness);
            self.errand(witness.vantage, Tie::of_witness(witness), call)
        };
        let errands = witnesses.iter().map(call).collect();
        let after = self.place(Stage::WitnessesAfter, errands, Turn::default()).await;
        let both = before.into_iter().zip(after);
        let further = |(witness, (before, after))| FurtherWitness { witness, before, after };
        witnesses.into_iter().zip(both).map(further).collect()
    }
}

/// The witness calls before, as they come back.
#[derive(Default)]
struct Known {
    under_way: HashMap<CallId, Witness>,
    /// Witnesses beside those of the plan, in the order in which they were named.
    further: Vec<Witness>,
}

impl Known {
    fn expect(&mut self, witnesses: impl Iterator<Item = Witness>, errands: &[Errand]) {
        self.under_way.extend(errands.iter().map(|errand| errand.call.id).zip(witnesses));
    }

    /// Hears of calls that are over. Gives a witness for each address of an endpoint's name that has none, and once more each
    /// whose call was lost: there may be no other.
    fn hear(&mut self, ended: &[Attempt], board: &Board) -> Vec<Witness> {
        let mut further = Vec::new();
        for attempt in ended {
            let Some(witness) = self.under_way.remove(&attempt.call) else { continue };
            board.note(witness.vantage, attempt);
            if let (WitnessTarget::Endpoint(endpoint), Expect::Allow) = (witness.to, witness.expect) {
                board.note_reached((witness.vantage, endpoint), attempt);
            }
            if attempt.role.is_none() && is_lost(&witness, attempt) {
                further.push(witness);
            }
            let found = attempt.sample.as_ref().ok().and_then(|sample| sample.resolution.as_ref());
            let all = found.map_or(0, |found| u32::try_from(found.addresses.len()).unwrap_or(u32::MAX));
            let same = |nth: u32, known: &Witness| {
                (known.to, known.family, known.nth) == (witness.to, witness.family, nth)
            };
            let is_new = |nth: &u32| !self.further.iter().chain(&further).any(|known| same(*nth, known));
            let is_endpoint = matches!(witness.to, WitnessTarget::Endpoint(_));
            let planned = if is_endpoint { ADDRESSES_EACH } else { u32::MAX };
            let missing: Vec<u32> = (planned..all.min(ADDRESSES_MAX)).filter(is_new).collect();
            further.extend(missing.into_iter().map(|nth| Witness { nth, ..witness }));
        }
        further
    }

    fn further_errand(&mut self, run: &Phases<'_>, witness: Witness) -> Errand {
        let call = call_for_witness(run.scenario, &witness);
        self.under_way.insert(call.id, witness);
        self.further.push(witness);
        let errand = run.errand(witness.vantage, Tie::of_witness(&witness), call);
        Errand { role: Some(Box::new(Role::Further)), ..errand }
    }
}

/// Whether a call that should get through came to nothing, as one lost packet too many makes it.
fn is_lost(witness: &Witness, attempt: &Attempt) -> bool {
    let lost = attempt.sample.as_ref().is_ok_and(|sample| matches!(sample.outcome, Outcome::TimedOut(_)));
    lost && witness.expect == Expect::Allow
}

/// What the witnesses came to, in the order of the plan.
fn in_order(attempts: impl Iterator<Item = (usize, Attempt)>) -> Vec<Attempt> {
    let mut attempts: Vec<(usize, Attempt)> = attempts.collect();
    attempts.sort_by_key(|(witness, _)| *witness);
    attempts.into_iter().map(|(_, attempt)| attempt).collect()
}

/// Whether anything at all came back.
fn came_back(attempt: &Attempt) -> bool {
    let came = |sample: &Sample| {
        let kind = sample.outcome.kind();
        matches!(
            kind,
            OutcomeKind::Answered | OutcomeKind::Misanswered | OutcomeKind::Forbidden | OutcomeKind::Unsealed
        )
    };
    attempt.sample.as_ref().is_ok_and(|sample| came(sample))
}

fn not_again() -> Attempt {
    let why = Unasked::new(UnaskedWhy::Pointless, "nothing came back before the edges were tried");
    Attempt { call: CallId::random(), role: None, sample: Err(why) }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::net::SocketAddr;
    use std::path::Path;

    use ringfence_agent::control::AgentSettings;
    use ringfence_agent::perform::Policy;
    use ringfence_agent::serve::{Listen, Running, start};
    use ringfence_contract::id::RunId;
    use ringfence_contract::order::{PrivateKey, Run};
    use ringfence_contract::seal::RunKey;
    use ringfence_contract::transport::Transport;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::dispatch::{LocalSettings, LocalVantage, Settings, observe};
    use crate::plan::{Edge, Plan, Witness, WitnessTarget, expand};
    use crate::scenario::{self, Inputs, Source};

    const ENDPOINTS: usize = 400;

    fn agent(name: &str, key: &PrivateKey) -> Running {
        let mut agent = AgentSettings::new(name.parse().expect("a name"), vec![key.public()]);
        agent.policy = Policy::read(["127.0.0.0/8"]).expect("a policy");
        let listen = Listen { http: vec![SocketAddr::from(([127, 0, 0, 1], 0))], ..Listen::default() };
        start(ringfence_agent::serve::Settings { agent, listen }).expect("an agent")
    }

    /// When it began and when it had ended, in milliseconds; what is below one is left out.
    fn times(attempt: &Attempt) -> (u64, u64) {
        let sample = attempt.sample.as_ref().expect("it was asked");
        let took_us = sample.phases.total_us.expect("it took some time");
        (sample.started_ms, sample.started_ms + u64::from(took_us) / 1_000)
    }

    fn is_tied(witness: &Witness, edge: &Edge) -> bool {
        witness.vantage == edge.vantage || witness.to == WitnessTarget::Endpoint(edge.endpoint)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_edge_is_tried_between_its_own_witnesses() {
        let key = PrivateKey::random();
        let (a, b, c) = (agent("a", &key), agent("b", &key), agent("c", &key));
        let at = |agent: &Running| format!("http://{}", agent.address(Transport::Http).expect("a listener"));
        let mut endpoints = format!("door: \"{}/door\", ", at(&c));
        for number in 0..ENDPOINTS {
            write!(endpoints, "e{number}: \"{}/{number}\", ", at(&c)).expect("text");
        }
        let text = format!(
            "name: ties\nagents:\n  a: {{ control: \"{}\", endpoints: {{ own: \"{}\" }} }}\n  b: {{ control: \"{}\" }}\n  c: {{ control: \"{}\", endpoints: {{ {endpoints} }} }}\nrules:\n  - {{ name: may, from: a, to: c/*, expect: allow }}\n  - {{ name: may not, from: b, to: c/e*, expect: deny }}\n  - {{ name: can call, from: b, to: c/door, expect: allow }}\notherwise: untested\n",
            at(&a),
            at(&a),
            at(&b),
            at(&c)
        );
        let scenario = scenario::read(Source::new("ties.yaml", text), Path::new(""), &Inputs::new());
        let scenario = scenario.expect("a scenario");
        let plan: Plan = expand(&scenario);
        let local = LocalVantage::new(LocalSettings::default()).expect("settings");
        let run = Run { id: RunId::random(), key: RunKey::random() };
        let settings = Settings { key, run, local, cancel: CancellationToken::new(), again: &|_, _| false };
        let seen = observe(&scenario, &plan, settings, &|_| ()).await;
        assert_eq!(plan.witnesses.len(), ENDPOINTS + 1);
        for (edge, attempts) in plan.edges.iter().zip(&seen.reach) {
            let first = attempts.iter().map(|attempt| times(attempt).0).min().expect("attempts");
            let last = attempts.iter().map(|attempt| times(attempt).1).max().expect("attempts");
            let own = |place: &usize| is_tied(&plan.witnesses[*place], edge);
            let own: Vec<usize> = (0..plan.witnesses.len()).filter(own).collect();
            let before = own.iter().map(|place| times(&seen.before[*place]).1).max().expect("witnesses");
            let after = own.iter().map(|place| times(&seen.after[*place]).0).min().expect("witnesses");
            assert!(before <= first + 1 && last <= after + 1, "{edge:?}: {before}, {first}, {last}, {after}");
        }
    }
}
