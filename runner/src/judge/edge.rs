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
    JudgedEdge {
        reason: finding.reason,
        sentence: sentence::write(case, &finding),
        hint: hint::write(case, &finding),
        evidence: evidence::write(case, &finding),
        decided_by: finding.decided_by,
        flaky: finding.flaky,
        self_witnessed: finding.self_witnessed,
    }
}
