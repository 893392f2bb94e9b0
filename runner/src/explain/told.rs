//! What is told of the small run that tests put together by hand.

use super::{JudgedClaim, JudgedEdge, Judgement, ToldNotice, explain, tell};
use crate::judge::sample_run::Scene;
use crate::judge::{Grounds, judge, notices};

impl Scene {
    pub(crate) fn judge(&self) -> Vec<Judgement> {
        let seen = self.seen();
        let grounds = Grounds::gather(&self.scenario, &self.plan, &seen);
        explain(&grounds, judge(&grounds))
    }

    pub(crate) fn notices(&self) -> Vec<ToldNotice> {
        let seen = self.seen();
        tell(&self.scenario, &notices(&Grounds::gather(&self.scenario, &self.plan, &seen)))
    }

    pub(crate) fn edge(&self, edge: usize) -> JudgedEdge {
        self.judge().swap_remove(edge).edge
    }

    pub(crate) fn claims(&self, edge: usize) -> Vec<JudgedClaim> {
        self.judge().swap_remove(edge).claims
    }
}
