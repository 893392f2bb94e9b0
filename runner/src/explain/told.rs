//! What is told of the small run that tests put together by hand.

use super::{JudgedClaim, JudgedEdge, Judgement, explain};
use crate::judge::sample_run::Scene;
use crate::judge::{Grounds, judge};

impl Scene {
    pub(crate) fn judge(&self) -> Vec<Judgement> {
        let seen = self.seen();
        let grounds = Grounds::gather(&self.scenario, &self.plan, &seen);
        explain(&grounds, judge(&grounds))
    }

    pub(crate) fn edge(&self, edge: usize) -> JudgedEdge {
        self.judge().swap_remove(edge).edge
    }

    pub(crate) fn claims(&self, edge: usize) -> Vec<JudgedClaim> {
        self.judge().swap_remove(edge).claims
    }
}
