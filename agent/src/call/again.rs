//! Whether a request is asked again. HTTP/2 can end a request without a word about it, and can ask for another try; what that
//! comes to is said by the other try.

use ringfence_contract::outcome::{Outcome, Reset};
use ringfence_contract::sample::Again;

use super::exchange::Protocol;
use super::frames::{HTTP_1_1_REQUIRED, REFUSED_STREAM};
use super::lost::Lost;
use super::odd_head::Began;
use super::socket_error::Progress;
use super::tls::{H2_OR_HTTP1, HTTP1_ONLY};

/// Why a request that got no answer is asked again, if it is, and the protocols that are offered then. `before` is why it was
/// asked again already: a server that wants another connection is given one, and is asked over HTTP/1.1 then.
pub(super) fn again(lost: &Lost, before: Option<Again>) -> Option<(Again, &'static [&'static [u8]])> {
    let told = lost.overheard.told;
    let is_over = lost.error.is_some() || told.takes_none;
    if lost.protocol != Protocol::Http2 || !is_over || !matches!(lost.came(), Began::Nothing) {
        return None;
    }
    let why = match (told.reset, told.goaway) {
        (Some(HTTP_1_1_REQUIRED), _) | (_, Some((HTTP_1_1_REQUIRED, _))) => Again::Http11Required,
        (_, Some((_, false))) => Again::Goaway,
        (Some(REFUSED_STREAM), _) => Again::RefusedStream,
        (Some(_), _) => Again::StreamReset,
        // The request waits here for a leave to be sent that never comes.
        (None, _) if told.takes_none => Again::RefusedStream,
        (None, _) => Again::ConnectionEnded,
    };
    let offered = match why {
        Again::Goaway | Again::RefusedStream if before.is_none() && !told.takes_none => H2_OR_HTTP1,
        _ => HTTP1_ONLY,
    };
    Some((why, offered))
}

/// What a request came to that could not be asked again. A server that said something about the request may have taken it up.
pub(super) fn unasked(lost: &Lost) -> Outcome {
    let told = lost.overheard.told;
    match (told.reset, told.goaway) {
        (None, None) if !told.takes_none => lost.outcome(Progress::Waiting),
        _ => Outcome::Reset(Reset::TakenBack),
    }
}
