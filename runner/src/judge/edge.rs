//! One edge judged: what is concluded of its reachability, put into words.

use super::case::Case;
use super::verdict::JudgedEdge;
use super::{allow, deny, evidence, hint, sentence};
use crate::scenario::Expect;

/// Judges the edge of a case.
pub(super) fn judge(case: &Case<'_>) -> JudgedEdge {
    let finding = match case.edge.expect {
        Expect::Allow => allow::judge(case),
        Expect::Deny => deny::judge(case),
    };
    let mut evidence = evidence::write(case, &finding);
    let mut sentence = sentence::write(case, &finding);
    // A run may have a million edges, and their words are held until all reports are written.
    evidence.iter_mut().chain([&mut sentence]).for_each(String::shrink_to_fit);
    evidence.shrink_to_fit();
    JudgedEdge {
        reason: finding.reason,
        sentence,
        hint: hint::write(case, &finding),
        evidence,
        decided_by: finding.decided_by,
        flaky: finding.flaky,
        self_witnessed: finding.self_witnessed,
    }
}
