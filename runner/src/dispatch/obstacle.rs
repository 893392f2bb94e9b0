//! What a bad reply means: nothing is known, and why. It must not know what was asked.

use ringfence_contract::order::RefusalWhy;
use ringfence_contract::reply::ReplyError;

use super::observe::{Unasked, UnaskedWhy};

/// A whole reply that has nothing of what was asked.
pub(super) fn silent() -> Unasked {
    Unasked::new(UnaskedWhy::NotTrusted, "the reply is whole, but says nothing of this call")
}

/// What a bad reply means for the calls it says nothing of.
pub(super) fn obstacle(error: &ReplyError) -> Unasked {
    let why = match error {
        ReplyError::Refused(refusal) if refusal.why == RefusalWhy::Restarted => UnaskedWhy::Restarted,
        ReplyError::Refused(_) => UnaskedWhy::Refused,
        ReplyError::CutOff(_) => UnaskedWhy::CutOff,
        ReplyError::NotLine(_) | ReplyError::FalseSeal(_) | ReplyError::TooLong => UnaskedWhy::NotTrusted,
    };
    Unasked::new(why, error.to_string())
}

/// What a bad reply to hello means.
pub(super) fn not_trusted(error: &ReplyError) -> Unasked {
    let unasked = obstacle(error);
    if unasked.why == UnaskedWhy::CutOff {
        return unasked;
    }
    let detail = format!("{}: is that a Ringfence agent?", unasked.detail).into();
    Unasked { detail, ..unasked }
}
