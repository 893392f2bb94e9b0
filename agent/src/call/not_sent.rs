//! A call that its own vantage could not send, as an outcome. This file must not know what stood in the way.

use ringfence_contract::outcome::{NotSent, NotSentWhy, Outcome};

/// The call was not sent.
pub(super) fn not_sent(why: NotSentWhy, detail: String) -> Outcome {
    Outcome::NotSent(NotSent { why, detail })
}

/// Something in the vantage itself broke.
pub(super) fn broken(detail: String) -> Outcome {
    not_sent(NotSentWhy::Broken, detail)
}
