//! Names of agents and endpoints: newtypes, so that one is never passed for the other.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// The longest name, in bytes: the length of a DNS label's limit (RFC 1035 section 2.3.4) and ample for a person.
pub const NAME_MAX_BYTES: usize = 63;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty.
    #[error("a name is empty")]
    Empty,
    /// The text is longer than [`NAME_MAX_BYTES`].
    #[error("a name is longer than {NAME_MAX_BYTES} bytes: `{0}`")]
    TooLong(String),
    /// The text holds a character that is not a letter, a digit, `-`, `_` or `.`.
    #[error("a name holds `{found}`, but only letters, digits, `-`, `_` and `.` are allowed: `{text}`")]
    Character {
        /// The first character that is not allowed.
        found: char,
        /// The whole text.
        text: String,
    },
}

fn check(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > NAME_MAX_BYTES {
        return Err(NameError::TooLong(text.to_owned()));
    }
    match text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        Some(found) => Err(NameError::Character { found, text: text.to_owned() }),
        None => Ok(()),
    }
}

/// The name of an agent: what an order is addressed to, and what a sealed answer is signed off with. Its clones share one
/// text: a run has many edges and few agents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct AgentName(Arc<str>);

impl AgentName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AgentName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check(text).map(|()| Self(text.into()))
    }
}

impl TryFrom<String> for AgentName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        check(&text).map(|()| Self(text.into()))
    }
}

impl Serialize for AgentName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for AgentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_and_names_that_are_not() {
        assert!("app-service-1".parse::<AgentName>().is_ok());
        assert_eq!("".parse::<AgentName>(), Err(NameError::Empty));
        assert!(matches!("a b".parse::<AgentName>(), Err(NameError::Character { found: ' ', .. })));
        assert!(matches!("x".repeat(64).parse::<AgentName>(), Err(NameError::TooLong(_))));
        assert!(serde_json::from_str::<AgentName>("\"a/b\"").is_err());
    }
}
