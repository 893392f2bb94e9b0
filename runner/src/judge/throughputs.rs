//! How fast bytes came over one edge, held against what is claimed: on the download over it, and on nothing else.

use ringfence_contract::download::Downloaded;
use ringfence_contract::outcome::Outcome;

use super::budgets::not_begun;
use super::case::Case;
use super::claim::{ClaimKind, ClaimReason};
use super::finding::ClaimFinding;
use super::verdict::Reason;
use crate::dispatch::UnaskedWhy;
use crate::scenario::Throughput;

/// Judges the claim.
pub(super) fn judge(edge: &Case<'_>, claimed: &Throughput, reached: Reason) -> ClaimFinding {
    let reason = conclude(edge, claimed, reached);
    let payload = edge.download.and_then(|download| download.as_ref().ok()).map(|download| &download.payload);
    let took_us = payload.map(|payload| payload.took_us).filter(|took_us| *took_us > 0);
    ClaimFinding { kind: ClaimKind::Throughput, reason, decided_by: None, took_us }
}

fn conclude(edge: &Case<'_>, claimed: &Throughput, reached: Reason) -> ClaimReason {
    match edge.download {
        None => not_begun(edge, reached),
        Some(Err(unasked)) if unasked.why == UnaskedWhy::Interrupted => ClaimReason::Interrupted,
        Some(Err(_)) => ClaimReason::NotMeasured,
        Some(Ok(downloaded)) if brought_nothing(downloaded) => ClaimReason::TooSlow,
        Some(Ok(Downloaded { payload, cut_short, .. })) => {
            let wanted = u128::from(claimed.at_least.bits()) * u128::from(payload.took_us);
            match (cut_short, payload.took_us) {
                (Some(_), _) | (None, 0) => ClaimReason::NotMeasured,
                (None, _) if u128::from(payload.bytes) * 8_000_000 >= wanted => ClaimReason::FastEnough,
                (None, _) => ClaimReason::TooSlow,
            }
        }
    }
}

/// Whether bytes were asked for over an edge that was reached a moment ago, and not one of them came: whatever is claimed, it
/// is less.
///
/// A target that gives none says so in a sealed answer, one that knows no downloads answers as it answers strangers, and a
/// call that was not sent has asked nobody: of these nothing is known.
fn brought_nothing(Downloaded { sample, payload, cut_short }: &Downloaded) -> bool {
    let asked = match &sample.outcome {
        Outcome::Answered(_) => {
            !cut_short.as_ref().is_some_and(|why| why.starts_with(Downloaded::NONE_GIVEN))
        }
        Outcome::Unsealed(unsealed) => unsealed.status != Some(404),
        Outcome::NotSent(_) | Outcome::Unresolved(_) => false,
        Outcome::Misanswered(_)
        | Outcome::Forbidden(_)
        | Outcome::Refused
        | Outcome::Reset(_)
        | Outcome::Unreachable(_)
        | Outcome::TimedOut(_)
        | Outcome::TlsFailed(_) => true,
    };
    asked && cut_short.is_some() && payload.bytes == 0
}
