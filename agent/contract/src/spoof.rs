//! Where a forged call says that it comes from: an address, and the headers that a scenario adds to those known by heart.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::words;

/// What a forged call says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spoof {
    /// The address it says that it comes from.
    pub source: IpAddr,
    /// Which of the headers that are known by heart say it.
    pub known: Known,
    /// Further headers, by name and value, at most [`Spoof::HEADERS_MAX`]. One that is known by heart is replaced.
    pub headers: Vec<(String, String)>,
}

impl Spoof {
    /// The most further headers of one call.
    pub const HEADERS_MAX: usize = 16;

    /// The longest name of such a header, in bytes.
    pub const NAME_MAX_BYTES: usize = 64;

    /// The longest value of such a header, in bytes.
    pub const VALUE_MAX_BYTES: usize = 512;
}

words! {
    /// Which headers say where a forged call comes from. A filter that turns away a call with all of them may let one through.
    Known {
        /// All.
        All = "all",
        /// `X-Forwarded-For` alone.
        ForwardedFor = "x-forwarded-for",
        /// `X-Real-IP` alone.
        RealIp = "x-real-ip",
        /// `Forwarded` alone.
        Forwarded = "forwarded",
        /// `True-Client-IP` alone.
        TrueClientIp = "true-client-ip",
        /// `Client-IP` alone.
        ClientIp = "client-ip",
    }
}

impl Known {
    /// Those that are one header, the one that most believe first.
    pub const ALONE: [Self; 5] =
        [Self::ForwardedFor, Self::RealIp, Self::Forwarded, Self::TrueClientIp, Self::ClientIp];

    /// Whether a header, by its lower-case name, is one of these.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        self == Self::All || self.as_str() == name
    }
}

/// A call that says where it comes from in all that is known by heart, and adds no header.
impl From<IpAddr> for Spoof {
    fn from(source: IpAddr) -> Self {
        Self { source, known: Known::All, headers: Vec::new() }
    }
}

/// Why a header cannot be a forged one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpoofError {
    /// Not a token (RFC 9110 section 5.6.2), or longer than [`Spoof::NAME_MAX_BYTES`].
    #[error("not the name of a header, of at most {} bytes", Spoof::NAME_MAX_BYTES)]
    Name,
    /// A header that the call itself is made with.
    #[error("a header that every call writes itself")]
    Own,
    /// Something else than visible ASCII and spaces (RFC 9110 section 5.5), or longer than [`Spoof::VALUE_MAX_BYTES`].
    #[error("not the value of a header, of at most {} bytes", Spoof::VALUE_MAX_BYTES)]
    Value,
}

/// The headers that the request itself is made of, or that belong to the connection (RFC 9110 sections 7.2, 7.6.1 and
/// 8.6, RFC 9112 section 6.1): another value would make it another request, or none.
const OWN: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    crate::CALL_HEADER,
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a header can be a forged one. The name is in lower case.
///
/// # Errors
///
/// [`SpoofError`], which says why it cannot.
pub fn validate(name: &str, value: &str) -> Result<(), SpoofError> {
    // RFC 9110 section 5.6.2.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if name.is_empty() || name.len() > Spoof::NAME_MAX_BYTES || !name.bytes().all(is_token) {
        return Err(SpoofError::Name);
    }
    if OWN.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(SpoofError::Own);
    }
    let padded = value.starts_with(' ') || value.ends_with(' ');
    if value.is_empty() || padded || value.len() > Spoof::VALUE_MAX_BYTES || !value.bytes().all(is_text) {
        return Err(SpoofError::Value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_header_is_one_that_a_request_can_carry_and_does_not_write_itself() {
        let long = "x".repeat(Spoof::VALUE_MAX_BYTES + 1);
        for (name, value, said) in [
            ("x-caller", "10.0.0.4", Ok(())),
            ("X-Azure-FDID", "11111111-2222-3333-4444-555555555555", Ok(())),
            ("x_caller", "for=10.0.0.4; proto=https", Ok(())),
            ("", "1", Err(SpoofError::Name)),
            ("x caller", "1", Err(SpoofError::Name)),
            ("x-caller:", "1", Err(SpoofError::Name)),
            ("x\r\nhost", "1", Err(SpoofError::Name)),
            (long.as_str(), "1", Err(SpoofError::Name)),
            ("Host", "app.test", Err(SpoofError::Own)),
            ("transfer-encoding", "chunked", Err(SpoofError::Own)),
            ("Ringfence-Call", "x", Err(SpoofError::Own)),
            ("x-caller", "", Err(SpoofError::Value)),
            ("x-caller", " 1", Err(SpoofError::Value)),
            ("x-caller", "1\r\nhost: b", Err(SpoofError::Value)),
            ("x-caller", "\u{e9}", Err(SpoofError::Value)),
            ("x-caller", long.as_str(), Err(SpoofError::Value)),
        ] {
            assert_eq!(validate(name, value), said, "{name:?}: {value:?}");
        }
    }
}
