//! One edge in words.

use super::judgement::JudgedEdge;
use super::{evidence, hint, sentence};
use crate::judge::{Case, Finding};

pub(super) fn explain(case: &Case<'_>, finding: &Finding) -> JudgedEdge {
    let mut evidence = evidence::write(case, finding);
    let mut sentence = sentence::write(case, finding);
    // A run may have a million edges, and their words are held until all reports are written.
    evidence.iter_mut().chain([&mut sentence]).for_each(String::shrink_to_fit);
    evidence.shrink_to_fit();
    let hint = hint::write(case, finding);
    let &Finding { reason, decided_by, flaky, self_witnessed, .. } = finding;
    let weaknesses = finding.weaknesses.clone();
    JudgedEdge { reason, sentence, hint, evidence, decided_by, flaky, self_witnessed, weaknesses }
}
