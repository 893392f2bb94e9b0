//! Every attempt at every edge, all of them in flight at once, and the retries that rules grant.

use ringfence_contract::call::Call;
use ringfence_contract::outcome::Outcome;

use super::board::Board;
use super::further::Further;
use super::observe::{Attempt, UnaskedWhy};
use super::pending::Tie;
use super::phases::Phases;
use super::place::{Errand, Turn, place_all};
use super::progress::Stage;
use crate::plan::{Edge, Role, behind_denied_ms, call_for_edge, calls_on, further_call};
use crate::scenario::{Answers, Endpoint, Expect};

impl Phases<'_> {
    /// The calls over every edge, retries aside.
    pub(super) fn calls_on_edges(&self) -> impl Iterator<Item = Tie> {
        let calls = |edge| std::iter::repeat_n(Tie::of_edge(edge), calls_on(self.scenario, edge) as usize);
        self.plan.edges.iter().flat_map(calls)
    }

    /// Every attempt at every edge, in the order of the plan's edges.
    pub(super) async fn reach(&self, turn: Turn, board: &Board) -> Vec<Vec<Attempt>> {
        let attempts = |edge: &Edge| calls_on(self.scenario, edge);
        let mut errands = Vec::new();
        let mut further = Further::of(self, board);
        let behind_ms = behind_denied_ms(self.scenario, self.plan);
        for (place, edge) in self.plan.edges.iter().enumerate() {
            let later_ms = if edge.expect == Expect::Allow { behind_ms } else { 0 };
            for attempt in 0..attempts(edge) {
                let call = call_for_edge(self.scenario, edge, attempt);
                further.expect(place, &call);
                let start_after_ms = call.start_after_ms.saturating_add(later_ms);
                errands.push(self.errand(edge.vantage, Tie::of_edge(edge), Call { start_after_ms, ..call }));
            }
        }
        let follow = |ended: &[Attempt]| {
            self.done(Stage::Reach, ended.iter().filter(|attempt| attempt.role.is_none()).count());
            further.hear(ended)
        };
        let mut seen = place_all(errands, turn, &self.cancel, follow).await.into_iter();
        let take = |edge| seen.by_ref().take(attempts(edge) as usize).collect();
        let mut reach: Vec<Vec<Attempt>> = self.plan.edges.iter().map(take).collect();
        for (edge, attempt) in further.into_named().into_iter().zip(seen) {
            reach[edge].push(attempt);
        }
        self.try_again(&mut reach).await;
        reach
    }

    /// Edges whose rule grants retries and whose last attempt brought no answer are tried again, all of them at once.
    async fn try_again(&self, reach: &mut [Vec<Attempt>]) {
        let most =
            self.plan.edges.iter().map(|edge| self.scenario.rule(edge.rule).retries).max().unwrap_or(0);
        for retry in 0..most {
            let again: Vec<usize> =
                (0..reach.len()).filter(|&edge| self.wants_retry(edge, &reach[edge], retry)).collect();
            let errand = |&edge: &usize| {
                let attempt = u32::try_from(reach[edge].len()).unwrap_or(u32::MAX);
                let edge = &self.plan.edges[edge];
                let call = further_call(self.scenario, edge, Role::Retry, attempt);
                let role = Some(Box::new(Role::Retry));
                Errand { role, ..self.errand(edge.vantage, Tie::of_edge(edge), call) }
            };
            let errands = again.iter().map(errand).collect();
            let seen = self.place(Stage::Reach, errands, Turn::default()).await;
            for (edge, attempt) in again.into_iter().zip(seen) {
                reach[edge].push(attempt);
            }
        }
    }

    fn wants_retry(&self, edge: usize, attempts: &[Attempt], retry: u32) -> bool {
        let edge = &self.plan.edges[edge];
        let endpoint = self.scenario.endpoint(edge.endpoint);
        let of_the_rule = |attempt: &&Attempt| {
            !matches!(attempt.role.as_deref(), Some(Role::MadeUpHost | Role::OtherFamily))
        };
        let settled = |attempt: &Attempt| match &attempt.sample {
            Ok(_) => is_answered(endpoint, attempt),
            Err(unasked) => unasked.why == UnaskedWhy::Interrupted,
        };
        retry < self.scenario.rule(edge.rule).retries
            && !attempts.iter().rev().filter(of_the_rule).take(1).all(settled)
    }
}

/// Whether an attempt brought an answer back: the agent's, or where the platform answers, any.
pub(super) fn is_answered(endpoint: &Endpoint, attempt: &Attempt) -> bool {
    let platform = matches!(endpoint.answers, Answers::Platform { .. });
    attempt.sample.as_ref().is_ok_and(|sample| match sample.outcome {
        Outcome::Answered(_) => true,
        Outcome::Unsealed(_) => platform,
        _ => false,
    })
}
