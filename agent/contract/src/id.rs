//! Random identifiers: 128 bits from the operating system, written as 32 lower-case hex digits.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

/// A text that is not 32 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is 32 lower-case hex digits, not `{0}`")]
pub struct IdError(pub String);

/// Fills `N` bytes from the operating system's source of randomness.
///
/// # Panics
///
/// When the operating system has none to give; nothing that must be unguessable can go on without it.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// A fresh one, unlike any other.
            #[must_use]
            pub fn random() -> Self {
                Self(random_bytes())
            }

            /// The 16 bytes themselves.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let bytes = HEXLOWER.decode(text.as_bytes()).ok();
                let bytes = bytes.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
                bytes.map(Self).ok_or_else(|| IdError(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                HEXLOWER.encode(&id.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

id! {
    /// One attempt on the wire. Fresh for every call, so a receipt names exactly one attempt.
    CallId
}
impl CallId {
    /// The id of one of many calls of a measurement that this id names: its last four bytes exclusive-or the number, so
    /// that no two of them are the same. Nobody can do anything with it who has not the run's key.
    #[must_use]
    pub fn numbered(self, number: u32) -> Self {
        let Self(mut bytes) = self;
        for (byte, digit) in bytes.iter_mut().rev().zip(number.to_le_bytes()) {
            *byte ^= digit;
        }
        Self(bytes)
    }
}

id! {
    /// One signed order. An agent takes each at most once.
    OrderId
}
id! {
    /// One run of the runner. The run key belongs to it.
    RunId
}
id! {
    /// One life of an agent process: a new one tells that the agent has restarted and its receipts are gone.
    BootId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_of_a_measurement_have_ids_of_their_own() {
        let base = CallId::random();
        let ids: std::collections::HashSet<CallId> =
            (0..1_000).chain([u32::MAX]).map(|n| base.numbered(n)).collect();
        assert_eq!(ids.len(), 1_001);
        assert_eq!(base.numbered(7).numbered(7), base);
        assert_eq!(base.numbered(7).as_bytes()[..12], base.as_bytes()[..12]);
    }

    #[test]
    fn an_identifier_reads_back_what_it_wrote() {
        let id = CallId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_ne!(id, CallId::random());
        assert!("00".parse::<CallId>().is_err());
        assert!(
            id.to_string().to_uppercase().parse::<CallId>().is_err()
                || id.to_string().chars().all(|c| c.is_ascii_digit())
        );
    }
}
