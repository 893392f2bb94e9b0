//! What a 404 is worth: a door may say the same of every site that it does not know.

use ringfence_contract::outcome::{Outcome, Unsealed};
use ringfence_contract::sample::Sample;

use crate::dispatch::Attempt;
use crate::plan::Role;

/// Whether a 404 is the site's own: asked for a site that does not exist, the same door said something else. Without that call,
/// or where it was lost, nobody knows.
pub(super) fn exists(attempts: &[Attempt], found: &Sample) -> bool {
    let is_made_up = |attempt: &&Attempt| attempt.role.as_deref() == Some(&Role::MadeUpHost);
    let mut made_up = attempts.iter().filter(is_made_up).filter_map(|attempt| attempt.sample.as_deref().ok());
    made_up.any(|made_up| match (&made_up.outcome, &found.outcome) {
        (Outcome::Unsealed(made_up), Outcome::Unsealed(found)) => page(made_up) != page(found),
        // A door that shows no certificate for a name it does not know, or ends the connection.
        (Outcome::TlsFailed(_) | Outcome::Reset(_) | Outcome::Forbidden(_), Outcome::Unsealed(_)) => true,
        _ => false,
    })
}

/// Whether an edge's own calls show that its site exists.
pub(super) fn is_shown(attempts: &[Attempt]) -> bool {
    attempts
        .iter()
        .filter_map(|attempt| attempt.sample.as_deref().ok())
        .any(|sample| exists(attempts, sample))
}

/// A page without what differs from one answer to the next: names, numbers and identifiers.
fn page(unsealed: &Unsealed) -> (Option<u16>, Option<&str>, String) {
    let is_word = |word: &&str| word.len() < 24 && !word.contains(|c: char| c.is_ascii_digit());
    let words = unsealed.body.split(|c: char| !(c.is_alphanumeric() || "-._".contains(c)));
    let words: Vec<&str> =
        words.filter(|word| !word.is_empty() && !word.contains('.')).filter(is_word).collect();
    (unsealed.status, unsealed.server.as_deref(), words.join(" "))
}
