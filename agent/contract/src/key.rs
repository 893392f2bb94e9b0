//! The keys behind orders: Ed25519 (RFC 8032). The runner signs with the private half, agents hold only the public one.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use ed25519_dalek::{SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::id::random_bytes;

/// The key that signs orders. Held by the runner alone.
pub struct PrivateKey(pub(crate) SigningKey);

/// The public half of a [`PrivateKey`]: what an agent trusts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(crate) VerifyingKey);

/// Why a text is no key. The text is never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not a private key's text.
    #[error(
        "not a private key: expected `ringfence-private:` and 64 hex digits, as `ringfence keygen` writes it"
    )]
    Private,
    /// It is a private key where a public one belongs.
    #[error("a private key where a public one belongs: an agent needs only the `ringfence-public:` half")]
    PrivateForPublic,
    /// It is not a public key's text.
    #[error(
        "not a public key: expected `ringfence-public:` and 64 hex digits, as `ringfence keygen` prints it"
    )]
    Public,
}

const PRIVATE_PREFIX: &str = "ringfence-private:";
const PUBLIC_PREFIX: &str = "ringfence-public:";

fn read_key(text: &str, prefix: &str) -> Option<[u8; 32]> {
    let digits = text.trim().strip_prefix(prefix)?;
    HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok()
}

impl PrivateKey {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(SigningKey::from_bytes(&Zeroizing::new(random_bytes())))
    }

    /// The half that agents hold.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The key as text, to be kept where secrets are kept.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PRIVATE_PREFIX}{}", HEXLOWER.encode(self.0.as_bytes())))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(not shown)")
    }
}

impl FromStr for PrivateKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = read_key(text, PRIVATE_PREFIX).map(Zeroizing::new).ok_or(KeyError::Private)?;
        Ok(Self(SigningKey::from_bytes(&bytes)))
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.trim().starts_with(PRIVATE_PREFIX) {
            return Err(KeyError::PrivateForPublic);
        }
        let bytes = read_key(text, PUBLIC_PREFIX).ok_or(KeyError::Public)?;
        VerifyingKey::from_bytes(&bytes).map(Self).map_err(|_| KeyError::Public)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC_PREFIX}{}", HEXLOWER.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
