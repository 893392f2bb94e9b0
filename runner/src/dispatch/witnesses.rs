//! The witness calls, before and after the edges are tried, and what must wait for which.

use ringfence_contract::id::CallId;
use ringfence_contract::outcome::OutcomeKind;
use ringfence_contract::sample::Sample;

use super::observe::{Attempt, Unasked, UnaskedWhy};
use super::phases::Phases;
use super::place::{Errand, place_all};
use super::progress::Stage;
use crate::plan::call_for_witness;
use crate::scenario::Expect;

impl Phases<'_> {
    fn witness_errand(&self, witness: usize) -> Errand {
        let witness = &self.plan.witnesses[witness];
        self.errand(witness.vantage, call_for_witness(self.scenario, witness))
    }

    /// The edges are tried once every witness that should get through has had its time. Those that should not may be
    /// dropped, so nothing waits for them: they are placed first, and their answers come when they come.
    pub(super) async fn before_and_reach(&self) -> (Vec<Attempt>, Vec<Vec<Attempt>>) {
        let all = 0..self.plan.witnesses.len();
        let (sure, hopeful): (Vec<usize>, Vec<usize>) =
            all.partition(|&witness| self.plan.witnesses[witness].expect == Expect::Allow);
        self.begin(Stage::WitnessesBefore, sure.len());
        let errands =
            |witnesses: &[usize]| witnesses.iter().map(|&witness| self.witness_errand(witness)).collect();
        let hoped_for = place_all(errands(&hopeful), &self.cancel, |_| ());
        let sure_then_reach = async {
            let before = self.place(Stage::WitnessesBefore, errands(&sure)).await;
            (before, self.reach().await)
        };
        let (hoped_for, (surely, reach)) = tokio::join!(hoped_for, sure_then_reach);
        let mut before: Vec<(usize, Attempt)> = hopeful.into_iter().zip(hoped_for).collect();
        before.extend(sure.into_iter().zip(surely));
        before.sort_by_key(|(witness, _)| *witness);
        (before.into_iter().map(|(_, attempt)| attempt).collect(), reach)
    }

    /// The witnesses again, but for those that should not get through and brought nothing back before.
    pub(super) async fn after(&self, before: &[Attempt]) -> Vec<Attempt> {
        let pointless = |witness: usize| {
            self.plan.witnesses[witness].expect == Expect::Deny && !before.get(witness).is_some_and(came_back)
        };
        let (left, again): (Vec<usize>, Vec<usize>) =
            (0..self.plan.witnesses.len()).partition(|&at| pointless(at));
        self.begin(Stage::WitnessesAfter, again.len());
        let errands = again.iter().map(|&witness| self.witness_errand(witness)).collect();
        let seen = self.place(Stage::WitnessesAfter, errands).await;
        let mut after: Vec<(usize, Attempt)> = again.into_iter().zip(seen).collect();
        after.extend(left.into_iter().map(|witness| (witness, not_again())));
        after.sort_by_key(|(witness, _)| *witness);
        after.into_iter().map(|(_, attempt)| attempt).collect()
    }
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
    Attempt { call: CallId::random(), sample: Err(why) }
}
