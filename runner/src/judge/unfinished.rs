//! Calls that connected and came to nothing, held against the connections on which the target saw no call come.
//!
//! This file must not know what an edge expects.

use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::receipt::Left;
use ringfence_contract::sample::Sample;

use super::case::Case;
use super::verdict::Reason;

/// Whether the target saw a connection from the call's own address that brought no whole call, and the call connected and
/// came to nothing: it got in, though no receipt could be written.
pub(crate) fn got_in(case: &Case<'_>, sample: &Sample) -> bool {
    let book = case.receipts();
    let seen = |from| book.is_some_and(|book| book.unfinished.iter().any(|one| one.from == from));
    lost_once_connected(case, sample).is_some() && sample.local.is_some_and(|local| seen(local.ip()))
}

/// In which phase a call was lost to silence or a reset whose connection something had accepted. Over UDP nothing accepts.
pub(crate) fn lost_once_connected(case: &Case<'_>, sample: &Sample) -> Option<Phase> {
    let phase = match &sample.outcome {
        Outcome::TimedOut(phase) => *phase,
        Outcome::Reset(reset) => reset.phase(),
        _ => return None,
    };
    let connects = case.endpoint.route.address.transport.connects();
    (connects && matches!(phase, Phase::Tls | Phase::FirstByte)).then_some(phase)
}

/// Behind a translated address the target cannot say whose handshake it saw. Connections that brought nothing do not count
/// here: health probes and port scans leave them all the time, and no silence would be a denial any more.
pub(crate) fn handshake_gap(case: &Case<'_>, sample: Option<&Sample>) -> Option<Reason> {
    let book = case.receipts();
    let begun = book.is_some_and(|book| book.unfinished.iter().any(|one| one.left == Left::Handshake));
    let lost = sample.is_some_and(|sample| lost_once_connected(case, sample) == Some(Phase::Tls));
    (begun && lost).then_some(Reason::HandshakeUnclear)
}
