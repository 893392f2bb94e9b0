//! What a 404 is worth: a door may say the same of every site that it does not know.

use ringfence_contract::outcome::{Outcome, Unsealed};
use ringfence_contract::sample::Sample;

use crate::dispatch::Attempt;
use crate::plan::Role;

/// Whether a 404 is the site's own: asked for a site that does not exist, the same door said something else. Without that call,
/// or where it was lost, nobody knows.
pub(super) fn exists(attempts: &[Attempt], found: &Sample) -> bool {
    made_up(attempts).any(|made_up| match (&made_up.outcome, &found.outcome) {
        (Outcome::Unsealed(made_up), Outcome::Unsealed(found)) => {
            Template::of(made_up) != Template::of(found)
        }
        // A door that shows no certificate for a name it does not know, or ends the connection.
        (Outcome::TlsFailed(_) | Outcome::Reset(_) | Outcome::Forbidden(_), Outcome::Unsealed(_)) => true,
        _ => false,
    })
}

/// Whether the same door gave this very page for a site that does not exist.
pub(super) fn is_of_any(attempts: &[Attempt], found: &Unsealed) -> bool {
    made_up(attempts).any(|sample| match &sample.outcome {
        Outcome::Unsealed(made_up) => Template::of(made_up) == Template::of(found),
        _ => false,
    })
}

fn made_up(attempts: &[Attempt]) -> impl Iterator<Item = &Sample> {
    let is_made_up = |attempt: &&Attempt| attempt.role.as_deref() == Some(&Role::MadeUpHost);
    attempts.iter().filter(is_made_up).filter_map(|attempt| attempt.sample.as_deref().ok())
}

/// Whether an edge's own calls show that its site exists.
pub(super) fn is_shown(attempts: &[Attempt]) -> bool {
    attempts
        .iter()
        .filter_map(|attempt| attempt.sample.as_deref().ok())
        .any(|sample| exists(attempts, sample))
}

/// A page without what differs from one answer to the next: names, numbers and identifiers.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Template {
    status: Option<u16>,
    server: Option<String>,
    location: Option<String>,
    words: String,
}

impl Template {
    pub(super) fn of(unsealed: &Unsealed) -> Self {
        Self {
            status: unsealed.status,
            server: unsealed.server.clone(),
            location: unsealed.location.as_deref().map(words),
            words: words(&unsealed.body),
        }
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.status
    }
}

fn words(text: &str) -> String {
    let is_word = |word: &&str| word.len() < 24 && !word.contains(|c: char| c.is_ascii_digit());
    let words = text.split(|c: char| !(c.is_alphanumeric() || "-._".contains(c)));
    let words: Vec<&str> =
        words.filter(|word| !word.is_empty() && !word.contains('.')).filter(is_word).collect();
    words.join(" ")
}
