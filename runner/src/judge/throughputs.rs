//! How fast bytes came over one edge, held against what is claimed: on the download over it, and on nothing else.

use ringfence_contract::download::Downloaded;

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
