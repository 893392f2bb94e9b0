//! What an answer that bears no good seal says of itself.

use serde::{Deserialize, Serialize};

use crate::words;

/// What an answer says of itself: it is known by a row of a table. That alone makes it no denial and no leak: whoever
/// judges looks at the status, and at whether the server is proved to be the endpoint's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// What it says.
    pub kind: ToldKind,
    /// The name of the row.
    pub name: String,
}

words! {
    /// What an answer says of itself.
    ToldKind {
        /// It refuses, and not because of where the caller stands.
        NotADenial = "not-a-denial",
        /// It comes from the caller's side of the way.
        CallersSide = "callers-side",
    }
}

words! {
    /// What is wrong with an answer that looks sealed.
    SealFlaw {
        /// The code does not fit the words.
        Forged = "forged",
        /// A good seal over the answer to another call.
        Replayed = "replayed",
        /// It ends in the middle.
        Truncated = "truncated",
    }
}
